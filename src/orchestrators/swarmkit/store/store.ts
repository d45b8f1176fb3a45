import type { Simulation } from '../../../engine/simulation.ts';
import { Counter, type Log } from '../../../metrics/log.ts';
import { Availability, NodeStatus } from '../scheduler/node-set.ts';
import { TaskState } from '../task-state.ts';
import { Service } from './service.ts';
import { isGlobal, type ServiceSpec } from './service-spec.ts';
import { Task } from './task.ts';

/** Most changes in one transaction (manager/state/store/memory.go, MaxChangesPerTransaction). */
export const MAX_CHANGES_PER_TRANSACTION = 200;

/** Watches the store for the leader's components. Changes come one by one while a transaction is applied, `committed` after it. */
export interface StoreWatcher {
  serviceChanged(service: Service): void;
  serviceDeleted(service: Service): void;
  taskCreated(task: Task): void;
  /** Its observed or its desired state has changed. */
  taskUpdated(task: Task, stateBefore: TaskState, desiredBefore: TaskState): void;
  taskDeleted(task: Task): void;
  nodeUpdated(node: number): void;
  committed(): void;
}

/**
 * The replicated store: services, tasks and nodes, and everything else that a new leader would find. Transactions are applied one after the other, each after its commit; what is
 * only in the leader's memory is kept by its components.
 */
export class Store {
  /** By job; jobs that are no service (any more) are absent. */
  readonly services: (Service | undefined)[] = [];
  /** Per node. */
  readonly status: Uint8Array;
  readonly availability: Uint8Array;
  readonly tasksOn: readonly (readonly Task[])[];
  readonly #tasksOn: readonly Task[][];
  readonly #simulation: Simulation;
  readonly #log: Log;
  readonly #commitTimeUs: number;
  // A ring: proposals come and go one by one.
  #queue: (((what: never) => void) | undefined)[] = Array.from({ length: 64 }, () => undefined);
  #operands: unknown[] = Array.from({ length: 64 }, () => undefined);
  #head = 0;
  #tail = 0;
  #freeAtUs = 0;
  readonly #commitOp: number;
  #watcher!: StoreWatcher;
  #taskCount = 0;
  // Objects of jobs that are over, to be used again: what lives for an hour is expensive to collect.
  readonly #spareServices: Service[] = [];
  readonly #spareTasks: Task[] = [];

  constructor(simulation: Simulation, log: Log, nodes: number, commitTimeUs: number) {
    this.#simulation = simulation;
    this.#log = log;
    this.#commitTimeUs = commitTimeUs;
    this.status = new Uint8Array(nodes).fill(NodeStatus.ready);
    this.availability = new Uint8Array(nodes);
    this.#tasksOn = Array.from({ length: nodes }, () => []);
    this.tasksOn = this.#tasksOn;
    this.#commitOp = simulation.on('swarmkit/manager', () => this.#commit());
  }

  /** Before anything is written. */
  watch(watcher: StoreWatcher): void {
    this.#watcher = watcher;
  }

  /**
   * Proposes a change; `apply` runs when it is committed, behind all proposed before, and looks again at what it finds then.
   * @param changes a batch of more than {@link MAX_CHANGES_PER_TRANSACTION} takes several transactions, one behind the other; it becomes visible with the last
   */
  write(changes: number, apply: () => void): void;
  /** @param what handed to `apply`, which then need not be a function of its own for each transaction */
  write<T>(changes: number, apply: (what: T) => void, what: T): void;
  write(changes: number, apply: (what: never) => void, what?: unknown): void {
    this.#propose(changes <= MAX_CHANGES_PER_TRANSACTION ? 1 : Math.ceil(changes / MAX_CHANGES_PER_TRANSACTION), apply, what);
  }

  writeTransactions(transactions: number, apply: () => void): void {
    this.#propose(transactions, apply, undefined);
  }

  #propose(transactions: number, apply: (what: never) => void, what: unknown): void {
    const nowUs = this.#simulation.nowUs;
    this.#freeAtUs = Math.max(nowUs, this.#freeAtUs) + transactions * this.#commitTimeUs;
    if (this.#tail - this.#head === this.#queue.length) this.#grow();
    const at = this.#tail++ & (this.#queue.length - 1);
    this.#queue[at] = apply;
    this.#operands[at] = what;
    this.#log.count(Counter.writes, transactions);
    this.#simulation.at(this.#freeAtUs, this.#commitOp);
  }

  /** A service object that is not in the store yet. */
  newService(job: number, spec: ServiceSpec): Service {
    return this.#spareServices.pop()?.reuse(job, spec) ?? new Service(job, spec);
  }

  /** A task object of a service's present version that is not in the store yet. */
  newTask(service: Service, slot: number, index: number, node: number, desired: TaskState): Task {
    const id = this.#taskCount++;
    const { nowUs } = this.#simulation;
    return this.#spareTasks.pop()?.reuse(id, service, slot, index, node, desired, nowUs) ?? new Task(id, service, slot, index, node, desired, nowUs);
  }

  /** A service and its only task have been deleted. Where nothing but the usual has happened to them their objects are used again. */
  recycle(service: Service, task: Task): void {
    if (!service.uneventful || !task.settled) return;
    this.#spareServices.push(service);
    this.#spareTasks.push(task);
  }

  /** Whether tasks on the node have to be replaced: gone, down or drained (manager/orchestrator/service.go, InvalidNode). */
  invalidNode(node: number): boolean {
    return this.status[node] === NodeStatus.down || this.availability[node] === Availability.drain;
  }

  // What follows is for the inside of transactions.

  putService(service: Service): void {
    if (this.services[service.job] === service) service.uneventful = false;
    this.services[service.job] = service;
    this.#watcher.serviceChanged(service);
  }

  deleteService(service: Service): void {
    service.deleted = true;
    this.services[service.job] = undefined;
    this.#watcher.serviceDeleted(service);
  }

  createTask(task: Task): void {
    const { service } = task;
    if (service.slotCount > 0 || task.preassigned) service.uneventful = false;
    service.addTask(task, isGlobal(task.spec.mode) ? task.node : task.slot);
    if (task.node >= 0) this.#tasksOn[task.node]!.push(task);
    this.#watcher.taskCreated(task);
  }

  /** Observed states only grow; anything else is ignored. */
  setState(task: Task, state: TaskState): void {
    if (state <= task.state || task.deleted) return;
    const before = task.state;
    task.state = state;
    if (task.spec.restart.windowUs > 0) task.appliedUs = this.#simulation.nowUs;
    this.#watcher.taskUpdated(task, before, task.desired);
  }

  setDesired(task: Task, desired: TaskState): void {
    if (desired <= task.desired || task.deleted) return;
    const before = task.desired;
    task.desired = desired;
    task.service.uneventful = false;
    this.#watcher.taskUpdated(task, task.state, before);
  }

  assign(task: Task, node: number): void {
    const before = task.state;
    task.node = node;
    task.state = TaskState.assigned;
    if (task.spec.restart.windowUs > 0) task.appliedUs = this.#simulation.nowUs;
    this.#tasksOn[task.node]!.push(task);
    this.#watcher.taskUpdated(task, before, task.desired);
  }

  deleteTask(task: Task): void {
    if (task.deleted) return;
    task.deleted = true;
    task.service.removeTask(task, isGlobal(task.spec.mode) ? task.node : task.slot);
    if (task.node >= 0) {
      const tasks = this.#tasksOn[task.node]!;
      const at = tasks.indexOf(task);
      const last = tasks.pop()!;
      if (last !== task) tasks[at] = last;
    }
    this.#watcher.taskDeleted(task);
  }

  setNode(node: number, change: { readonly status?: NodeStatus; readonly availability?: Availability }): void {
    if (change.status !== undefined) this.status[node] = change.status;
    if (change.availability !== undefined) this.availability[node] = change.availability;
    this.#watcher.nodeUpdated(node);
  }

  #commit(): void {
    const at = this.#head++ & (this.#queue.length - 1);
    const apply = this.#queue[at]!;
    const what = this.#operands[at];
    this.#queue[at] = undefined;
    this.#operands[at] = undefined;
    apply(what as never);
    this.#watcher.committed();
  }

  #grow(): void {
    const { length } = this.#queue;
    const head = this.#head;
    const larger = <T>(ring: readonly T[]): (T | undefined)[] => Array.from({ length: 2 * length }, (_, i) => (i < length ? ring[(head + i) % length] : undefined));
    this.#queue = larger(this.#queue);
    this.#operands = larger(this.#operands);
    this.#head = 0;
    this.#tail = length;
  }
}
