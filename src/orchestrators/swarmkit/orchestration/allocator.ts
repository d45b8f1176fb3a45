import type { Store, StoreListener } from '../store/store.ts';
import type { Task } from '../store/task.ts';
import { TaskState } from '../task-state.ts';

/**
 * Gives new tasks their network resources, after which they are PENDING (manager/allocator). Addresses are not modelled: the allocator is the transaction that it needs. One batch at a time.
 */
export class Allocator implements StoreListener {
  readonly #store: Store;
  #waiting: Task[] = [];
  #busy = false;

  constructor(store: Store) {
    this.#store = store;
  }

  taskCreated(task: Task): void {
    this.#waiting.push(task);
  }

  committed(): void {
    if (this.#busy || this.#waiting.length === 0) return;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#busy = true;
    this.#store.write(batch.length, () => {
      this.#busy = false;
      for (const task of batch) this.#store.setState(task, TaskState.pending);
    });
  }
}
