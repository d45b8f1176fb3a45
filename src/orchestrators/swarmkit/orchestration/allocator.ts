import type { Store } from '../store/store.ts';
import type { Task } from '../store/task.ts';
import { TaskState } from '../task-state.ts';

/**
 * Gives new tasks their network resources, after which they are PENDING (manager/allocator). Addresses are not modelled: the allocator is the transaction that it needs. One batch at a time.
 */
export class Allocator {
  readonly #store: Store;
  // Two lists that take turns: one collects while the other is on its way.
  #waiting: Task[] = [];
  #count = 0;
  #batch: Task[] = [];
  #onItsWay = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  taskCreated(task: Task): void {
    this.#waiting[this.#count++] = task;
  }

  committed(): void {
    if (this.#onItsWay > 0 || this.#count === 0) return;
    const batch = this.#waiting;
    this.#waiting = this.#batch;
    this.#batch = batch;
    this.#onItsWay = this.#count;
    this.#count = 0;
    this.#store.write(this.#onItsWay, this.#apply);
  }

  readonly #apply = (): void => {
    const count = this.#onItsWay;
    this.#onItsWay = 0;
    for (let i = 0; i < count; i++) this.#store.setState(this.#batch[i]!, TaskState.pending);
  };
}
