/**
 * Free resources of all agents under a tournament tree of maxima per resource: tells whether any agent may fit a request, and enumerates those that do without
 * visiting the others. A leaf of -1 never fits.
 */
export class FreeTree {
  readonly #leaves: number;
  readonly #width: number;
  readonly #max: Float64Array;

  constructor(agentCount: number, width: number) {
    let leaves = 1;
    while (leaves < agentCount) leaves *= 2;
    this.#leaves = leaves;
    this.#width = width;
    this.#max = new Float64Array(2 * leaves * width).fill(-1);
  }

  /** Sets the leaf of an agent to `width` values starting at `from[at]`; pass `usable = false` to take it out. */
  set(agent: number, from: ArrayLike<number>, at: number, usable: boolean): void {
    const width = this.#width;
    const max = this.#max;
    let node = this.#leaves + agent;
    for (let c = 0; c < width; c++) max[node * width + c] = usable ? from[at + c]! : -1;
    for (node >>= 1; node >= 1; node >>= 1) {
      let changed = false;
      for (let c = 0; c < width; c++) {
        const left = max[2 * node * width + c]!;
        const right = max[(2 * node + 1) * width + c]!;
        const higher = left > right ? left : right;
        if (higher !== max[node * width + c]) {
          max[node * width + c] = higher;
          changed = true;
        }
      }
      if (!changed) return;
    }
  }

  /** Free amount at an agent's leaf. */
  at(agent: number, column: number): number {
    return this.#max[(this.#leaves + agent) * this.#width + column]!;
  }

  fits(agent: number, request: ArrayLike<number>): boolean {
    return this.#fits(this.#leaves + agent, request);
  }

  /** First agent number at or above `from` that fits; -1 if there is none. */
  next(from: number, request: ArrayLike<number>): number {
    const leaves = this.#leaves;
    if (from >= leaves) return -1;
    let node = leaves + from;
    for (;;) {
      if (this.#fits(node, request)) {
        if (node >= leaves) return node - leaves;
        node *= 2;
        continue;
      }
      while (node & 1) {
        node >>= 1;
        if (node <= 1) return -1;
      }
      if (node === 0) return -1;
      node++;
    }
  }

  #fits(node: number, request: ArrayLike<number>): boolean {
    const base = node * this.#width;
    for (let c = 0; c < this.#width; c++) if (this.#max[base + c]! < request[c]!) return false;
    return true;
  }
}
