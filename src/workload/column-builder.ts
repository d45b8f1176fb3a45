import { entityOf } from '../engine/random/keyed-random.ts';
import { linkDependencies } from './dependencies.ts';
import { EMPTY_SHAPE, type Shape } from './shape.ts';
import { sharedFloat64, sharedUint32 } from './workload-builder.ts';
import type { WorkloadColumns } from './workload.ts';

/** What {@link ColumnBuilder.build} needs to know of dependencies on jobs that are not in the workload. */
export interface LeftOut {
  /** Names of jobs that were read but left out (window, sample): a dependency on one counts as met. */
  has(name: string): boolean;
}

/** Turns a mistake in the dependencies into an error that names the place. @param line as given to {@link ColumnBuilder.job} */
export type DependencyFailure = (line: number, job: string, problem: string, hint?: string) => Error;

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/**
 * Builds workload columns row by row, without an object per job: growing typed arrays, shapes interned, job names as UTF-8. The result lies in shared memory and is sorted
 * by (submission, job name), so that the order of rows in a file does not matter.
 */
export class ColumnBuilder {
  readonly #name: string;
  readonly #shapes: Shape[] = [];
  readonly #shapeIndex = new Map<string, number>();
  readonly #shapeOf = new WeakMap<object, number>();
  readonly #indexByName = new Map<string, number>();
  readonly #after = new Map<number, readonly string[]>();
  readonly #initialCount = new Map<number, number>();
  #submitUs = new Float64Array(1024);
  #shape = new Uint32Array(1024);
  #line = new Uint32Array(1024);
  #firstTask = new Uint32Array(1025);
  #durationUs = new Float64Array(1024);
  #nameEnd = new Uint32Array(1025);
  #names = new Uint8Array(16384);
  #jobs = 0;

  /** @param name of the workload: root of the identities of its tasks */
  constructor(name: string) {
    this.#name = name;
  }

  get jobCount(): number {
    return this.#jobs;
  }

  get taskCount(): number {
    return this.#firstTask[this.#jobs]!;
  }

  /** Index of a shape; equal ones share it. Only what differs from a shape that asks for nothing need be given. */
  shape(shape: Partial<Shape>): number {
    // Generators give the same object for thousands of jobs.
    let index = this.#shapeOf.get(shape);
    if (index === undefined) {
      index = this.#indexOf(shape);
      this.#shapeOf.set(shape, index);
    }
    return index;
  }

  #indexOf(shape: Partial<Shape>): number {
    const whole = { ...EMPTY_SHAPE, ...shape };
    const text = JSON.stringify(whole);
    let index = this.#shapeIndex.get(text);
    if (index === undefined) {
      index = this.#shapes.push(whole) - 1;
      this.#shapeIndex.set(text, index);
    }
    return index;
  }

  /** Line given with the job of this name; -1 if there is none. */
  lineOf(name: string): number {
    const job = this.#indexByName.get(name);
    return job === undefined ? -1 : this.#line[job]!;
  }

  /**
   * Adds a job.
   * @param name unique: check with {@link lineOf} first
   * @param durationUs of each task; `tasks` of them if a number
   * @param line where it was read, for messages
   * @param after names of jobs that must have finished before
   * @param initialCount tasks wanted at first; default: all
   */
  job(name: string, submitUs: number, shape: number, durationUs: number | readonly number[], tasks: number, line = 0, after: readonly string[] = [], initialCount = tasks): void {
    if (this.#indexByName.has(name)) throw new Error(`job name "${name}" is used twice`);
    if (tasks < 1) throw new Error(`job "${name}" has no task`);
    const job = this.#jobs++;
    const firstTask = this.#firstTask[job]!;
    const nameStart = this.#nameEnd[job]!;
    if (job >= this.#submitUs.length) this.#growJobs();
    while (firstTask + tasks > this.#durationUs.length) this.#durationUs = grown(this.#durationUs, new Float64Array(this.#durationUs.length * 2));
    while (nameStart + name.length * 3 > this.#names.length) this.#names = grown(this.#names, new Uint8Array(this.#names.length * 2));
    this.#submitUs[job] = submitUs;
    this.#shape[job] = shape;
    this.#line[job] = line;
    for (let task = 0; task < tasks; task++) this.#durationUs[firstTask + task] = typeof durationUs === 'number' ? durationUs : durationUs[task]!;
    this.#firstTask[job + 1] = firstTask + tasks;
    this.#nameEnd[job + 1] = nameStart + ENCODER.encodeInto(name, this.#names.subarray(nameStart)).written;
    this.#indexByName.set(name, job);
    if (after.length > 0) this.#after.set(job, after);
    if (initialCount !== tasks) this.#initialCount.set(job, initialCount);
  }

  /** Earliest submission; `Infinity` without jobs. */
  earliestUs(): number {
    let earliest = Infinity;
    for (let job = 0; job < this.#jobs; job++) earliest = Math.min(earliest, this.#submitUs[job]!);
    return earliest;
  }

  /** Moves every submission to an earlier time, but not below zero. */
  shiftBack(byUs: number): void {
    for (let job = 0; job < this.#jobs; job++) this.#submitUs[job] = Math.max(0, this.#submitUs[job]! - byUs);
  }

  /** @throws whatever `failure` makes of an unknown or cyclic dependency */
  build(leftOut: LeftOut = new Set(), failure: DependencyFailure = (_, job, problem) => new Error(`job "${job}": ${problem}`)): WorkloadColumns {
    const jobs = this.#jobs;
    const tasks = this.#firstTask[jobs]!;
    const single = tasks === jobs;
    const order = this.#order();
    const jobSubmitUs = sharedFloat64(jobs);
    const jobShape = sharedUint32(jobs);
    const jobKey = sharedUint32(jobs);
    const jobFirstTask = single ? null : sharedUint32(jobs + 1);
    const taskJob = single ? null : sharedUint32(tasks);
    const taskDurationUs = sharedFloat64(tasks);
    const jobInitialCount = this.#initialCount.size === 0 ? null : sharedUint32(jobs);
    const offsets = sharedUint32(jobs + 1);
    const bytes = new Uint8Array(new SharedArrayBuffer(this.#nameEnd[jobs]!));
    const place = new Uint32Array(jobs);
    let task = 0;
    for (let job = 0; job < jobs; job++) {
      const from = order[job]!;
      place[from] = job;
      if (jobInitialCount !== null) jobInitialCount[job] = this.#initialCount.get(from) ?? this.#firstTask[from + 1]! - this.#firstTask[from]!;
      jobSubmitUs[job] = this.#submitUs[from]!;
      jobShape[job] = this.#shape[from]!;
      const name = this.#names.subarray(this.#nameEnd[from]!, this.#nameEnd[from + 1]!);
      bytes.set(name, offsets[job]!);
      offsets[job + 1] = offsets[job]! + name.length;
      jobKey[job] = entityOf(DECODER.decode(name)) % 4294967296;
      if (jobFirstTask !== null) jobFirstTask[job] = task;
      for (let i = this.#firstTask[from]!; i < this.#firstTask[from + 1]!; i++) {
        if (taskJob !== null) taskJob[task] = job;
        taskDurationUs[task++] = this.#durationUs[i]!;
      }
    }
    if (jobFirstTask !== null) jobFirstTask[jobs] = tasks;
    const dependencies = this.#after.size === 0 ? null : linkDependencies(this.#after, this.#indexByName, place, leftOut, (job, name, problem, hint) => failure(this.#line[job]!, name, problem, hint));
    return { name: this.#name, shapes: this.#shapes, jobSubmitUs, jobShape, jobKey, jobFirstTask, taskJob, taskDurationUs, dependencies, jobNames: { bytes, offsets }, jobInitialCount };
  }

  #order(): Uint32Array {
    const order = Uint32Array.from({ length: this.#jobs }, (_, i) => i);
    return order.sort((a, b) => this.#submitUs[a]! - this.#submitUs[b]! || this.#compareNames(a, b));
  }

  /** By code point; names are unique. */
  #compareNames(a: number, b: number): number {
    let i = this.#nameEnd[a]!;
    let j = this.#nameEnd[b]!;
    const iEnd = this.#nameEnd[a + 1]!;
    const jEnd = this.#nameEnd[b + 1]!;
    while (i < iEnd && j < jEnd) {
      const difference = this.#names[i++]! - this.#names[j++]!;
      if (difference !== 0) return difference;
    }
    return iEnd - i - (jEnd - j);
  }

  #growJobs(): void {
    const length = this.#submitUs.length * 2;
    this.#submitUs = grown(this.#submitUs, new Float64Array(length));
    this.#shape = grown(this.#shape, new Uint32Array(length));
    this.#line = grown(this.#line, new Uint32Array(length));
    this.#firstTask = grown(this.#firstTask, new Uint32Array(length + 1));
    this.#nameEnd = grown(this.#nameEnd, new Uint32Array(length + 1));
  }
}

function grown<T extends Float64Array | Uint32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
