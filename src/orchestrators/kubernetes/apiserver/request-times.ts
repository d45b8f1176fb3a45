import type { KeyedRandom } from '../../../engine/random/keyed-random.ts';
import type { ApiTimes } from './api-times.ts';
import type { PrioritySeats } from './priority-levels.ts';
import type { RequestKind } from './request-kinds.ts';

const HALF_OF_A_DRAW = 67_108_864;
const DRAW = 130;
/** Requests of one kind about one object, before those about its next incarnation would have the same key. */
export const REQUESTS_PER_INCARNATION = 65_536;

/** How long requests and watch events take: drawn by the object that they are about and their number among its own, so that what happens to other objects moves none of them. */
export class RequestTimes {
  readonly #random: KeyedRandom;
  readonly #times: ApiTimes;
  readonly #seats: PrioritySeats;

  constructor(random: KeyedRandom, times: ApiTimes, seats: PrioritySeats) {
    this.#random = random;
    this.#times = times;
    this.#seats = seats;
  }

  /** When a write that is sent at a time is stored and answered, microseconds. */
  storedUs(entity: number, occurrence: number, kind: RequestKind, sentUs: number): number {
    const { requestMinUs, requestMaxUs, commitMinUs, commitMaxUs } = this.#times;
    // One draw serves both parts: its upper and its lower 26 bits.
    const both = this.#random.u(entity, occurrence, kind.purpose) * HALF_OF_A_DRAW;
    const upper = Math.floor(both);
    const busyUs = Math.floor(requestMinUs + (upper / HALF_OF_A_DRAW) * (requestMaxUs - requestMinUs) + commitMinUs + (both - upper) * (commitMaxUs - commitMinUs));
    return this.#seats.seatedUs(kind.level, sentUs, busyUs) + busyUs;
  }

  /** How long a change takes from the store to a subscriber. */
  watchUs(entity: number, occurrence: number, purpose: number): number {
    const { watchMinUs, watchMaxUs } = this.#times;
    return Math.floor(watchMinUs + this.#random.u(entity, occurrence, purpose) * (watchMaxUs - watchMinUs));
  }

  /** A draw about an object, 0 to 1. */
  draw(entity: number, occurrence: number): number {
    return this.#random.u(entity, occurrence, DRAW);
  }

  /** Mean delay of a watch, for reports whose moment matters to nobody. */
  get meanWatchUs(): number {
    return Math.floor((this.#times.watchMinUs + this.#times.watchMaxUs) / 2);
  }
}
