import { grown32, grown64 } from '../../../engine/columns.ts';

/** Binary heap of pods by three keys, ties by ticket (order of insertion). Entries whose ticket is no longer the pod's are stale; the owner drops them. */
export class PodHeap {
  #size = 0;
  #pod = new Int32Array(64);
  #ticket = new Float64Array(64);
  #a = new Float64Array(64);
  #b = new Float64Array(64);
  #c = new Float64Array(64);

  get size(): number {
    return this.#size;
  }

  get headPod(): number {
    return this.#pod[0]!;
  }

  get headTicket(): number {
    return this.#ticket[0]!;
  }

  push(pod: number, ticket: number, a: number, b: number, c: number): void {
    if (this.#size === this.#pod.length) {
      this.#pod = grown32(this.#pod);
      this.#ticket = grown64(this.#ticket);
      this.#a = grown64(this.#a);
      this.#b = grown64(this.#b);
      this.#c = grown64(this.#c);
    }
    let i = this.#size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#before(a, b, c, ticket, parent)) break;
      this.#move(parent, i);
      i = parent;
    }
    this.#set(i, pod, ticket, a, b, c);
  }

  /** Removes the head. */
  pop(): void {
    const last = --this.#size;
    if (last <= 0) return;
    const a = this.#a[last]!;
    const b = this.#b[last]!;
    const c = this.#c[last]!;
    const ticket = this.#ticket[last]!;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#before(this.#a[child + 1]!, this.#b[child + 1]!, this.#c[child + 1]!, this.#ticket[child + 1]!, child)) child++;
      if (this.#before(a, b, c, ticket, child)) break;
      this.#move(child, i);
      i = child;
    }
    this.#set(i, this.#pod[last]!, ticket, a, b, c);
  }

  #before(a: number, b: number, c: number, ticket: number, i: number): boolean {
    if (a !== this.#a[i]) return a < this.#a[i]!;
    if (b !== this.#b[i]) return b < this.#b[i]!;
    if (c !== this.#c[i]) return c < this.#c[i]!;
    return ticket < this.#ticket[i]!;
  }

  #move(from: number, to: number): void {
    this.#set(to, this.#pod[from]!, this.#ticket[from]!, this.#a[from]!, this.#b[from]!, this.#c[from]!);
  }

  #set(i: number, pod: number, ticket: number, a: number, b: number, c: number): void {
    this.#pod[i] = pod;
    this.#ticket[i] = ticket;
    this.#a[i] = a;
    this.#b[i] = b;
    this.#c[i] = c;
  }
}
