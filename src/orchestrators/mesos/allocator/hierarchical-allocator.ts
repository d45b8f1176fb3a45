import { Loop } from '../../../engine/loop.ts';
import type { Simulation } from '../../../engine/simulation.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import { AgentBooks } from './agent-books.ts';
import { BulkOffers } from './bulk-offers.ts';
import { ClusterTotal } from './client-tree.ts';
import { DrfSorter } from './drf-sorter.ts';
import { FilterGroup } from './offer-filters.ts';
import { type Offers, RowOffers } from './offers.ts';
import { type Quota, QuotaCycle } from './quota.ts';
import { RandomSorter } from './random-sorter.ts';
import type { ResourceColumns } from './resource-columns.ts';
import { type AllocatorFramework, type AllocatorRole, frameworkSorter, Subscription } from './subscription.ts';

export interface AllocatorOptions {
  readonly allocationIntervalUs: number;
  /** Quantities by name in thousandths; any set that is met makes an agent worth offering; no sets = anything is. */
  readonly minAllocatable: readonly ReadonlyMap<string, number>[];
  /** Resource names left out of shares. */
  readonly fairnessExcluded: readonly string[];
  readonly staleInternalWeights: boolean;
  readonly roleSorter: 'drf' | 'random';
  /** Agents with GPUs are only offered to frameworks with GPU_RESOURCES. */
  readonly filterGpuResources: boolean;
}

export interface AllocatorParts {
  readonly simulation: Simulation;
  readonly columns: ResourceColumns;
  readonly agentCapacity: number;
  readonly options: AllocatorOptions;
  /** Key of the order in which agents are visited. */
  readonly orderSeed: number;
  /** Draws of the random role sorter. */
  readonly draw: () => number;
  /** Takes what a cycle offers, after the cycle. */
  readonly deliver: (offers: Offers) => void;
  /** A cycle has run that had anything to consider. */
  readonly cycled: () => void;
}

export interface FrameworkSpec {
  readonly name: string;
  readonly roles: readonly string[];
  readonly suppressedRoles?: readonly string[];
  readonly gpuResources?: boolean;
  readonly revocableResources?: boolean;
}

/** How an answered offer comes back. Microseconds; undefined = no filter. */
export interface AnswerFilters {
  /** For what is left of agents on which something was launched. */
  readonly used: number | undefined;
  /** For agents that were left alone. */
  readonly unused: number | undefined;
}

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
  readonly total: ClusterTotal;
  readonly #parts: AllocatorParts;
  readonly #excluded: Uint8Array;
  readonly #minimum: readonly Float64Array[];
  readonly #roleSorter: DrfSorter | RandomSorter;
  readonly #roles = new Map<string, AllocatorRole>();
  readonly #frameworks: (AllocatorFramework | undefined)[] = [];
  readonly #subscriptions: Subscription[] = [];
  readonly #quotas = new Map<string, Quota>();
  readonly #roleWeights = new Map<string, number>();
  /** Per top-level role: unreserved, non-revocable resources offered or used, by name. */
  readonly #charged = new Map<string, Float64Array>();
  readonly #outstanding = new Set<Offers>();
  /** Outstanding bulk over everything; at most one. */
  #all: BulkOffers | null = null;
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
  readonly #scratch: Float64Array;
  #agentsWithoutMultiRole = 0;
  #agentsWithGpus = 0;

  constructor(parts: AllocatorParts) {
    this.#parts = parts;
    const { columns, options, simulation } = parts;
    this.total = new ClusterTotal(columns.names.length);
    this.#excluded = Uint8Array.from(columns.names, (name) => (options.fairnessExcluded.includes(name) ? 1 : 0));
    this.#minimum = this.#minimumSets(options.minAllocatable);
    this.books = new AgentBooks(columns, parts.agentCapacity, this.#minimum);
    this.#deactivated = new Uint8Array(parts.agentCapacity);
    this.#scratch = new Float64Array(columns.count);
    this.#roleSorter =
      options.roleSorter === 'drf'
        ? new DrfSorter({ total: this.total, excluded: this.#excluded, staleInternalWeights: options.staleInternalWeights })
        : new RandomSorter(columns.names.length, parts.draw);
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
      index: this.#frameworks.length,
      name: spec.name,
      active: true,
      gpuResources: spec.gpuResources ?? false,
      revocableResources: spec.revocableResources ?? false,
      subscriptions: [],
    };
    this.#frameworks.push(framework);
    for (const roleName of spec.roles) {
      const role = this.#role(roleName);
      const suppressed = spec.suppressedRoles?.includes(roleName) ?? false;
      const subscription = new Subscription(framework, role, suppressed, this.books.capacity, this.books.width);
      framework.subscriptions.push(subscription);
      role.subscriptions.set(spec.name, subscription);
      this.#subscriptions.push(subscription);
      role.sorter.add(spec.name);
      if (!suppressed) role.sorter.activate(spec.name);
    }
    for (const entry of used) {
      const subscription = framework.subscriptions.find(({ role }) => role.name === entry.role);
      if (subscription !== undefined) this.#book(subscription, entry.resources, 1);
    }
    this.#requestAll();
    return framework.index;
  }

  /** Removes a framework from roles and sorters. What it uses comes back by {@link recover}. */
  removeFramework(index: number): void {
    const framework = this.#framework(index);
    for (const subscription of framework.subscriptions) {
      const { role } = subscription;
      subscription.filters.clear();
      this.#roleSorter.unallocated(role.name, role.sorter.allocation(framework.name));
      role.sorter.remove(framework.name);
      role.subscriptions.delete(framework.name);
      this.#subscriptions.splice(this.#subscriptions.indexOf(subscription), 1);
      if (role.subscriptions.size === 0) {
        this.#roleSorter.remove(role.name);
        this.#roles.delete(role.name);
      }
    }
    this.#frameworks[index] = undefined;
  }

  activateFramework(index: number): void {
    const framework = this.#framework(index);
    framework.active = true;
    for (const subscription of framework.subscriptions) {
      if (!subscription.suppressed) subscription.role.sorter.activate(framework.name);
      subscription.reopen();
    }
    this.#requestAll();
  }

  /** The framework is disconnected: no offers, its filters are gone, its usage still counts. */
  deactivateFramework(index: number): void {
    const framework = this.#framework(index);
    framework.active = false;
    for (const subscription of framework.subscriptions) {
      subscription.role.sorter.deactivate(framework.name);
      subscription.filters.clear();
      subscription.forget();
    }
  }

  /** No more offers for the framework in these roles (default: all). Not a trigger. */
  suppress(index: number, roles?: readonly string[]): void {
    for (const subscription of this.#chosen(index, roles)) {
      subscription.suppressed = true;
      subscription.role.sorter.deactivate(subscription.framework.name);
      subscription.forget();
    }
  }

  /** Offers again: drops the filters of these roles and sets off a cycle over all agents. */
  revive(index: number, roles?: readonly string[]): void {
    for (const subscription of this.#chosen(index, roles)) {
      subscription.filters.clear();
      subscription.suppressed = false;
      if (subscription.framework.active) subscription.role.sorter.activate(subscription.framework.name);
      subscription.reopen();
    }
    this.#requestAll();
  }

  /** Sets a framework's own minimum quantities in a role; waits for the next batch. */
  setMinimum(index: number, role: string, sets: readonly ReadonlyMap<string, number>[]): void {
    const [subscription] = this.#chosen(index, [role]);
    subscription!.minimum = this.#minimumSets(sets);
    this.#touch();
  }

  /** Not a trigger. */
  setWeight(role: string, weight: number): void {
    this.#roleWeights.set(role, weight);
    this.#roleSorter.updateWeight(role, weight);
    this.#touch();
  }

  /** Sets or removes quota of a top-level role. Not a trigger. */
  setQuota(role: string, guarantee: ReadonlyMap<string, number>, limit: ReadonlyMap<string, number>): void {
    const by = (set: ReadonlyMap<string, number>): Float64Array => Float64Array.from(this.#parts.columns.names, (name) => set.get(name) ?? NaN);
    if (guarantee.size === 0 && limit.size === 0) this.#quotas.delete(role);
    else this.#quotas.set(role, { guarantee: by(guarantee), limit: by(limit) });
    this.#touch();
  }

  /** Only these agents are offered; null = all. Not a trigger. */
  setWhitelist(agents: ReadonlySet<string> | null): void {
    this.#whitelist = agents;
    for (let agent = 0; agent < this.books.capacity; agent++) this.#refreshActive(agent);
    this.#touch();
  }

  /** Weighted dominant share of a subscribed role; undefined for the random sorter. */
  roleShare(role: string): number | undefined {
    return this.#roleSorter instanceof DrfSorter ? this.#roleSorter.shareOf(role) : undefined;
  }

  roles(): readonly string[] {
    return [...this.#roles.keys()];
  }

  /** Roles in the order in which they would be served now. */
  roleOrder(): readonly string[] {
    return this.#roleSorter.sort();
  }

  /** Whether a framework receives offers in a role, and whether an agent's free resources are filtered for it: for explanations. */
  standing(index: number, role: string, agent: number): 'suppressed' | 'filtered' | 'offerable' {
    const [subscription] = this.#chosen(index, [role]);
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
    if (!multiRole) this.#agentsWithoutMultiRole++;
    this.#deactivated[agent] = 0;
    for (const subscription of this.#subscriptions) subscription.filters.removeAgent(agent);
    this.#setTotal(agent, total);
    for (const entry of used) if (entry.framework >= 0) this.#book(this.#chosen(entry.framework, [entry.role])[0]!, entry.resources, 1);
    const free = Float64Array.from({ length: books.width }, (_, c) => total[c]! - used.reduce((sum, entry) => sum + entry.resources[c]!, 0));
    books.change(agent, free, 1);
    this.#refreshActive(agent);
    this.#requestAgent(agent);
  }

  /** Changes an agent's total; a cycle for it follows. Free resources may fall below zero for a while in the real system; here they stop at zero. */
  updateAgent(agent: number, total: ArrayLike<number>): void {
    const { books } = this;
    this.#beforeChange(agent);
    const base = agent * books.width;
    const delta = Float64Array.from({ length: books.width }, (_, c) => Math.max(total[c]! - books.total[base + c]!, -books.free[base + c]!));
    this.total.add(this.#parts.columns.byName(books.total.subarray(base, base + books.width)), -1);
    this.#setTotal(agent, total);
    books.change(agent, delta, 1);
    this.#requestAgent(agent);
  }

  setMultiRole(agent: number, multiRole: boolean): void {
    this.#agentsWithoutMultiRole += this.books.multiRole[agent]! - +multiRole;
    this.books.multiRole[agent] = multiRole ? 1 : 0;
    this.#requestAgent(agent);
  }

  /** Forgets an agent with everything offered or used on it. `used` is what frameworks use there. */
  removeAgent(agent: number, used: readonly { readonly framework: number; readonly role: string; readonly resources: ArrayLike<number> }[]): void {
    const { books } = this;
    this.rescind(agent);
    for (const entry of used) if (entry.framework >= 0) this.#book(this.#chosen(entry.framework, [entry.role])[0]!, entry.resources, -1);
    const base = agent * books.width;
    const free = books.free.slice(base, base + books.width);
    for (const subscription of this.#subscriptions) subscription.filters.removeAgent(agent);
    books.change(agent, free, -1);
    this.total.add(this.#parts.columns.byName(books.total.subarray(base, base + books.width)), -1);
    if (books.multiRole[agent] === 0) this.#agentsWithoutMultiRole--;
    if (books.hasGpus[agent] === 1) this.#agentsWithGpus--;
    books.multiRole[agent] = 1;
    books.hasGpus[agent] = 0;
    books.known[agent] = 0;
    books.late.delete(agent);
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
    for (const offers of this.#outstanding) {
      if (!offers.holds(agent)) continue;
      const subscription = this.#subscriptionOf(offers);
      if (offers instanceof RowOffers) {
        const resources = offers.rescind(agent)!;
        if (subscription !== undefined) this.#book(subscription, resources, -1);
        this.#beforeChange(agent);
        books.change(agent, resources, 1);
        continue;
      }
      const bulk = offers as BulkOffers;
      const base = agent * books.width;
      const resources = books.free.slice(base, base + books.width);
      for (let c = 0; c < books.width; c++) bulk.sum[c]! -= resources[c]!;
      bulk.count--;
      if (bulk.members === null) bulk.out.add(agent);
      else books.held[agent] = 0;
      if (subscription !== undefined) this.#book(subscription, resources, -1);
      this.#joinLate(agent);
      this.#letGo(agent);
    }
  }

  // Resources

  /**
   * Resources come back: a task has ended, or an offer was declined. Not a trigger: they are offered again in the next batch cycle at the earliest.
   * @param refuseUs installs a filter for this long; undefined or 0 = none
   */
  recover(framework: number, role: string, agent: number, resources: ArrayLike<number>, refuseUs?: number): void {
    const { books } = this;
    const subscription = this.#frameworks[framework]?.subscriptions.find((entry) => entry.role.name === role);
    if (subscription !== undefined) this.#book(subscription, resources, -1);
    if (books.known[agent] === 0) return;
    if (this.#heldByBulk(agent)) {
      const late = books.late.get(agent) ?? new Float64Array(books.width);
      for (let c = 0; c < books.width; c++) late[c]! += resources[c]!;
      books.late.set(agent, late);
    } else {
      this.#beforeChange(agent);
      books.change(agent, resources, 1);
      this.#markNew(agent);
    }
    if (subscription !== undefined && refuseUs !== undefined && refuseUs > 0) {
      subscription.filters.add(agent, Float64Array.from({ length: books.width }, (_, c) => resources[c]!), this.#group(subscription, [agent], refuseUs));
    }
    this.#consider(agent);
  }

  /** A task that the agent reports uses resources that were free. */
  use(framework: number, role: string, agent: number, resources: ArrayLike<number>): void {
    this.rescind(agent);
    this.#beforeChange(agent);
    this.books.change(agent, resources, -1);
    this.#book(this.#chosen(framework, [role])[0]!, resources, 1);
  }

  /** The same quantities change their reservation: columns `from` become `to`. */
  convert(framework: number, role: string, agent: number, from: ArrayLike<number>, to: ArrayLike<number>): void {
    const { books } = this;
    const [subscription] = this.#chosen(framework, [role]);
    const base = agent * books.width;
    this.#book(subscription!, from, -1);
    this.#book(subscription!, to, 1, false);
    for (let c = 0; c < books.width; c++) books.total[base + c]! += to[c]! - from[c]!;
    this.#touch();
  }

  /**
   * An answer: what was launched stays allocated, the rest comes back with filters.
   * @param launched per agent, what tasks took; agents whose offer does not stand any more must not be in it
   */
  answer(offers: Offers, launched: ReadonlyMap<number, Float64Array>, filters: AnswerFilters): void {
    this.#outstanding.delete(offers);
    const subscription = this.#subscriptionOf(offers);
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
    if (subscription !== undefined) this.#book(subscription, returned, -1);
    const members = bulk.members?.filter((agent) => bulk.holds(agent)) ?? null;
    if (members === null) this.#all = null;
    else for (const agent of members) books.held[agent] = 0;
    const filtering = subscription !== undefined && subscription.active;
    if (filtering && filters.unused !== undefined && filters.unused > 0 && bulk.count > launched.size) {
      const group = this.#group(subscription, members === null ? null : members.filter((agent) => !launched.has(agent)), filters.unused);
      if (members === null) subscription.filters.addAll(group, [...launched.keys(), ...bulk.out]);
      else subscription.filters.addImplied(group);
    } else if (filtering) subscription.reopen();
    if (launched.size > 0) {
      const group = filtering && filters.used !== undefined && filters.used > 0 ? this.#group(subscription, [...launched.keys()], filters.used) : undefined;
      for (const [agent, used] of launched) {
        this.#beforeChange(agent);
        books.change(agent, used, -1);
        const base = agent * books.width;
        if (group !== undefined) subscription!.filters.add(agent, books.free.slice(base, base + books.width), group);
      }
    }
    if (members !== null) for (const agent of members) this.#letGo(agent);
    for (const agent of books.late.keys()) {
      if (this.#heldByBulk(agent)) continue;
      this.#joinLate(agent);
      this.#consider(agent);
    }
    // Roles that lost these agents in the cycle kept them in mind; now they may have them.
    this.#touch();
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
    this.#parts.simulation.after(0, this.#cycleOp);
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
    for (const subscription of this.#subscriptions) if (subscription.active && (subscription.open || subscription.maybe.length > 0)) return true;
    return false;
  }

  /** Something has changed that a batch cycle may have to consider. */
  #touch(): void {
    this.#changed = true;
    if (this.#mayOffer()) this.#loop.wake();
  }

  get #plain(): boolean {
    return this.#parts.columns.plain && this.#quotas.size === 0 && this.#whitelist === null && this.#subscriptions.every((subscription) => subscription.minimum === undefined);
  }

  #cycle(agents: readonly number[] | null): void {
    if (!this.#mayOffer()) return;
    this.#parts.cycled();
    const results: Offers[] = [];
    if (!this.#plain) {
      const offered = this.#generalCycle(agents, results);
      if (agents === null || offered) this.#changed = offered;
      // What is not looked at here stays to be looked at if the configuration becomes plain again.
    } else if (agents !== null || !this.#bulkCycle(results)) this.#scan(agents, results);
    for (const offers of results) {
      this.#outstanding.add(offers);
      this.#parts.deliver(offers);
    }
    if (this.#mayOffer()) this.#loop.wake();
  }

  /** Offers everything to the one framework that nothing has been ruled out for, if other roles cannot interfere; false: agents must be looked at. */
  #bulkCycle(results: Offers[]): boolean {
    const { books } = this;
    if (this.#outstanding.size > 0) {
      for (const offers of this.#outstanding) if (offers instanceof BulkOffers) return false;
    }
    let open: Subscription | undefined;
    let rival: Subscription | undefined;
    for (const subscription of this.#subscriptions) {
      if (!subscription.active) continue;
      if (subscription.open) {
        if (open !== undefined) return false;
        open = subscription;
        continue;
      }
      subscription.prune((agent) => this.#eligible(subscription, agent));
      if (subscription.maybe.length === 0) continue;
      if (rival !== undefined) return false;
      rival = subscription;
    }
    if (open === undefined) return false;
    if (!open.filters.sparse || open.filters.explicitCount > books.capacity / 16 + 16) return false;
    if (this.#agentsWithoutMultiRole > 0 || (this.#agentsWithGpus > 0 && this.#parts.options.filterGpuResources && !open.framework.gpuResources)) return false;
    const sum = books.offerableSum.slice();
    const out: number[] = [];
    for (const agent of open.filters.explicitAgents()) {
      if (books.offerable[agent] === 1 && !this.#eligible(open, agent)) out.push(agent);
    }
    if (rival !== undefined) {
      const winner = this.#clearWinner(open, rival, sum);
      if (winner === undefined) return false;
      if (winner === rival) {
        const won = this.#inOrder(rival.maybe);
        results.push(this.#members(rival, won));
        rival.forget();
        // Held now, so no longer in the sum.
        sum.set(books.offerableSum);
        for (let i = out.length - 1; i >= 0; i--) if (books.offerable[out[i]!] === 0) out.splice(i, 1);
      }
    }
    for (const agent of out) for (let c = 0; c < books.width; c++) sum[c]! -= books.free[agent * books.width + c]!;
    const count = books.offerableCount - out.length;
    open.open = false;
    if (count === 0) return true;
    const bulk = new BulkOffers(books, open.framework.index, open.role.name, ++this.#serial, null, sum, count, this.#parts.orderSeed, this.#parts.simulation.nowUs);
    for (const agent of out) bulk.out.add(agent);
    this.#all = bulk;
    this.#book(open, sum, 1, true, count);
    results.push(bulk);
    return true;
  }

  /** Which of two frameworks is served first throughout the cycle whatever the order of agents; undefined if that depends on it. */
  #clearWinner(open: Subscription, rival: Subscription, everything: Float64Array): Subscription | undefined {
    const sorter = this.#roleSorter;
    if (!(sorter instanceof DrfSorter) || open.role === rival.role) return undefined;
    for (const { role } of [open, rival]) if (role.name.includes('/') || role.subscriptions.size > 1) return undefined;
    for (const name of this.#roles.keys()) if (name.includes('/')) return undefined;
    const { columns } = this.#parts;
    const { books } = this;
    const contested = new Float64Array(books.width);
    for (const agent of rival.maybe) for (let c = 0; c < books.width; c++) contested[c]! += books.free[agent * books.width + c]!;
    if (sorter.shareWith(rival.role.name, columns.byName(contested)) < sorter.shareOf(open.role.name)) return rival;
    if (sorter.shareOf(rival.role.name) > sorter.shareWith(open.role.name, columns.byName(everything))) return open;
    return undefined;
  }

  /** Visits agents one by one: those asked for, or all that any framework may take. */
  #scan(agents: readonly number[] | null, results: Offers[]): void {
    const { books } = this;
    const lists = new Map<Subscription, number[]>();
    const lost = new Set<Subscription>();
    const visited = agents ?? this.#scanCandidates();
    for (const agent of this.#inOrder(visited)) {
      if (books.offerable[agent] === 0) continue;
      if (this.#all !== null && this.#all.holds(agent)) {
        for (const subscription of this.#subscriptions) if (subscription.active && subscription.mayTake(agent)) lost.add(subscription);
        continue;
      }
      const taker = this.#takerOf(agent);
      if (taker === undefined) continue;
      for (const subscription of this.#subscriptions) if (subscription !== taker && subscription.active && subscription.mayTake(agent)) lost.add(subscription);
      const list = lists.get(taker);
      if (list === undefined) lists.set(taker, [agent]);
      else list.push(agent);
      const base = agent * books.width;
      for (let c = 0; c < books.width; c++) this.#scratch[c] = books.free[base + c]!;
      this.#book(taker, this.#scratch, 1);
    }
    for (const offers of this.#outstanding) {
      // What others hold may come back to those that could not be asked now.
      if (agents === null && offers instanceof BulkOffers) for (const subscription of this.#subscriptions) if (subscription.open && subscription.framework.index !== offers.framework) lost.add(subscription);
    }
    for (const [subscription, list] of lists) results.push(this.#members(subscription, list, true));
    if (agents !== null) return;
    for (const subscription of this.#subscriptions) {
      if (!subscription.active) continue;
      if (subscription.open) subscription.open = lost.has(subscription);
      // What another framework holds may come back from it.
      else subscription.prune((agent) => this.#heldByOther(subscription, agent, results) && !subscription.filters.blocks(agent, books.free, agent * books.width));
    }
  }

  #heldByOther(subscription: Subscription, agent: number, results: readonly Offers[]): boolean {
    const others = (offers: Offers): boolean => offers instanceof BulkOffers && (offers.framework !== subscription.framework.index || offers.role !== subscription.role.name) && offers.holds(agent);
    return results.some(others) || [...this.#outstanding].some(others);
  }

  #scanCandidates(): number[] {
    const { books } = this;
    const candidates: number[] = [];
    if (this.#subscriptions.some((subscription) => subscription.active && subscription.open)) {
      for (let agent = 0; agent < books.capacity; agent++) if (books.offerable[agent] === 1) candidates.push(agent);
      return candidates;
    }
    const seen = new Set<number>();
    for (const subscription of this.#subscriptions) if (subscription.active) for (const agent of subscription.maybe) seen.add(agent);
    return [...seen];
  }

  /** The framework that is served first among those that may take the agent. */
  #takerOf(agent: number): Subscription | undefined {
    for (const roleName of this.#roleSorter.sort()) {
      const role = this.#roles.get(roleName)!;
      for (const name of role.sorter.sort()) {
        const subscription = role.subscriptions.get(name)!;
        if (subscription.mayTake(agent) && this.#eligible(subscription, agent)) return subscription;
      }
    }
    return undefined;
  }

  #eligible(subscription: Subscription, agent: number): boolean {
    const { books } = this;
    return books.offerable[agent] === 1 && this.#capable(subscription, agent) && !subscription.filters.blocks(agent, books.free, agent * books.width);
  }

  #capable(subscription: Subscription, agent: number): boolean {
    const { books } = this;
    if (books.multiRole[agent] === 0) return false;
    return books.hasGpus[agent] === 0 || subscription.framework.gpuResources || !this.#parts.options.filterGpuResources;
  }

  /** Agents by their position in this cycle. */
  #inOrder(agents: readonly number[]): number[] {
    const { order } = this.books;
    order.rekey(this.#parts.orderSeed, this.#parts.simulation.nowUs, 0);
    if (agents.length < 2) return [...agents];
    if (agents.length * DENSE > order.size) {
      // Most agents are in: walking the positions is cheaper than sorting them.
      const chosen = new Uint8Array(order.size);
      for (const agent of agents) chosen[agent] = 1;
      const ordered: number[] = [];
      for (let position = 0; position < order.size; position++) {
        const agent = order.agentAt(position);
        if (chosen[agent] === 1) ordered.push(agent);
      }
      return ordered;
    }
    const keys = Float64Array.from(agents, (agent) => order.positionOf(agent) * POSITION_UNIT + agent).sort();
    return Array.from(keys, (key) => key % POSITION_UNIT);
  }

  /** Whole agents for one framework, held until answered. */
  #members(subscription: Subscription, agents: readonly number[], booked = false): BulkOffers {
    const { books } = this;
    const sum = new Float64Array(books.width);
    const serial = ++this.#serial;
    for (const agent of agents) {
      for (let c = 0; c < books.width; c++) sum[c]! += books.free[agent * books.width + c]!;
      books.held[agent] = serial;
      books.refresh(agent);
    }
    if (!booked) this.#book(subscription, sum, 1, true, agents.length);
    return new BulkOffers(books, subscription.framework.index, subscription.role.name, serial, agents, sum, agents.length, this.#parts.orderSeed, this.#parts.simulation.nowUs);
  }

  /** The loop nest of the real allocator, with reservations, quota, revocable resources and whitelist. */
  #generalCycle(agents: readonly number[] | null, results: Offers[]): boolean {
    const { books } = this;
    const candidates = agents ?? Array.from({ length: books.capacity }, (_, agent) => agent);
    const usable = candidates.filter((agent) => books.known[agent] === 1 && books.active[agent] === 1 && !this.#heldByBulk(agent));
    const byTaker = new Map<Subscription, RowOffers>();
    const quota = this.#quotas.size === 0 ? undefined : this.#quotaCycle();
    if (quota !== undefined) {
      for (const agent of this.#inOrder(usable)) this.#guaranteeStage(agent, quota, byTaker);
    }
    for (const agent of this.#inOrder(usable)) this.#bestEffortStage(agent, quota, byTaker);
    results.push(...byTaker.values());
    return byTaker.size > 0;
  }

  #guaranteeStage(agent: number, quota: QuotaCycle, byTaker: Map<Subscription, RowOffers>): void {
    // Copies: the orders change with what is handed out, the real loop goes on over the order it began with.
    for (const roleName of this.#roleSorter.sort().slice()) {
      if (!this.#quotas.has(roleName)) continue;
      const role = this.#roles.get(roleName)!;
      if (this.#quotas.get(roleName)!.guarantee.every((amount) => !(amount > 0)) || quota.satisfied(roleName)) continue;
      for (const name of role.sorter.sort().slice()) {
        const subscription = role.subscriptions.get(name)!;
        const free = this.#available(subscription, agent);
        if (free === undefined) continue;
        const result = quota.guaranteed(roleName, free, role.ownReservation);
        if (result === undefined || !this.#worthOffering(subscription, result.offer) || subscription.filters.blocks(agent, result.offer, 0)) continue;
        this.#commit(subscription, agent, result.offer, byTaker);
        quota.commitGuaranteed(roleName, result.part, result.extra);
      }
    }
  }

  #bestEffortStage(agent: number, quota: QuotaCycle | undefined, byTaker: Map<Subscription, RowOffers>): void {
    for (const roleName of this.#roleSorter.sort().slice()) {
      const role = this.#roles.get(roleName)!;
      for (const name of role.sorter.sort().slice()) {
        const subscription = role.subscriptions.get(name)!;
        const free = this.#available(subscription, agent);
        if (free === undefined) continue;
        const offer = quota === undefined ? free : quota.bestEffort(roleName, free);
        if (!this.#worthOffering(subscription, offer) || subscription.filters.blocks(agent, offer, 0)) continue;
        this.#commit(subscription, agent, offer, byTaker);
        quota?.commitBestEffort(role.top, offer);
      }
    }
  }

  /** What of an agent's free resources a framework may have in its role; undefined if it gets nothing. */
  #available(subscription: Subscription, agent: number): Float64Array | undefined {
    if (!this.#capable(subscription, agent)) return undefined;
    const { books } = this;
    const { columns } = this.#parts.columns;
    const base = agent * books.width;
    const { allocatable } = subscription.role;
    const free = Float64Array.from(columns, (column, c) => (allocatable[c] === 1 && (!column.revocable || subscription.framework.revocableResources) ? books.free[base + c]! : 0));
    return this.#worthOffering(subscription, free) ? free : undefined;
  }

  #worthOffering(subscription: Subscription, vector: Float64Array): boolean {
    if (vector.every((amount) => amount <= 0)) return false;
    const sets = subscription.minimum ?? this.#minimum;
    if (sets.length === 0) return true;
    const byName = this.#parts.columns.byName(vector);
    return sets.some((set) => set.every((amount, n) => byName[n]! >= amount));
  }

  #commit(subscription: Subscription, agent: number, offer: Float64Array, byTaker: Map<Subscription, RowOffers>): void {
    this.#beforeChange(agent);
    this.books.change(agent, offer, -1);
    this.#book(subscription, offer, 1);
    let rows = byTaker.get(subscription);
    if (rows === undefined) byTaker.set(subscription, (rows = new RowOffers(subscription.framework.index, subscription.role.name, this.books.width)));
    const already = rows.rescind(agent);
    if (already !== undefined) for (let c = 0; c < offer.length; c++) offer[c]! += already[c]!;
    rows.add(agent, offer);
  }

  #quotaCycle(): QuotaCycle {
    const { columns } = this.#parts;
    const { books } = this;
    const unreserved = columns.columns.map((column) => column.reservedTo === '' && !column.revocable);
    const available = new Float64Array(columns.names.length);
    for (let agent = 0; agent < books.capacity; agent++) {
      if (books.known[agent] === 0) continue;
      for (let c = 0; c < books.width; c++) if (unreserved[c]) available[columns.nameOf[c]!]! += books.free[agent * books.width + c]!;
    }
    return new QuotaCycle(
      columns,
      this.#quotas,
      (role) => {
        const consumed = this.#charged.get(role)?.slice() ?? new Float64Array(columns.names.length);
        for (let c = 0; c < books.width; c++) {
          const { reservedTo } = columns.columns[c]!;
          if (reservedTo !== role && !reservedTo.startsWith(`${role}/`)) continue;
          for (let agent = 0; agent < books.capacity; agent++) consumed[columns.nameOf[c]!]! += books.total[agent * books.width + c]!;
        }
        return consumed;
      },
      available,
    );
  }

  // Books

  /** Books resources to (or back from) a framework in both sorters and in what its top-level role is charged with. */
  #book(subscription: Subscription, resources: ArrayLike<number>, sign: 1 | -1, counts = true, times = 1): void {
    const { role, framework } = subscription;
    const { columns } = this.#parts;
    const quantities = columns.plain ? resources : columns.byName(resources);
    if (sign === -1) {
      role.sorter.unallocated(framework.name, quantities);
      this.#roleSorter.unallocated(role.name, quantities);
    } else if (counts) {
      role.sorter.allocated(framework.name, quantities, times);
      this.#roleSorter.allocated(role.name, quantities, times);
    } else {
      const nothing = new Float64Array(columns.names.length);
      role.sorter.update(framework.name, nothing, quantities);
      this.#roleSorter.update(role.name, nothing, quantities);
    }
    let charged = this.#charged.get(role.top);
    if (charged === undefined) this.#charged.set(role.top, (charged = new Float64Array(columns.names.length)));
    for (let c = 0; c < columns.columns.length; c++) {
      const column = columns.columns[c]!;
      if (column.reservedTo === '' && !column.revocable) charged[columns.nameOf[c]!]! += sign * resources[c]!;
    }
  }

  #heldByBulk(agent: number): boolean {
    return this.books.held[agent] !== 0 || (this.#all !== null && this.#all.holds(agent));
  }

  #joinLate(agent: number): void {
    const late = this.books.late.get(agent);
    if (late === undefined) return;
    this.books.late.delete(agent);
    this.#beforeChange(agent);
    this.books.change(agent, late, 1);
    this.#markNew(agent);
  }

  /** A bulk holds the agent no longer. */
  #letGo(agent: number): void {
    this.books.refresh(agent);
    this.#markNew(agent);
  }

  /** What has become offerable while everything is offered in bulk is not part of that. */
  #markNew(agent: number): void {
    if (this.#all !== null) this.#all.out.add(agent);
  }

  #beforeChange(agent: number): void {
    const { free, width } = this.books;
    for (const subscription of this.#subscriptions) if (!subscription.suppressed) subscription.filters.beforeChange(agent, free, agent * width);
  }

  /** An agent may have become offerable to anybody. */
  #consider(agent: number): void {
    for (const subscription of this.#subscriptions) subscription.consider(agent);
    this.#touch();
  }

  #refreshActive(agent: number): void {
    const { books } = this;
    const name = books.names[agent];
    const listed = this.#whitelist === null || (name !== undefined && this.#whitelist.has(name));
    const active = books.known[agent] === 1 && this.#deactivated[agent] === 0 && listed ? 1 : 0;
    if (active === 1 && books.active[agent] === 0) this.#markNew(agent);
    books.active[agent] = active;
    books.refresh(agent);
  }

  #setTotal(agent: number, total: ArrayLike<number>): void {
    const { books } = this;
    const { columns } = this.#parts;
    const base = agent * books.width;
    for (let c = 0; c < books.width; c++) books.total[base + c] = total[c]!;
    this.total.add(columns.byName(total), 1);
    const gpus = columns.nameIndex('gpus');
    const hasGpus = gpus >= 0 && columns.byName(total)[gpus]! > 0 ? 1 : 0;
    this.#agentsWithGpus += hasGpus - books.hasGpus[agent]!;
    books.hasGpus[agent] = hasGpus;
  }

  // Filters

  #group(subscription: Subscription, agents: readonly number[] | null, refuseUs: number): FilterGroup {
    const { simulation, options } = this.#parts;
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

  #role(name: string): AllocatorRole {
    let role = this.#roles.get(name);
    if (role !== undefined) return role;
    const { columns, options } = this.#parts;
    role = {
      name,
      top: name.split('/')[0]!,
      sorter: frameworkSorter(this.total, this.#excluded, options.staleInternalWeights),
      subscriptions: new Map(),
      allocatable: Uint8Array.from(columns.columns, ({ reservedTo }) => (reservedTo === '' || reservedTo === name || name.startsWith(`${reservedTo}/`) ? 1 : 0)),
      ownReservation: Uint8Array.from(columns.columns, ({ reservedTo }) => (reservedTo === name ? 1 : 0)),
    };
    this.#roles.set(name, role);
    this.#roleSorter.add(name);
    this.#roleSorter.activate(name);
    return role;
  }

  #framework(index: number): AllocatorFramework {
    const framework = this.#frameworks[index];
    if (framework === undefined) throw new Error(`no framework ${index}`);
    return framework;
  }

  #chosen(index: number, roles: readonly string[] | undefined): Subscription[] {
    return this.#framework(index).subscriptions.filter((subscription) => roles === undefined || roles.includes(subscription.role.name));
  }

  #subscriptionOf(offers: Offers): Subscription | undefined {
    return this.#frameworks[offers.framework]?.subscriptions.find((entry) => entry.role.name === offers.role);
  }

  /** Sets by name index. A set that asks for a resource nobody has can never be met. */
  #minimumSets(sets: readonly ReadonlyMap<string, number>[]): Float64Array[] {
    const { names } = this.#parts.columns;
    return sets.map((set) => {
      const possible = [...set].every(([name, amount]) => amount <= 0 || names.includes(name));
      return Float64Array.from(names, (name) => (possible ? (set.get(name) ?? 0) : Infinity));
    });
  }
}

const POSITION_UNIT = 16_777_216;
/** From this share of all positions on (one in so many), agents are put in order by walking the positions. */
const DENSE = 16;
