/**
 * What one framework is offered in one role in one cycle: whole agents, as far as the role may have them. Each agent in it is one offer of the real system;
 * together they travel and are answered as one.
 */
export interface Offers {
  readonly framework: number;
  readonly role: string;
  /** Number of agents offered and not rescinded. */
  readonly count: number;
  /** Agents offered, in the order of the cycle. For explanations and tests: costs a walk. */
  agents(): number[];
  /** Whether the offer of an agent stands. */
  holds(agent: number): boolean;
  /** What is left of an agent's offer for the framework that decides, in thousandths. */
  left(agent: number, column: number): number;
  /**
   * First agent in order, at or after position `from`, whose rest has at least `request` in every column and that `accepts` admits; -1 if there is none.
   * {@link foundAt} is its position.
   */
  find(request: ArrayLike<number>, from: number, accepts: (agent: number) => boolean): number;
  readonly foundAt: number;
  /** The framework sets a part of an agent's offer aside for a task. */
  take(agent: number, request: ArrayLike<number>): void;
  /** Agents looked at one by one so far. */
  readonly visited: number;
  /** Taken back as a whole: no agent of it stands any more. */
  readonly ended: boolean;
  /** Its framework has answered. */
  answered: boolean;
}

/** Offers listed one by one, with the resources of each: where reservations, quota or capabilities cut them. */
export class RowOffers implements Offers {
  readonly framework: number;
  readonly role: string;
  foundAt = -1;
  visited = 0;
  ended = false;
  answered = false;
  readonly #width: number;
  readonly #rows: { readonly agent: number; readonly resources: Float64Array; readonly left: Float64Array; stands: boolean }[] = [];

  constructor(framework: number, role: string, width: number) {
    this.framework = framework;
    this.role = role;
    this.#width = width;
  }

  add(agent: number, resources: Float64Array): void {
    this.#rows.push({ agent, resources, left: resources.slice(), stands: true });
  }

  get count(): number {
    return this.#rows.reduce((sum, row) => sum + (row.stands ? 1 : 0), 0);
  }

  agents(): number[] {
    return this.#rows.filter((row) => row.stands).map((row) => row.agent);
  }

  holds(agent: number): boolean {
    return this.#row(agent) !== undefined;
  }

  left(agent: number, column: number): number {
    return this.#row(agent)?.left[column] ?? -1;
  }

  /** Resources as offered. */
  resources(agent: number): Float64Array | undefined {
    return this.#row(agent)?.resources;
  }

  find(request: ArrayLike<number>, from: number, accepts: (agent: number) => boolean): number {
    for (let i = from; i < this.#rows.length; i++) {
      const row = this.#rows[i]!;
      this.visited++;
      if (!row.stands || !fits(row.left, request, this.#width) || !accepts(row.agent)) continue;
      this.foundAt = i;
      return row.agent;
    }
    return -1;
  }

  take(agent: number, request: ArrayLike<number>): void {
    const { left } = this.#row(agent)!;
    for (let c = 0; c < this.#width; c++) left[c]! -= request[c]!;
  }

  /** Nothing of it stands any more. */
  end(): void {
    this.ended = true;
    for (const row of this.#rows) row.stands = false;
  }

  /** Takes an agent's offer back; its resources, or undefined if it did not stand. */
  rescind(agent: number): Float64Array | undefined {
    const row = this.#row(agent);
    if (row === undefined) return undefined;
    row.stands = false;
    return row.resources;
  }

  #row(agent: number): { readonly resources: Float64Array; readonly left: Float64Array; stands: boolean } | undefined {
    return this.#rows.find((row) => row.agent === agent && row.stands);
  }
}

function fits(left: Float64Array, request: ArrayLike<number>, width: number): boolean {
  for (let c = 0; c < width; c++) if (left[c]! < request[c]!) return false;
  return true;
}
