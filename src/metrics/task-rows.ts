import type { Workload } from '../workload/workload.ts';

/** Small numbers per task, by the family that writes them: places in {@link TaskRows.counts}. */
export const TaskCount = {
  /** Counts: instances that began to work (stays at 65,535). */
  starts: 12,
  /** Instances: those that run. */
  live: 13,
  /** Availability: instances on machines that are up. */
  reachable: 14,
  /** Utilization: instances of a service on machines that do work. */
  serving: 15,
} as const;

/** The same for places in {@link TaskRows.flags}. */
export const TaskFlag = {
  /** Counts: {@link TaskState}. */
  state: 20,
  /** Instances: 1 once one has done the task's work. */
  finished: 21,
  /** Availability: 1 while the task is a service between first start and end. */
  due: 22,
  /** Recovery: 1 = a fault concerns the task. */
  concerned: 23,
} as const;

/** Bytes per task, half a line of the cache: time of submission, work, shape, four flags, four counts. */
const BYTES = 32;
const TIMES_ROW = BYTES / 8;
const SHAPES_ROW = BYTES / 4;
const SHAPE = 4;
export const COUNTS_ROW = BYTES / 2;
export const FLAGS_ROW = BYTES;

/**
 * What the families keep and look up per task, side by side: each record touches most of it for one task, and tens of thousands of tasks are alive at a time, so that
 * a column of its own for each would cost a miss of the cache for each.
 */
export class TaskRows {
  readonly taskCount: number;
  readonly counts: Uint16Array;
  readonly flags: Uint8Array;
  readonly #shapes: Int32Array;
  readonly #times: Float64Array;

  constructor(workload: Workload) {
    const { taskCount, jobCount } = workload;
    const bytes = new ArrayBuffer(taskCount * BYTES);
    this.taskCount = taskCount;
    this.counts = new Uint16Array(bytes);
    this.flags = new Uint8Array(bytes);
    this.#shapes = new Int32Array(bytes);
    this.#times = new Float64Array(bytes);
    const { jobShape, taskDurationUs } = workload.columns;
    for (let job = 0, task = 0; job < jobCount; job++) {
      const shape = jobShape[job]!;
      for (const end = task + workload.size(job); task < end; task++) {
        this.#shapes[task * SHAPES_ROW + SHAPE] = shape;
        this.#times[task * TIMES_ROW + 1] = taskDurationUs[task]!;
      }
    }
  }

  shapeOf(task: number): number {
    return this.#shapes[task * SHAPES_ROW + SHAPE]!;
  }

  /** Time of its latest submission for the first time, microseconds: that of its job, unless its job was scaled up by it. 0 = not submitted. */
  submittedUs(task: number): number {
    return this.#times[task * TIMES_ROW]!;
  }

  /** Run time of a batch task, lifetime of a service, microseconds. */
  durationUs(task: number): number {
    return this.#times[task * TIMES_ROW + 1]!;
  }

  setSubmitted(task: number, timeUs: number): void {
    this.#times[task * TIMES_ROW] = timeUs;
  }

  count(task: number, which: number): number {
    return this.counts[task * COUNTS_ROW + which]!;
  }

  /** Adds to a count; answers what it is then. */
  add(task: number, which: number, change: number): number {
    return (this.counts[task * COUNTS_ROW + which]! += change);
  }

  flag(task: number, which: number): number {
    return this.flags[task * FLAGS_ROW + which]!;
  }

  setFlag(task: number, which: number, value: number): void {
    this.flags[task * FLAGS_ROW + which] = value;
  }
}
