import { ExitOutcome } from '../world/exit-outcome.ts';
import type { Workload } from '../workload/workload.ts';
import type { Instances } from './instances.ts';
import { RAN, TaskOutcome } from './log.ts';
import { COUNTS_ROW, FLAGS_ROW, TaskCount, TaskFlag, type TaskRows } from './task-rows.ts';
import { Series, type Timeline } from './timeline.ts';

/** Where a task is for its client. A task that waits again after a failure is pending again. */
export const TaskState = { notSubmitted: 0, pending: 1, running: 2, finished: 3, cancelled: 4, gaveUp: 5, rejected: 6 } as const;

/**
 * The family *counts*: what became of every task, from the records alone, and the levels `pending` and `running`. A task whose work is physically done, but whose
 * client has not heard of it yet, still counts as running. Other families read states, starts and submissions; it must hear each record before they do.
 */
export class TaskStates {
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
  readonly #workload: Workload;
  readonly #rows: TaskRows;
  readonly #instances: Instances;
  readonly #timeline: Timeline;
  readonly #fromUs: number;

  constructor(workload: Workload, rows: TaskRows, instances: Instances, timeline: Timeline, fromUs: number) {
    this.#workload = workload;
    this.#rows = rows;
    this.#instances = instances;
    this.#timeline = timeline;
    this.#fromUs = fromUs;
    this.submittedUs = new Float64Array(workload.jobCount).fill(NaN);
  }

  submit(timeUs: number, task: number): void {
    const job = this.#workload.jobOf(task);
    if (timeUs < this.firstSubmitUs) this.firstSubmitUs = timeUs;
    if (Number.isNaN(this.submittedUs[job]!)) this.submittedUs[job] = timeUs;
    this.#rows.setSubmitted(task, timeUs);
    const state = this.stateOf(task);
    if (state === TaskState.cancelled) {
      // Scaled down before, and wanted again.
      this.#done[TaskOutcome.cancelled]!--;
    } else {
      this.submitted++;
      if (state !== TaskState.notSubmitted) this.#problem(task, 'was submitted for the first time twice');
    }
    this.#enter(task, state, TaskState.pending);
  }

  reject(task: number): void {
    this.rejected++;
    const state = this.stateOf(task);
    if (state !== TaskState.notSubmitted) this.#problem(task, 'was rejected after it had been submitted');
    this.#enter(task, state, TaskState.rejected);
  }

  /** Answers whether it is the task's first start. */
  start(task: number): boolean {
    const before = this.#rows.count(task, TaskCount.starts);
    if (before < 65_535) this.#rows.add(task, TaskCount.starts, 1);
    const first = before === 0;
    if (first) this.started++;
    const state = this.stateOf(task);
    if (state === TaskState.pending) this.#enter(task, state, TaskState.running);
    else if (state === TaskState.notSubmitted || state === TaskState.rejected) this.#problem(task, 'started without having been submitted');
    return first;
  }

  end(task: number, c: number): void {
    const outcome = c >= RAN ? c - RAN : c;
    if (outcome === ExitOutcome.failed || outcome === ExitOutcome.outOfMemory) this.failedAttempts++;
    else if (outcome === ExitOutcome.machineLost || outcome === ExitOutcome.supervisorLost) this.lostAttempts++;
    if (c < RAN || this.stateOf(task) !== TaskState.running) return;
    if (this.#rows.count(task, TaskCount.live) === 0 && this.#rows.flag(task, TaskFlag.finished) === 0) this.#enter(task, TaskState.running, TaskState.pending);
  }

  done(timeUs: number, task: number, outcome: number): void {
    const before = this.stateOf(task);
    if (before !== TaskState.pending && before !== TaskState.running) this.#problem(task, 'was done without being open');
    this.#done[outcome]!++;
    if (timeUs > this.lastDoneUs) this.lastDoneUs = timeUs;
    if (outcome === TaskOutcome.finished && timeUs > this.#fromUs) this.finishedInWindow++;
    this.#enter(task, before, outcome === TaskOutcome.finished ? TaskState.finished : outcome === TaskOutcome.cancelled ? TaskState.cancelled : TaskState.gaveUp);
  }

  /** {@link TaskState} of a task. */
  stateOf(task: number): number {
    return this.#rows.flag(task, TaskFlag.state);
  }

  /** Tasks in each {@link TaskState} now. */
  counts(): Float64Array {
    const counts = new Float64Array(7);
    const { flags } = this.#rows;
    for (let at: number = TaskFlag.state; at < flags.length; at += FLAGS_ROW) counts[flags[at]!]!++;
    return counts;
  }

  /** Compares the books kept by record with the states of the tasks; each disagreement is a problem in words. */
  audit(): string[] {
    const counts = this.counts();
    const { flags, counts: numbers, taskCount } = this.#rows;
    for (let task = 0; task < taskCount; task++) {
      const state = flags[task * FLAGS_ROW + TaskFlag.state]!;
      if (state !== TaskState.running && state !== TaskState.pending) continue;
      const live = numbers[task * COUNTS_ROW + TaskCount.live]!;
      if (state === TaskState.running && live === 0 && flags[task * FLAGS_ROW + TaskFlag.finished] === 0) this.#problem(task, 'counts as running, but no instance runs');
      if (state === TaskState.pending && live > 0) this.#problem(task, 'counts as pending, but an instance runs');
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

  #enter(task: number, before: number, state: number): void {
    const timeline = this.#timeline;
    if (before === TaskState.pending) timeline.step(Series.pending, -1);
    else if (before === TaskState.running) timeline.step(Series.running, -1);
    if (state === TaskState.pending) timeline.step(Series.pending, 1);
    else if (state === TaskState.running) timeline.step(Series.running, 1);
    this.#rows.setFlag(task, TaskFlag.state, state);
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
