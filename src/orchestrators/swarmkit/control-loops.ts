import type { Dispatcher } from './dispatcher/dispatcher.ts';
import type { Allocator } from './orchestration/allocator.ts';
import type { ConstraintEnforcer } from './orchestration/constraint-enforcer.ts';
import type { GlobalOrchestrator } from './orchestration/global-orchestrator.ts';
import type { JobOrchestrator } from './orchestration/job-orchestrator.ts';
import type { ReplicatedOrchestrator } from './orchestration/replicated-orchestrator.ts';
import type { RestartSupervisor } from './orchestration/restart-supervisor.ts';
import type { TaskReaper } from './orchestration/task-reaper.ts';
import type { UpdateSupervisor } from './orchestration/update-supervisor.ts';
import type { Scheduler } from './scheduler/scheduler.ts';
import type { Service } from './store/service.ts';
import { isJob } from './store/service-spec.ts';
import type { StoreWatcher } from './store/store.ts';
import type { Task } from './store/task.ts';
import { TaskState } from './task-state.ts';

/** What the leader runs besides the store (manager/manager.go, becomeLeader). */
export interface Loops {
  readonly allocator: Allocator;
  readonly restarts: RestartSupervisor;
  readonly replicated: ReplicatedOrchestrator;
  readonly global: GlobalOrchestrator;
  readonly jobs: JobOrchestrator;
  readonly updates: UpdateSupervisor;
  readonly scheduler: Scheduler;
  readonly dispatcher: Dispatcher;
  readonly enforcer: ConstraintEnforcer;
  readonly reaper: TaskReaper;
  /** A task of a job was seen to end: what its user makes of it. */
  readonly ended: (task: Task) => void;
}

/**
 * The leader's components in the order in which they hear of changes. Each is called by name instead of through a list: a change of a task is told half a dozen times, a dozen times in the life
 * of each task, and a call whose target is known costs next to nothing. For the same reason those are left out whom a change cannot concern.
 */
export class ControlLoops implements StoreWatcher {
  readonly #allocator: Allocator;
  readonly #restarts: RestartSupervisor;
  readonly #replicated: ReplicatedOrchestrator;
  readonly #global: GlobalOrchestrator;
  readonly #jobs: JobOrchestrator;
  readonly #updates: UpdateSupervisor;
  readonly #scheduler: Scheduler;
  readonly #dispatcher: Dispatcher;
  readonly #enforcer: ConstraintEnforcer;
  readonly #reaper: TaskReaper;
  readonly #ended: (task: Task) => void;

  constructor(loops: Loops) {
    this.#allocator = loops.allocator;
    this.#restarts = loops.restarts;
    this.#replicated = loops.replicated;
    this.#global = loops.global;
    this.#jobs = loops.jobs;
    this.#updates = loops.updates;
    this.#scheduler = loops.scheduler;
    this.#dispatcher = loops.dispatcher;
    this.#enforcer = loops.enforcer;
    this.#reaper = loops.reaper;
    this.#ended = loops.ended;
  }

  serviceChanged(service: Service): void {
    const { mode } = service.spec;
    if (mode === 'replicated') this.#replicated.serviceChanged(service);
    else if (mode === 'global') this.#global.serviceChanged(service);
    else this.#jobs.serviceChanged(service);
    this.#scheduler.serviceChanged(service);
  }

  serviceDeleted(service: Service): void {
    this.#restarts.serviceDeleted(service);
    if (isJob(service.spec.mode)) this.#jobs.serviceDeleted(service);
    else {
      this.#replicated.serviceDeleted(service);
      this.#global.serviceDeleted(service);
      this.#updates.serviceDeleted(service);
    }
    this.#scheduler.serviceDeleted(service);
  }

  taskCreated(task: Task): void {
    this.#allocator.taskCreated(task);
    this.#reaper.taskCreated(task);
  }

  taskUpdated(task: Task, stateBefore: TaskState, desiredBefore: TaskState): void {
    const ended = task.state > TaskState.running;
    if (ended) this.#restarts.taskUpdated(task);
    const job = isJob(task.spec.mode);
    if (job) this.#jobs.taskUpdated(task);
    else {
      this.#replicated.taskUpdated(task);
      this.#global.taskUpdated(task);
      this.#updates.taskUpdated(task, stateBefore);
    }
    this.#scheduler.taskUpdated(task, stateBefore);
    this.#dispatcher.taskUpdated(task, stateBefore, desiredBefore);
    if (task.desired === TaskState.remove) this.#reaper.taskUpdated(task);
    if (job && ended && task.state !== stateBefore) this.#ended(task);
  }

  taskDeleted(task: Task): void {
    this.#restarts.taskDeleted(task);
    if (!isJob(task.spec.mode)) {
      this.#replicated.taskDeleted(task);
      this.#global.taskDeleted(task);
    }
    this.#scheduler.taskDeleted(task);
    this.#dispatcher.taskDeleted(task);
  }

  nodeUpdated(node: number): void {
    this.#restarts.nodeUpdated(node);
    this.#replicated.nodeUpdated(node);
    this.#global.nodeUpdated(node);
    this.#jobs.nodeUpdated(node);
    this.#scheduler.nodeUpdated(node);
    this.#enforcer.nodeUpdated(node);
  }

  committed(): void {
    this.#allocator.committed();
    this.#replicated.committed();
    this.#global.committed();
    this.#jobs.committed();
    this.#scheduler.committed();
  }
}
