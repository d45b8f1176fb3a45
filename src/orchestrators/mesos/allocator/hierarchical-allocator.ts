import type { AgentBooks } from './agent-books.ts';
import type { AllocatorParts, AnswerFilters, FrameworkSpec } from './allocator-parts.ts';
import { AllocatorState, type RoleStanding } from './allocator-state.ts';
import { CycleLoop } from './cycle-loop.ts';
import { DrfSorter } from './drf-sorter.ts';
import { FilterExpiry } from './filter-expiry.ts';
import { type InverseAnswer, InverseOffers, type Unavailability } from './inverse-offers.ts';
import { OfferAnswers } from './offer-answers.ts';
import type { Offers } from './offers.ts';
import { type AllocatorFramework, Subscription } from './subscription.ts';

/** Refusal of an inverse offer when none is given (include/mesos/mesos.proto, Filters.refuse_seconds). */
const DEFAULT_REFUSAL_US = 5_000_000;

/**
 * The hierarchical allocator: role, then framework, then whole agents, in a batch cycle each interval and in cycles set off by events (Apache Mesos 1.12,
 * src/master/allocator/mesos/hierarchical.cpp). Offered resources count as allocated until the offer comes back.
 *
 * With plain resources (no reservations, quota or revocable entries) cycles offer in bulk and visit an agent only where roles compete for it; otherwise the loop nest of
 * the real allocator runs as it stands.
 */
export class HierarchicalAllocator {
  readonly books: AgentBooks;
  readonly inverse: InverseOffers;
  readonly #state: AllocatorState;
  readonly #cycles: CycleLoop;
  readonly #answers: OfferAnswers;
  #whitelist: ReadonlySet<string> | null = null;
  readonly #deactivated: Uint8Array;

  constructor(parts: AllocatorParts) {
    this.#state = new AllocatorState(parts);
    this.books = this.#state.books;
    this.inverse = new InverseOffers(this.#state);
    this.#deactivated = new Uint8Array(parts.agentCapacity);
    this.#cycles = new CycleLoop(this.#state, this.inverse);
    this.#answers = new OfferAnswers(this.#state, this.#cycles, new FilterExpiry(this.#state, this.#cycles));
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
    this.#cycles.requestAll();
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
    this.inverse.forget(index);
    this.#state.frameworks[index] = undefined;
  }

  activateFramework(index: number): void {
    const framework = this.#state.framework(index);
    framework.active = true;
    for (const subscription of framework.subscriptions) {
      if (!subscription.suppressed) subscription.role.sorter.activate(framework.name);
      subscription.reopen();
    }
    this.#cycles.requestAll();
  }

  /** The framework is disconnected: no offers, its filters are gone, its usage still counts. */
  deactivateFramework(index: number): void {
    const framework = this.#state.framework(index);
    framework.active = false;
    this.inverse.forget(index);
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
    this.inverse.clearRefusals(index);
    this.#cycles.requestAll();
  }

  /** Sets a framework's own minimum quantities in a role; waits for the next batch. */
  setMinimum(index: number, role: string, sets: readonly ReadonlyMap<string, number>[]): void {
    const [subscription] = this.#state.chosen(index, [role]);
    subscription!.minimum = this.#state.minimumSets(sets);
    this.#cycles.reconsider();
  }

  /** Not a trigger. */
  setWeight(role: string, weight: number): void {
    this.#state.roleSorter.updateWeight(role, weight);
    this.#cycles.touch();
  }

  /** Sets or removes quota of a top-level role. Not a trigger. */
  setQuota(role: string, guarantee: ReadonlyMap<string, number>, limit: ReadonlyMap<string, number>): void {
    const by = (set: ReadonlyMap<string, number>): Float64Array => Float64Array.from(this.#state.parts.columns.names, (name) => set.get(name) ?? NaN);
    if (guarantee.size === 0 && limit.size === 0) this.#state.quotas.delete(role);
    else this.#state.quotas.set(role, { guarantee: by(guarantee), limit: by(limit) });
    this.#cycles.reconsider();
  }

  /** Only these agents are offered; null = all. Not a trigger. */
  setWhitelist(agents: ReadonlySet<string> | null): void {
    this.#whitelist = agents;
    for (let agent = 0; agent < this.books.capacity; agent++) {
      // Offers that are out stand.
      if (this.books.active[agent] === 1 && !this.#listed(agent)) {
        this.#state.beforeChange(agent);
        this.#state.bulkCovering(agent)?.detach(agent);
      }
      this.#refreshActive(agent);
    }
    this.#cycles.reconsider();
  }

  /** Weighted dominant share of a subscribed role; undefined for the random sorter. */
  roleShare(role: string): number | undefined {
    return this.#state.roleSorter instanceof DrfSorter ? this.#state.roleSorter.shareOf(role) : undefined;
  }

  roles(): readonly string[] {
    return [...this.#state.roles.keys()];
  }

  /** Where the role of these offers stood when they were made; undefined = not kept. */
  standingOf(offers: Offers): RoleStanding | undefined {
    return this.#state.standingOf(offers);
  }

  /** Roles in the order in which they would be served now. */
  roleOrder(): readonly string[] {
    return this.#state.roleSorter.sort();
  }

  /** Whether a framework receives offers in a role, and whether an agent's free resources are filtered for it: for explanations. */
  standing(index: number, role: string, agent: number): 'suppressed' | 'filtered' | 'reserved' | 'offerable' {
    const [subscription] = this.#state.chosen(index, [role]);
    if (!this.#state.capable(subscription!, agent)) return 'reserved';
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
    this.#cycles.requestAgent(agent);
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
    this.#cycles.requestAgent(agent);
  }

  setMultiRole(agent: number, multiRole: boolean): void {
    this.#state.agentsWithoutMultiRole += this.books.multiRole[agent]! - +multiRole;
    this.books.multiRole[agent] = multiRole ? 1 : 0;
    this.#cycles.requestAgent(agent);
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
    this.inverse.plan(agent, undefined);
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
    this.#cycles.consider(agent);
  }

  /** Takes back every outstanding offer of an agent, without a filter. */
  rescind(agent: number): void {
    this.#answers.rescind(agent);
  }

  /** Takes back offers that have not been answered in time. */
  takeBack(offers: Offers): void {
    this.#answers.takeBack(offers);
  }

  /** Static partitioning: each agent is for the framework of this index alone; -1 = for nobody. */
  setOwners(owners: Int32Array): void {
    this.#state.owners = owners;
    this.#cycles.reconsider();
  }

  /** Per agent, the role that all its resources are reserved to; '' = unreserved. Not known to quota. */
  setReservedRoles(roles: readonly string[]): void {
    this.#state.reservedRoles = roles;
    this.#cycles.reconsider();
  }

  /** The agent will be out of service then; undefined = it will not. Sets off a cycle for it. */
  planUnavailability(agent: number, unavailability: Unavailability | undefined): void {
    this.inverse.plan(agent, unavailability);
    this.#cycles.requestAgent(agent);
  }

  /** The agent has registered again with other attributes: what frameworks refused of it may suit them now. */
  attributesChanged(agent: number): void {
    for (const subscription of this.#state.subscriptions) subscription.filters.removeAgent(agent);
    this.#cycles.requestAgent(agent);
  }

  /** A framework answers that it will give an agent back in time, or will not. Without `refuseUs` it is not asked again for 5 s. */
  answerInverse(framework: number, agent: number, answer: InverseAnswer, refuseUs = DEFAULT_REFUSAL_US): void {
    this.inverse.answer(framework, agent, answer, refuseUs);
    const nextUs = this.inverse.nextUs();
    if (nextUs !== Infinity) this.#cycles.askAgainAt(nextUs);
    this.#cycles.touch();
  }

  // Resources

  /**
   * Resources come back: a task has ended, or an offer was declined. Not a trigger: they are offered again in the next batch cycle at the earliest.
   * @param refuseUs installs a filter for this long; undefined or 0 = none
   */
  recover(framework: number, role: string, agent: number, resources: ArrayLike<number>, refuseUs?: number): void {
    this.#answers.recover(framework, role, agent, resources, refuseUs);
  }

  /**
   * An answer: what was launched stays allocated, the rest comes back with filters.
   * @param launched per agent, what tasks took; agents whose offer does not stand any more must not be in it
   */
  answer(offers: Offers, launched: ReadonlyMap<number, Float64Array>, filters: AnswerFilters): void {
    this.#answers.answer(offers, launched, filters);
  }

  /** A task that the agent reports uses resources that were free. */
  use(framework: number, role: string, agent: number, resources: ArrayLike<number>): void {
    this.rescind(agent);
    this.#state.beforeChange(agent);
    this.books.change(agent, resources, -1);
    this.#state.book(this.#state.chosen(framework, [role])[0]!, resources, 1);
    this.#cycles.touch();
  }

  /** An operator changes the reservation of free resources: columns `from` become `to` (`updateAvailable`). Offers of the agent are taken back first. */
  convertFree(agent: number, from: ArrayLike<number>, to: ArrayLike<number>): void {
    const { books } = this;
    this.rescind(agent);
    const base = agent * books.width;
    for (let c = 0; c < books.width; c++) books.total[base + c]! += to[c]! - from[c]!;
    this.#state.beforeChange(agent);
    books.change(agent, from, -1);
    books.change(agent, to, 1);
    this.#cycles.consider(agent);
  }

  /** The same quantities change their reservation: columns `from` become `to`. */
  convert(framework: number, role: string, agent: number, from: ArrayLike<number>, to: ArrayLike<number>): void {
    const { books } = this;
    const [subscription] = this.#state.chosen(framework, [role]);
    const base = agent * books.width;
    this.#state.book(subscription!, from, -1);
    this.#state.book(subscription!, to, 1, false);
    for (let c = 0; c < books.width; c++) books.total[base + c]! += to[c]! - from[c]!;
    this.#cycles.touch();
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

  #listed(agent: number): boolean {
    return this.#whitelist === null || this.#whitelist.has(this.books.names[agent] ?? '');
  }

  #refreshActive(agent: number): void {
    const { books } = this;
    const active = books.known[agent] === 1 && this.#deactivated[agent] === 0 && this.#listed(agent) ? 1 : 0;
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

}
