import { Loop } from '../../../engine/loop.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import type { AgentBooks } from './agent-books.ts';
import type { AllocatorParts, AnswerFilters, FrameworkSpec } from './allocator-parts.ts';
import { AllocatorState } from './allocator-state.ts';
import { BulkOffers } from './bulk-offers.ts';
import { DrfSorter } from './drf-sorter.ts';
import { GeneralCycle } from './general-cycle.ts';
import { FilterGroup } from './offer-filters.ts';
import { type Offers, RowOffers } from './offers.ts';
import { PlainCycle } from './plain-cycle.ts';
import { type AllocatorFramework, Subscription } from './subscription.ts';

/** Longest refusal (Apache Mesos 1.12, src/master/allocator/mesos/hierarchical.cpp: 365 days). */
const LONGEST_REFUSAL_US = 365 * 86_400_000_000;

/**
 * The hierarchical allocator: role, then framework, then whole agents, in a batch cycle each interval and in cycles set off by events (Apache Mesos 1.12,
 * src/master/allocator/mesos/hierarchical.cpp). Offered resources count as allocated until the offer comes back.
 *
 * With plain resources (no reservations, quota, revocable entries or whitelist) cycles offer in bulk and visit an agent only where roles compete for it; otherwise
 * the loop nest of the real allocator runs as it stands. Batch ticks are events only while some active framework may receive an offer.
 */
export class HierarchicalAllocator {
  readonly books: AgentBooks;
  readonly #state: AllocatorState;
  readonly #plainCycle: PlainCycle;
  readonly #generalCycle: GeneralCycle;
  #whitelist: ReadonlySet<string> | null = null;
  readonly #deactivated: Uint8Array;
  readonly #loop: Loop;
  readonly #cycleOp: number;
  #cyclePending = false;
  #requestedAll = false;
  #requestedAgents: number[] = [];
  readonly #expireOp: number;
  readonly #groups = new Map<number, { readonly group: FilterGroup; readonly subscription: Subscription }>();
  #serial = 0;
  /** For configurations that are not plain: something has changed since the last cycle without offers. */
  #changed = false;

  constructor(parts: AllocatorParts) {
    const { options, simulation } = parts;
    this.#state = new AllocatorState(parts);
    this.books = this.#state.books;
    this.#deactivated = new Uint8Array(parts.agentCapacity);
    this.#plainCycle = new PlainCycle(this.#state);
    this.#generalCycle = new GeneralCycle(this.#state);
    this.#cycleOp = simulation.on('mesos/allocator', () => this.#eventCycle());
    this.#expireOp = simulation.on('mesos/allocator', (serial) => this.#expire(serial));
    this.#loop = new Loop(simulation, 'mesos/allocator', () => this.#batchTick());
    this.#loop.start(new FixedSchedule(options.allocationIntervalUs, options.allocationIntervalUs), false);
  }

  // Frameworks and roles

  /**
   * Subscribes a framework; sets off a cycle over all agents. Returns its index.
   * @param used what it uses on agents that came before it
   */
  addFramework(spec: FrameworkSpec, used: readonly { readonly role: string; readonly resources: ArrayLike<number> }[] = []): number {
    const framework: AllocatorFramework = {
      index: this.#state.frameworks.length,
      name: spec.name,
      active: true,
      gpuResources: spec.gpuResources ?? false,
      revocableResources: spec.revocableResources ?? false,
      subscriptions: [],
    };
    this.#state.frameworks.push(framework);
    for (const roleName of spec.roles) {
      const role = this.#state.role(roleName);
      const suppressed = spec.suppressedRoles?.includes(roleName) ?? false;
      const subscription = new Subscription(framework, role, suppressed, this.books.capacity, this.books.width);
      framework.subscriptions.push(subscription);
      role.subscriptions.set(spec.name, subscription);
      this.#state.subscriptions.push(subscription);
      role.sorter.add(spec.name);
      if (!suppressed) role.sorter.activate(spec.name);
    }
    for (const entry of used) {
      const subscription = framework.subscriptions.find(({ role }) => role.name === entry.role);
      if (subscription !== undefined) this.#state.book(subscription, entry.resources, 1);
    }
    this.#requestAll();
    return framework.index;
  }

  /** Removes a framework from roles and sorters. What it uses comes back by {@link recover}. */
  removeFramework(index: number): void {
    const framework = this.#state.framework(index);
    for (const subscription of framework.subscriptions) {
      const { role } = subscription;
      subscription.filters.clear();
      this.#state.roleSorter.unallocated(role.name, role.sorter.allocation(framework.name));
      role.sorter.remove(framework.name);
      role.subscriptions.delete(framework.name);
      this.#state.subscriptions.splice(this.#state.subscriptions.indexOf(subscription), 1);
      if (role.subscriptions.size === 0) {
        this.#state.roleSorter.remove(role.name);
        this.#state.roles.delete(role.name);
      }
    }
    this.#state.frameworks[index] = undefined;
  }

  activateFramework(index: number): void {
    const framework = this.#state.framework(index);
    framework.active = true;
    for (const subscription of framework.subscriptions) {
      if (!subscription.suppressed) subscription.role.sorter.activate(framework.name);
      subscription.reopen();
    }
    this.#requestAll();
  }

  /** The framework is disconnected: no offers, its filters are gone, its usage still counts. */
  deactivateFramework(index: number): void {
    const framework = this.#state.framework(index);
    framework.active = false;
    for (const subscription of framework.subscriptions) {
      subscription.role.sorter.deactivate(framework.name);
      subscription.filters.clear();
      subscription.forget();
    }
  }

  /** No more offers for the framework in these roles (default: all). Not a trigger. */
  suppress(index: number, roles?: readonly string[]): void {
    for (const subscription of this.#state.chosen(index, roles)) {
      subscription.suppressed = true;
      subscription.role.sorter.deactivate(subscription.framework.name);
      subscription.forget();
    }
  }

  /** Offers again: drops the filters of these roles and sets off a cycle over all agents. */
  revive(index: number, roles?: readonly string[]): void {
    for (const subscription of this.#state.chosen(index, roles)) {
      subscription.filters.clear();
      subscription.suppressed = false;
      if (subscription.framework.active) subscription.role.sorter.activate(subscription.framework.name);
      subscription.reopen();
    }
    this.#requestAll();
  }

  /** Sets a framework's own minimum quantities in a role; waits for the next batch. */
  setMinimum(index: number, role: string, sets: readonly ReadonlyMap<string, number>[]): void {
    const [subscription] = this.#state.chosen(index, [role]);
    subscription!.minimum = this.#state.minimumSets(sets);
    this.#reconsider();
  }

  /** Not a trigger. */
  setWeight(role: string, weight: number): void {
    this.#state.roleSorter.updateWeight(role, weight);
    this.#touch();
  }

  /** Sets or removes quota of a top-level role. Not a trigger. */
  setQuota(role: string, guarantee: ReadonlyMap<string, number>, limit: ReadonlyMap<string, number>): void {
    const by = (set: ReadonlyMap<string, number>): Float64Array => Float64Array.from(this.#state.parts.columns.names, (name) => set.get(name) ?? NaN);
    if (guarantee.size === 0 && limit.size === 0) this.#state.quotas.delete(role);
    else this.#state.quotas.set(role, { guarantee: by(guarantee), limit: by(limit) });
    this.#reconsider();
  }

  /** Only these agents are offered; null = all. Not a trigger. */
  setWhitelist(agents: ReadonlySet<string> | null): void {
    this.#whitelist = agents;
    for (let agent = 0; agent < this.books.capacity; agent++) this.#refreshActive(agent);
    this.#reconsider();
  }

  /** Weighted dominant share of a subscribed role; undefined for the random sorter. */
  roleShare(role: string): number | undefined {
    return this.#state.roleSorter instanceof DrfSorter ? this.#state.roleSorter.shareOf(role) : undefined;
  }

  roles(): readonly string[] {
    return [...this.#state.roles.keys()];
  }

  /** Roles in the order in which they would be served now. */
  roleOrder(): readonly string[] {
    return this.#state.roleSorter.sort();
  }

  /** Whether a framework receives offers in a role, and whether an agent's free resources are filtered for it: for explanations. */
  standing(index: number, role: string, agent: number): 'suppressed' | 'filtered' | 'offerable' {
    const [subscription] = this.#state.chosen(index, [role]);
    if (!subscription!.active) return 'suppressed';
    return subscription!.filters.blocks(agent, this.books.free, agent * this.books.width) ? 'filtered' : 'offerable';
  }

  // Agents

  /**
   * Adds an agent, known by a number below the capacity; sets off a cycle for it.
   * @param used what frameworks use on it already; framework -1 = one that has not subscribed yet: counts on the agent, in no share
   */
  addAgent(agent: number, name: string, total: ArrayLike<number>, used: readonly { readonly framework: number; readonly role: string; readonly resources: ArrayLike<number> }[] = [], multiRole = true): void {
    const { books } = this;
    books.names[agent] = name;
    books.known[agent] = 1;
    books.multiRole[agent] = multiRole ? 1 : 0;
    if (!multiRole) this.#state.agentsWithoutMultiRole++;
    this.#deactivated[agent] = 0;
    for (const subscription of this.#state.subscriptions) subscription.filters.removeAgent(agent);
    this.#setTotal(agent, total);
    for (const entry of used) if (entry.framework >= 0) this.#state.book(this.#state.chosen(entry.framework, [entry.role])[0]!, entry.resources, 1);
    const free = Float64Array.from({ length: books.width }, (_, c) => total[c]! - used.reduce((sum, entry) => sum + entry.resources[c]!, 0));
    books.change(agent, free, 1);
    this.#refreshActive(agent);
    this.#requestAgent(agent);
  }

  /** Changes an agent's total; a cycle for it follows. Free resources may fall below zero for a while in the real system; here they stop at zero. */
  updateAgent(agent: number, total: ArrayLike<number>): void {
    const { books } = this;
    this.#state.beforeChange(agent);
    const base = agent * books.width;
    const delta = Float64Array.from({ length: books.width }, (_, c) => Math.max(total[c]! - books.total[base + c]!, -books.free[base + c]!));
    this.#state.total.add(this.#state.parts.columns.byName(books.total.subarray(base, base + books.width)), -1);
    this.#setTotal(agent, total);
    books.change(agent, delta, 1);
    this.#requestAgent(agent);
  }

  setMultiRole(agent: number, multiRole: boolean): void {
    this.#state.agentsWithoutMultiRole += this.books.multiRole[agent]! - +multiRole;
    this.books.multiRole[agent] = multiRole ? 1 : 0;
    this.#requestAgent(agent);
  }

  /** Forgets an agent with everything offered or used on it. `used` is what frameworks use there. */
  removeAgent(agent: number, used: readonly { readonly framework: number; readonly role: string; readonly resources: ArrayLike<number> }[]): void {
    const { books } = this;
    this.rescind(agent);
    for (const entry of used) if (entry.framework >= 0) this.#state.book(this.#state.chosen(entry.framework, [entry.role])[0]!, entry.resources, -1);
    const base = agent * books.width;
    const free = books.free.slice(base, base + books.width);
    for (const subscription of this.#state.subscriptions) subscription.filters.removeAgent(agent);
    books.change(agent, free, -1);
    this.#state.total.add(this.#state.parts.columns.byName(books.total.subarray(base, base + books.width)), -1);
    if (books.multiRole[agent] === 0) this.#state.agentsWithoutMultiRole--;
    if (books.hasGpus[agent] === 1) this.#state.agentsWithGpus--;
    books.multiRole[agent] = 1;
    books.hasGpus[agent] = 0;
    books.known[agent] = 0;
    this.#refreshActive(agent);
  }

  /** The agent is disconnected or drained: no offers of it. Offers that stand are to be taken back by {@link rescind}. */
  deactivateAgent(agent: number): void {
    this.rescind(agent);
    this.#deactivated[agent] = 1;
    this.#refreshActive(agent);
  }

  /** Not a trigger. */
  activateAgent(agent: number): void {
    this.#deactivated[agent] = 0;
    this.#refreshActive(agent);
    this.#consider(agent);
  }

  /** Takes back every outstanding offer of an agent, without a filter. */
  rescind(agent: number): void {
    const { books } = this;
    for (const offers of this.#state.outstanding) {
      if (!offers.holds(agent)) continue;
      const subscription = this.#state.subscriptionOf(offers);
      if (offers instanceof RowOffers) {
        const resources = offers.rescind(agent)!;
        if (subscription !== undefined) this.#state.book(subscription, resources, -1);
        this.#state.beforeChange(agent);
        books.change(agent, resources, 1);
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
    }
  }

  // Resources

  /**
   * Resources come back: a task has ended, or an offer was declined. Not a trigger: they are offered again in the next batch cycle at the earliest.
   * @param refuseUs installs a filter for this long; undefined or 0 = none
   */
  recover(framework: number, role: string, agent: number, resources: ArrayLike<number>, refuseUs?: number): void {
    const { books } = this;
    const subscription = this.#state.subscription(framework, role);
    if (subscription !== undefined) this.#state.book(subscription, resources, -1);
    if (books.known[agent] === 0) return;
    this.#state.beforeChange(agent);
    this.#state.bulkCovering(agent)?.detach(agent);
    books.change(agent, resources, 1);
    if (subscription !== undefined && refuseUs !== undefined && refuseUs > 0) {
      subscription.filters.add(agent, Float64Array.from({ length: books.width }, (_, c) => resources[c]!), this.#group(subscription, [agent], refuseUs));
    }
    this.#consider(agent);
  }

  /** A task that the agent reports uses resources that were free. */
  use(framework: number, role: string, agent: number, resources: ArrayLike<number>): void {
    this.rescind(agent);
    this.#state.beforeChange(agent);
    this.books.change(agent, resources, -1);
    this.#state.book(this.#state.chosen(framework, [role])[0]!, resources, 1);
  }

  /** The same quantities change their reservation: columns `from` become `to`. */
  convert(framework: number, role: string, agent: number, from: ArrayLike<number>, to: ArrayLike<number>): void {
    const { books } = this;
    const [subscription] = this.#state.chosen(framework, [role]);
    const base = agent * books.width;
    this.#state.book(subscription!, from, -1);
    this.#state.book(subscription!, to, 1, false);
    for (let c = 0; c < books.width; c++) books.total[base + c]! += to[c]! - from[c]!;
    this.#touch();
  }

  /**
   * An answer: what was launched stays allocated, the rest comes back with filters.
   * @param launched per agent, what tasks took; agents whose offer does not stand any more must not be in it
   */
  answer(offers: Offers, launched: ReadonlyMap<number, Float64Array>, filters: AnswerFilters): void {
    this.#state.outstanding.delete(offers);
    const subscription = this.#state.subscriptionOf(offers);
    if (offers instanceof RowOffers) {
      for (const agent of offers.agents()) {
        const used = launched.get(agent);
        const rest = offers.resources(agent)!.map((amount, c) => amount - (used === undefined ? 0 : used[c]!));
        this.recover(offers.framework, offers.role, agent, rest, used === undefined ? filters.unused : filters.used);
      }
      return;
    }
    this.#answerBulk(offers as BulkOffers, subscription, launched, filters);
  }

  #answerBulk(bulk: BulkOffers, subscription: Subscription | undefined, launched: ReadonlyMap<number, Float64Array>, filters: AnswerFilters): void {
    const { books } = this;
    const returned = bulk.sum.slice();
    for (const used of launched.values()) for (let c = 0; c < books.width; c++) returned[c]! -= used[c]!;
    if (subscription !== undefined) this.#state.book(subscription, returned, -1);
    const members = bulk.members?.filter((agent) => bulk.covers(agent)) ?? null;
    const joined = books.joined ?? [];
    const detached = new Set(bulk.detachedAgents());
    if (members === null) {
      this.#state.all = null;
      books.joined = null;
    } else for (const agent of members) books.held[agent] = 0;
    const filtering = subscription !== undefined && subscription.active;
    this.#answerDetached(bulk, subscription, launched, filters);
    if (filtering && filters.unused !== undefined && filters.unused > 0 && bulk.count > launched.size) {
      const group = this.#group(subscription, members === null ? null : members.filter((agent) => !launched.has(agent)), filters.unused);
      if (members === null) subscription.filters.addAll(group, [...launched.keys(), ...bulk.out, ...joined, ...this.#unavailable()]);
      else subscription.filters.addImplied(group);
    } else if (filtering && bulk.count > launched.size) subscription.reopen();
    if (launched.size > 0) {
      const group = filtering && filters.used !== undefined && filters.used > 0 ? this.#group(subscription, [...launched.keys()], filters.used) : undefined;
      for (const [agent, used] of launched) {
        if (detached.has(agent)) continue;
        this.#state.beforeChange(agent);
        books.change(agent, used, -1);
        const base = agent * books.width;
        if (group !== undefined) subscription!.filters.add(agent, books.free.slice(base, base + books.width), group);
        else subscription?.consider(agent);
      }
    }
    for (const agent of members ?? []) {
      books.letGo(agent);
      for (const other of this.#state.subscriptions) if (other !== subscription) other.consider(agent);
    }
    this.#touch();
  }

  /** Agents that could not be part of an offer of everything: held by bulks of listed agents, or not active. */
  #unavailable(): number[] {
    const { books } = this;
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
      this.books.change(agent, rest, 1);
      const refuseUs = used === undefined ? filters.unused : filters.used;
      if (subscription?.active && refuseUs !== undefined && refuseUs > 0) subscription.filters.add(agent, rest, this.#group(subscription, [agent], refuseUs));
      this.#consider(agent);
    }
  }

  /** Broken invariants of the books. */
  invariants(): string[] {
    const broken: string[] = [];
    const { books } = this;
    const sum = new Float64Array(books.width);
    let count = 0;
    for (let agent = 0; agent < books.capacity; agent++) {
      const base = agent * books.width;
      for (let c = 0; c < books.width; c++) {
        if (books.free[base + c]! < 0 || books.free[base + c]! > books.total[base + c]!) broken.push(`agent ${books.names[agent]}: free ${books.free[base + c]} of ${books.total[base + c]}`);
        if (books.offerable[agent] === 1) sum[c]! += books.free[base + c]!;
      }
      count += books.offerable[agent]!;
    }
    if (count !== books.offerableCount || sum.some((amount, c) => amount !== books.offerableSum[c])) broken.push('the sum over offerable agents is wrong');
    return broken;
  }

  // Cycles

  #requestAll(): void {
    this.#requestedAll = true;
    this.#requestCycle();
  }

  #requestAgent(agent: number): void {
    this.#requestedAgents.push(agent);
    this.#consider(agent);
    this.#requestCycle();
  }

  /** Requests made before the cycle starts join it. */
  #requestCycle(): void {
    this.#touch();
    if (this.#cyclePending) return;
    this.#cyclePending = true;
    this.#state.parts.simulation.after(0, this.#cycleOp);
  }

  #eventCycle(): void {
    this.#cyclePending = false;
    const agents = this.#requestedAll ? null : [...new Set(this.#requestedAgents)];
    this.#requestedAll = false;
    this.#requestedAgents = [];
    this.#cycle(agents);
  }

  #batchTick(): boolean {
    this.#cycle(null);
    return this.#mayOffer();
  }

  /** Whether a batch cycle may offer anything to anybody. */
  #mayOffer(): boolean {
    if (!this.#plain) return this.#changed;
    for (const subscription of this.#state.subscriptions) if (subscription.active && (subscription.open || subscription.maybe.length > 0)) return true;
    return false;
  }

  /** Something has changed that a batch cycle may have to consider. */
  #touch(): void {
    this.#changed = true;
    if (this.#mayOffer()) this.#loop.wake();
  }

  get #plain(): boolean {
    return this.#state.parts.columns.plain && this.#state.quotas.size === 0 && this.#whitelist === null && this.#state.subscriptions.every((subscription) => subscription.minimum === undefined);
  }

  #cycle(agents: readonly number[] | null): void {
    if (!this.#mayOffer()) return;
    this.#state.parts.cycled();
    const results: Offers[] = [];
    if (this.#plain) this.#plainCycle.run(agents, results);
    else {
      const offered = this.#generalCycle.run(agents, results);
      if (agents === null || offered) this.#changed = offered;
    }
    // The real order is that of a hash map.
    results.sort((a, b) => a.framework - b.framework || (a.role < b.role ? -1 : 1));
    for (const offers of results) {
      this.#state.outstanding.add(offers);
      this.#state.parts.deliver(offers);
    }
    if (this.#mayOffer()) this.#loop.wake();
  }

  // Books

  /** An agent may have become offerable to anybody. */
  #consider(agent: number): void {
    for (const subscription of this.#state.subscriptions) subscription.consider(agent);
    this.#touch();
  }

  /** A setting has changed that decides who may have what. */
  #reconsider(): void {
    for (const subscription of this.#state.subscriptions) if (subscription.active) subscription.reopen();
    this.#touch();
  }

  #refreshActive(agent: number): void {
    const { books } = this;
    const name = books.names[agent];
    const listed = this.#whitelist === null || (name !== undefined && this.#whitelist.has(name));
    const active = books.known[agent] === 1 && this.#deactivated[agent] === 0 && listed ? 1 : 0;
    books.active[agent] = active;
    if (books.known[agent] === 1 && active === 0) books.inactive.add(agent);
    else books.inactive.delete(agent);
    books.refresh(agent);
  }

  #setTotal(agent: number, total: ArrayLike<number>): void {
    const { books } = this;
    const { columns } = this.#state.parts;
    const base = agent * books.width;
    for (let c = 0; c < books.width; c++) books.total[base + c] = total[c]!;
    this.#state.total.add(columns.byName(total), 1);
    const gpus = columns.nameIndex('gpus');
    const hasGpus = gpus >= 0 && columns.byName(total)[gpus]! > 0 ? 1 : 0;
    this.#state.agentsWithGpus += hasGpus - books.hasGpus[agent]!;
    books.hasGpus[agent] = hasGpus;
  }

  // Filters

  #group(subscription: Subscription, agents: readonly number[] | null, refuseUs: number): FilterGroup {
    const { simulation, options } = this.#state.parts;
    const group = new FilterGroup(++this.#serial, agents);
    this.#groups.set(group.serial, { group, subscription });
    // The removal passes through the allocator's mailbox behind a batch cycle that is due at the same instant, if the filter is not longer than the interval.
    const lifetimeUs = refuseUs <= options.allocationIntervalUs ? options.allocationIntervalUs + 1 : Math.min(refuseUs, LONGEST_REFUSAL_US);
    simulation.after(lifetimeUs, this.#expireOp, group.serial);
    return group;
  }

  #expire(serial: number): void {
    const { group, subscription } = this.#groups.get(serial)!;
    this.#groups.delete(serial);
    if (!group.alive) return;
    subscription.filters.expire(group);
    if (group.agents === null) subscription.reopen();
    else for (const agent of group.agents) subscription.consider(agent);
    this.#touch();
  }

  // Look-ups

}
