import type { AgentBooks } from './agent-books.ts';
import { AgentRoster } from './agent-roster.ts';
import type { AllocatorParts, AnswerFilters } from './allocator-parts.ts';
import { AllocatorState, type RoleStanding } from './allocator-state.ts';
import { CycleLoop } from './cycle-loop.ts';
import { DrfSorter } from './drf-sorter.ts';
import { FilterExpiry } from './filter-expiry.ts';
import { FrameworkRoster } from './framework-roster.ts';
import { type InverseAnswer, InverseOffers, type Unavailability } from './inverse-offers.ts';
import { OfferAnswers } from './offer-answers.ts';
import type { Offers } from './offers.ts';
import { quotaNow } from './quota-now.ts';
import type { QuotaCycle } from './quota.ts';

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
  readonly agents: AgentRoster;
  readonly frameworks: FrameworkRoster;
  readonly inverse: InverseOffers;
  readonly #state: AllocatorState;
  readonly #cycles: CycleLoop;
  readonly #answers: OfferAnswers;

  constructor(parts: AllocatorParts) {
    this.#state = new AllocatorState(parts);
    this.books = this.#state.books;
    this.inverse = new InverseOffers(this.#state);
    this.#cycles = new CycleLoop(this.#state, this.inverse);
    this.#answers = new OfferAnswers(this.#state, this.#cycles, new FilterExpiry(this.#state, this.#cycles));
    this.agents = new AgentRoster(this.#state, this.#cycles, this.inverse, this.#answers);
    this.frameworks = new FrameworkRoster(this.#state, this.#cycles, this.inverse);
  }

  // Settings and standings

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

  /** The books of quota with which a cycle would begin now; undefined = no role has quota. */
  quotaNow(): QuotaCycle | undefined {
    return quotaNow(this.#state);
  }

  /** What of an agent's free resources a framework could be offered in a role, by column. @param quota what the books of quota allow; undefined = all of it */
  offerable(index: number, role: string, agent: number, quota: QuotaCycle | undefined): Float64Array {
    const [subscription] = this.#state.chosen(index, [role]);
    const { free, width } = this.books;
    const available = free.slice(agent * width, (agent + 1) * width);
    if (!this.#state.parts.columns.plain) this.#state.available(subscription!, agent, available);
    return quota === undefined ? available : quota.allowed(role, available, subscription!.role.ownReservation);
  }

  /** Whether a framework receives offers in a role, and whether what it could be offered of an agent is filtered for it: for explanations. */
  standing(index: number, role: string, agent: number, offerable = this.offerable(index, role, agent, this.quotaNow())): 'suppressed' | 'filtered' | 'reserved' | 'offerable' {
    const [subscription] = this.#state.chosen(index, [role]);
    if (!this.#state.capable(subscription!, agent)) return 'reserved';
    if (!subscription!.active) return 'suppressed';
    return subscription!.filters.blocks(agent, offerable, 0) ? 'filtered' : 'offerable';
  }

  /** Takes back every outstanding offer of an agent, without a filter. */
  rescind(agent: number): void {
    this.#answers.rescind(agent);
  }

  /** Takes back offers that have not been answered in time. */
  takeBack(offers: Offers): void {
    this.#answers.takeBack(offers);
  }

  /** Takes back all offers, without a filter. */
  rescindAll(): void {
    for (const offers of this.#state.outstanding) this.takeBack(offers);
    this.#cycles.touch();
  }

  /** Takes back offers, agent by agent, until they hold quantities (by name) and at least as many agents have lost some as the role has active frameworks. */
  rescindFor(role: string, wanted: ReadonlyMap<string, number>): void {
    const { columns } = this.#state.parts;
    let agentsLeft = [...(this.#state.roles.get(role)?.subscriptions.values() ?? [])].filter(({ framework }) => framework.active).length;
    const missing = new Map(wanted);
    const enough = (resources: Float64Array): boolean => {
      for (const [n, amount] of columns.byName(resources).entries()) {
        const name = columns.names[n]!;
        const left = (missing.get(name) ?? 0) - amount;
        if (left > 0) missing.set(name, left);
        else missing.delete(name);
      }
      // All offers of an agent go.
      return false;
    };
    for (const agent of this.#state.inOrder(Array.from({ length: this.books.capacity }, (_, i) => i))) {
      if (missing.size === 0 && agentsLeft <= 0) break;
      let offered = false;
      for (const offers of this.#state.outstanding) if (offers.holds(agent)) offered = true;
      if (!offered) continue;
      this.#answers.rescind(agent, { enough });
      agentsLeft--;
    }
    this.#cycles.reconsider();
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
    const { free, width } = this.books;
    for (const [column, { revocable }] of this.#state.parts.columns.columns.entries()) {
      // The agent lends what it reports to be in use, whatever its last estimate was.
      const missing = resources[column]! - free[agent * width + column]!;
      if (revocable && missing > 0) this.agents.setRevocable(agent, column, this.books.total[agent * width + column]! + missing);
    }
    this.#state.beforeChange(agent);
    this.books.change(agent, resources, -1);
    this.#state.book(this.#state.chosen(framework, [role])[0]!, resources, 1);
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
}
