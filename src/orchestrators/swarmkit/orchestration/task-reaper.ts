import type { Simulation } from '../../../engine/simulation.ts';
import type { Service } from '../store/service.ts';
import { isJob } from '../store/service-spec.ts';
import type { Store } from '../store/store.ts';
import type { Task } from '../store/task.ts';
import { TaskState } from '../task-state.ts';

/** Tasks to look at are collected for this long, or until there are so many (manager/orchestrator/taskreaper/task_reaper.go: reaperBatchingInterval, maxDirty). */
const BATCHING_INTERVAL_US = 250_000;
const MAX_DIRTY = 1000;

/** Deletes tasks that are to be removed and have ended, and the oldest of slots with more history than is kept. */
export class TaskReaper {
  readonly #simulation: Simulation;
  readonly #store: Store;
  readonly #historyLimit: number;
  readonly #cleanup = new Set<Task>();
  readonly #dirty = new Map<Service, Set<number>>();
  #dirtyCount = 0;
  #armed = false;
  readonly #tickOp: number;

  /** @param historyLimit tasks kept per slot; negative = all */
  constructor(simulation: Simulation, store: Store, historyLimit: number) {
    this.#simulation = simulation;
    this.#store = store;
    this.#historyLimit = historyLimit;
    this.#tickOp = simulation.on('swarmkit/manager', () => {
      this.#armed = false;
      this.#tick();
    });
  }

  taskCreated(task: Task): void {
    // Slots within their limit have nothing to delete: they are not looked at.
    if (isJob(task.spec.mode)) return;
    const key = task.preassigned ? task.node : task.slot;
    const limit = this.#limit(task.service);
    if (limit < 0 || task.service.slot(key).length <= limit) return;
    let slots = this.#dirty.get(task.service);
    if (slots === undefined) this.#dirty.set(task.service, (slots = new Set()));
    slots.add(key);
    this.#dirtyCount++;
    this.#arm();
  }

  taskUpdated(task: Task): void {
    if (task.desired !== TaskState.remove || !(task.state < TaskState.assigned || task.state >= TaskState.complete)) return;
    this.#cleanup.add(task);
    this.#arm();
  }

  #limit({ spec }: Service): number {
    return spec.restart.maxAttempts > 0 ? spec.restart.maxAttempts + 1 : this.#historyLimit;
  }

  #arm(): void {
    if (this.#dirtyCount + this.#cleanup.size > MAX_DIRTY) this.#tick();
    else if (!this.#armed) {
      this.#armed = true;
      this.#simulation.after(BATCHING_INTERVAL_US, this.#tickOp);
    }
  }

  #tick(): void {
    const doomed = new Set(this.#cleanup);
    this.#cleanup.clear();
    for (const [service, slots] of this.#dirty) {
      for (const slot of slots) {
        const tasks = service.slot(slot);
        let excess = service.deleted ? 0 : tasks.length - this.#limit(service);
        let unfinished = 0;
        for (const task of tasks) {
          if (excess <= 0) break;
          if (task.state > TaskState.running || (task.state < TaskState.assigned && task.desired > TaskState.running)) {
            doomed.add(task);
            excess--;
          } else unfinished++;
        }
        // With several tasks that have not ended, the slot is looked at again.
        if (excess <= 0 || unfinished <= 1) slots.delete(slot);
      }
      if (slots.size === 0) this.#dirty.delete(service);
    }
    this.#dirtyCount = this.#dirty.size;
    if (doomed.size === 0) return;
    this.#store.write(doomed.size, () => {
      for (const task of doomed) this.#store.deleteTask(task);
    });
  }
}
