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
    if (!(intervalUs >= 1)) throw new RangeError(`interval of a loop must be at least 1 us, not ${intervalUs}`);
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
  #cachedEpoch = -1;
  #cachedIndex = 0;
  #cachedTimeUs = 0;

  constructor(options: RedrawnScheduleOptions) {
    if (!(options.minUs >= 1) || !(options.widthUs >= 0)) throw new RangeError('a redrawn loop needs minUs >= 1 and widthUs >= 0');
    this.#options = options;
    this.#epochUs = options.epochUs ?? DAY_US;
  }

  firstAtOrAfter(timeUs: number): number {
    const { originUs } = this.#options;
    let epoch = Math.max(0, Math.floor((timeUs - originUs) / this.#epochUs));
    for (;;) {
      const endUs = originUs + (epoch + 1) * this.#epochUs;
      this.#seek(epoch, timeUs);
      while (this.#cachedTimeUs < timeUs && this.#cachedTimeUs < endUs) this.#advance();
      if (this.#cachedTimeUs < endUs) return this.#cachedTimeUs;
      epoch++;
    }
  }

  lastAtOrBefore(timeUs: number): number {
    const { originUs } = this.#options;
    if (timeUs < originUs) return -Infinity;
    for (let epoch = Math.floor((timeUs - originUs) / this.#epochUs); epoch >= 0; epoch--) {
      const endUs = originUs + (epoch + 1) * this.#epochUs;
      this.#seek(epoch, timeUs);
      if (this.#cachedTimeUs > timeUs) continue;
      let lastUs = this.#cachedTimeUs;
      for (;;) {
        this.#advance();
        if (this.#cachedTimeUs > timeUs || this.#cachedTimeUs >= endUs) return lastUs;
        lastUs = this.#cachedTimeUs;
      }
    }
    return -Infinity;
  }

  #seek(epoch: number, timeUs: number): void {
    if (this.#cachedEpoch !== epoch || this.#cachedTimeUs > timeUs) this.#enter(epoch);
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
    this.#cachedEpoch = epoch;
    this.#cachedIndex = 0;
    this.#cachedTimeUs = originUs + epoch * this.#epochUs + first;
  }

  #advance(): void {
    const { random, entity, minUs, widthUs } = this.#options;
    this.#cachedIndex++;
    this.#cachedTimeUs += minUs + Math.floor(widthUs * random.u(entity, this.#cachedEpoch * TICKS_PER_EPOCH + this.#cachedIndex, NEXT));
  }
}

const TICKS_PER_EPOCH = 16_777_216;
const FIRST = 1;
const GAP = 2;
const NEXT = 3;
