import type { AllocatorState } from './allocator-state.ts';
import { BulkOffers } from './bulk-offers.ts';
import { compareStandings, DrfSorter } from './drf-sorter.ts';
import type { Offers } from './offers.ts';
import type { Subscription } from './subscription.ts';

/** A framework that may be offered something in this cycle, with the agents that it may take; null = all that can be offered. */
interface Contender {
  readonly subscription: Subscription;
  agents: number[] | null;
}

/**
 * Cycles over plain resources. The rule is the real allocator's: agents in the order of the cycle, each whole to the first framework in the sorters' order that may
 * have it. Where one role comes first throughout the cycle, whatever the order of agents, it gets all that it may have at once; agents are visited one by one only
 * where the order of roles depends on what has been handed out.
 */
export class PlainCycle {
  readonly #state: AllocatorState;
  readonly #scratch: Float64Array;

  constructor(state: AllocatorState) {
    this.#state = state;
    this.#scratch = new Float64Array(state.books.width);
  }

  /** @param agents the agents that the cycle is about; null = all */
  run(agents: readonly number[] | null, results: Offers[]): void {
    const { subscriptions, recent } = this.#state;
    if (agents === null) {
      const able = subscriptions.filter((subscription) => subscription.active && (subscription.open || recent.length > 0 || subscription.maybe.length > 0));
      if (able.length > FEW) {
        this.#visitMany(able, results);
        this.#settle();
        return;
      }
    }
    const contenders: Contender[] = [];
    for (const subscription of subscriptions) {
      if (!subscription.active) continue;
      if (agents !== null) contenders.push({ subscription, agents: agents.filter((agent) => this.#state.eligible(subscription, agent)) });
      else if (subscription.open) contenders.push({ subscription, agents: null });
      else if (subscription.maybe.length + recent.length > 0) {
        const candidates = [...subscription.maybe, ...recent.filter((agent) => !subscription.considers(agent))];
        contenders.push({ subscription, agents: candidates.filter((agent) => this.#state.eligible(subscription, agent)) });
      }
    }
    this.#handOut(contenders.filter((contender) => contender.agents === null || contender.agents.length > 0), results);
    if (agents === null) this.#settle();
  }

  /** A cycle over all agents is over. */
  #settle(): void {
    this.#state.settleRecent();
    const { all, subscriptions } = this.#state;
    for (const subscription of subscriptions) {
      if (!subscription.active) continue;
      // What is offered to another in bulk may come back from it; what others hold as listed members is considered again when it does.
      const othersHold = all !== null && !(all.framework === subscription.framework.index && all.role === subscription.role.name);
      if (subscription.open) subscription.open = othersHold;
      else if (subscription.maybe.length > 0) subscription.prune((agent) => othersHold && all.covers(agent));
    }
  }

  #handOut(contenders: Contender[], results: Offers[]): void {
    const { books } = this.#state;
    let left = contenders;
    while (left.length > 0) {
      const first = this.#firstThroughout(left);
      if (first === undefined) {
        if (!this.#contest(left, results)) this.#visit(left, results);
        return;
      }
      left = left.filter((contender) => contender !== first);
      const rest = first.agents === null ? this.#everything(first.subscription, results) : this.#listed(first.subscription, first.agents, results);
      for (const contender of left) {
        if (contender.agents !== null) contender.agents = contender.agents.filter((agent) => books.offerable[agent] === 1 && !(this.#state.all?.covers(agent) ?? false));
        else if (rest !== null) contender.agents = rest.filter((agent) => this.#state.eligible(contender.subscription, agent));
      }
      left = left.filter((contender) => contender.agents === null || contender.agents.length > 0);
    }
  }

  #listed(subscription: Subscription, agents: readonly number[], results: Offers[]): null {
    results.push(this.#state.members(subscription, this.#state.inOrder(agents)));
    return null;
  }

  /** Offers a framework everything that it may have; returns what is left over for others. */
  #everything(subscription: Subscription, results: Offers[]): number[] {
    const state = this.#state;
    const { books, parts } = state;
    const out = this.#outFor(subscription);
    if (out === undefined) {
      // Too much is ruled out one by one.
      const agents: number[] = [];
      const rest: number[] = [];
      for (const agent of this.#offerable()) (state.eligible(subscription, agent) ? agents : rest).push(agent);
      if (agents.length > 0) this.#listed(subscription, agents, results);
      return rest;
    }
    const sum = books.offerableSum.slice();
    for (const agent of out) for (let c = 0; c < books.width; c++) sum[c]! -= books.free[agent * books.width + c]!;
    const count = books.offerableCount - out.length;
    if (count === 0) return out;
    const bulk = new BulkOffers(books, subscription.framework.index, subscription.role.name, ++books.serial, null, sum, count, parts.orderSeed, parts.simulation.nowUs);
    for (const agent of out) bulk.out.add(agent);
    state.all = bulk;
    books.joined = [];
    state.book(subscription, sum, 1, true, count);
    results.push(bulk);
    return out;
  }

  /** The few agents that can be offered, but not to this framework; undefined if they are not few or not known without looking at all. */
  #outFor(subscription: Subscription): number[] | undefined {
    const { all, books, parts, agentsWithGpus, agentsWithoutMultiRole } = this.#state;
    const { filters, framework } = subscription;
    if (all !== null || this.#state.owners !== null || this.#state.reservedRoles !== null || agentsWithoutMultiRole > 0 || !filters.sparse) return undefined;
    if (agentsWithGpus > 0 && parts.options.filterGpuResources && !framework.gpuResources) return undefined;
    const out: number[] = [];
    for (const agent of filters.explicitAgents()) if (books.offerable[agent] === 1 && !this.#state.eligible(subscription, agent)) out.push(agent);
    return out;
  }

  /** Agents that can be offered at all, apart from those that are offered in bulk. */
  #offerable(): number[] {
    const { all, books } = this.#state;
    if (all !== null) return [...new Set([...all.out, ...books.joined!])].filter((agent) => books.offerable[agent] === 1 && !all.covers(agent));
    const agents: number[] = [];
    for (let agent = 0; agent < books.capacity; agent++) if (books.offerable[agent] === 1) agents.push(agent);
    return agents;
  }

  /** The contender that is served first whatever the order of agents; undefined if that depends on it, or if roles are not all plain siblings. */
  #firstThroughout(contenders: readonly Contender[]): Contender | undefined {
    if (contenders.length === 1) return contenders[0];
    const { parts, books } = this.#state;
    const roleSorter = this.#siblings();
    return roleSorter && contenders.find((contender) => {
      const most = contender.agents === null ? books.offerableSum : this.#sum(contender.agents);
      const highest = roleSorter.shareWith(contender.subscription.role.name, parts.columns.byName(most));
      return contenders.every((other) => other === contender || highest < roleSorter.shareOf(other.subscription.role.name));
    });
  }

  /** The role sorter if it is DRF and all roles are siblings with one framework each. */
  #siblings(): DrfSorter | undefined {
    const { roleSorter, roles } = this.#state;
    if (!(roleSorter instanceof DrfSorter)) return undefined;
    for (const role of roles.values()) if (role.subscriptions.size > 1 || role.name.includes('/')) return undefined;
    return roleSorter;
  }

  #sum(agents: readonly number[]): Float64Array {
    const { free, width } = this.#state.books;
    const sum = new Float64Array(width);
    for (const agent of agents) for (let c = 0; c < width; c++) sum[c]! += free[agent * width + c]!;
    return sum;
  }

  /**
   * One framework may have everything, others some listed agents: only who gets those depends on the order, so agents are walked as far as the last of them and as long as its
   * outcome is open. False: another way is needed.
   */
  #contest(contenders: readonly Contender[], results: Offers[]): boolean {
    const sorter = this.#siblings();
    const open = contenders.filter((contender) => contender.agents === null);
    if (sorter === undefined || open.length !== 1) return false;
    const out = this.#outFor(open[0]!.subscription);
    if (out === undefined) return false;
    const { books, parts } = this.#state;
    const rivals = contenders.filter((contender) => contender.agents !== null).map(({ subscription, agents }) => ({ subscription, listed: new Set(agents), taken: [] as number[] }));
    const contested = new Set(rivals.flatMap(({ listed }) => [...listed]));
    const ruledOut = new Set(out);
    const mine = sorter.standing(open[0]!.subscription.role.name);
    const ranks = [{ visitor: undefined as Visitor | undefined, standing: mine }, ...rivals.map((visitor) => ({ visitor: visitor as Visitor | undefined, standing: sorter.standing(visitor.subscription.role.name) }))];
    // Beyond this share the others come first for whatever is left.
    const bound = Math.max(...rivals.map(({ subscription, listed }) => sorter.shareWith(subscription.role.name, parts.columns.byName(this.#sum([...listed])))));
    const { order, capacity, free, width, offerable } = books;
    let position = 0;
    for (const agent of this.#state.inOrder([...contested])) {
      const end = order.positionOf(agent);
      for (; position < end && mine.share <= bound; position++) {
        const before = order.agentAt(position);
        if (before < capacity && offerable[before] === 1 && !contested.has(before) && !ruledOut.has(before)) sorter.advance(mine, free, before * width);
      }
      ranks.sort((a, b) => compareStandings(a.standing, b.standing));
      const taker = ranks.find(({ visitor }) => (visitor === undefined ? !ruledOut.has(agent) : visitor.listed!.has(agent)))!;
      taker.visitor?.taken.push(agent);
      sorter.advance(taker.standing, free, agent * width);
    }
    for (const { subscription, taken } of rivals) if (taken.length > 0) results.push(this.#state.members(subscription, taken));
    this.#everything(open[0]!.subscription, results);
    return true;
  }

  /** Agent by agent: whole to the first framework in order that may have it. */
  #visit(contenders: readonly Contender[], results: Offers[]): void {
    const open = contenders.some((contender) => contender.agents === null);
    const candidates = this.#state.inOrder(open ? this.#offerable() : [...new Set(contenders.flatMap((contender) => contender.agents!))]);
    const may = contenders.map(({ subscription, agents }) => ({ subscription, listed: agents === null ? null : new Set(agents), taken: [] as number[] }));
    const sorter = this.#siblings();
    if (sorter === undefined) this.#visitTree(candidates, may);
    else this.#visitSiblings(candidates, may, sorter);
    for (const { subscription, taken } of may) if (taken.length > 0) results.push(this.#state.members(subscription, taken, sorter === undefined));
  }

  /** Many frameworks: who may have an agent is looked up when the agent's turn comes. */
  #visitMany(able: readonly Subscription[], results: Offers[]): void {
    const candidates = able.some((subscription) => subscription.open) ? this.#offerable() : [...new Set([...this.#state.recent, ...able.flatMap((subscription) => subscription.maybe)])];
    const may: Visitor[] = able.map((subscription) => ({ subscription, listed: undefined, taken: [] }));
    const sorter = this.#siblings();
    const ordered = this.#state.inOrder(candidates);
    if (sorter === undefined) this.#visitTree(ordered, may);
    else this.#visitSiblings(ordered, may, sorter);
    for (const { subscription, taken } of may) if (taken.length > 0) results.push(this.#state.members(subscription, taken, sorter === undefined));
  }

  #mayTake({ subscription, listed }: Visitor, agent: number): boolean {
    if (listed === undefined) return (subscription.open || this.#state.isRecent(agent) || subscription.considers(agent)) && this.#state.eligible(subscription, agent);
    return listed === null ? this.#state.eligible(subscription, agent) : listed.has(agent);
  }

  /** Roles that are siblings with one framework each: their standings are carried along, the sorters hear of the sums at the end. */
  #visitSiblings(candidates: readonly number[], may: readonly Visitor[], sorter: DrfSorter): void {
    const { free, width } = this.#state.books;
    const order = may.map((visitor) => ({ visitor, standing: sorter.standing(visitor.subscription.role.name) }));
    order.sort((a, b) => compareStandings(a.standing, b.standing));
    for (const agent of candidates) {
      let i = 0;
      while (i < order.length && !this.#mayTake(order[i]!.visitor, agent)) i++;
      if (i === order.length) continue;
      const taker = order[i]!;
      taker.visitor.taken.push(agent);
      sorter.advance(taker.standing, free, agent * width);
      for (; i + 1 < order.length && compareStandings(order[i + 1]!.standing, taker.standing) < 0; i++) order[i] = order[i + 1]!;
      order[i] = taker;
    }
  }

  #visitTree(candidates: readonly number[], may: readonly Visitor[]): void {
    const { books, roleSorter, roles } = this.#state;
    const bySubscription = new Map(may.map((visitor) => [visitor.subscription, visitor]));
    const takerOf = (agent: number): Visitor | undefined => {
      for (const roleName of roleSorter.sort()) {
        const role = roles.get(roleName)!;
        for (const name of role.sorter.sort()) {
          const visitor = bySubscription.get(role.subscriptions.get(name)!);
          if (visitor !== undefined && this.#mayTake(visitor, agent)) return visitor;
        }
      }
      return undefined;
    };
    for (const agent of candidates) {
      const taker = takerOf(agent);
      if (taker === undefined) continue;
      taker.taken.push(agent);
      const base = agent * books.width;
      for (let c = 0; c < books.width; c++) this.#scratch[c] = books.free[base + c]!;
      this.#state.book(taker.subscription, this.#scratch, 1);
    }
  }
}

/** From more contenders than this on, agents are visited one by one without looking for a shortcut. */
const FEW = 4;

/** A contender while agents are visited. */
interface Visitor {
  readonly subscription: Subscription;
  /** null = all that can be offered; undefined = to be looked up in the subscription. */
  readonly listed: ReadonlySet<number> | null | undefined;
  readonly taken: number[];
}
