/** A first-in-first-out queue that forgets what it has given out. */
export class TaskQueue<T> {
  #items: T[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** The oldest; undefined if there is none. */
  poll(): T | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head++;
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Takes out everything that matches; in order. */
  remove(matches: (item: T) => boolean): T[] {
    const waiting = this.#items.slice(this.#head);
    this.#items = waiting.filter((item) => !matches(item));
    this.#head = 0;
    return waiting.filter(matches);
  }
}
