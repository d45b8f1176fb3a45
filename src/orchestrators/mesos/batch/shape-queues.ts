/**
 * Waiting tasks, first in first out over all shapes, kept by shape so that one task that does not fit speaks for all like it. Entries that are no longer wanted are skipped
 * when they come up.
 */
export class ShapeQueues {
  readonly #queues = new Map<number, { tasks: number[]; sequence: number[]; head: number }>();
  readonly #wanted: (task: number) => boolean;
  #sequence = 0;
  /** Heap of the shapes still in the round, by sequence of their first task. */
  readonly #heap: number[] = [];

  /** @param wanted whether a task that was queued still waits */
  constructor(wanted: (task: number) => boolean) {
    this.#wanted = wanted;
  }

  push(task: number, shape: number): number {
    let queue = this.#queues.get(shape);
    if (queue === undefined) this.#queues.set(shape, (queue = { tasks: [], sequence: [], head: 0 }));
    queue.tasks.push(task);
    queue.sequence.push(++this.#sequence);
    return this.#sequence;
  }

  /** Tasks that wait, counted one by one: for checks. */
  count(): number {
    let count = 0;
    for (const { tasks, head } of this.#queues.values()) for (let i = head; i < tasks.length; i++) if (this.#wanted(tasks[i]!)) count++;
    return count;
  }

  /** Starts a round over all shapes that have waiting tasks. */
  begin(): void {
    this.#heap.length = 0;
    for (const shape of this.#queues.keys()) if (this.#first(shape) !== undefined) this.#add(shape);
  }

  /** Shape whose first task has waited longest among those still in the round; -1 if none is left. */
  get shape(): number {
    return this.#heap.length === 0 ? -1 : this.#heap[0]!;
  }

  /** First waiting task of {@link shape}. */
  get task(): number {
    return this.#first(this.#heap[0]!)!;
  }

  /** Takes the first task out; the shape stays in the round if it has more. */
  take(): void {
    const shape = this.#heap[0]!;
    this.#queues.get(shape)!.head++;
    if (this.#first(shape) === undefined) this.skip();
    else this.#down(0);
  }

  /** Leaves the shape out of the rest of the round. */
  skip(): void {
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#down(0);
    }
  }

  #first(shape: number): number | undefined {
    const queue = this.#queues.get(shape)!;
    while (queue.head < queue.tasks.length && !this.#wanted(queue.tasks[queue.head]!)) queue.head++;
    if (queue.head === queue.tasks.length) {
      this.#queues.delete(shape);
      return undefined;
    }
    if (queue.head > 1024 && queue.head * 2 > queue.tasks.length) {
      queue.tasks = queue.tasks.slice(queue.head);
      queue.sequence = queue.sequence.slice(queue.head);
      queue.head = 0;
    }
    return queue.tasks[queue.head];
  }

  #key(shape: number): number {
    const queue = this.#queues.get(shape)!;
    return queue.sequence[queue.head]!;
  }

  #add(shape: number): void {
    const heap = this.#heap;
    let i = heap.push(shape) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (this.#key(heap[parent]!) <= this.#key(shape)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = shape;
  }

  #down(from: number): void {
    const heap = this.#heap;
    const shape = heap[from]!;
    const key = this.#key(shape);
    let i = from;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#key(heap[child + 1]!) < this.#key(heap[child]!)) child++;
      if (key <= this.#key(heap[child]!)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = shape;
  }
}
