import type { AllocatorState } from './allocator-state.ts';
import type { AnswerFilters } from './allocator-parts.ts';
import { BulkOffers } from './bulk-offers.ts';
import type { CycleLoop } from './cycle-loop.ts';
import type { FilterExpiry } from './filter-expiry.ts';
import type { FilterGroup } from './offer-filters.ts';
import { type Offers, RowOffers } from './offers.ts';
import type { Subscription } from './subscription.ts';

/** Which offers of an agent are taken back, and how. */
export interface RescindRule {
  /** Called with the resources of each offer that has come back. */
  readonly enough?: (resources: Float64Array) => boolean;
  readonly concerns?: (resources: Float64Array) => boolean;
  readonly refuseUs?: number;
}

const EVERYTHING: RescindRule = {};
const NEVER = (): boolean => false;
const ALWAYS = (): boolean => true;

/** How what was offered comes back: answered by its framework, taken back, or freed when a task ends. */
export class OfferAnswers {
  readonly #state: AllocatorState;
  readonly #cycles: CycleLoop;
  readonly #expiry: FilterExpiry;

  constructor(state: AllocatorState, cycles: CycleLoop, expiry: FilterExpiry) {
    this.#state = state;
    this.#cycles = cycles;
    this.#expiry = expiry;
  }

  /**
   * Takes back outstanding offers of an agent, one after the other until `enough` says so of what has come back; default: all of them.
   * @param refuseUs installs filters against those who lose an offer; undefined = none
   * @param concerns only offers with these resources
   */
  rescind(agent: number, { enough = NEVER, concerns = ALWAYS, refuseUs }: RescindRule = EVERYTHING): void {
    const { books } = this.#state;
    for (const offers of this.#state.outstanding) {
      if (!offers.holds(agent)) continue;
      const subscription = this.#state.subscriptionOf(offers);
      if (offers instanceof RowOffers) {
        if (!concerns(offers.resources(agent)!)) continue;
        const resources = offers.rescind(agent)!;
        if (subscription !== undefined) this.#state.book(subscription, resources, -1);
        this.#state.beforeChange(agent);
        books.change(agent, resources, 1);
        if (subscription?.active && refuseUs !== undefined) subscription.filters.add(agent, resources, this.#expiry.group(subscription, [agent], refuseUs));
        this.#cycles.consider(agent);
        if (enough(resources)) return;
        continue;
      }
      const bulk = offers as BulkOffers;
      const apart = !bulk.covers(agent);
      const resources = bulk.rescind(agent);
      if (subscription !== undefined) this.#state.book(subscription, resources, -1);
      if (apart) {
        this.#state.beforeChange(agent);
        books.change(agent, resources, 1);
      } else books.refresh(agent);
      if (enough(resources)) return;
    }
  }

  /**
   * Resources come back: a task has ended, or an offer was declined. Not a trigger: they are offered again in the next batch cycle at the earliest.
   * @param refuseUs installs a filter for this long; undefined or 0 = none
   */
  recover(framework: number, role: string, agent: number, resources: ArrayLike<number>, refuseUs?: number): void {
    this.#comeBack(framework, role, agent, refuseUs === undefined ? resources : Float64Array.from(resources), refuseUs);
  }

  /** @param resources kept, where there is a refusal */
  #comeBack(framework: number, role: string, agent: number, resources: ArrayLike<number>, refusal?: number | FilterGroup): void {
    const { books } = this.#state;
    const subscription = this.#state.subscription(framework, role);
    if (subscription !== undefined) this.#state.book(subscription, resources, -1);
    if (books.known[agent] === 0) return;
    this.#state.beforeChange(agent);
    this.#state.bulkCovering(agent)?.detach(agent);
    books.change(agent, resources, 1);
    if (subscription !== undefined && refusal !== undefined && refusal !== 0) {
      const group = typeof refusal === 'number' ? this.#expiry.group(subscription, [agent], refusal) : refusal;
      subscription.filters.add(agent, resources as Float64Array, group);
    }
    this.#cycles.consider(agent);
  }

  /**
   * An answer: what was launched stays allocated, the rest comes back with filters.
   * @param launched per agent, what tasks took; agents whose offer does not stand any more must not be in it
   */
  answer(offers: Offers, launched: ReadonlyMap<number, Float64Array>, filters: AnswerFilters): void {
    this.#state.outstanding.delete(offers);
    const subscription = this.#state.subscriptionOf(offers);
    if (offers instanceof RowOffers) {
      this.#answerRows(offers, subscription, launched, filters);
      return;
    }
    this.#answerBulk(offers as BulkOffers, subscription, launched, filters);
  }

  #answerRows(offers: RowOffers, subscription: Subscription | undefined, launched: ReadonlyMap<number, Float64Array>, filters: AnswerFilters): void {
    const agents = offers.agents();
    // Filters of one message end together.
    const group = (refuseUs: number | undefined, used: boolean): FilterGroup | undefined => {
      if (subscription === undefined || refuseUs === undefined || refuseUs <= 0) return undefined;
      const filtered = agents.filter((agent) => this.#state.books.known[agent] === 1 && launched.has(agent) === used);
      return filtered.length === 0 ? undefined : this.#expiry.group(subscription, filtered, refuseUs);
    };
    const groups = [group(filters.unused, false), group(filters.used, true)] as const;
    for (const agent of agents) {
      const used = launched.get(agent);
      const rest = offers.resources(agent)!.slice();
      if (used !== undefined) for (let c = 0; c < rest.length; c++) rest[c]! -= used[c]!;
      this.#comeBack(offers.framework, offers.role, agent, rest, groups[used === undefined ? 0 : 1]);
    }
  }

  /** Takes offers back as a whole, without a filter; what the framework has set aside in them is free again. */
  takeBack(offers: Offers): void {
    const agents = offers.agents();
    this.answer(offers, new Map(), { used: undefined, unused: undefined });
    (offers as BulkOffers | RowOffers).end();
    for (const agent of agents) if (this.#state.books.known[agent] === 1) this.#state.books.refresh(agent);
  }

  #answerBulk(bulk: BulkOffers, subscription: Subscription | undefined, launched: ReadonlyMap<number, Float64Array>, filters: AnswerFilters): void {
    const { books } = this.#state;
    const returned = bulk.sum.slice();
    for (const used of launched.values()) for (let c = 0; c < books.width; c++) returned[c]! -= used[c]!;
    if (subscription !== undefined) this.#state.book(subscription, returned, -1);
    const members = bulk.members?.filter((agent) => bulk.covers(agent)) ?? null;
    const joined = books.joined ?? [];
    const detached = new Set(bulk.detachedAgents());
    if (members === null) {
      this.#state.all = null;
      books.joined = null;
    }
    const filtering = subscription !== undefined && subscription.active;
    this.#answerDetached(bulk, subscription, launched, filters);
    if (filtering && filters.unused !== undefined && filters.unused > 0 && bulk.count > launched.size) {
      const group = this.#expiry.group(subscription, members === null ? null : members.filter((agent) => !launched.has(agent)), filters.unused);
      this.#state.filteredInBulk(subscription);
      if (members === null) subscription.filters.addAll(group, [...launched.keys(), ...bulk.out, ...joined, ...this.#unavailable()]);
      else subscription.filters.addImplied(group);
    } else if (filtering && bulk.count > launched.size) subscription.reopen();
    if (launched.size > 0) {
      const group = filtering && filters.used !== undefined && filters.used > 0 ? this.#expiry.group(subscription, [...launched.keys()], filters.used) : undefined;
      for (const [agent, used] of launched) {
        if (detached.has(agent)) continue;
        this.#state.beforeChange(agent);
        books.change(agent, used, -1);
        const base = agent * books.width;
        if (group !== undefined) subscription!.filters.add(agent, books.free.slice(base, base + books.width), group);
        else subscription?.consider(agent);
      }
    }
    if (members !== null) {
      const others = this.#state.othersThan(subscription);
      for (const agent of members) {
        books.letGo(agent);
        if (others) this.#state.consider(agent);
      }
      // What a framework had set aside and did not launch is free again.
      for (const agent of bulk.taken) if (books.known[agent] === 1) books.restore(agent);
    }
    this.#cycles.touch();
  }

  /** Agents that could not be part of an offer of everything: held by bulks of listed agents, or not active. */
  #unavailable(): number[] {
    const { books } = this.#state;
    const agents: number[] = [];
    for (const offers of this.#state.outstanding) if (offers instanceof BulkOffers && offers.members !== null) for (const agent of offers.members) if (offers.covers(agent)) agents.push(agent);
    return [...agents, ...books.inactive];
  }

  /** What was offered of agents on which more has become free since. */
  #answerDetached(bulk: BulkOffers, subscription: Subscription | undefined, launched: ReadonlyMap<number, Float64Array>, filters: AnswerFilters): void {
    for (const agent of bulk.detachedAgents()) {
      const used = launched.get(agent);
      const rest = bulk.resources(agent).map((amount, c) => amount - (used === undefined ? 0 : used[c]!));
      this.#state.beforeChange(agent);
      this.#state.bulkCovering(agent)?.detach(agent);
      this.#state.books.change(agent, rest, 1);
      const refuseUs = used === undefined ? filters.unused : filters.used;
      if (subscription?.active && refuseUs !== undefined && refuseUs > 0) subscription.filters.add(agent, rest, this.#expiry.group(subscription, [agent], refuseUs));
      this.#cycles.consider(agent);
    }
  }

}
