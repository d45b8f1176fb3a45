/** Nodes are counted in a table of their own once a sixteenth of them have something to count. */
const DENSE_SHARE = 16;

/** A whole number per node, nearly all of them zero or nearly none: pods that match a selector. */
export class RowCounts {
  /** Sum over all nodes. */
  total = 0;
  readonly #rows: number;
  #sparse: Map<number, number> | null = new Map();
  #dense: Int32Array | null = null;
  /** Sums per domain that are kept up to date. */
  readonly #kept: { readonly domainOf: Int32Array; readonly sums: Float64Array }[] = [];

  constructor(rows: number) {
    this.#rows = rows;
  }

  at(row: number): number {
    return this.#dense !== null ? this.#dense[row]! : (this.#sparse!.get(row) ?? 0);
  }

  add(row: number, by: number): void {
    this.total += by;
    if (this.#dense !== null) {
      this.#dense[row]! += by;
      for (let i = 0; i < this.#kept.length; i++) {
        const { domainOf, sums } = this.#kept[i]!;
        if (domainOf[row]! >= 0) sums[domainOf[row]!]! += by;
      }
      return;
    }
    const sparse = this.#sparse!;
    const count = (sparse.get(row) ?? 0) + by;
    if (count === 0) sparse.delete(row);
    else sparse.set(row, count);
    if (sparse.size * DENSE_SHARE <= this.#rows || this.#rows < 64) return;
    this.#dense = new Int32Array(this.#rows);
    for (const [at, value] of sparse) this.#dense[at] = value;
    this.#sparse = null;
  }

  /**
   * Adds `weight` times each node's number to its domain; nodes outside every domain (-1) are left out.
   * @returns number of nodes that had something to add
   */
  addTo(domainOf: Int32Array, into: Float64Array, weight: number): number {
    return this.#dense !== null ? addDense(this.#dense, domainOf, into, weight) : addSparse(this.#sparse!, domainOf, into, weight);
  }

  /**
   * Sums per domain as {@link addTo} makes them, which follow every later change; `null` where so few nodes have something to count that adding them up is as quick.
   * @param domains number of domains
   */
  sumsBy(domainOf: Int32Array, domains: number): Float64Array | null {
    if (this.#dense === null) return null;
    for (const kept of this.#kept) if (kept.domainOf === domainOf) return kept.sums;
    const sums = new Float64Array(domains);
    this.addTo(domainOf, sums, 1);
    this.#kept.push({ domainOf, sums });
    return sums;
  }

  /** Writes each node's number into its place; {@link clear} takes them out again. */
  writeTo(column: Float64Array): void {
    if (this.#dense !== null) column.set(this.#dense);
    else for (const [row, count] of this.#sparse!) column[row] = count;
  }

  clear(column: Float64Array): void {
    if (this.#dense !== null) column.fill(0);
    else for (const row of this.#sparse!.keys()) column[row] = 0;
  }

  /** Nodes with a number other than zero, in no particular order. */
  *rows(): IterableIterator<number> {
    if (this.#dense === null) yield* this.#sparse!.keys();
    else for (let row = 0; row < this.#rows; row++) if (this.#dense[row] !== 0) yield row;
  }
}

function addDense(counts: Int32Array, domainOf: Int32Array, into: Float64Array, weight: number): number {
  let nodes = 0;
  for (let row = 0; row < counts.length; row++) {
    const domain = domainOf[row]!;
    if (counts[row] === 0 || domain < 0) continue;
    into[domain]! += weight * counts[row]!;
    nodes++;
  }
  return nodes;
}

function addSparse(counts: ReadonlyMap<number, number>, domainOf: Int32Array, into: Float64Array, weight: number): number {
  let nodes = 0;
  for (const [row, count] of counts) {
    const domain = domainOf[row]!;
    if (domain < 0) continue;
    into[domain]! += weight * count;
    nodes++;
  }
  return nodes;
}
