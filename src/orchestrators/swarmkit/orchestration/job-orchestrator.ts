import { nodeMatches } from '../../../workload/readers/compose/placement-constraint.ts';
import { Availability, type NodeDescription, NodeStatus } from '../scheduler/node-set.ts';
import type { Service } from '../store/service.ts';
import { isJob } from '../store/service-spec.ts';
import { MAX_CHANGES_PER_TRANSACTION, type Store } from '../store/store.ts';
import type { Task } from '../store/task.ts';
import { TaskState } from '../task-state.ts';
import { type IndexOf, newTask } from './new-task.ts';
import type { RestartSupervisor } from './restart-supervisor.ts';

/** A task to create. */
interface Instance {
  readonly slot: number;
  readonly node: number;
}

const FIRST_SLOT: readonly Instance[] = [{ slot: 1, node: -1 }];

/** Runs replicated and global jobs to completion (manager/orchestrator/jobs). Works on one batch at a time. */
export class JobOrchestrator {
  readonly #store: Store;
  readonly #restarts: RestartSupervisor;
  readonly #indexOf: IndexOf;
  readonly #nodes: readonly NodeDescription[];
  /** Jobs to look at, each once ({@link Service.listed}). Two lists that take turns. */
  #reconcile: Service[] = [];
  #reconcileCount = 0;
  #planned: Service[] = [];
  #plannedCount = 0;
  /** Tasks to create for each of {@link #planned}. */
  readonly #instances: (readonly Instance[])[] = [];
  readonly #watchesNodes: boolean;
  readonly #restartTasks = new Set<Task>();
  readonly #globalJobs = new Set<Service>();
  #busy = false;

  /** @param watchesNodes whether tasks are replaced when their node is lost */
  constructor(store: Store, restarts: RestartSupervisor, nodes: readonly NodeDescription[], indexOf: IndexOf, watchesNodes: boolean) {
    this.#watchesNodes = watchesNodes;
    this.#store = store;
    this.#restarts = restarts;
    this.#nodes = nodes;
    this.#indexOf = indexOf;
  }

  serviceChanged(service: Service): void {
    if (!isJob(service.spec.mode)) return;
    this.#list(service);
    if (service.spec.mode === 'global-job') this.#globalJobs.add(service);
  }

  serviceDeleted(service: Service): void {
    if (service.listed) this.#unlist(service);
    this.#globalJobs.delete(service);
  }

  taskUpdated(task: Task): void {
    if (task.desired <= TaskState.complete && task.state !== TaskState.complete && (task.state > TaskState.running || (this.#watchesNodes && task.node >= 0 && this.#store.invalidNode(task.node)))) this.#toRestart(task);
    // Without an eye on nodes, new ones are found when any of its tasks ends.
    if (!this.#watchesNodes && task.spec.mode === 'global-job' && task.state > TaskState.running) this.#list(task.service);
    // Room for the next task of a job that does not start all at once.
    if (task.state === TaskState.complete && task.service.spec.maxConcurrent < task.service.spec.replicas) this.#list(task.service);
  }

  nodeUpdated(node: number): void {
    if (!this.#watchesNodes) return;
    for (const service of this.#globalJobs) this.#list(service);
    if (!this.#store.invalidNode(node)) return;
    for (const task of this.#store.tasksOn[node]!) if (isJob(task.spec.mode) && task.desired <= TaskState.complete && task.state <= TaskState.running) this.#toRestart(task);
  }

  committed(): void {
    if (this.#busy) return;
    if (this.#restartTasks.size > 0) {
      const tasks = [...this.#restartTasks];
      this.#restartTasks.clear();
      this.#busy = true;
      this.#store.write(2 * tasks.length, () => {
        this.#busy = false;
        for (const task of tasks) this.#restart(task);
      });
    } else if (this.#reconcileCount > 0) this.#plan();
  }

  #plan(): void {
    const services = this.#reconcile;
    const count = this.#reconcileCount;
    this.#reconcile = this.#planned;
    this.#reconcileCount = 0;
    this.#planned = services;
    this.#plannedCount = count;
    let transactions = 0;
    for (let i = 0; i < count; i++) {
      const service = services[i]!;
      service.listed = false;
      const instances = this.#missing(service);
      this.#instances[i] = instances;
      transactions += Math.ceil(instances.length / MAX_CHANGES_PER_TRANSACTION);
    }
    if (transactions === 0) return;
    this.#busy = true;
    this.#store.writeTransactions(transactions, this.#createAll);
  }

  readonly #createAll = (): void => {
    this.#busy = false;
    for (let i = 0; i < this.#plannedCount; i++) this.#create(this.#planned[i]!, this.#instances[i]!);
  };

  #toRestart(task: Task): void {
    task.service.uneventful = false;
    this.#restartTasks.add(task);
  }

  #list(service: Service): void {
    if (service.listed) return;
    service.listed = true;
    this.#reconcile[this.#reconcileCount++] = service;
  }

  #unlist(service: Service): void {
    service.listed = false;
    this.#reconcile.splice(this.#reconcile.indexOf(service), 1);
    this.#reconcileCount--;
  }

  #create(service: Service, instances: readonly Instance[]): void {
    for (const { slot, node } of instances) {
      if (service.deleted) return;
      const task = newTask(this.#store, this.#indexOf, service, slot, node, null);
      if (task !== null) this.#store.createTask(task);
    }
  }

  #restart(task: Task): void {
    if (task.desired > TaskState.complete || task.deleted) return;
    // Tasks of a global job stay with their node: it is shut down where the node is lost.
    if (task.spec.mode === 'global-job' && this.#store.invalidNode(task.node)) this.#store.setDesired(task, TaskState.shutdown);
    else this.#restarts.restart(task);
  }

  #missing(service: Service): readonly Instance[] {
    return service.spec.mode === 'global-job' ? this.#missingNodes(service) : this.#missingSlots(service);
  }

  #missingSlots(service: Service): readonly Instance[] {
    const { replicas, maxConcurrent } = service.spec;
    if (service.slotCount === 0 && replicas === 1) return FIRST_SLOT;
    if (service.slotCount === 0) return Array.from({ length: Math.min(maxConcurrent, replicas) }, (_, i) => ({ slot: i + 1, node: -1 }));
    let running = 0;
    const taken = new Set<number>();
    for (const task of service.tasks()) {
      const completed = task.state === TaskState.complete;
      if (completed || task.desired <= TaskState.complete) taken.add(task.slot);
      if (!completed && task.desired <= TaskState.complete) running++;
    }
    const count = Math.min(maxConcurrent - running, replicas - service.completed - running);
    const missing: Instance[] = [];
    // Slots that were given up stay free, as there: their number is taken anew by the next task.
    for (let slot = 1; slot <= replicas && missing.length < count; slot++) if (!taken.has(slot)) missing.push({ slot, node: -1 });
    return missing;
  }

  #missingNodes(service: Service): readonly Instance[] {
    const missing: Instance[] = [];
    for (let node = 0; node < this.#nodes.length; node++) {
      if (this.#store.status[node] !== NodeStatus.ready || this.#store.availability[node] !== Availability.active) continue;
      if (!nodeMatches(service.spec.task.constraints, this.#nodes[node]!)) continue;
      if (service.slot(node).some((task) => task.state === TaskState.complete || task.desired <= TaskState.complete)) continue;
      missing.push({ slot: 0, node });
    }
    return missing;
  }
}
