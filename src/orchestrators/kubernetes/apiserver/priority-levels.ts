import type { Component } from '../../../metrics/log.ts';

/** Priority levels that the model's requests fall into (API Priority and Fairness). Leases and node status (node-high), leader election and other users are no requests of the model. */
export const PriorityLevel = { system: 0, workloadHigh: 1, globalDefault: 2 } as const;
export type PriorityLevel = (typeof PriorityLevel)[keyof typeof PriorityLevel];

/**
 * Nominal concurrency shares of the mandatory and suggested levels, 245 in sum, and how many requests of one flow may wait: queues that it is dealt times their length 50
 * (apiserver/pkg/apis/flowcontrol/bootstrap/default.go, v1.35.4).
 */
const LEVELS: readonly { readonly name: string; readonly shares: number; readonly waiting: number }[] = [
  { name: 'system', shares: 30, waiting: 300 },
  { name: 'workload-high', shares: 40, waiting: 300 },
  { name: 'global-default', shares: 20, waiting: 300 },
];
const SHARES = 245;
/** workload-low, which has no requests in the model, lends 90 % of its 100 shares to whoever needs them. */
const LENT_SHARES = 90;

/** A rejected request is sent again after `Retry-After: 1` (apiserver/pkg/server/filters/maxinflight.go), at most ten times (client-go rest/request.go maxRetries). */
const RETRY_US = 1_000_000;
const MOST_RETRIES = 10;

const SLOT_US = 10_000;
/** Slots that are remembered: 82 s. Requests further ahead than that (behind a client's own rate limit) meet no queue. */
const SLOTS = 8192;

/** Seat-time by slot of one level, or of the pool that is lent. */
class SeatTime {
  readonly #capacityUs: number;
  readonly #slot = new Float64Array(SLOTS).fill(-1);
  readonly #usedUs = new Float64Array(SLOTS);

  constructor(seats: number) {
    this.#capacityUs = seats * SLOT_US;
  }

  /** Takes a seat from a slot on; false = all of them are taken. */
  take(slot: number, busyUs: number): boolean {
    if (this.#usedIn(slot) >= this.#capacityUs) return false;
    let at = slot;
    for (let leftUs = busyUs; leftUs > 0; leftUs -= SLOT_US, at++) {
      this.#usedIn(at);
      this.#usedUs[at & (SLOTS - 1)]! += Math.min(leftUs, SLOT_US);
    }
    return true;
  }

  #usedIn(slot: number): number {
    const at = slot & (SLOTS - 1);
    if (this.#slot[at]! < slot) {
      this.#slot[at] = slot;
      this.#usedUs[at] = 0;
    }
    return this.#usedUs[at]!;
  }
}

/**
 * Seats of API Priority and Fairness (apiserver/pkg/util/flowcontrol, v1.35): the requests that a server works on at once are divided among the levels by their shares; a request without a seat
 * waits, and is rejected when too many of its flow wait. Seats are counted in seat-time per slot of 10 ms, so that the answer does not depend on the order in which requests are asked about.
 */
export class PrioritySeats {
  readonly #use: readonly Component[];
  readonly #seats: readonly number[];
  readonly #levels: readonly SeatTime[];
  readonly #lent: SeatTime;

  /**
   * @param inflight requests at once: --max-requests-inflight plus --max-mutating-requests-inflight
   * @param books of a component by name: requests are its jobs, those that were sent again (429) its abandoned ones, what a request waits for its seat its wait, seat-time per seat its busy time
   */
  constructor(inflight: number, books: (name: string) => Component) {
    this.#seats = LEVELS.map(({ shares }) => Math.ceil((inflight * shares) / SHARES));
    this.#use = LEVELS.map(({ name }) => books(`kubernetes/apiserver ${name}`));
    this.#levels = this.#seats.map((seats) => new SeatTime(seats));
    this.#lent = new SeatTime(Math.floor((inflight * LENT_SHARES) / SHARES));
  }

  /** When a request that is sent at a time gets its seat, microseconds. */
  seatedUs(level: PriorityLevel, sentUs: number, busyUs: number): number {
    const use = this.#use[level]!;
    use.jobs++;
    use.decisions++;
    use.commits++;
    use.busyUs += busyUs / this.#seats[level]!;
    const first = Math.floor(sentUs / SLOT_US);
    const own = this.#levels[level]!;
    if (own.take(first, busyUs) || this.#lent.take(first, busyUs)) return sentUs;
    return this.#wait(level, sentUs, busyUs);
  }

  #wait(level: PriorityLevel, sentUs: number, busyUs: number): number {
    const use = this.#use[level]!;
    const own = this.#levels[level]!;
    const mostWaitUs = (LEVELS[level]!.waiting * busyUs) / this.#seats[level]!;
    let fromUs = sentUs;
    for (let retry = 0; ; ) {
      let slot = Math.floor(fromUs / SLOT_US) + 1;
      const last = retry < MOST_RETRIES ? Math.floor((fromUs + mostWaitUs) / SLOT_US) + 1 : Infinity;
      while (slot <= last && !own.take(slot, busyUs) && !this.#lent.take(slot, busyUs)) slot++;
      if (slot <= last) {
        use.waitUs += slot * SLOT_US - sentUs;
        return slot * SLOT_US;
      }
      use.decisions++;
      use.abandoned++;
      retry++;
      fromUs += RETRY_US;
    }
  }
}
