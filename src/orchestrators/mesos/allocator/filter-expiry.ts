import type { AllocatorState } from './allocator-state.ts';
import type { CycleLoop } from './cycle-loop.ts';
import { FilterGroup } from './offer-filters.ts';
import type { Subscription } from './subscription.ts';

/** Longest refusal (Apache Mesos 1.12, src/master/allocator/mesos/hierarchical.cpp: 365 days). */
const LONGEST_REFUSAL_US = 365 * 86_400_000_000;

/** Installs filters that end by themselves. */
export class FilterExpiry {
  readonly #state: AllocatorState;
  readonly #cycles: CycleLoop;
  readonly #groups = new Map<number, { readonly group: FilterGroup; readonly subscription: Subscription }>();
  readonly #expireOp: number;
  /** Its turn at an instant comes behind that of the batch cycle, whose loop is older. */
  readonly #turn: number;
  #serial = 0;

  constructor(state: AllocatorState, cycles: CycleLoop) {
    this.#state = state;
    this.#cycles = cycles;
    this.#turn = state.parts.simulation.nextLoopId();
    this.#expireOp = state.parts.simulation.on('mesos/allocator', (serial) => this.#expire(serial));
  }

  /** Filters that end together. @param agents `null` = every agent that was offered in bulk */
  group(subscription: Subscription, agents: readonly number[] | null, refuseUs: number): FilterGroup {
    const { simulation, options } = this.#state.parts;
    const group = new FilterGroup(++this.#serial, agents);
    this.#groups.set(group.serial, { group, subscription });
    // The removal passes through the allocator's mailbox twice (`expire`, `_expire`): behind a batch cycle that is due at the same instant, if the filter is not longer than the interval, but
    // before any cycle that something sets off at that instant after the batch.
    if (refuseUs <= options.allocationIntervalUs) simulation.atTick(simulation.nowUs + options.allocationIntervalUs, this.#turn, this.#expireOp, group.serial, 0);
    else simulation.after(Math.min(refuseUs, LONGEST_REFUSAL_US), this.#expireOp, group.serial);
    return group;
  }

  #expire(serial: number): void {
    const { group, subscription } = this.#groups.get(serial)!;
    this.#groups.delete(serial);
    if (!group.alive) return;
    subscription.filters.expire(group);
    if (group.agents === null) subscription.reopen();
    else for (const agent of group.agents) subscription.consider(agent);
    this.#cycles.touch();
  }
}
