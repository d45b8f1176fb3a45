import { nodeMatches } from '../../../workload/readers/compose/placement-constraint.ts';
import { Availability, type NodeDescription, NodeStatus } from '../scheduler/node-set.ts';
import type { Service } from '../store/service.ts';
import type { Store } from '../store/store.ts';
import type { Task } from '../store/task.ts';
import { TaskState } from '../task-state.ts';
import { isTaskDirty } from './dirty-task.ts';
import { type IndexOf, newTask } from './new-task.ts';
import type { RestartSupervisor } from './restart-supervisor.ts';
import type { UpdateSupervisor } from './update-supervisor.ts';

/**
 * Keeps one task of each global service on every node that is neither drained nor down and meets its constraints (manager/orchestrator/global). Paused nodes get nothing new; tasks of a
 * lost node are shut down and not replaced elsewhere. Works on one batch at a time.
 */
export class GlobalOrchestrator {
  readonly #store: Store;
  readonly #restarts: RestartSupervisor;
  readonly #updates: UpdateSupervisor;
  readonly #nodes: readonly NodeDescription[];
  readonly #indexOf: IndexOf;
  readonly #services = new Set<Service>();
  readonly #reconcile = new Set<Service>();
  readonly #changedNodes = new Set<number>();
  readonly #restartTasks = new Set<Task>();
  #busy = false;

  constructor(store: Store, restarts: RestartSupervisor, updates: UpdateSupervisor, nodes: readonly NodeDescription[], indexOf: IndexOf) {
    this.#store = store;
    this.#restarts = restarts;
    this.#updates = updates;
    this.#nodes = nodes;
    this.#indexOf = indexOf;
  }

  serviceChanged(service: Service): void {
    if (service.spec.mode !== 'global') return;
    this.#services.add(service);
    this.#reconcile.add(service);
  }

  serviceDeleted(service: Service): void {
    this.#services.delete(service);
    this.#reconcile.delete(service);
  }

  taskUpdated(task: Task): void {
    if (task.spec.mode === 'global' && task.desired <= TaskState.running && task.state > TaskState.running) this.#restartTasks.add(task);
  }

  taskDeleted(task: Task): void {
    if (task.spec.mode === 'global' && task.desired <= TaskState.running && !task.service.deleted) this.#reconcile.add(task.service);
  }

  nodeUpdated(node: number): void {
    if (this.#services.size > 0) this.#changedNodes.add(node);
  }

  committed(): void {
    if (this.#busy || this.#restartTasks.size + this.#reconcile.size + this.#changedNodes.size === 0) return;
    const restarts = [...this.#restartTasks];
    const services = [...this.#reconcile];
    const nodes = [...this.#changedNodes];
    this.#restartTasks.clear();
    this.#reconcile.clear();
    this.#changedNodes.clear();
    const changes: (() => void)[] = [];
    for (const task of restarts) changes.push(() => this.#restart(task));
    for (const service of services) this.#reconcileService(service, changes);
    for (const node of nodes) this.#reconcileNode(node, changes);
    if (changes.length === 0) return;
    this.#busy = true;
    this.#store.write(changes.length, () => {
      this.#busy = false;
      for (const change of changes) change();
    });
  }

  #serves(node: number): boolean {
    return this.#store.availability[node] !== Availability.drain && this.#store.status[node] !== NodeStatus.down;
  }

  #restart(task: Task): void {
    if (task.deleted || task.desired > TaskState.running || task.service.deleted || !this.#serves(task.node)) return;
    const { service } = task;
    if (this.#store.availability[task.node] === Availability.pause || !nodeMatches(service.spec.task.constraints, this.#nodes[task.node]!)) this.#store.setDesired(task, TaskState.shutdown);
    else this.#restarts.restart(task);
  }

  #reconcileService(service: Service, changes: (() => void)[]): void {
    const updates: (readonly Task[])[] = [];
    for (let node = 0; node < this.#nodes.length; node++) {
      const tasks = this.#restarts.updatable(service.slot(node), service);
      if (!this.#serves(node) || !nodeMatches(service.spec.task.constraints, this.#nodes[node]!)) {
        this.#shutDown(tasks, changes);
        continue;
      }
      if (this.#store.availability[node] === Availability.pause) continue;
      if (tasks.length === 0) this.#add(service, node, changes);
      else updates.push(tasks);
    }
    if (updates.length > 0) this.#updates.update(service, updates);
  }

  #reconcileNode(node: number, changes: (() => void)[]): void {
    for (const service of this.#services) {
      const all = service.slot(node);
      if (!this.#serves(node)) {
        this.#shutDown(all, changes);
        continue;
      }
      if (this.#store.availability[node] === Availability.pause || !nodeMatches(service.spec.task.constraints, this.#nodes[node]!)) continue;
      const tasks = this.#restarts.updatable(all, service);
      const dirty = tasks.filter((task) => isTaskDirty(service, task, this.#nodes));
      const clean = tasks.filter((task) => !dirty.includes(task));
      if (clean.length === 0) this.#add(service, node, changes);
      this.#shutDown([...dirty, ...clean.slice(1)], changes);
    }
  }

  #add(service: Service, node: number, changes: (() => void)[]): void {
    changes.push(() => {
      if (service.deleted || this.#restarts.updatable(service.slot(node), service).length > 0) return;
      const task = newTask(this.#store, this.#indexOf, service, 0, node, null);
      if (task !== null) this.#store.createTask(task);
    });
  }

  #shutDown(tasks: readonly Task[], changes: (() => void)[]): void {
    for (const task of tasks) if (task.desired < TaskState.shutdown) changes.push(() => this.#store.setDesired(task, TaskState.shutdown));
  }
}
