import type { AllocatorState } from './allocator-state.ts';
import type { CycleLoop } from './cycle-loop.ts';
import type { InverseOffers } from './inverse-offers.ts';
import type { OfferAnswers } from './offer-answers.ts';

/** The agents that the allocator knows: what they have in all, whether they are offered, what of them is reserved (Apache Mesos 1.12, src/master/allocator/mesos/hierarchical.cpp). */
export class AgentRoster {
  readonly #state: AllocatorState;
  readonly #cycles: CycleLoop;
  readonly #inverse: InverseOffers;
  readonly #answers: OfferAnswers;
  #whitelist: ReadonlySet<string> | null = null;
  readonly #deactivated: Uint8Array;

  constructor(state: AllocatorState, cycles: CycleLoop, inverse: InverseOffers, answers: OfferAnswers) {
    this.#state = state;
    this.#cycles = cycles;
    this.#inverse = inverse;
    this.#answers = answers;
    this.#deactivated = new Uint8Array(state.parts.agentCapacity);
  }

  /**
   * Adds an agent, known by a number below the capacity; sets off a cycle for it.
   * @param used what frameworks use on it already; framework -1 = one that has not subscribed yet: counts on the agent, in no share
   */
  add(agent: number, name: string, total: ArrayLike<number>, used: readonly { readonly framework: number; readonly role: string; readonly resources: ArrayLike<number> }[] = [], multiRole = true): void {
    const { books } = this.#state;
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

  /** Changes an agent's total; if it does change, a cycle for it follows (`updateSlaveTotal`). Free resources may fall below zero for a while in the real system; here they stop at zero. */
  update(agent: number, total: ArrayLike<number>): void {
    const { books } = this.#state;
    const base = agent * books.width;
    if (books.total.subarray(base, base + books.width).every((amount, c) => amount === total[c])) return;
    this.#state.beforeChange(agent);
    const delta = Float64Array.from({ length: books.width }, (_, c) => Math.max(total[c]! - books.total[base + c]!, -books.free[base + c]!));
    this.#state.total.add(this.#state.parts.columns.byName(books.total.subarray(base, base + books.width)), -1);
    this.#setTotal(agent, total);
    books.change(agent, delta, 1);
    this.#cycles.requestAgent(agent);
  }

  setMultiRole(agent: number, multiRole: boolean): void {
    this.#state.agentsWithoutMultiRole += this.#state.books.multiRole[agent]! - +multiRole;
    this.#state.books.multiRole[agent] = multiRole ? 1 : 0;
    this.#cycles.requestAgent(agent);
  }

  /** Forgets an agent with everything offered or used on it. `used` is what frameworks use there. */
  remove(agent: number, used: readonly { readonly framework: number; readonly role: string; readonly resources: ArrayLike<number> }[]): void {
    const { books } = this.#state;
    this.#answers.rescind(agent);
    for (const entry of used) if (entry.framework >= 0) this.#state.book(this.#state.chosen(entry.framework, [entry.role])[0]!, entry.resources, -1);
    const base = agent * books.width;
    const free = books.free.slice(base, base + books.width);
    for (const subscription of this.#state.subscriptions) subscription.filters.removeAgent(agent);
    books.change(agent, free, -1);
    this.#state.total.add(this.#state.parts.columns.byName(books.total.subarray(base, base + books.width)), -1);
    // Its reservations count towards no quota any more (`removeSlave`, untrackReservations).
    books.total.fill(0, base, base + books.width);
    if (books.multiRole[agent] === 0) this.#state.agentsWithoutMultiRole--;
    if (books.hasGpus[agent] === 1) this.#state.agentsWithGpus--;
    books.multiRole[agent] = 1;
    books.hasGpus[agent] = 0;
    books.known[agent] = 0;
    this.#inverse.plan(agent, undefined);
    this.#refreshActive(agent);
  }

  /** The agent is disconnected or drained: no offers of it. Offers that stand are to be taken back by the allocator. */
  deactivate(agent: number): void {
    this.#answers.rescind(agent);
    this.#deactivated[agent] = 1;
    this.#refreshActive(agent);
  }

  /** Not a trigger. */
  activate(agent: number): void {
    this.#deactivated[agent] = 0;
    this.#refreshActive(agent);
    this.#cycles.consider(agent);
  }

  /** Only these agents are offered; null = all. Not a trigger. */
  setWhitelist(agents: ReadonlySet<string> | null): void {
    this.#whitelist = agents;
    for (let agent = 0; agent < this.#state.books.capacity; agent++) {
      // Offers that are out stand.
      if (this.#state.books.active[agent] === 1 && !this.#listed(agent)) {
        this.#state.beforeChange(agent);
        this.#state.bulkCovering(agent)?.detach(agent);
      }
      this.#refreshActive(agent);
    }
    this.#cycles.reconsider();
  }

  /**
   * An operator changes the reservation of resources that nobody uses: columns `from` become `to`. Offers of the agent are taken back one by one until they hold as much as is asked for, what was free
   * beside them is not counted on; who loses an offer is not offered the same for the default refusal (src/master/http.cpp, `Master::Http::_operation`; `updateAvailable`). False: too much of it is
   * in use (409 Conflict), nothing changes but the offers.
   */
  convertFree(agent: number, from: ArrayLike<number>, to: ArrayLike<number>, refuseUs?: number): boolean {
    const { books } = this.#state;
    const recovered = new Float64Array(books.width);
    const enough = (resources: Float64Array): boolean => {
      for (let c = 0; c < books.width; c++) recovered[c]! += resources[c]!;
      return recovered.every((amount, c) => amount >= from[c]!);
    };
    this.#answers.rescind(agent, refuseUs === undefined ? {} : { enough, refuseUs });
    const base = agent * books.width;
    for (let c = 0; c < books.width; c++) if (books.free[base + c]! < from[c]!) return false;
    for (let c = 0; c < books.width; c++) books.total[base + c]! += to[c]! - from[c]!;
    this.#state.beforeChange(agent);
    books.change(agent, from, -1);
    books.change(agent, to, 1);
    this.#cycles.consider(agent);
    return true;
  }

  /** The agent reports another amount of resources that can be revoked, in their column; where it is less than before, offers that hold some are taken back first. What is in use stays in the books until it ends. */
  setRevocable(agent: number, column: number, thousandths: number): void {
    const { books } = this.#state;
    const base = agent * books.width;
    if (thousandths < books.total[base + column]!) this.#answers.rescind(agent, { concerns: (resources) => resources[column]! > 0 });
    const total = books.total.slice(base, base + books.width);
    total[column] = Math.max(thousandths, books.total[base + column]! - books.free[base + column]!);
    this.update(agent, total);
  }

  /** The same quantities change their reservation: columns `from` become `to`. */
  convert(framework: number, role: string, agent: number, from: ArrayLike<number>, to: ArrayLike<number>): void {
    const { books } = this.#state;
    const [subscription] = this.#state.chosen(framework, [role]);
    const base = agent * books.width;
    this.#state.book(subscription!, from, -1);
    this.#state.book(subscription!, to, 1, false);
    for (let c = 0; c < books.width; c++) books.total[base + c]! += to[c]! - from[c]!;
    this.#cycles.touch();
  }

  /** The agent has registered again with other attributes: what frameworks refused of it may suit them now. */
  attributesChanged(agent: number): void {
    for (const subscription of this.#state.subscriptions) subscription.filters.removeAgent(agent);
    this.#cycles.requestAgent(agent);
  }

  #listed(agent: number): boolean {
    return this.#whitelist === null || this.#whitelist.has(this.#state.books.names[agent] ?? '');
  }

  #refreshActive(agent: number): void {
    const { books } = this.#state;
    const active = books.known[agent] === 1 && this.#deactivated[agent] === 0 && this.#listed(agent) ? 1 : 0;
    books.active[agent] = active;
    if (books.known[agent] === 1 && active === 0) books.inactive.add(agent);
    else books.inactive.delete(agent);
    books.refresh(agent);
  }

  #setTotal(agent: number, total: ArrayLike<number>): void {
    const { books } = this.#state;
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
