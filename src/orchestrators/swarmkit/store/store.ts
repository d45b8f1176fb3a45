import type { Simulation } from '../../../engine/simulation.ts';
import { Counter, type Log } from '../../../metrics/log.ts';
import { Availability, NodeStatus } from '../scheduler/node-set.ts';
import { TaskState } from '../task-state.ts';
import type { Service } from './service.ts';
import { isGlobal, isJob } from './service-spec.ts';
import type { Task } from './task.ts';

/** Most changes in one transaction (manager/state/store/memory.go, MaxChangesPerTransaction). */
export const MAX_CHANGES_PER_TRANSACTION = 200;

/** A component of the leader that watches the store. Changes come one by one while a transaction is applied, `committed` after it. */
export interface StoreListener {
  /** Whose tasks' updates it hears of; default: all. */
  readonly tasksOf?: 'jobs' | 'services';
  serviceChanged?(service: Service): void;
  serviceDeleted?(service: Service): void;
  taskCreated?(task: Task): void;
  taskUpdated?(task: Task, stateBefore: TaskState, desiredBefore: TaskState): void;
  taskDeleted?(task: Task): void;
  nodeUpdated?(node: number): void;
  committed?(): void;
}

/** A listener that hears of one kind of change. */
type Hearing<K extends keyof StoreListener> = StoreListener & { [key in K]-?: NonNullable<StoreListener[key]> };

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
  #onServiceChanged: Hearing<'serviceChanged'>[] = [];
  #onServiceDeleted: Hearing<'serviceDeleted'>[] = [];
  #onTaskCreated: Hearing<'taskCreated'>[] = [];
  #onJobTaskUpdated: Hearing<'taskUpdated'>[] = [];
  #onServiceTaskUpdated: Hearing<'taskUpdated'>[] = [];
  #onTaskDeleted: Hearing<'taskDeleted'>[] = [];
  #onNodeUpdated: Hearing<'nodeUpdated'>[] = [];
  #onCommitted: Hearing<'committed'>[] = [];
  #taskCount = 0;

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

  /** Components of the leader, in the order in which they hear of changes. */
  listen(listeners: readonly StoreListener[]): void {
    this.#onServiceChanged = listeners.filter((listener): listener is Hearing<'serviceChanged'> => listener.serviceChanged !== undefined);
    this.#onServiceDeleted = listeners.filter((listener): listener is Hearing<'serviceDeleted'> => listener.serviceDeleted !== undefined);
    this.#onTaskCreated = listeners.filter((listener): listener is Hearing<'taskCreated'> => listener.taskCreated !== undefined);
    const updated = listeners.filter((listener): listener is Hearing<'taskUpdated'> => listener.taskUpdated !== undefined);
    this.#onJobTaskUpdated = updated.filter(({ tasksOf }) => tasksOf !== 'services');
    this.#onServiceTaskUpdated = updated.filter(({ tasksOf }) => tasksOf !== 'jobs');
    this.#onTaskDeleted = listeners.filter((listener): listener is Hearing<'taskDeleted'> => listener.taskDeleted !== undefined);
    this.#onNodeUpdated = listeners.filter((listener): listener is Hearing<'nodeUpdated'> => listener.nodeUpdated !== undefined);
    this.#onCommitted = listeners.filter((listener): listener is Hearing<'committed'> => listener.committed !== undefined);
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

  /** Running number of the next task. */
  nextTaskId(): number {
    return this.#taskCount++;
  }

  /** Whether tasks on the node have to be replaced: gone, down or drained (manager/orchestrator/service.go, InvalidNode). */
  invalidNode(node: number): boolean {
    return this.status[node] === NodeStatus.down || this.availability[node] === Availability.drain;
  }

  // What follows is for the inside of transactions.

  putService(service: Service): void {
    this.services[service.job] = service;
    for (const listener of this.#onServiceChanged) listener.serviceChanged(service);
  }

  deleteService(service: Service): void {
    service.deleted = true;
    this.services[service.job] = undefined;
    for (const listener of this.#onServiceDeleted) listener.serviceDeleted(service);
  }

  createTask(task: Task): void {
    task.service.addTask(task, isGlobal(task.spec.mode) ? task.node : task.slot);
    if (task.node >= 0) this.#tasksOn[task.node]!.push(task);
    for (const listener of this.#onTaskCreated) listener.taskCreated(task);
  }

  /** Observed states only grow; anything else is ignored. */
  setState(task: Task, state: TaskState): void {
    if (state <= task.state || task.deleted) return;
    const before = task.state;
    task.state = state;
    if (task.spec.restart.windowUs > 0) task.appliedUs = this.#simulation.nowUs;
    this.#updated(task, before, task.desired);
  }

  setDesired(task: Task, desired: TaskState): void {
    if (desired <= task.desired || task.deleted) return;
    const before = task.desired;
    task.desired = desired;
    this.#updated(task, task.state, before);
  }

  assign(task: Task, node: number): void {
    const before = task.state;
    task.node = node;
    task.state = TaskState.assigned;
    if (task.spec.restart.windowUs > 0) task.appliedUs = this.#simulation.nowUs;
    this.#tasksOn[task.node]!.push(task);
    this.#updated(task, before, task.desired);
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
    for (const listener of this.#onTaskDeleted) listener.taskDeleted(task);
  }

  setNode(node: number, change: { readonly status?: NodeStatus; readonly availability?: Availability }): void {
    if (change.status !== undefined) this.status[node] = change.status;
    if (change.availability !== undefined) this.availability[node] = change.availability;
    for (const listener of this.#onNodeUpdated) listener.nodeUpdated(node);
  }

  #updated(task: Task, stateBefore: TaskState, desiredBefore: TaskState): void {
    const listeners = isJob(task.spec.mode) ? this.#onJobTaskUpdated : this.#onServiceTaskUpdated;
    for (let i = 0; i < listeners.length; i++) listeners[i]!.taskUpdated(task, stateBefore, desiredBefore);
  }

  #commit(): void {
    const at = this.#head++ & (this.#queue.length - 1);
    const apply = this.#queue[at]!;
    const what = this.#operands[at];
    this.#queue[at] = undefined;
    this.#operands[at] = undefined;
    apply(what as never);
    const listeners = this.#onCommitted;
    for (let i = 0; i < listeners.length; i++) listeners[i]!.committed();
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
