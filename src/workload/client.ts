import type { KeyedRandom } from '../engine/random/keyed-random.ts';
import type { Simulation } from '../engine/simulation.ts';
import { type Log, RecordKind, TaskOutcome } from '../metrics/log.ts';
import type { ClientAction } from './client-action.ts';
import type { Workload } from './workload.ts';

/** How the client goes on after a refusal or a failure. */
export interface RetryPolicy {
  /** Submissions after the first; `Infinity` = for ever (a service: until the end of its lifetime). */
  readonly attempts: number;
  readonly initialDelayUs: number;
  /** Each further delay is this many times the one before. */
  readonly factor: number;
  readonly maxDelayUs: number;
  /** Each delay is multiplied by U[1 - jitter, 1 + jitter), keyed by (task, retry). */
  readonly jitter: number;
}

export interface ClientOptions {
  /** After a refusal (systems that do not queue). */
  readonly refused: RetryPolicy;
  /** After a task failed for good in the system's eyes. */
  readonly failed: RetryPolicy;
  /** The client removes a finished task that still holds resources after U[0, 2 * this), keyed by task, microseconds. `Infinity` = never. */
  readonly removalDelayUs: number;
}

/** What an orchestrator tells its client. */
export interface ClientPort {
  /** The request was refused; nothing of it is left in the system. */
  refused(task: number, reason: string): void;
  /** The user sees the task as ended; `success` for batch work that finished. A failed task is over for the system: it will not try again by itself. */
  ended(task: number, success: boolean): void;
  /** Tasks of the job that should exist now; all of them where the system cannot scale. To be asked by `submit`. */
  wanted(job: number): number;
  /** The system itself (an autoscaler) changed how many tasks of a service job should exist. To be told before it acts on it. */
  scaled(job: number, count: number): void;
}

/** What the client calls: the user-facing side of an orchestrator. */
export interface ClientTarget {
  submit(job: number): void;
  retry(task: number): void;
  cancel(job: number): void;
  remove(task: number): void;
  scale?(job: number, count: number): void;
  update?(job: number, shape: number): void;
  /** Tasks that the system would end if the job had only so many. Absent or undefined: those of the highest numbers. */
  victims?(job: number, count: number): readonly number[] | undefined;
}

/**
 * The one neutral client: submits jobs when their time has come and their dependencies have finished, submits refused and failed tasks again by policy,
 * cancels services at the end of their lifetime, scales and updates them, removes finished tasks where the system leaves that to its users. What the system
 * cannot do (scale, update) is not asked of it: {@link leftOut} counts that.
 */
export class Client implements ClientPort {
  readonly #simulation: Simulation;
  readonly #workload: Workload;
  readonly #random: KeyedRandom;
  readonly #log: Log;
  readonly #options: ClientOptions;
  readonly #rejected: Uint8Array;
  readonly #removes: boolean;
  /** Tasks of each job that are not done. */
  readonly #open: Uint32Array;
  readonly #done: Uint8Array;
  /** Submissions after the first, per task that is not done. */
  readonly #retries = new Map<number, number>();
  /** Refusals since the task last ran, and failures: each policy counts its own. */
  readonly #refusals = new Map<number, number>();
  readonly #failures = new Map<number, number>();
  /** Tasks wanted, per job that differs from its size. */
  readonly #wanted = new Map<number, number>();
  /** Actions, and smaller counts at first, that the system has no notion of; tasks of the jobs concerned. */
  readonly leftOut = { scale: { actions: 0, tasks: 0 }, update: { actions: 0, tasks: 0 } };
  readonly #waitingFor: Uint32Array | null;
  readonly #dependents: Map<number, number[]> | null;
  readonly #arrived: Uint8Array | null;
  readonly #failedJobs = new Set<number>();
  /** New version of jobs that still wait for others: they get it as soon as they are submitted. */
  readonly #updateOnSubmit = new Map<number, number>();
  /** Per job: 0 = not submitted, else {@link SUBMITTED} or {@link EXPIRED}. */
  readonly #stage: Uint8Array;
  readonly #retryOp: number;
  readonly #expireOp: number;
  readonly #removeOp: number;
  #target!: ClientTarget;

  /**
   * @param rejectedShapes per shape: 1 = the orchestrator cannot express it
   * @param removes whether finished tasks hold resources until removed
   */
  constructor(simulation: Simulation, workload: Workload, random: KeyedRandom, log: Log, options: ClientOptions, rejectedShapes: Uint8Array, removes: boolean) {
    this.#simulation = simulation;
    this.#workload = workload;
    this.#random = random;
    this.#log = log;
    this.#options = options;
    this.#rejected = rejectedShapes;
    this.#removes = removes;
    this.#open = new Uint32Array(workload.jobCount);
    for (let job = 0; job < workload.jobCount; job++) this.#open[job] = workload.size(job);
    this.#done = new Uint8Array(workload.taskCount);
    this.#stage = new Uint8Array(workload.jobCount);
    const dependencies = workload.columns.dependencies;
    this.#waitingFor = dependencies === null ? null : Uint32Array.from({ length: workload.jobCount }, (_, job) => dependencies.first[job + 1]! - dependencies.first[job]!);
    this.#arrived = dependencies === null ? null : new Uint8Array(workload.jobCount);
    this.#dependents = dependencies === null ? null : dependentsOf(dependencies, workload.jobCount);
    this.#retryOp = simulation.on('client', (task) => this.#retry(task));
    this.#expireOp = simulation.on('client', (job) => this.#expire(job));
    this.#removeOp = simulation.on('client', (task) => this.#target.remove(task));
    simulation.addSource(
      workload.columns.jobSubmitUs,
      simulation.on('client', (job) => this.#arrive(job)),
    );
    const actions = workload.columns.actions ?? [];
    if (actions.length > 0) {
      simulation.addSource(
        Float64Array.from(actions, ({ timeUs }) => timeUs),
        simulation.on('client', (index) => this.#act(actions[index]!)),
      );
    }
  }

  connect(target: ClientTarget): void {
    this.#target = target;
    const counts = this.#workload.columns.jobInitialCount ?? null;
    for (let job = 0; counts !== null && job < this.#workload.jobCount; job++) {
      const beyond = this.#workload.size(job) - counts[job]!;
      if (beyond === 0) continue;
      if (target.scale === undefined) {
        this.leftOut.scale.actions++;
        this.leftOut.scale.tasks += beyond;
        continue;
      }
      this.#wanted.set(job, counts[job]!);
      this.#open[job] = counts[job]!;
      for (let i = counts[job]!; i < this.#workload.size(job); i++) this.#done[this.#workload.firstTask(job) + i] = NOT_WANTED;
    }
  }

  wanted(job: number): number {
    return this.#wanted.get(job) ?? this.#workload.size(job);
  }

  scaled(job: number, count: number): void {
    const workload = this.#workload;
    const first = workload.firstTask(job);
    if (!Number.isInteger(count) || count < 0 || count > workload.size(job)) throw new RangeError(`job ${workload.jobName(job)} has ${workload.size(job)} tasks, not ${count}`);
    const before = this.wanted(job);
    const chosen = count < before && this.#stage[job] === SUBMITTED ? this.#target.victims?.(job, count) : undefined;
    this.#wanted.set(job, count);
    let missing = count - before;
    // A system that chooses leaves gaps: they are filled first.
    for (let task = first; missing > 0 && task < first + workload.size(job); task++) {
      if (this.#done[task] !== NOT_WANTED) continue;
      missing--;
      this.#done[task] = 0;
      this.#open[job]!++;
      if (this.#stage[job] === SUBMITTED) this.#log.record(RecordKind.submit, task);
    }
    for (const task of chosen ?? Array.from({ length: Math.max(0, before - count) }, (_, i) => first + count + i)) {
      if (this.#done[task] !== 0) continue;
      if (this.#stage[job] === SUBMITTED) this.#finish(task, TaskOutcome.cancelled);
      else this.#open[job]!--;
      this.#done[task] = NOT_WANTED;
    }
  }

  #act(action: ClientAction): void {
    const { kind, job } = action;
    if (this.#target[kind] === undefined) {
      this.leftOut[kind].actions++;
      this.leftOut[kind].tasks += this.#workload.size(job);
      return;
    }
    if (this.#rejected[this.#workload.columns.jobShape[job]!] === 1 || this.#stage[job] === EXPIRED) return;
    if (action.kind === 'scale') {
      this.scaled(job, action.count);
      if (this.#stage[job] === SUBMITTED) this.#target.scale!(job, action.count);
    } else if (this.#stage[job] === SUBMITTED) this.#target.update!(job, action.shape);
    else this.#updateOnSubmit.set(job, action.shape);
  }

  refused(task: number, reason: string): void {
    this.#log.record(RecordKind.refuse, task, this.#log.reason(reason));
    this.#tryAgain(task, this.#options.refused, this.#refusals);
  }

  ended(task: number, success: boolean): void {
    if (this.#removes && this.#options.removalDelayUs !== Infinity) {
      const u = this.#random.u(this.#workload.entityOf(task), this.#retries.get(task) ?? 0, REMOVAL);
      this.#simulation.after(Math.round(this.#options.removalDelayUs * 2 * u), this.#removeOp, task);
    }
    if (this.#done[task] !== 0) return;
    if (success) this.#finish(task, TaskOutcome.finished);
    else {
      // It was accepted and ran: the refusals before that are over.
      this.#refusals.delete(task);
      this.#tryAgain(task, this.#options.failed, this.#failures);
    }
  }

  #arrive(job: number): void {
    if (this.#arrived !== null) {
      this.#arrived[job] = 1;
      if (this.#waitingFor![job]! > 0) return;
    }
    this.#submit(job);
  }

  #submit(job: number): void {
    const workload = this.#workload;
    const first = workload.firstTask(job);
    const end = first + workload.size(job);
    if (this.#rejected[workload.columns.jobShape[job]!] === 1) {
      for (let task = first; task < end; task++) {
        this.#log.record(RecordKind.reject, task);
        this.#done[task] = 1;
      }
      this.#failedJobs.add(job);
      return;
    }
    this.#stage[job] = SUBMITTED;
    for (let task = first; task < end; task++) {
      if (this.#done[task] === 0) this.#log.record(RecordKind.submit, task);
    }
    const lifetimeUs = workload.lifetimeUs(job);
    if (lifetimeUs !== Infinity) this.#simulation.after(lifetimeUs, this.#expireOp, job);
    this.#target.submit(job);
    const shape = this.#updateOnSubmit.get(job);
    if (shape !== undefined) this.#target.update!(job, shape);
  }

  /** @param counts of the misfortunes that the policy is about */
  #tryAgain(task: number, policy: RetryPolicy, counts: Map<number, number>): void {
    if (this.#done[task] !== 0) return;
    const n = (counts.get(task) ?? 0) + 1;
    if (n > policy.attempts) {
      this.#finish(task, TaskOutcome.gaveUp);
      return;
    }
    counts.set(task, n);
    const retries = (this.#retries.get(task) ?? 0) + 1;
    this.#retries.set(task, retries);
    let delayUs = policy.initialDelayUs;
    for (let i = 1; i < n && delayUs < policy.maxDelayUs; i++) delayUs *= policy.factor;
    const u = this.#random.u(this.#workload.entityOf(task), retries, RETRY_JITTER);
    const jittered = Math.min(delayUs, policy.maxDelayUs) * (1 + policy.jitter * (2 * u - 1));
    this.#simulation.after(Math.round(jittered), this.#retryOp, task);
  }

  #retry(task: number): void {
    if (this.#done[task] !== 0) return;
    this.#log.record(RecordKind.retry, task, this.#retries.get(task)!);
    this.#target.retry(task);
  }

  #expire(job: number): void {
    const first = this.#workload.firstTask(job);
    this.#stage[job] = EXPIRED;
    this.#target.cancel(job);
    for (let task = first; task < first + this.#workload.size(job); task++) {
      if (this.#done[task] === 0) this.#finish(task, TaskOutcome.cancelled);
    }
  }

  #finish(task: number, outcome: TaskOutcome): void {
    this.#done[task] = 1;
    // Few tasks have to be tried again.
    if (this.#retries.size > 0) this.#retries.delete(task);
    if (this.#refusals.size > 0) this.#refusals.delete(task);
    if (this.#failures.size > 0) this.#failures.delete(task);
    this.#log.record(RecordKind.done, task, outcome);
    const job = this.#workload.jobOf(task);
    if (outcome === TaskOutcome.gaveUp) this.#failedJobs.add(job);
    if (--this.#open[job]! > 0 || this.#dependents === null || this.#failedJobs.has(job)) return;
    for (const dependent of this.#dependents.get(job) ?? []) {
      if (--this.#waitingFor![dependent]! === 0 && this.#arrived![dependent] === 1) this.#submit(dependent);
    }
  }
}

/** In `#done`: beyond the number of tasks that should exist. */
const NOT_WANTED = 2;
const SUBMITTED = 1;
/** At the end of its lifetime. */
const EXPIRED = 2;
const RETRY_JITTER = 21;
const REMOVAL = 22;

function dependentsOf(dependencies: { readonly first: Uint32Array; readonly list: Uint32Array }, jobCount: number): Map<number, number[]> {
  const dependents = new Map<number, number[]>();
  for (let job = 0; job < jobCount; job++) {
    for (let i = dependencies.first[job]!; i < dependencies.first[job + 1]!; i++) {
      const before = dependencies.list[i]!;
      const list = dependents.get(before);
      if (list === undefined) dependents.set(before, [job]);
      else list.push(job);
    }
  }
  return dependents;
}
