import type { Service } from '../store/service.ts';
import type { Store } from '../store/store.ts';
import type { Task } from '../store/task.ts';
import { TaskState } from '../task-state.ts';
import { type IndexOf, newTask } from './new-task.ts';
import type { RestartSupervisor } from './restart-supervisor.ts';
import { keepingOrder } from './scale-order.ts';
import type { UpdateSupervisor } from './update-supervisor.ts';

/** Keeps as many slots of each replicated service filled as it should have (manager/orchestrator/replicated). Works on one batch at a time. */
export class ReplicatedOrchestrator {
  readonly #store: Store;
  readonly #restarts: RestartSupervisor;
  readonly #updates: UpdateSupervisor;
  readonly #indexOf: IndexOf;
  readonly #reconcile = new Set<Service>();
  readonly #restartTasks = new Set<Task>();
  #busy = false;

  constructor(store: Store, restarts: RestartSupervisor, updates: UpdateSupervisor, indexOf: IndexOf) {
    this.#store = store;
    this.#restarts = restarts;
    this.#updates = updates;
    this.#indexOf = indexOf;
  }

  serviceChanged(service: Service): void {
    if (service.spec.mode === 'replicated') this.#reconcile.add(service);
  }

  serviceDeleted(service: Service): void {
    this.#reconcile.delete(service);
  }

  taskUpdated(task: Task): void {
    if (task.desired > TaskState.running || task.spec.mode !== 'replicated') return;
    if (task.state > TaskState.running || (task.node >= 0 && this.#store.invalidNode(task.node))) this.#restartTasks.add(task);
  }

  taskDeleted(task: Task): void {
    if (task.desired <= TaskState.running && task.spec.mode === 'replicated' && !task.service.deleted) this.#reconcile.add(task.service);
  }

  nodeUpdated(node: number): void {
    if (!this.#store.invalidNode(node)) return;
    for (const task of this.#store.tasksOn[node]!) if (task.desired <= TaskState.running && task.spec.mode === 'replicated') this.#restartTasks.add(task);
  }

  committed(): void {
    if (this.#busy) return;
    if (this.#restartTasks.size > 0) {
      const tasks = [...this.#restartTasks];
      this.#restartTasks.clear();
      this.#busy = true;
      this.#store.write(2 * tasks.length, () => {
        this.#busy = false;
        for (const task of tasks) if (task.desired <= TaskState.running && !task.deleted) this.#restarts.restart(task);
      });
    } else if (this.#reconcile.size > 0) {
      const services = [...this.#reconcile];
      this.#reconcile.clear();
      const batches = services.map((service) => this.#plan(service)).filter((batch) => batch !== null);
      if (batches.length === 0) return;
      this.#busy = true;
      this.#store.writeTransactions(batches.reduce((sum, { transactions }) => sum + transactions, 0), () => {
        this.#busy = false;
        for (const { apply } of batches) apply();
      });
    }
  }

  #plan(service: Service): { readonly transactions: number; readonly apply: () => void } | null {
    const store = this.#store;
    const running: (readonly Task[])[] = [];
    const filled = new Set<number>();
    const dead: Task[] = [];
    service.forEachSlot((tasks, slot) => {
      const updatable = this.#restarts.updatable(tasks, service);
      if (updatable.length > 0) {
        running.push(updatable);
        filled.add(slot);
      } else dead.push(...tasks);
    });
    const { replicas } = service.spec;
    const missing = replicas - running.length;
    const kept = missing < 0 ? keepingOrder(running, service.victims) : running;
    if (missing < 0) service.victims = null;
    this.#updates.update(service, kept.slice(0, Math.min(replicas, kept.length)));
    const surplus = kept.slice(replicas).flat();
    const slots: number[] = [];
    for (let slot = 1; slots.length < missing; slot++) if (!filled.has(slot)) slots.push(slot);
    const refilled = new Set(slots);
    const changes = Math.max(0, missing) + surplus.length + dead.length;
    if (changes === 0) return null;
    return {
      transactions: Math.ceil(changes / 200),
      apply: () => {
        if (service.deleted) return;
        for (const slot of slots) {
          const task = newTask(store, this.#indexOf, service, slot, -1, null);
          if (task !== null) store.createTask(task);
        }
        for (const task of surplus) store.setDesired(task, TaskState.remove);
        for (const task of dead) if (!refilled.has(task.slot)) store.deleteTask(task);
      },
    };
  }
}
