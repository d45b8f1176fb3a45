import { entityOf } from '../engine/random/keyed-random.ts';
import { EMPTY_SHAPE, type Shape } from './shape.ts';
import type { WorkloadColumns } from './workload.ts';

/** One job as readers and generators hand it in. */
export interface JobSpec {
  /** Stable and unique. */
  readonly name: string;
  readonly submitUs: number;
  /** Only what differs from a shape that asks for nothing. */
  readonly shape: Partial<Shape>;
  /** Per task: batch work or service lifetime, whole microseconds; its length is the number of tasks. */
  readonly durationsUs: readonly number[];
  /** Names of jobs that must have finished before. */
  readonly after?: readonly string[];
  /** Tasks wanted at first; default: all. */
  readonly initialCount?: number;
}

/** Builds columns in shared memory from jobs in any order: sorted stably by submission, shapes interned. For sizes where objects do not hurt. */
export function buildWorkload(name: string, jobs: readonly JobSpec[]): WorkloadColumns {
  const order = jobs.map((_, i) => i).sort((a, b) => jobs[a]!.submitUs - jobs[b]!.submitUs || a - b);
  const shapes: Shape[] = [];
  const shapeIndex = new Map<string, number>();
  const jobIndex = new Map<string, number>();
  order.forEach((from, job) => {
    const spec = jobs[from]!;
    if (jobIndex.has(spec.name)) throw new Error(`job name "${spec.name}" is used twice`);
    jobIndex.set(spec.name, job);
  });
  const taskCount = jobs.reduce((sum, job) => sum + job.durationsUs.length, 0);
  const single = jobs.every((job) => job.durationsUs.length === 1);
  const jobSubmitUs = sharedFloat64(jobs.length);
  const jobShape = sharedUint32(jobs.length);
  const jobKey = sharedUint32(jobs.length);
  const jobFirstTask = single ? null : sharedUint32(jobs.length + 1);
  const taskJob = single ? null : sharedUint32(taskCount);
  const taskDurationUs = sharedFloat64(taskCount);
  const encoded = order.map((from) => new TextEncoder().encode(jobs[from]!.name));
  const offsets = sharedUint32(jobs.length + 1);
  const bytes = new Uint8Array(new SharedArrayBuffer(encoded.reduce((sum, text) => sum + text.length, 0)));
  const jobInitialCount = jobs.some((job) => job.initialCount !== undefined) ? sharedUint32(jobs.length) : null;
  const anyDependencies = jobs.some((job) => (job.after?.length ?? 0) > 0);
  const first = sharedUint32(jobs.length + 1);
  const list: number[] = [];
  let task = 0;
  order.forEach((from, job) => {
    const spec = jobs[from]!;
    const shape = { ...EMPTY_SHAPE, ...spec.shape };
    const text = JSON.stringify(shape);
    let index = shapeIndex.get(text);
    if (index === undefined) {
      index = shapes.push(shape) - 1;
      shapeIndex.set(text, index);
    }
    jobSubmitUs[job] = spec.submitUs;
    jobShape[job] = index;
    jobKey[job] = entityOf(spec.name) % 4294967296;
    bytes.set(encoded[job]!, offsets[job]!);
    offsets[job + 1] = offsets[job]! + encoded[job]!.length;
    if (jobFirstTask !== null) jobFirstTask[job] = task;
    if (jobInitialCount !== null) jobInitialCount[job] = spec.initialCount ?? spec.durationsUs.length;
    for (const durationUs of spec.durationsUs) {
      if (taskJob !== null) taskJob[task] = job;
      taskDurationUs[task++] = durationUs;
    }
    first[job] = list.length;
    for (const dependency of spec.after ?? []) {
      const index = jobIndex.get(dependency);
      if (index === undefined) throw new Error(`job "${spec.name}" depends on "${dependency}", which does not exist`);
      list.push(index);
    }
  });
  if (jobFirstTask !== null) jobFirstTask[jobs.length] = taskCount;
  first[jobs.length] = list.length;
  return {
    name,
    shapes,
    jobSubmitUs,
    jobShape,
    jobKey,
    jobFirstTask,
    taskJob,
    taskDurationUs,
    dependencies: anyDependencies ? { first, list: Uint32Array.from(list) } : null,
    jobNames: { bytes, offsets },
    jobInitialCount,
  };
}

/** A Float64 column in shared memory. */
export function sharedFloat64(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(length * 8));
}

/** A Uint32 column in shared memory. */
export function sharedUint32(length: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(length * 4));
}
