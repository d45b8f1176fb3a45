import { grown32, grown64 } from './columns.ts';

/**
 * Events by time in unsorted buckets of equal width, as many as a window has: adding is a matter of two writes, however many there are.
 * A timing wheel (G. Varghese, T. Lauck, "Hashed and Hierarchical Timing Wheels", SOSP 1987), but for the order within a bucket, which is left to whoever empties it.
 */
export class EventWheel {
  size = 0;
  readonly #widthUs: number;
  /** First slot per bucket; -1 = empty. */
  readonly #first = new Int32Array(BUCKETS).fill(-1);
  /** One bit per bucket that is not empty. */
  readonly #filled = new Int32Array(BUCKETS / 32);

  /** @param widthUs of a bucket, a power of two */
  constructor(widthUs: number) {
    this.#widthUs = widthUs;
  }

  /** @param timeUs within the window of {@link BUCKETS} buckets that the wheel is used for at present; windows begin at whole multiples of their length */
  add(timeUs: number, slot: number, { next }: EventTimes): void {
    const bucket = Math.floor(timeUs / this.#widthUs) & (BUCKETS - 1);
    const first = this.#first[bucket]!;
    next[slot] = first;
    this.#first[bucket] = slot;
    if (first < 0) this.#filled[bucket >> 5]! |= 1 << (bucket & 31);
    this.size++;
  }

  /** The first bucket from `from` on that is not empty. There must be one. */
  bucketFrom(from: number): number {
    const filled = this.#filled;
    let word = from >> 5;
    let bits = filled[word]! & (-1 << (from & 31));
    while (bits === 0) bits = filled[++word]!;
    return (word << 5) + 31 - Math.clz32(bits & -bits);
  }

  /** Empties a bucket: its slots, linked by {@link EventTimes.next}; -1 = none. The caller counts them off {@link size}. */
  take(bucket: number): number {
    const first = this.#first[bucket]!;
    this.#first[bucket] = -1;
    this.#filled[bucket >> 5]! &= ~(1 << (bucket & 31));
    return first;
  }

  /** Takes out all entries but those to keep. */
  filter(keep: (slot: number) => boolean, times: EventTimes): void {
    for (let bucket = 0; bucket < BUCKETS && this.size > 0; bucket++) {
      let next = 0;
      if (this.#first[bucket]! < 0) continue;
      for (let slot = this.take(bucket); slot >= 0; slot = next) {
        next = times.next[slot]!;
        this.size--;
        if (keep(slot)) this.add(times.timeAndKey[2 * slot]!, slot, times);
      }
    }
  }
}

/** Buckets of a wheel. */
export const BUCKETS = 4096;

/** What wheels need to know of an event, by slot. */
export class EventTimes {
  /** Time and key of each slot, side by side. */
  timeAndKey: Float64Array;
  /** Next slot in the same bucket; -1 = none. */
  next: Int32Array;

  constructor(capacity: number) {
    this.timeAndKey = new Float64Array(capacity * 2);
    this.next = new Int32Array(capacity);
  }

  grow(capacity: number): void {
    this.timeAndKey = grown64(this.timeAndKey, capacity * 2);
    this.next = grown32(this.next, capacity);
  }
}
