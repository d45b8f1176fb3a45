import type { Simulation } from '../../../engine/simulation.ts';
import { type Log, RecordKind } from '../../../metrics/log.ts';
import { Availability, NodeStatus } from '../scheduler/node-set.ts';
import type { Service } from '../store/service.ts';
import { isGlobal, isJob } from '../store/service-spec.ts';
import type { Store } from '../store/store.ts';
import type { Task } from '../store/task.ts';
import { TaskState } from '../task-state.ts';
import { type IndexOf, newTask } from './new-task.ts';

/** How long a new task waits for the one it replaces to stop (manager/orchestrator/restart/restart.go, defaultOldTaskTimeout). */
export const OLD_TASK_TIMEOUT_US = 60_000_000;

/** A task that waits in desired READY: its image is pulled, it starts when the delay is over and the old task has stopped. */
interface DelayedStart {
  readonly task: Task;
  /** The task to wait for; `null` = none. */
  readonly old: Task | null;
  readonly giveUpAtUs: number;
  delayOver: boolean;
  /** A restart of the waiting task itself was asked for: it follows when the delay is over. */
  restart: boolean;
}

interface SlotHistory {
  version: number;
  restarts: number;
  /** Times of creation of replacements, where the policy has a window. */
  times: number[];
}

/** Starts replacements: whether, how often and when (manager/orchestrator/restart/restart.go). Delays and history are the leader's memory. */
export class RestartSupervisor {
  readonly #simulation: Simulation;
  readonly #store: Store;
  readonly #log: Log;
  readonly #indexOf: IndexOf;
  /** By the task that waits. */
  readonly #delays = new Map<Task, DelayedStart>();
  readonly #byId = new Map<number, DelayedStart>();
  /** By the task that is waited for. */
  readonly #waitingFor = new Map<Task, DelayedStart>();
  readonly #history = new Map<Service, Map<number, SlotHistory>>();
  readonly #delayOp: number;
  readonly #gaveUp: (task: Task) => void;

  /** @param gaveUp called when a task ended and its policy allows no other */
  constructor(simulation: Simulation, store: Store, log: Log, indexOf: IndexOf, gaveUp: (task: Task) => void) {
    this.#simulation = simulation;
    this.#store = store;
    this.#log = log;
    this.#indexOf = indexOf;
    this.#gaveUp = gaveUp;
    this.#delayOp = simulation.on('swarmkit/manager', (id) => {
      const delay = this.#byId.get(id);
      if (delay === undefined) return;
      if (!delay.delayOver) this.#delayOver(delay);
      else this.#start(delay);
    });
  }

  /** Shuts a task down and, if its policy allows, creates its replacement. To be called inside a transaction. */
  restart(old: Task): void {
    const delay = this.#delays.get(old);
    if (delay !== undefined) {
      delay.restart = true;
      return;
    }
    if (old.desired > TaskState.complete || old.deleted || old.service.deleted) return;
    const { service } = old;
    const lost = old.node >= 0 && this.#store.invalidNode(old.node);
    this.#store.setDesired(old, TaskState.shutdown);
    if (!this.shouldRestart(old, service)) {
      this.#gaveUp(old);
      return;
    }
    const replacement = newTask(this.#store, this.#indexOf, service, old.slot, isGlobal(service.spec.mode) ? old.node : -1, TaskState.ready);
    if (replacement === null) return;
    if (lost && old.state === TaskState.running) this.#log.record(RecordKind.evict, old.index, old.node);
    this.#log.record(RecordKind.decide, old.index);
    // The delay holds for failed nodes too, but not for drained ones.
    const drained = old.node >= 0 && this.#store.availability[old.node] === Availability.drain;
    const wait = old.state <= TaskState.running && !(old.node >= 0 && this.#store.status[old.node] === NodeStatus.down);
    this.#store.createTask(replacement);
    this.#record(replacement);
    this.delayStart(wait ? old : null, replacement, drained ? 0 : old.spec.restart.delayUs);
  }

  /** Whether the policy allows another instance after this one. */
  shouldRestart(task: Task, service: Service): boolean {
    const { condition, maxAttempts, windowUs } = task.spec.restart;
    if (condition === 'none') return false;
    // A completed task of a job is not started again, whatever its policy.
    if (task.state === TaskState.complete && (condition === 'on-failure' || isJob(service.spec.mode))) return false;
    // Attempts of global jobs are written down by node but looked up without it: they are never used up.
    if (maxAttempts === 0 || service.spec.mode === 'global-job') return true;
    const history = this.#history.get(service)?.get(slotKey(task));
    if (history === undefined || history.version !== task.spec.version) return true;
    if (windowUs === 0) return history.restarts < maxAttempts;
    history.times = history.times.filter((timeUs) => timeUs > task.appliedUs - windowUs);
    return history.times.filter((timeUs) => timeUs < task.appliedUs).length < maxAttempts;
  }

  /** Lets a task in desired READY run once the delay is over and the old task, if one is given, has stopped. */
  delayStart(old: Task | null, task: Task, delayUs: number): void {
    this.cancel(task);
    const nowUs = this.#simulation.nowUs;
    const waitFor = old !== null && old.state <= TaskState.running && !old.deleted ? old : null;
    const delay: DelayedStart = { task, old: waitFor, giveUpAtUs: nowUs + OLD_TASK_TIMEOUT_US, delayOver: delayUs === 0, restart: false };
    this.#delays.set(task, delay);
    this.#byId.set(task.id, delay);
    if (waitFor !== null) this.#waitingFor.set(waitFor, delay);
    if (delayUs > 0) this.#simulation.after(delayUs, this.#delayOp, task.id);
    else this.#delayOver(delay);
  }

  /** Whether a task waits for its delay or for its predecessor. */
  waiting(task: Task): boolean {
    return this.#delays.has(task);
  }

  cancel(task: Task): void {
    const delay = this.#delays.get(task);
    if (delay !== undefined) this.#remove(delay);
  }

  clearHistory(service: Service): void {
    this.#history.delete(service);
  }

  /** Tasks of a slot that an update concerns: those that should run, or the newest if it stopped for good (UpdatableTasksInSlot). */
  updatable(tasks: readonly Task[], service: Service): readonly Task[] {
    const wanted = tasks.filter((task) => task.desired <= TaskState.running);
    if (wanted.length > 0 || service.updateState === 'rollback_started' || tasks.length === 0) return wanted;
    const newest = tasks[tasks.length - 1]!;
    return this.shouldRestart(newest, service) ? [] : [newest];
  }

  taskUpdated(task: Task): void {
    if (this.#waitingFor.size > 0 && task.state > TaskState.running) this.#stopped(task);
  }

  taskDeleted(task: Task): void {
    this.cancel(task);
    if (this.#waitingFor.size > 0) this.#stopped(task);
  }

  nodeUpdated(node: number): void {
    if (this.#store.status[node] !== NodeStatus.down) return;
    for (const old of this.#waitingFor.keys()) if (old.node === node) this.#stopped(old);
  }

  serviceDeleted(service: Service): void {
    this.clearHistory(service);
  }

  /** The old task is no more: nothing but the delay is waited for. */
  #stopped(old: Task): void {
    const delay = this.#waitingFor.get(old);
    if (delay === undefined) return;
    this.#waitingFor.delete(old);
    if (delay.delayOver) this.#start(delay);
  }

  #delayOver(delay: DelayedStart): void {
    delay.delayOver = true;
    const nowUs = this.#simulation.nowUs;
    if (delay.old === null || this.#waitingFor.get(delay.old) !== delay || nowUs >= delay.giveUpAtUs) this.#start(delay);
    else this.#simulation.at(delay.giveUpAtUs, this.#delayOp, delay.task.id);
  }

  #start(delay: DelayedStart): void {
    const { task } = delay;
    this.#remove(delay);
    this.#store.write(1, () => {
      if (task.desired < TaskState.running) this.#store.setDesired(task, isJob(task.spec.mode) ? TaskState.complete : TaskState.running);
    });
    if (!delay.restart) return;
    this.#store.write(2, () => {
      if (!task.deleted && task.desired <= TaskState.complete && !task.service.deleted) this.restart(task);
    });
  }

  #remove(delay: DelayedStart): void {
    this.#delays.delete(delay.task);
    this.#byId.delete(delay.task.id);
    if (delay.old !== null && this.#waitingFor.get(delay.old) === delay) this.#waitingFor.delete(delay.old);
  }

  #record(replacement: Task): void {
    const { maxAttempts, windowUs } = replacement.spec.restart;
    if (maxAttempts === 0) return;
    const { service } = replacement;
    let slots = this.#history.get(service);
    if (slots === undefined) this.#history.set(service, (slots = new Map()));
    let history = slots.get(slotKey(replacement));
    if (history === undefined || history.version !== replacement.spec.version) slots.set(slotKey(replacement), (history = { version: replacement.spec.version, restarts: 0, times: [] }));
    history.restarts++;
    if (windowUs > 0) history.times.push(this.#simulation.nowUs);
  }
}

/** Slots of global services are nodes. */
function slotKey(task: Task): number {
  return isGlobal(task.spec.mode) ? task.node : task.slot;
}
