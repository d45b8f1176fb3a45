import { grown32, grown64 } from './columns.ts';
import { EventHeap } from './event-heap.ts';
import { BUCKETS, EventTimes, EventWheel } from './event-wheel.ts';

/**
 * Pending events in exact (time, key) order. Only what is due before the horizon, a 15th of a second ahead, is in a heap and sorted; the rest waits in two wheels of unsorted buckets, fine
 * ones up to some minutes ahead and coarse ones up to some days, and what is later still in a second heap. Whenever the near heap is empty, the next bucket goes there and the horizon to its
 * end, so the order is that of one heap. Most events are messages a few milliseconds ahead or work that ends in an hour: neither climbs over the other.
 *
 * What an event does is an operation code and three numeric operands in columns at its slot, so that scheduling allocates nothing.
 * Slots are recycled; a handle carries the slot's generation, so cancelling an event that has already happened is a no-op.
 */
export class EventQueue {
  /** Operation code per slot; -1 marks a cancelled event that has not been taken out. */
  operation: Int32Array;
  /** Four numbers per slot, side by side because they are used together: operands a, b, c and the slot's generation. */
  row: Float64Array;
  #freeSlots: Int32Array;
  #freeCount = 0;
  /** All that is due before {@link #horizonUs}. */
  readonly #near: EventHeap;
  readonly #fine = new EventWheel(FINE_US);
  readonly #coarse = new EventWheel(COARSE_US);
  /** All that is due at or after {@link #coarseEndUs}. */
  readonly #far = new EventHeap(64);
  readonly #times: EventTimes;
  #horizonUs = 0;
  /** Ends of the windows of the wheels. */
  #fineEndUs = COARSE_US;
  #coarseEndUs = WINDOW_US;
  /** Cancelled entries that have not been taken out. */
  #cancelled = 0;
  #capacity: number;
  #slotsUsed = 0;

  constructor(initialCapacity = 1024) {
    const capacity = Math.max(1, initialCapacity);
    this.#capacity = capacity;
    this.operation = new Int32Array(capacity);
    this.row = new Float64Array(capacity * ROW);
    this.#freeSlots = new Int32Array(capacity);
    this.#near = new EventHeap(Math.min(capacity, 1024));
    this.#times = new EventTimes(capacity);
  }

  /** Entries pending, including cancelled ones that have not been taken out. */
  get size(): number {
    return this.#near.size + this.#fine.size + this.#coarse.size + this.#far.size;
  }

  /** Time of the earliest entry in microseconds; `Infinity` when there is none. */
  get headTimeUs(): number {
    const timeUs = this.#near.time[0]!;
    return timeUs === Infinity ? this.#refill() : timeUs;
  }

  /** Key of the entry at {@link headTimeUs}, which is to be asked for first. */
  get headKey(): number {
    return this.#near.key[0]!;
  }

  /** Adds an event and returns a handle for {@link cancel}. */
  push(timeUs: number, key: number, operation: number, a: number, b: number, c: number): number {
    let slot: number;
    if (this.#freeCount > 0) slot = this.#freeSlots[--this.#freeCount]!;
    else {
      if (this.#slotsUsed === this.#capacity) this.#grow();
      slot = this.#slotsUsed++;
    }
    this.operation[slot] = operation;
    const { row } = this;
    const at = slot * ROW;
    row[at] = a;
    row[at + 1] = b;
    row[at + 2] = c;
    if (timeUs < this.#horizonUs) this.#near.push(timeUs, key, slot);
    else if (timeUs < this.#coarseEndUs) {
      const { timeAndKey } = this.#times;
      timeAndKey[2 * slot] = timeUs;
      timeAndKey[2 * slot + 1] = key;
      (timeUs < this.#fineEndUs ? this.#fine : this.#coarse).add(timeUs, slot, this.#times);
    } else this.#far.push(timeUs, key, slot);
    return row[at + GENERATION]! * SLOT_LIMIT + slot;
  }

  /** Removes the entry at {@link headTimeUs}, which is to be asked for first, and returns its slot. Its row stays readable until the next {@link push}; call {@link release} first. */
  pop(): number {
    const slot = this.#near.pop();
    if (this.operation[slot] === CANCELLED) this.#cancelled--;
    return slot;
  }

  /** Gives a popped slot back. */
  release(slot: number): void {
    this.row[slot * ROW + GENERATION]!++;
    this.#freeSlots[this.#freeCount++] = slot;
  }

  /**
   * Cancels a pending event; false when it has already happened or was cancelled before. Its entry stays where it is until its time comes near or until cancelled
   * entries are the majority: timers that are moved over and over do not pile up.
   */
  cancel(handle: number): boolean {
    const slot = handle % SLOT_LIMIT;
    if (this.row[slot * ROW + GENERATION]! !== (handle - slot) / SLOT_LIMIT || this.operation[slot] === CANCELLED) return false;
    this.operation[slot] = CANCELLED;
    if (++this.#cancelled >= COMPACTION_SIZE && this.#cancelled * 2 > this.size) this.#compact();
    return true;
  }

  /** Fills the near heap from what is earliest and returns the time of its head. */
  #refill(): number {
    const near = this.#near;
    while (near.size === 0) {
      if (this.#fine.size > 0) this.#sortNextBucket();
      else if (this.#coarse.size > 0) this.#spreadNextBucket();
      else if (this.#far.size > 0) this.#nextWindow();
      else break;
    }
    return near.time[0]!;
  }

  /** The next fine bucket, into the near heap. */
  #sortNextBucket(): void {
    const { timeAndKey, next } = this.#times;
    const fine = this.#fine;
    const startUs = this.#fineEndUs - COARSE_US;
    const bucket = fine.bucketFrom((this.#horizonUs - startUs) / FINE_US);
    this.#horizonUs = startUs + (bucket + 1) * FINE_US;
    for (let slot = fine.take(bucket); slot >= 0; slot = next[slot]!) {
      fine.size--;
      if (this.#keeps(slot)) this.#near.push(timeAndKey[2 * slot]!, timeAndKey[2 * slot + 1]!, slot);
    }
  }

  /** The next coarse bucket, into the fine wheel. */
  #spreadNextBucket(): void {
    const times = this.#times;
    const coarse = this.#coarse;
    const startUs = this.#coarseEndUs - WINDOW_US;
    const bucket = coarse.bucketFrom((this.#fineEndUs - startUs) / COARSE_US);
    this.#horizonUs = startUs + bucket * COARSE_US;
    this.#fineEndUs = this.#horizonUs + COARSE_US;
    let following = 0;
    for (let slot = coarse.take(bucket); slot >= 0; slot = following) {
      following = times.next[slot]!;
      coarse.size--;
      if (this.#keeps(slot)) this.#fine.add(times.timeAndKey[2 * slot]!, slot, times);
    }
  }

  /** The window of the earliest entry of the far heap, into the coarse wheel. */
  #nextWindow(): void {
    const far = this.#far;
    const times = this.#times;
    const startUs = Math.floor(far.time[0]! / WINDOW_US) * WINDOW_US;
    if (startUs >= LAST_WINDOW_US) {
      this.#lastWindow();
      return;
    }
    this.#horizonUs = startUs;
    this.#fineEndUs = startUs;
    this.#coarseEndUs = startUs + WINDOW_US;
    while (far.time[0]! < this.#coarseEndUs) {
      const timeUs = far.time[0]!;
      const key = far.key[0]!;
      const slot = far.pop();
      times.timeAndKey[2 * slot] = timeUs;
      times.timeAndKey[2 * slot + 1] = key;
      if (this.#keeps(slot)) this.#coarse.add(timeUs, slot, times);
    }
  }

  /** All that is left, into the near heap: so far ahead, sums of times are rounded, and buckets have no borders. */
  #lastWindow(): void {
    const far = this.#far;
    this.#horizonUs = this.#fineEndUs = this.#coarseEndUs = Infinity;
    while (far.size > 0) {
      const timeUs = far.time[0]!;
      const key = far.key[0]!;
      const slot = far.pop();
      if (this.#keeps(slot)) this.#near.push(timeUs, key, slot);
    }
  }

  #compact(): void {
    const keep = (slot: number) => this.#keeps(slot);
    this.#near.filter(keep);
    this.#fine.filter(keep, this.#times);
    this.#coarse.filter(keep, this.#times);
    this.#far.filter(keep);
  }

  /** False for a cancelled entry, whose slot is then free. */
  #keeps(slot: number): boolean {
    if (this.operation[slot] !== CANCELLED) return true;
    this.#cancelled--;
    this.release(slot);
    return false;
  }

  #grow(): void {
    const capacity = this.#capacity * 2;
    if (capacity > SLOT_LIMIT) throw new Error(`more than ${SLOT_LIMIT} events pending`);
    this.operation = grown32(this.operation, capacity);
    this.row = grown64(this.row, capacity * ROW);
    this.#freeSlots = grown32(this.#freeSlots, capacity);
    this.#times.grow(capacity);
    this.#capacity = capacity;
  }
}

/** Operation code of a cancelled event. */
export const CANCELLED = -1;
/** Numbers per slot in {@link EventQueue.row}. */
export const ROW = 4;
const GENERATION = 3;
const SLOT_LIMIT = 16_777_216;
/** Below this many cancelled entries they are cheaper left alone. */
const COMPACTION_SIZE = 128;
/** Width of a fine bucket, a 15th of a second: above the delays of most messages, below most start-ups and timers. */
const FINE_US = 65_536;
/** Windows of the two wheels: four and a half minutes, twelve days and a half. */
const COARSE_US = FINE_US * BUCKETS;
const WINDOW_US = COARSE_US * BUCKETS;
/** From here on, after 285 years, not every whole number of microseconds is a number of its own. */
const LAST_WINDOW_US = Number.MAX_SAFE_INTEGER + 1;
