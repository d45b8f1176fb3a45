import type { UseRange } from './actual-use.ts';

/**
 * What physics needs to know of a task, by task and shape index. The workload implements it; the world knows no jobs.
 * A *shape* is a distinct combination of requests; columns are indexed by it.
 */
export interface TaskFacts {
  readonly taskCount: number;
  shapeOf(task: number): number;
  /** Pure run time in microseconds on an uncontended machine; `Infinity` for a service. */
  workUs(task: number): number;
  /** Stable identity for keyed draws: does not depend on which other tasks are in the run. */
  entityOf(task: number): number;
  readonly cpuMilli: Float64Array;
  readonly memoryBytes: Float64Array;
  readonly gpuCount: Int32Array;
  /** Milli-GPU per device asked for (1,000 = whole). */
  readonly gpuMilli: Float64Array;
  /** Image index per shape; -1 = nothing to pull. */
  readonly image: Int32Array;
  /** Image names; sizes are keyed by them. */
  readonly imageNames: readonly string[];
  /** Probability that one attempt fails by itself. */
  readonly failureShare: Float64Array;
  /** Actual use per shape where it differs from the request; `null` or absent = the request. */
  readonly use?: readonly (UseRange | null)[];
}
