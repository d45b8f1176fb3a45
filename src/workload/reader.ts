import { z } from 'zod';
import { DURATION_US } from '../engine/quantity-schema.ts';
import type { MachineSpec } from '../world/machine-inventory.ts';
import type { ReadReport } from './read-report.ts';
import type { WorkloadColumns } from './workload.ts';

/** A file that a trace is made of. */
export interface TraceFile {
  /** Where it lies. */
  readonly path: string;
  /** The path as the user wrote it, for messages and reports. */
  readonly label: string;
}

/** A file that a reader takes; `role` is its key in the scenario. */
export interface FileRole {
  readonly role: string;
  readonly required: boolean;
  readonly summary: string;
}

/** Options that every reader takes, beside `format` and its file roles. */
export const READ_OPTIONS = {
  name: z.string().min(1).optional().describe('what the workload is called in outputs; root of the keyed draws of its tasks; default: the format'),
  window: z
    .strictObject({
      from: DURATION_US.default(0).describe('start of the window in trace time; becomes time zero'),
      to: DURATION_US.optional().describe('end of the window in trace time, exclusive; default: end of the trace'),
      initial: z
        .enum(['carry', 'drop'])
        .default('carry')
        .describe('jobs submitted before the window that are alive at its start: carried in at time zero with what remains of them, or left out'),
    })
    .refine(({ from, to }) => to === undefined || to > from, { path: ['to'], message: 'the window ends before it begins' })
    .optional()
    .describe('the part of the trace that is used'),
  sample: z.number().gt(0).max(1).default(1).describe('share of jobs to keep, chosen by a hash of the job name: smaller samples lie inside larger ones'),
} as const;

/** {@link READ_OPTIONS} after validation. */
export interface ReadOptions {
  readonly name?: string | undefined;
  readonly window?: { readonly from: number; readonly to?: number | undefined; readonly initial: 'carry' | 'drop' } | undefined;
  readonly sample: number;
}

/** What a reader makes of a trace. */
export interface Reading {
  readonly columns: WorkloadColumns;
  /** `null` = the trace, or the part of it that was given, names no machines. */
  readonly machines: readonly MachineSpec[] | null;
  readonly report: ReadReport;
}

/**
 * The seam for trace formats. A reader is synchronous, reads its files block by block, and produces columns sorted by (submission, job name) with time zero at the
 * start of the window, or at the first submission if there is none. Rows that cannot be used are counted and listed; a file that cannot be used as a whole, a
 * duplicate id or a cycle of dependencies is a TraceInputError.
 */
export interface TraceReader<Options extends ReadOptions = ReadOptions> {
  /** The value of `format:` in a scenario. */
  readonly name: string;
  readonly summary: string;
  readonly files: readonly FileRole[];
  /** Strict object of `format`, one key per file role, {@link READ_OPTIONS}, and options of its own. */
  readonly options: z.ZodType<Options>;
  /** What it makes of its files depends on the machines of the cluster: services with one task on each of them. */
  readonly heedsMachines?: true;
  /**
   * @param files by role; optional ones may be absent
   * @param machines of the cluster, for readers that heed them; `null` = they come from the trace, or nobody knows
   */
  read(files: ReadonlyMap<string, TraceFile>, options: Options, machines?: readonly MachineSpec[] | null): Reading;
}
