import type { EntryChoice } from './entry-choice.ts';

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
   * First agent in order, at or after position `from`, whose rest has at least `request` and that `accepts` admits; -1 if there is none. {@link foundAt} is its position.
   * @param request by resource name
   * @param choice which entries may serve it; undefined where every name has one
   */
  find(request: ArrayLike<number>, from: number, accepts: (agent: number) => boolean, choice?: EntryChoice): number;
  readonly foundAt: number;
  /** The framework sets a part of an agent's offer aside for a task: the entries that it is made of. */
  take(agent: number, request: Float64Array, choice?: EntryChoice): Float64Array;
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
  readonly #rows: OfferRow[] = [];
  /** The row of each agent whose offer stands. */
  readonly #standing = new Map<number, OfferRow>();

  constructor(framework: number, role: string, width: number) {
    this.framework = framework;
    this.role = role;
    this.#width = width;
  }

  add(agent: number, resources: Float64Array): void {
    const row = { agent, resources, left: resources };
    this.#rows.push(row);
    this.#standing.set(agent, row);
  }

  get count(): number {
    return this.#standing.size;
  }

  agents(): number[] {
    return this.#rows.filter((row) => this.#stands(row)).map((row) => row.agent);
  }

  holds(agent: number): boolean {
    return this.#standing.has(agent);
  }

  left(agent: number, column: number): number {
    return this.#standing.get(agent)?.left[column] ?? -1;
  }

  /** Resources as offered. */
  resources(agent: number): Float64Array | undefined {
    return this.#standing.get(agent)?.resources;
  }

  find(request: ArrayLike<number>, from: number, accepts: (agent: number) => boolean, choice?: EntryChoice): number {
    for (let i = from; i < this.#rows.length; i++) {
      const row = this.#rows[i]!;
      this.visited++;
      if (!this.#stands(row) || !(choice === undefined ? fits(row.left, request, this.#width) : choice.fits(row.left, request)) || !accepts(row.agent)) continue;
      this.foundAt = i;
      return row.agent;
    }
    return -1;
  }

  take(agent: number, request: Float64Array, choice?: EntryChoice): Float64Array {
    const row = this.#standing.get(agent)!;
    // Most agents of an offer are left alone.
    if (row.left === row.resources) row.left = row.resources.slice();
    const { left } = row;
    const taken = choice === undefined ? request : choice.entries(left, request);
    for (let c = 0; c < this.#width; c++) left[c]! -= taken[c]!;
    return taken;
  }

  /** Nothing of it stands any more. */
  end(): void {
    this.ended = true;
    this.#standing.clear();
  }

  /** Takes an agent's offer back; its resources, or undefined if it did not stand. */
  rescind(agent: number): Float64Array | undefined {
    const row = this.#standing.get(agent);
    this.#standing.delete(agent);
    return row?.resources;
  }

  #stands(row: OfferRow): boolean {
    return this.#standing.get(row.agent) === row;
  }
}

interface OfferRow {
  readonly agent: number;
  readonly resources: Float64Array;
  /** The same until something is set aside. */
  left: Float64Array;
}

function fits(left: Float64Array, request: ArrayLike<number>, width: number): boolean {
  for (let c = 0; c < width; c++) if (left[c]! < request[c]!) return false;
  return true;
}
