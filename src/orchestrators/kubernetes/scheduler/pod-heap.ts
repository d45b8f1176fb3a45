import { grown32, grown64 } from '../../../engine/columns.ts';

/** Binary heap of pods by three keys, ties by ticket (order of insertion). Entries whose ticket is no longer the pod's are stale; the owner drops them. */
export class PodHeap {
  #size = 0;
  /** Entries in heap order, those of no use behind them: the keys of an entry stay where they are. */
  #heap = Int32Array.from({ length: 64 }, (_, i) => i);
  #pod = new Int32Array(64);
  #ticket = new Float64Array(64);
  #a = new Float64Array(64);
  #b = new Float64Array(64);
  #c = new Float64Array(64);

  get size(): number {
    return this.#size;
  }

  get headPod(): number {
    return this.#pod[this.#heap[0]!]!;
  }

  get headTicket(): number {
    return this.#ticket[this.#heap[0]!]!;
  }

  push(pod: number, ticket: number, a: number, b: number, c: number): void {
    if (this.#size === this.#heap.length) this.#grow();
    const heap = this.#heap;
    let i = this.#size++;
    const entry = heap[i]!;
    this.#pod[entry] = pod;
    this.#ticket[entry] = ticket;
    this.#a[entry] = a;
    this.#b[entry] = b;
    this.#c[entry] = c;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#before(entry, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = entry;
  }

  /** Removes the head. */
  pop(): void {
    const heap = this.#heap;
    const last = --this.#size;
    const entry = heap[last]!;
    heap[last] = heap[0]!;
    let i = 0;
    for (let child = 1; child < last; child = 2 * i + 1) {
      if (child + 1 < last && this.#before(heap[child + 1]!, heap[child]!)) child++;
      if (this.#before(entry, heap[child]!)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    if (last > 0) heap[i] = entry;
  }

  #before(x: number, y: number): boolean {
    if (this.#a[x] !== this.#a[y]) return this.#a[x]! < this.#a[y]!;
    if (this.#b[x] !== this.#b[y]) return this.#b[x]! < this.#b[y]!;
    if (this.#c[x] !== this.#c[y]) return this.#c[x]! < this.#c[y]!;
    return this.#ticket[x]! < this.#ticket[y]!;
  }

  #grow(): void {
    const before = this.#heap.length;
    this.#heap = grown32(this.#heap);
    for (let i = before; i < this.#heap.length; i++) this.#heap[i] = i;
    this.#pod = grown32(this.#pod);
    this.#ticket = grown64(this.#ticket);
    this.#a = grown64(this.#a);
    this.#b = grown64(this.#b);
    this.#c = grown64(this.#c);
  }
}
