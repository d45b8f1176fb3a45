import type { AgentBooks } from './agent-books.ts';
import type { EntryChoice } from './entry-choice.ts';
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
  ended = false;
  answered = false;
  /** Listed members; null = everything that can be offered but {@link out}. */
  readonly members: readonly number[] | null;
  /** Agents that could have been part of it and are not: filtered, or rescinded. */
  readonly out = new Set<number>();
  /** Agents on which something was set aside, each once per task. */
  readonly taken: number[] = [];
  readonly #detached = new Map<number, { readonly resources: Float64Array; readonly left: Float64Array }>();
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
    return !this.ended && (this.covers(agent) || this.#detached.has(agent));
  }

  /** Whether the free resources of an agent in the books are what is offered here. */
  covers(agent: number): boolean {
    const { offerable, offerableSince, held } = this.#books;
    if (this.members !== null) return held[agent] === this.serial;
    return offerable[agent] === 1 && offerableSince[agent]! < this.serial && !this.out.has(agent);
  }

  /** What is offered of an agent. */
  resources(agent: number): Float64Array {
    const { free, width } = this.#books;
    return this.#detached.get(agent)?.resources ?? free.slice(agent * width, (agent + 1) * width);
  }

  /** More is about to become free on an agent, and that is not part of this offer: writes down what is, and lets go of the books. */
  detach(agent: number): void {
    const { tree, width, held } = this.#books;
    const left = Float64Array.from({ length: width }, (_, c) => tree.at(agent, c));
    const resources = this.resources(agent);
    this.#detached.set(agent, { resources, left });
    if (this.members === null) this.out.add(agent);
    else held[agent] = 0;
    this.#books.change(agent, resources, -1);
  }

  /** Agents written down one by one. */
  detachedAgents(): readonly number[] {
    return [...this.#detached.keys()];
  }

  /** Takes an agent's offer back; what it was. */
  rescind(agent: number): Float64Array {
    const resources = this.resources(agent);
    for (let c = 0; c < resources.length; c++) this.sum[c]! -= resources[c]!;
    this.count--;
    if (this.#detached.delete(agent)) return resources;
    if (this.members === null) this.out.add(agent);
    else this.#books.held[agent] = 0;
    return resources;
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
    if (this.covers(agent)) return this.#books.tree.at(agent, column);
    return this.#detached.get(agent)?.left[column] ?? -1;
  }

  /** Nothing of it stands any more. */
  end(): void {
    this.ended = true;
    this.count = 0;
  }

  find(request: ArrayLike<number>, from: number, accepts: (agent: number) => boolean, choice?: EntryChoice): number {
    if (this.ended || choice?.possible === false) return -1;
    const { order, tree, capacity } = this.#books;
    if (this.#detached.size === 0 && tree.next(0, request) < 0) return -1;
    if (this.members !== null) return this.#findListed(this.members, request, from, accepts);
    order.rekey(this.#seed, this.#timeUs, 0);
    const end = Math.min(order.size, from + WALK);
    let position = from;
    for (; position < end; position++) {
      const agent = order.agentAt(position);
      if (agent >= capacity || !this.holds(agent)) continue;
      this.visited++;
      if (!this.#fits(agent, request) || !accepts(agent)) continue;
      this.foundAt = position;
      return agent;
    }
    // What fits is rare: let the tree find it.
    let best = -1;
    let bestPosition = order.size;
    const consider = (agent: number): void => {
      const at = order.positionOf(agent);
      if (at < position || at >= bestPosition) return;
      this.visited++;
      if (!accepts(agent)) return;
      best = agent;
      bestPosition = at;
    };
    for (let agent = tree.next(0, request); agent >= 0; agent = tree.next(agent + 1, request)) if (this.covers(agent)) consider(agent);
    for (const agent of this.#detached.keys()) if (this.#fits(agent, request)) consider(agent);
    if (best >= 0) this.foundAt = bestPosition;
    return best;
  }

  #findListed(members: readonly number[], request: ArrayLike<number>, from: number, accepts: (agent: number) => boolean): number {
    for (let i = from; i < members.length; i++) {
      const agent = members[i]!;
      this.visited++;
      if (!this.holds(agent) || !this.#fits(agent, request) || !accepts(agent)) continue;
      this.foundAt = i;
      return agent;
    }
    return -1;
  }

  take(agent: number, request: Float64Array): Float64Array {
    const { tree, width } = this.#books;
    this.taken.push(agent);
    const detached = this.#detached.get(agent);
    if (detached !== undefined) {
      for (let c = 0; c < width; c++) detached.left[c]! -= request[c]!;
      return request;
    }
    for (let c = 0; c < width; c++) rest[c] = tree.at(agent, c) - request[c]!;
    tree.set(agent, rest, 0, true);
    return request;
  }

  #fits(agent: number, request: ArrayLike<number>): boolean {
    const detached = this.#detached.get(agent);
    if (detached === undefined) return this.#books.tree.fits(agent, request);
    for (let c = 0; c < request.length; c++) if (detached.left[c]! < request[c]!) return false;
    return true;
  }
}

const rest: number[] = [];
