import type { KeyedRandom } from './random/keyed-random.ts';

/** When a loop ticks: a pure function, so that any tick can be looked up without executing the ones before it. Times are whole microseconds. */
export interface TickSchedule {
  /** Time of the first tick at or after `timeUs`. */
  firstAtOrAfter(timeUs: number): number;
  /** Time of the last tick at or before `timeUs`; `-Infinity` when there is none. */
  lastAtOrBefore(timeUs: number): number;
}

/** Ticks at `phaseUs + i * intervalUs`, i = 0, 1, 2... */
export class FixedSchedule implements TickSchedule {
  readonly phaseUs: number;
  readonly intervalUs: number;

  constructor(phaseUs: number, intervalUs: number) {
    if (!(intervalUs >= 1) || !Number.isInteger(intervalUs)) throw new RangeError(`the interval of a loop must be a whole number of at least 1 us, not ${intervalUs}`);
    if (!Number.isInteger(phaseUs)) throw new RangeError(`the phase of a loop must be a whole number of microseconds, not ${phaseUs}`);
    this.phaseUs = phaseUs;
    this.intervalUs = intervalUs;
  }

  firstAtOrAfter(timeUs: number): number {
    if (timeUs <= this.phaseUs) return this.phaseUs;
    return this.phaseUs + Math.ceil((timeUs - this.phaseUs) / this.intervalUs) * this.intervalUs;
  }

  lastAtOrBefore(timeUs: number): number {
    if (timeUs < this.phaseUs) return -Infinity;
    return this.phaseUs + Math.floor((timeUs - this.phaseUs) / this.intervalUs) * this.intervalUs;
  }
}

export interface RedrawnScheduleOptions {
  readonly random: KeyedRandom;
  /** Stable identity of the loop (see {@link KeyedRandom}); must differ between incarnations. */
  readonly entity: number;
  readonly originUs: number;
  /** Each gap is `minUs + floor(widthUs * u)`. */
  readonly minUs: number;
  readonly widthUs: number;
  /** True: the loop has been running for ever at `originUs` (first tick = stationary residual). False: it starts there (first tick one gap later). */
  readonly stationary: boolean;
  /** Length of an epoch; a look-up walks at most one epoch. */
  readonly epochUs?: number;
}

const DAY_US = 86_400_000_000;

/**
 * Ticks with a gap drawn anew each time, U[min, min + width). Anchored: at each epoch boundary the sequence starts afresh from the stationary residual
 * keyed by the epoch, so that a look-up after a quiet month walks one epoch and not the month. The law of the gaps is exact but for the one gap that
 * spans each boundary.
 */
export class RedrawnSchedule implements TickSchedule {
  readonly #options: RedrawnScheduleOptions;
  readonly #epochUs: number;
  // Cursor: a tick, and the one before it in the same epoch (-Infinity if it is the first).
  #epoch = -1;
  #index = 0;
  #timeUs = 0;
  #previousUs = -Infinity;
  // Last tick before an epoch whose first tick is still to come.
  #quietEpoch = -1;
  #quietLastUs = -Infinity;

  constructor(options: RedrawnScheduleOptions) {
    const { originUs, minUs, widthUs, epochUs = DAY_US } = options;
    if (!(minUs >= 1) || !(widthUs >= 0)) throw new RangeError('a redrawn loop needs minUs >= 1 and widthUs >= 0');
    if (![originUs, minUs, widthUs, epochUs].every(Number.isInteger)) throw new RangeError('a redrawn loop needs whole microseconds');
    if (!(epochUs >= 1) || epochUs / minUs >= TICKS_PER_EPOCH) throw new RangeError(`an epoch of ${epochUs} us holds no tick or too many`);
    this.#options = options;
    this.#epochUs = epochUs;
  }

  firstAtOrAfter(timeUs: number): number {
    const { originUs } = this.#options;
    let epoch = Math.max(0, Math.floor((timeUs - originUs) / this.#epochUs));
    for (;;) {
      const endUs = originUs + (epoch + 1) * this.#epochUs;
      // The cursor serves if no tick at or after the time lies before it.
      if (this.#epoch !== epoch || this.#previousUs >= timeUs) this.#enter(epoch);
      while (this.#timeUs < timeUs && this.#timeUs < endUs) this.#advance();
      if (this.#timeUs < endUs) return this.#timeUs;
      epoch++;
    }
  }

  lastAtOrBefore(timeUs: number): number {
    const { originUs } = this.#options;
    const epoch = Math.floor((timeUs - originUs) / this.#epochUs);
    if (epoch < 0) return -Infinity;
    const lastUs = this.#lastWithin(epoch, timeUs);
    if (lastUs !== -Infinity) return lastUs;
    // Before the first tick of its epoch: remembered, since the walk through the epoch before is long and the question comes often.
    if (this.#quietEpoch !== epoch) {
      this.#quietEpoch = epoch;
      this.#quietLastUs = -Infinity;
      for (let before = epoch - 1; before >= 0 && this.#quietLastUs === -Infinity; before--) this.#quietLastUs = this.#lastWithin(before, timeUs);
    }
    return this.#quietLastUs;
  }

  /** Last tick of an epoch at or before a time; -Infinity if there is none. */
  #lastWithin(epoch: number, timeUs: number): number {
    const lastUs = Math.min(timeUs, this.#options.originUs + (epoch + 1) * this.#epochUs - 1);
    // The cursor serves if it or the tick before it is the one.
    if (this.#epoch !== epoch || (this.#timeUs > lastUs && this.#previousUs > lastUs)) this.#enter(epoch);
    while (this.#timeUs <= lastUs) this.#advance();
    return this.#previousUs;
  }

  #enter(epoch: number): void {
    const { random, entity, originUs, minUs, widthUs, stationary } = this.#options;
    const u = random.u(entity, epoch, FIRST);
    let first: number;
    if (epoch === 0 && !stationary) first = minUs + Math.floor(widthUs * u);
    else {
      // Stationary residual: the gap that covers the boundary is length-biased, the boundary uniform inside it.
      const max = minUs + widthUs;
      const gap = Math.sqrt(minUs * minUs + random.u(entity, epoch, GAP) * (max * max - minUs * minUs));
      first = Math.floor(gap * u);
    }
    this.#epoch = epoch;
    this.#index = 0;
    this.#timeUs = originUs + epoch * this.#epochUs + first;
    this.#previousUs = -Infinity;
  }

  #advance(): void {
    const { random, entity, minUs, widthUs } = this.#options;
    this.#index++;
    this.#previousUs = this.#timeUs;
    this.#timeUs += minUs + Math.floor(widthUs * random.u(entity, this.#epoch * TICKS_PER_EPOCH + this.#index, NEXT));
  }
}

const TICKS_PER_EPOCH = 16_777_216;
const FIRST = 1;
const GAP = 2;
const NEXT = 3;
