import type { PendingJob } from './pending-job.ts';

/** What the three architectures of the paper differ in: who decides when, on what view of the cell. */
export interface Architecture {
  arrive(job: PendingJob): void;
  /** Resources of a machine have become free: of a task before they are given back to the cell, or (task -1) because the machine is back in service. */
  freed(machine: number, task: number, cpuMilli: number, memoryBytes: number): void;
  /** Why a job that has not been placed waits. */
  explain(job: number): string;
  invariants(): string[];
}

/** What an architecture asks of the cluster. */
export interface Cluster {
  /** Starts a task where the cell holds resources for it. */
  launch(task: number, machine: number, job: PendingJob): void;
  /** To be told once tasks have been launched or given up: how many wait is reported then, not task by task. */
  waitingChanged(): void;
  /** Gives up the rest of a job. */
  abandon(job: PendingJob): void;
  /** Whether the task still wants a machine. */
  waits(task: number): boolean;
  /** Takes out tasks that were taken back; false if none is left. */
  alive(job: PendingJob): boolean;
}
