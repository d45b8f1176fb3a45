import { entityOf } from '../engine/random/keyed-random.ts';
import { mix32 } from '../engine/random/mix.ts';
import type { UseRange } from '../world/actual-use.ts';
import type { TaskFacts } from '../world/task-facts.ts';
import type { ClientAction } from './client-action.ts';
import type { Shape } from './shape.ts';

/**
 * A workload as columns, in order of submission: 24 hot bytes for a job of one task. Arrays may lie in shared memory and are read-only after load.
 * A *job* is submitted as a whole and has one shape; its *tasks* are numbered through over all jobs.
 */
export interface WorkloadColumns {
  /** What the workload is called in outputs; root of the tasks' identities. */
  readonly name: string;
  readonly shapes: readonly Shape[];
  /** Sorted. Simulated microseconds. */
  readonly jobSubmitUs: Float64Array;
  readonly jobShape: Uint32Array;
  /** Hash of the job's stable name: the root of its keyed draws. */
  readonly jobKey: Uint32Array;
  /** First task per job, with the number of tasks behind the last; `null` = every job has one task, task i is job i. */
  readonly jobFirstTask: Uint32Array | null;
  /** Job per task; `null` as above. */
  readonly taskJob: Uint32Array | null;
  /** Batch: pure run time. Service: lifetime from submission, `Infinity` = never ends. Microseconds. */
  readonly taskDurationUs: Float64Array;
  /** Jobs that must have finished before job i is submitted: `list[first[i] .. first[i+1])`; `null` = no dependencies at all. */
  readonly dependencies: { readonly first: Uint32Array; readonly list: Uint32Array } | null;
  /** Job names, as UTF-8 with offsets (jobs + 1): cold. `null` = `<name>-<job>`. */
  readonly jobNames: { readonly bytes: Uint8Array; readonly offsets: Uint32Array } | null;
  /** Tasks of the job that are wanted at first, per job; the others exist once it is scaled up. Absent or `null` = all. */
  readonly jobInitialCount?: Uint32Array | null;
  /** What users do to running services, in order of time. */
  readonly actions?: readonly ClientAction[];
}

/** Read access to a workload; one per run, over shared columns. */
export class Workload implements TaskFacts {
  readonly columns: WorkloadColumns;
  readonly shapes: readonly Shape[];
  readonly jobCount: number;
  readonly taskCount: number;
  readonly cpuMilli: Float64Array;
  readonly memoryBytes: Float64Array;
  readonly gpuCount: Int32Array;
  readonly gpuMilli: Float64Array;
  readonly failureShare: Float64Array;
  readonly use: readonly (UseRange | null)[];
  readonly image: Int32Array;
  readonly imageNames: readonly string[];
  readonly isService: Uint8Array;
  readonly #base: number;
  #jobsByName: Map<string, number> | undefined;

  constructor(columns: WorkloadColumns) {
    this.columns = columns;
    this.shapes = columns.shapes;
    this.jobCount = columns.jobSubmitUs.length;
    this.taskCount = columns.taskDurationUs.length;
    this.cpuMilli = Float64Array.from(columns.shapes, (shape) => shape.cpuMilli);
    this.memoryBytes = Float64Array.from(columns.shapes, (shape) => shape.memoryBytes);
    this.gpuCount = Int32Array.from(columns.shapes, (shape) => shape.gpuCount);
    this.gpuMilli = Float64Array.from(columns.shapes, (shape) => shape.gpuMilli);
    this.failureShare = Float64Array.from(columns.shapes, (shape) => shape.failureShare);
    this.isService = Uint8Array.from(columns.shapes, (shape) => (shape.kind === 'service' ? 1 : 0));
    this.use = columns.shapes.map((shape) => shape.use ?? null);
    const images = new Map<string, number>();
    this.image = Int32Array.from(columns.shapes, (shape) => {
      if (shape.image === '') return -1;
      if (!images.has(shape.image)) images.set(shape.image, images.size);
      return images.get(shape.image)!;
    });
    this.imageNames = [...images.keys()];
    this.#base = entityOf(columns.name) | 0;
  }

  jobOf(task: number): number {
    return this.columns.taskJob === null ? task : this.columns.taskJob[task]!;
  }

  firstTask(job: number): number {
    return this.columns.jobFirstTask === null ? job : this.columns.jobFirstTask[job]!;
  }

  /** Number of tasks of a job. */
  size(job: number): number {
    const first = this.columns.jobFirstTask;
    return first === null ? 1 : first[job + 1]! - first[job]!;
  }

  shapeOf(task: number): number {
    return this.columns.jobShape[this.jobOf(task)]!;
  }

  workUs(task: number): number {
    return this.isService[this.shapeOf(task)] === 1 ? Infinity : this.columns.taskDurationUs[task]!;
  }

  /** Tasks of a job that are wanted when it is submitted. */
  initialCount(job: number): number {
    return this.columns.jobInitialCount?.[job] ?? this.size(job);
  }

  /** Lifetime of a service job from its submission in microseconds; `Infinity` for batch jobs and services without end. */
  lifetimeUs(job: number): number {
    return this.isService[this.columns.jobShape[job]!] === 1 ? this.columns.taskDurationUs[this.firstTask(job)]! : Infinity;
  }

  entityOf(task: number): number {
    const job = this.jobOf(task);
    const key = this.columns.jobKey[job]! | 0;
    const index = task - this.firstTask(job);
    return (mix32(mix32(this.#base, key), index) >>> 0) * 1048576 + (mix32(key, index) >>> 12);
  }

  jobName(job: number): string {
    const names = this.columns.jobNames;
    if (names === null) return `${this.columns.name}-${job}`;
    // A copy: TextDecoder does not take views of shared memory.
    return new TextDecoder().decode(names.bytes.slice(names.offsets[job]!, names.offsets[job + 1]!));
  }

  /** `job`, or `job/index` for jobs of several tasks. */
  taskName(task: number): string {
    const job = this.jobOf(task);
    return this.size(job) === 1 ? this.jobName(job) : `${this.jobName(job)}/${task - this.firstTask(job)}`;
  }

  /** Task by the name that {@link taskName} gives; -1 if there is none. */
  taskByName(name: string): number {
    if (this.#jobsByName === undefined) {
      this.#jobsByName = new Map();
      for (let job = 0; job < this.jobCount; job++) this.#jobsByName.set(this.jobName(job), job);
    }
    const exact = this.#jobsByName.get(name);
    if (exact !== undefined) return this.firstTask(exact);
    const slash = name.lastIndexOf('/');
    const job = this.#jobsByName.get(name.slice(0, slash));
    const index = Number(name.slice(slash + 1));
    if (slash < 0 || job === undefined || !Number.isInteger(index) || index < 0 || index >= this.size(job)) return -1;
    return this.firstTask(job) + index;
  }
}
