import type { AgentBooks } from './agent-books.ts';
import type { Offers } from './offers.ts';

/** Positions walked one by one before the tree is asked for the few agents that fit. */
const WALK = 48;

/**
 * Whole agents offered in bulk: either the listed members (marked as held in the books) or everything that can be offered. Nothing is stored per agent; the order of the
 * cycle is a function of its key.
 */
export class BulkOffers implements Offers {
  readonly framework: number;
  readonly role: string;
  readonly serial: number;
  /** Sum of what is offered and not rescinded. */
  readonly sum: Float64Array;
  count: number;
  foundAt = -1;
  visited = 0;
  /** Listed members; null = everything that can be offered but {@link out}. */
  readonly members: readonly number[] | null;
  /** Agents that could have been part of it and are not: filtered, or rescinded. */
  readonly out = new Set<number>();
  readonly #books: AgentBooks;
  readonly #seed: number;
  readonly #timeUs: number;

  constructor(books: AgentBooks, framework: number, role: string, serial: number, members: readonly number[] | null, sum: Float64Array, count: number, seed: number, timeUs: number) {
    this.#books = books;
    this.framework = framework;
    this.role = role;
    this.serial = serial;
    this.members = members;
    this.sum = sum;
    this.count = count;
    this.#seed = seed;
    this.#timeUs = timeUs;
  }

  holds(agent: number): boolean {
    const { offerable, offerableSince, held } = this.#books;
    if (this.members !== null) return held[agent] === this.serial;
    return offerable[agent] === 1 && offerableSince[agent]! < this.serial && !this.out.has(agent);
  }

  agents(): number[] {
    if (this.members !== null) return this.members.filter((agent) => this.holds(agent));
    const { order, capacity } = this.#books;
    order.rekey(this.#seed, this.#timeUs, 0);
    const agents: number[] = [];
    for (let position = 0; position < order.size; position++) {
      const agent = order.agentAt(position);
      if (agent < capacity && this.holds(agent)) agents.push(agent);
    }
    return agents;
  }

  left(agent: number, column: number): number {
    return this.holds(agent) ? this.#books.tree.at(agent, column) : -1;
  }

  find(request: ArrayLike<number>, from: number, accepts: (agent: number) => boolean): number {
    const { order, tree, capacity } = this.#books;
    if (tree.next(0, request) < 0) return -1;
    if (this.members !== null) return this.#findListed(this.members, request, from, accepts);
    order.rekey(this.#seed, this.#timeUs, 0);
    const end = Math.min(order.size, from + WALK);
    let position = from;
    for (; position < end; position++) {
      const agent = order.agentAt(position);
      if (agent >= capacity || !this.holds(agent)) continue;
      this.visited++;
      if (!tree.fits(agent, request) || !accepts(agent)) continue;
      this.foundAt = position;
      return agent;
    }
    // What fits is rare: let the tree find it.
    let best = -1;
    let bestPosition = order.size;
    for (let agent = tree.next(0, request); agent >= 0; agent = tree.next(agent + 1, request)) {
      const at = order.positionOf(agent);
      if (at < position || at >= bestPosition || !this.holds(agent)) continue;
      this.visited++;
      if (!accepts(agent)) continue;
      best = agent;
      bestPosition = at;
    }
    if (best >= 0) this.foundAt = bestPosition;
    return best;
  }

  #findListed(members: readonly number[], request: ArrayLike<number>, from: number, accepts: (agent: number) => boolean): number {
    const { tree } = this.#books;
    for (let i = from; i < members.length; i++) {
      const agent = members[i]!;
      this.visited++;
      if (!tree.fits(agent, request) || !this.holds(agent) || !accepts(agent)) continue;
      this.foundAt = i;
      return agent;
    }
    return -1;
  }

  take(agent: number, request: ArrayLike<number>): void {
    const { tree, width } = this.#books;
    for (let c = 0; c < width; c++) rest[c] = tree.at(agent, c) - request[c]!;
    tree.set(agent, rest, 0, true);
  }
}

const rest: number[] = [];
