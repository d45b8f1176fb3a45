import type { AllocatorState } from './allocator-state.ts';
import { type Offers, RowOffers } from './offers.ts';
import { quotaNow } from './quota-now.ts';
import type { QuotaCycle } from './quota.ts';
import type { Subscription } from './subscription.ts';

/** Cycles over resources with reservations, quota, revocable entries, a whitelist or minimum quantities of single frameworks: agent by agent, as the real allocator does. */
export class GeneralCycle {
  readonly #state: AllocatorState;
  readonly #byName: Float64Array;
  readonly #free: Float64Array;

  constructor(state: AllocatorState) {
    this.#state = state;
    this.#free = new Float64Array(state.parts.columns.count);
    this.#byName = new Float64Array(state.parts.columns.names.length);
  }

  /** The loop nest of the real allocator, with reservations, quota, revocable resources and whitelist. */
  run(agents: readonly number[] | null, results: Offers[]): boolean {
    const { books } = this.#state;
    const candidates = agents ?? Array.from({ length: books.capacity }, (_, agent) => agent);
    const usable = candidates.filter((agent) => books.known[agent] === 1 && books.active[agent] === 1 && !this.#state.heldByBulk(agent));
    const byTaker = new Map<Subscription, RowOffers>();
    const quota = quotaNow(this.#state);
    if (quota !== undefined) {
      for (const agent of this.#state.inOrder(usable)) this.#guaranteeStage(agent, quota, byTaker);
    }
    for (const agent of this.#state.inOrder(usable)) this.#bestEffortStage(agent, quota, byTaker);
    results.push(...byTaker.values());
    return byTaker.size > 0;
  }

  #guaranteeStage(agent: number, quota: QuotaCycle, byTaker: Map<Subscription, RowOffers>): void {
    // Copies: the orders change with what is handed out, the real loop goes on over the order it began with.
    for (const roleName of this.#state.roleSorter.sort().slice()) {
      if (!this.#state.quotas.has(roleName)) continue;
      const role = this.#state.roles.get(roleName)!;
      if (this.#state.quotas.get(roleName)!.guarantee.every((amount) => !(amount > 0)) || quota.satisfied(roleName)) continue;
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
    for (const roleName of this.#state.roleSorter.sort().slice()) {
      const role = this.#state.roles.get(roleName)!;
      for (const name of role.sorter.sort().slice()) {
        const subscription = role.subscriptions.get(name)!;
        const free = this.#available(subscription, agent);
        if (free === undefined) continue;
        const part = quota === undefined ? free : quota.bestEffort(roleName, free);
        if (!this.#worthOffering(subscription, part) || subscription.filters.blocks(agent, part, 0)) continue;
        const offer = quota === undefined ? free.slice() : part;
        this.#commit(subscription, agent, offer, byTaker);
        quota?.commitBestEffort(role.top, offer);
      }
    }
  }

  /** What of an agent's free resources a framework may have in its role, valid until the next question; undefined if it gets nothing. */
  #available(subscription: Subscription, agent: number): Float64Array | undefined {
    if (!this.#state.capable(subscription, agent)) return undefined;
    const free = this.#free;
    this.#state.available(subscription, agent, free);
    return this.#worthOffering(subscription, free) ? free : undefined;
  }

  #worthOffering(subscription: Subscription, vector: Float64Array): boolean {
    let some = false;
    for (let c = 0; c < vector.length; c++) if (vector[c]! > 0) some = true;
    if (!some) return false;
    const sets = subscription.minimum ?? this.#state.minimum;
    if (sets.length === 0) return true;
    const byName = this.#byName;
    const { nameOf } = this.#state.parts.columns;
    byName.fill(0);
    for (let c = 0; c < vector.length; c++) byName[nameOf[c]!]! += vector[c]!;
    for (const set of sets) {
      let enough = true;
      for (let n = 0; n < byName.length; n++) if (byName[n]! < set[n]!) enough = false;
      if (enough) return true;
    }
    return false;
  }

  #commit(subscription: Subscription, agent: number, offer: Float64Array, byTaker: Map<Subscription, RowOffers>): void {
    this.#state.beforeChange(agent);
    this.#state.books.change(agent, offer, -1);
    this.#state.book(subscription, offer, 1);
    let rows = byTaker.get(subscription);
    if (rows === undefined) byTaker.set(subscription, (rows = new RowOffers(subscription.framework.index, subscription.role.name, this.#state.books.width)));
    const already = rows.rescind(agent);
    if (already !== undefined) for (let c = 0; c < offer.length; c++) offer[c]! += already[c]!;
    rows.add(agent, offer);
  }
}
