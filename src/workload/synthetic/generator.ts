import type { z } from 'zod';
import type { WorkloadColumns } from '../workload.ts';

/** What a generator makes. */
export interface Generated {
  readonly columns: WorkloadColumns;
  /** Length of the time in which jobs arrive, microseconds. */
  readonly horizonUs: number;
  /** Jobs present at time zero: the first so many. */
  readonly initialJobs: number;
}

/** The seam for synthetic workloads: a pure function of options and seed, drawn by key so that a longer or denser workload keeps the draws of its jobs. */
export interface WorkloadGenerator<Options extends { readonly generator: string } = { readonly generator: string }> {
  /** The value of `generator:` in a scenario. */
  readonly name: string;
  readonly summary: string;
  /** Strict object with `generator` and the options. */
  readonly options: z.ZodType<Options>;
  generate(options: Options, seed: number | string): Generated;
}
