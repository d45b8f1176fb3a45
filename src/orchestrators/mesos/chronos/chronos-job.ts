import type { ChronosJobOptions } from './chronos-options.ts';
import type { JobSchedule } from './job-schedule.ts';
import type { ParentCounts } from './parent-counts.ts';

/** A job as Chronos keeps it: tasks of the workload are its runs. */
export interface ChronosJob {
  readonly name: string;
  /** Job of the workload. */
  readonly job: number;
  readonly shape: number;
  readonly options: ChronosJobOptions | undefined;
  readonly retries: number;
  readonly epsilonUs: number;
  readonly schedule: JobSchedule | null;
  readonly parents: ParentCounts | null;
  /** Next task of the workload that stands for a run, and the one behind the last. */
  nextTask: number;
  readonly endTask: number;
  /** Tasks in the queues. */
  queued: number;
  running: number;
  /** Runs that failed for good since the last success. */
  errors: number;
  disabled: boolean;
  deleted: boolean;
}

/** A run in a queue. */
export interface QueuedRun {
  readonly job: ChronosJob;
  /** Task of the workload, -1 = the next of the job's. */
  readonly task: number;
  readonly attempt: number;
}
