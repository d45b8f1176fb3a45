import type { Simulation } from '../../../engine/simulation.ts';
import { nodeMatches } from '../scheduler/constraint.ts';
import { Availability, type NodeDescription, NodeStatus } from '../scheduler/node-set.ts';
import type { Service } from '../store/service.ts';
import { isJob } from '../store/service-spec.ts';
import type { Store, StoreListener } from '../store/store.ts';
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
export class JobOrchestrator implements StoreListener {
  readonly #simulation: Simulation;
  readonly #store: Store;
  readonly #restarts: RestartSupervisor;
  readonly #indexOf: IndexOf;
  readonly #nodes: readonly NodeDescription[];
  readonly #reconcile = new Set<Service>();
  /** The one most often alone in {@link #reconcile}. */
  #latest: Service | null = null;
  readonly #restartTasks = new Set<Task>();
  readonly #globalJobs = new Set<Service>();
  #busy = false;

  constructor(simulation: Simulation, store: Store, restarts: RestartSupervisor, nodes: readonly NodeDescription[], indexOf: IndexOf) {
    this.#simulation = simulation;
    this.#store = store;
    this.#restarts = restarts;
    this.#nodes = nodes;
    this.#indexOf = indexOf;
  }

  serviceChanged(service: Service): void {
    if (!isJob(service.spec.mode)) return;
    this.#reconcile.add(service);
    this.#latest = service;
    if (service.spec.mode === 'global-job') this.#globalJobs.add(service);
  }

  serviceDeleted(service: Service): void {
    this.#reconcile.delete(service);
    this.#globalJobs.delete(service);
  }

  taskUpdated(task: Task): void {
    if (!isJob(task.spec.mode)) return;
    if (task.desired <= TaskState.complete && task.state !== TaskState.complete && (task.state > TaskState.running || (task.node >= 0 && this.#store.invalidNode(task.node)))) this.#restartTasks.add(task);
    // Room for the next task of a job that does not start all at once.
    const { spec } = task.service;
    if (task.state === TaskState.complete && spec.maxConcurrent < spec.replicas) this.#reconcile.add(task.service);
  }

  nodeUpdated(node: number): void {
    for (const service of this.#globalJobs) this.#reconcile.add(service);
    if (!this.#store.invalidNode(node)) return;
    for (const task of this.#store.tasksOn[node]!) if (isJob(task.spec.mode) && task.desired <= TaskState.complete && task.state <= TaskState.running) this.#restartTasks.add(task);
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
    } else if (this.#reconcile.size === 1 && this.#latest !== null && this.#reconcile.has(this.#latest)) {
      const service = this.#latest;
      this.#reconcile.clear();
      const instances = this.#missing(service);
      if (instances.length === 0) return;
      this.#busy = true;
      this.#store.write(instances.length, () => {
        this.#busy = false;
        this.#create(service, instances);
      });
    } else if (this.#reconcile.size > 0) {
      const services = [...this.#reconcile];
      this.#reconcile.clear();
      let transactions = 0;
      const plans = services.map((service) => {
        const instances = this.#missing(service);
        transactions += Math.ceil(instances.length / 200);
        return { service, instances };
      });
      if (transactions === 0) return;
      this.#busy = true;
      this.#store.writeTransactions(transactions, () => {
        this.#busy = false;
        for (const { service, instances } of plans) this.#create(service, instances);
      });
    }
  }

  #create(service: Service, instances: readonly Instance[]): void {
    for (const { slot, node } of instances) {
      if (service.deleted) return;
      const task = newTask(this.#store, this.#indexOf, service, slot, node, null, this.#simulation.nowUs);
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
