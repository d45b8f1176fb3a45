import { grown32, grown64 } from './columns.ts';

/**
 * Pending events in exact (time, key) order: two binary heaps over typed arrays, branch-free in their child choice. What is due within about a second goes into
 * the near heap, timers that are far off into the other: most events are messages a few milliseconds ahead, and they need not climb over
 * tens of thousands of tasks that end in an hour. The earlier of the two heads is next, so the order is that of one heap.
 *
 * What an event does is an operation code and three numeric operands in columns at its slot, so that scheduling allocates nothing.
 * Slots are recycled; a handle carries the slot's generation, so cancelling an event that has already happened is a no-op.
 */
export class EventQueue {
  /** Operation code per slot; -1 marks a cancelled event that is still in the heap. */
  operation: Int32Array;
  /** Four numbers per slot, side by side because they are used together: operands a, b, c and the slot's generation. */
  row: Float64Array;
  #freeSlots: Int32Array;
  #freeCount = 0;
  readonly #near: Heap;
  readonly #far: Heap;
  /** Time of the last entry taken out: what "far off" counts from. */
  #takenUs = 0;
  /** Cancelled entries that are still in the heap. */
  #cancelled = 0;
  #capacity: number;
  #slotsUsed = 0;

  constructor(initialCapacity = 1024) {
    const capacity = Math.max(1, initialCapacity);
    this.#capacity = capacity;
    this.operation = new Int32Array(capacity);
    this.row = new Float64Array(capacity * ROW);
    this.#freeSlots = new Int32Array(capacity);
    this.#near = new Heap(capacity);
    this.#far = new Heap(capacity);
  }

  /** Entries pending, cancelled ones included. */
  get size(): number {
    return this.#near.size + this.#far.size;
  }

  /** Time of the earliest entry in microseconds; `Infinity` when empty. */
  get headTimeUs(): number {
    const nearUs = this.#near.time[0]!;
    const farUs = this.#far.time[0]!;
    return nearUs < farUs ? nearUs : farUs;
  }

  get headKey(): number {
    return this.#head().key[0]!;
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
    (timeUs - this.#takenUs > NEAR_US ? this.#far : this.#near).push(timeUs, key, slot);
    return row[at + GENERATION]! * SLOT_LIMIT + slot;
  }

  /** Removes the earliest entry and returns its slot. Its row stays readable until the next {@link push}; call {@link release} first. */
  pop(): number {
    const heap = this.#head();
    this.#takenUs = heap.time[0]!;
    const slot = heap.pop();
    if (this.operation[slot] === CANCELLED) this.#cancelled--;
    return slot;
  }

  /** Gives a popped slot back. */
  release(slot: number): void {
    this.row[slot * ROW + GENERATION]!++;
    this.#freeSlots[this.#freeCount++] = slot;
  }

  /**
   * Cancels a pending event; false when it has already happened or was cancelled before. Its entry stays in the heap until its time has come or until cancelled
   * entries are the majority: timers that are moved over and over do not pile up.
   */
  cancel(handle: number): boolean {
    const slot = handle % SLOT_LIMIT;
    if (this.row[slot * ROW + GENERATION]! !== (handle - slot) / SLOT_LIMIT || this.operation[slot] === CANCELLED) return false;
    this.operation[slot] = CANCELLED;
    if (++this.#cancelled >= COMPACTION_SIZE && this.#cancelled * 2 > this.size) this.#compact();
    return true;
  }

  /** Takes the cancelled entries out. Order is total, so a rebuilt heap gives the same sequence. */
  #compact(): void {
    this.#cancelled = 0;
    for (const heap of [this.#near, this.#far]) {
      const { time, key, slot, size } = heap;
      heap.size = 0;
      for (let i = 0; i < size; i++) {
        if (this.operation[slot[i]!] === CANCELLED) this.release(slot[i]!);
        else heap.push(time[i]!, key[i]!, slot[i]!);
      }
      if (heap.size === 0) time[0] = Infinity;
    }
  }

  #head(): Heap {
    const { time: nearTime, key: nearKey } = this.#near;
    const { time: farTime, key: farKey } = this.#far;
    return nearTime[0]! < farTime[0]! || (nearTime[0] === farTime[0] && nearKey[0]! < farKey[0]!) ? this.#near : this.#far;
  }

  #grow(): void {
    const capacity = this.#capacity * 2;
    if (capacity > SLOT_LIMIT) throw new Error(`more than ${SLOT_LIMIT} events pending`);
    this.operation = grown32(this.operation, capacity);
    this.row = grown64(this.row, capacity * ROW);
    this.#freeSlots = grown32(this.#freeSlots, capacity);
    this.#capacity = capacity;
  }
}

/** Operation code of a cancelled event. */
export const CANCELLED = -1;
/** Numbers per slot in {@link EventQueue.row}. */
export const ROW = 4;
const GENERATION = 3;
const SLOT_LIMIT = 16_777_216;
/** Below this many cancelled entries a heap is cheaper left alone. */
const COMPACTION_SIZE = 128;
/** How far ahead is near: a second and a bit, above the latencies of messages and start-ups, below most timers and all durations of work. */
const NEAR_US = 1_048_576;

/** A binary heap of (time, key, slot). The time at 0 is `Infinity` while it is empty. */
class Heap {
  time: Float64Array;
  key: Float64Array;
  slot: Int32Array;
  size = 0;

  constructor(capacity: number) {
    this.time = new Float64Array(capacity + 2);
    this.key = new Float64Array(capacity + 2);
    this.slot = new Int32Array(capacity + 2);
    this.time[0] = Infinity;
  }

  push(timeUs: number, key: number, slot: number): void {
    if (this.size + 2 >= this.time.length) {
      this.time = grown64(this.time);
      this.key = grown64(this.key);
      this.slot = grown32(this.slot);
    }
    siftUp(this.time, this.key, this.slot, this.size++, timeUs, key, slot);
  }

  /** Takes the earliest entry out and returns its slot. */
  pop(): number {
    const { time, key, slot } = this;
    const taken = slot[0]!;
    const last = --this.size;
    if (last > 0) siftDown(time, key, slot, last, time[last]!, key[last]!, slot[last]!);
    else time[0] = Infinity;
    return taken;
  }
}

function siftUp(time: Float64Array, key: Float64Array, slot: Int32Array, from: number, t: number, k: number, s: number): void {
  let i = from;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    const parentTime = time[parent]!;
    if (parentTime < t || (parentTime === t && key[parent]! < k)) break;
    time[i] = parentTime;
    key[i] = key[parent]!;
    slot[i] = slot[parent]!;
    i = parent;
  }
  time[i] = t;
  key[i] = k;
  slot[i] = s;
}

function siftDown(time: Float64Array, key: Float64Array, slot: Int32Array, size: number, t: number, k: number, s: number): void {
  // The right neighbour of the last child must lose: give it an infinite time.
  time[size] = Infinity;
  // Bottom-up: the hole goes to a leaf without comparing with the new entry (which came from a leaf and mostly belongs near one), then the entry rises.
  let i = 0;
  for (let left = 1; left < size; left = 2 * i + 1) {
    const right = left + 1;
    const leftTime = time[left]!;
    const rightTime = time[right]!;
    // Branch-free: mispredicted branches are what a heap of this size costs.
    const child = left + (+(rightTime < leftTime) | (+(rightTime === leftTime) & +(key[right]! < key[left]!)));
    time[i] = time[child]!;
    key[i] = key[child]!;
    slot[i] = slot[child]!;
    i = child;
  }
  siftUp(time, key, slot, i, t, k, s);
}
