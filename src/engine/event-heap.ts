import { grown32, grown64 } from './columns.ts';

/** A binary heap of (time, key, slot) over typed arrays, branch-free in its child choice. */
export class EventHeap {
  /** At 0 the earliest, `Infinity` while the heap is empty. */
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

  /** Takes out all entries but those to keep. Order is total, so a rebuilt heap gives the same sequence. */
  filter(keep: (slot: number) => boolean): void {
    const { time, key, slot, size } = this;
    this.size = 0;
    for (let i = 0; i < size; i++) if (keep(slot[i]!)) this.push(time[i]!, key[i]!, slot[i]!);
    if (this.size === 0) time[0] = Infinity;
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
