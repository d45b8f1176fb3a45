import { ExitOutcome } from '../world/exit-outcome.ts';
import type { Workload } from '../workload/workload.ts';
import type { Instances } from './instances.ts';
import { type Collector, RAN, RecordKind, TaskOutcome } from './log.ts';
import { Series, type Timeline } from './timeline.ts';

/** Where a task is for its client. A task that waits again after a failure is pending again. */
export const TaskState = { notSubmitted: 0, pending: 1, running: 2, finished: 3, cancelled: 4, gaveUp: 5, rejected: 6 } as const;

/**
 * The family *counts*: what became of every task, from the records alone, and the levels `pending` and `running`. A task whose work is physically done, but whose
 * client has not heard of it yet, still counts as running. Other families read `state`, `starts` and `submittedUs`; it must hear each record before they do.
 */
export class TaskStates implements Collector {
  /** {@link TaskState} per task. */
  readonly state: Uint8Array;
  /** Instances that began to work, per task (stays at 65,535). */
  readonly starts: Uint16Array;
  /** Time of the first submission per job; `NaN` = not submitted. */
  readonly submittedUs: Float64Array;
  submitted = 0;
  rejected = 0;
  started = 0;
  refused = 0;
  retries = 0;
  failedAttempts = 0;
  lostAttempts = 0;
  evictions = 0;
  preemptions = 0;
  firstSubmitUs = Infinity;
  lastDoneUs = -Infinity;
  /** Tasks finished after the given start of the window. */
  finishedInWindow = 0;
  /** What contradicts itself in the log, in words; at most a few. */
  readonly #problems: string[] = [];
  /** Tasks done, by {@link TaskOutcome}: counted from records, to be compared with the states at the end. */
  readonly #done = new Float64Array(4);
  readonly #scaledUpUs = new Map<number, number>();
  readonly #workload: Workload;
  readonly #instances: Instances;
  readonly #timeline: Timeline;
  readonly #fromUs: number;

  constructor(workload: Workload, instances: Instances, timeline: Timeline, fromUs: number) {
    this.#workload = workload;
    this.#instances = instances;
    this.#timeline = timeline;
    this.#fromUs = fromUs;
    this.state = new Uint8Array(workload.taskCount);
    this.starts = new Uint16Array(workload.taskCount);
    this.submittedUs = new Float64Array(workload.jobCount).fill(NaN);
  }

  record(timeUs: number, kind: RecordKind, a: number, b: number, c: number): void {
    switch (kind) {
      case RecordKind.submit:
        this.#submit(timeUs, a);
        this.#enter(timeUs, a, TaskState.pending);
        break;
      case RecordKind.reject:
        this.rejected++;
        if (this.state[a] !== TaskState.notSubmitted) this.#problem(a, 'was rejected after it had been submitted');
        this.#enter(timeUs, a, TaskState.rejected);
        break;
      case RecordKind.start:
        if (this.starts[a]! < 65_535) this.starts[a]!++;
        if (this.starts[a] === 1) this.started++;
        if (this.state[a] === TaskState.pending) this.#enter(timeUs, a, TaskState.running);
        else if (this.state[a] === TaskState.notSubmitted || this.state[a] === TaskState.rejected) this.#problem(a, 'started without having been submitted');
        break;
      case RecordKind.end:
        this.#end(timeUs, a, c);
        break;
      case RecordKind.done:
        this.#finish(timeUs, a, b);
        break;
      case RecordKind.refuse:
        this.refused++;
        break;
      case RecordKind.retry:
        this.retries++;
        break;
      case RecordKind.evict:
        this.evictions++;
        break;
      case RecordKind.preempt:
        this.preemptions++;
        break;
      default:
    }
  }

  /** Tasks in each {@link TaskState} now. */
  counts(): Float64Array {
    const counts = new Float64Array(7);
    const { state } = this;
    for (let task = 0; task < state.length; task++) counts[state[task]!]!++;
    return counts;
  }

  /** Compares the books kept by record with the states of the tasks; each disagreement is a problem in words. */
  audit(): string[] {
    const counts = new Float64Array(7);
    for (let task = 0; task < this.state.length; task++) {
      const state = this.state[task]!;
      counts[state]!++;
      if (state === TaskState.running && this.#instances.live[task] === 0 && this.#instances.finished[task] === 0) this.#problem(task, 'counts as running, but no instance runs');
      if (state === TaskState.pending && this.#instances.live[task]! > 0) this.#problem(task, 'counts as pending, but an instance runs');
    }
    const found = [...this.#instances.problems, ...this.#problems];
    const ended = counts[TaskState.finished]! + counts[TaskState.cancelled]! + counts[TaskState.gaveUp]!;
    const open = counts[TaskState.pending]! + counts[TaskState.running]!;
    if (this.submitted !== ended + open) found.push(`${this.submitted} tasks were submitted, but ${ended} ended and ${open} are pending or running`);
    if (this.rejected !== counts[TaskState.rejected]) found.push(`${this.rejected} tasks were rejected, but ${counts[TaskState.rejected]} are in that state`);
    for (const [outcome, state] of OUTCOME_STATES) {
      if (this.#done[outcome] !== counts[state]) found.push(`${this.#done[outcome]} tasks ended with outcome ${outcome}, but ${counts[state]} are in that state`);
    }
    return found;
  }

  /** Time of the submission that waits count from: a task that its job was scaled up by has one of its own. */
  submittedUsOf(task: number): number {
    return (this.#scaledUpUs.size === 0 ? undefined : this.#scaledUpUs.get(task)) ?? this.submittedUs[this.#workload.jobOf(task)]!;
  }

  #submit(timeUs: number, task: number): void {
    const job = this.#workload.jobOf(task);
    if (timeUs < this.firstSubmitUs) this.firstSubmitUs = timeUs;
    if (Number.isNaN(this.submittedUs[job]!)) this.submittedUs[job] = timeUs;
    else if (this.submittedUs[job] !== timeUs) this.#scaledUpUs.set(task, timeUs);
    if (this.state[task] === TaskState.cancelled) {
      // Scaled down before, and wanted again.
      this.#done[TaskOutcome.cancelled]!--;
      return;
    }
    this.submitted++;
    if (this.state[task] !== TaskState.notSubmitted) this.#problem(task, 'was submitted for the first time twice');
  }

  #end(timeUs: number, task: number, c: number): void {
    const outcome = c >= RAN ? c - RAN : c;
    if (outcome === ExitOutcome.failed || outcome === ExitOutcome.outOfMemory) this.failedAttempts++;
    else if (outcome === ExitOutcome.machineLost || outcome === ExitOutcome.supervisorLost) this.lostAttempts++;
    if (c < RAN || this.state[task] !== TaskState.running) return;
    if (this.#instances.live[task] === 0 && this.#instances.finished[task] === 0) this.#enter(timeUs, task, TaskState.pending);
  }

  #finish(timeUs: number, task: number, outcome: number): void {
    const before = this.state[task];
    if (before !== TaskState.pending && before !== TaskState.running) this.#problem(task, 'was done without being open');
    this.#done[outcome]!++;
    if (timeUs > this.lastDoneUs) this.lastDoneUs = timeUs;
    if (outcome === TaskOutcome.finished && timeUs > this.#fromUs) this.finishedInWindow++;
    this.#enter(timeUs, task, outcome === TaskOutcome.finished ? TaskState.finished : outcome === TaskOutcome.cancelled ? TaskState.cancelled : TaskState.gaveUp);
  }

  #enter(timeUs: number, task: number, state: number): void {
    const before = this.state[task]!;
    if (before === TaskState.pending) this.#timeline.step(Series.pending, timeUs, -1);
    else if (before === TaskState.running) this.#timeline.step(Series.running, timeUs, -1);
    if (state === TaskState.pending) this.#timeline.step(Series.pending, timeUs, 1);
    else if (state === TaskState.running) this.#timeline.step(Series.running, timeUs, 1);
    this.state[task] = state;
  }

  #problem(task: number, what: string): void {
    if (this.#problems.length < MOST_PROBLEMS) this.#problems.push(`task ${this.#workload.taskName(task)} ${what}`);
  }
}

/** One contradiction tends to repeat for every task: enough to see it. */
const MOST_PROBLEMS = 20;
const OUTCOME_STATES: readonly (readonly [number, number])[] = [
  [TaskOutcome.finished, TaskState.finished],
  [TaskOutcome.cancelled, TaskState.cancelled],
  [TaskOutcome.gaveUp, TaskState.gaveUp],
];
