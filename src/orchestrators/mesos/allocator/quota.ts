import type { ResourceColumns } from './resource-columns.ts';

/** Quota of one top-level role, thousandths by resource name; NaN = none for that name. */
export interface Quota {
  readonly guarantee: Float64Array;
  readonly limit: Float64Array;
}

/**
 * Books of quota during one cycle (Apache Mesos 1.12, src/master/allocator/mesos/hierarchical.cpp, `__allocate`): what each top-level role consumes, how much free capacity
 * must be held back for guarantees not yet met, and how much there is.
 */
export class QuotaCycle {
  readonly consumed = new Map<string, Float64Array>();
  readonly required: Float64Array;
  readonly available: Float64Array;
  readonly #columns: ResourceColumns;
  readonly #quotas: ReadonlyMap<string, Quota>;

  /**
   * @param consumed per top-level role with quota: all its reservations plus unreserved, non-revocable resources offered to or used by it
   * @param available unreserved, non-revocable resources that are free, all agents
   */
  constructor(columns: ResourceColumns, quotas: ReadonlyMap<string, Quota>, consumed: (role: string) => Float64Array, available: Float64Array) {
    this.#columns = columns;
    this.#quotas = quotas;
    this.available = available;
    this.required = new Float64Array(columns.names.length);
    for (const [role, quota] of quotas) {
      const used = consumed(role);
      this.consumed.set(role, used);
      for (let n = 0; n < used.length; n++) if (quota.guarantee[n]! > used[n]!) this.required[n]! += quota.guarantee[n]! - used[n]!;
    }
  }

  /** Whether every guaranteed name of the role is met. */
  satisfied(role: string): boolean {
    const { guarantee } = this.#quotas.get(role)!;
    const consumed = this.consumed.get(role)!;
    return guarantee.every((amount, n) => !(amount > consumed[n]!));
  }

  /**
   * First stage: the offer that serves the role's unmet guarantee from `free`, with what comes along; undefined if no guaranteed part is left.
   * Commits nothing.
   */
  guaranteed(role: string, free: Float64Array, own: Uint8Array): { readonly offer: Float64Array; readonly part: Float64Array; readonly extra: Float64Array } | undefined {
    const { guarantee, limit } = this.#quotas.get(role)!;
    const consumed = this.consumed.get(role)!;
    const missing = guarantee.map((amount, n) => (amount > consumed[n]! ? amount - consumed[n]! : 0));
    const part = this.#shrink(free, missing);
    if (part.every((amount) => amount === 0)) return undefined;
    const partByName = this.#columns.byName(part);
    const rest = free.map((amount, c) => (this.#countsForQuota(c) ? amount - part[c]! : 0));
    const room = limit.map((amount, n) => (amount === amount ? Math.max(0, amount - consumed[n]! - partByName[n]!) : Infinity));
    const extra = this.#shrink(this.#shrink(rest, room), this.#surplus());
    const offer = free.map((amount, c) => (this.#countsForQuota(c) ? part[c]! + extra[c]! : this.#comesAlong(c) || own[c] === 1 ? amount : 0));
    return { offer, part, extra };
  }

  /** Books an offer of the first stage. */
  commitGuaranteed(role: string, part: Float64Array, extra: Float64Array): void {
    const partByName = this.#columns.byName(part);
    const extraByName = this.#columns.byName(extra);
    const consumed = this.consumed.get(role)!;
    for (let n = 0; n < consumed.length; n++) {
      consumed[n]! += partByName[n]! + extraByName[n]!;
      this.required[n]! -= partByName[n]!;
      this.available[n]! -= partByName[n]! + extraByName[n]!;
    }
  }

  /** Second stage: what of `free` a role may have within its own limits and the surplus headroom. */
  bestEffort(role: string, free: Float64Array): Float64Array {
    const quota = this.#quotas.get(role);
    let counted: Float64Array = free.map((amount, c) => (this.#countsForQuota(c) ? amount : 0));
    if (quota !== undefined) {
      const consumed = this.consumed.get(role)!;
      counted = this.#shrink(
        counted,
        quota.limit.map((amount, n) => (amount === amount ? Math.max(0, amount - consumed[n]!) : Infinity)),
      );
    }
    counted = this.#shrink(counted, this.#surplus());
    return free.map((amount, c) => (this.#countsForQuota(c) ? counted[c]! : amount));
  }

  /** Books an offer of the second stage; `top` is the role's top-level ancestor. */
  commitBestEffort(top: string, offer: Float64Array): void {
    const byName = this.#columns.byName(offer.map((amount, c) => (this.#countsForQuota(c) ? amount : 0)));
    const consumed = this.consumed.get(top);
    for (let n = 0; n < byName.length; n++) {
      if (consumed !== undefined) consumed[n]! += byName[n]!;
      this.available[n]! -= byName[n]!;
    }
  }

  /** All that a role may have of `free` now, in both stages together: for explanations. */
  allowed(role: string, free: Float64Array, own: Uint8Array): Float64Array {
    const first = this.#quotas.has(role) && !this.satisfied(role) ? this.guaranteed(role, free, own) : undefined;
    if (first === undefined) return this.bestEffort(role, free);
    return free.map((amount, c) => (this.#countsForQuota(c) ? first.offer[c]! : amount));
  }

  #surplus(): Float64Array {
    return this.available.map((amount, n) => Math.max(0, amount - this.required[n]!));
  }

  #countsForQuota(column: number): boolean {
    const { reservedTo, revocable, scalar } = this.#columns.columns[column]!;
    return reservedTo === '' && !revocable && scalar;
  }

  /** Offered in the first stage whatever is guaranteed. */
  #comesAlong(column: number): boolean {
    const { reservedTo, revocable, scalar } = this.#columns.columns[column]!;
    return revocable || (!scalar && reservedTo === '');
  }

  /** Takes from each counted entry up to what is left of the target for its name; an indivisible one whole or not at all. */
  #shrink(vector: Float64Array, target: Float64Array): Float64Array {
    const left = target.slice();
    return vector.map((amount, c) => {
      if (!this.#countsForQuota(c) || amount <= 0) return 0;
      const name = this.#columns.nameOf[c]!;
      const fits = amount <= left[name]!;
      const taken = fits ? amount : this.#columns.columns[c]!.indivisible ? 0 : Math.max(0, left[name]!);
      left[name]! -= taken;
      return taken;
    });
  }
}
