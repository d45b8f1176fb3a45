import type { OrchestratorContext } from '../../orchestrator.ts';

/** A job, or what is left of it, in a scheduler's queue. */
export interface PendingJob {
  readonly job: number;
  readonly service: boolean;
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  /** Tasks that have no machine yet, in order. */
  tasks: number[];
  /** Tasks at first. */
  readonly size: number;
  readonly queuedUs: number;
  attempts: number;
}

/** A decision takes this long per job and per task that it tries to place: section 4 of the paper. Microseconds. */
export interface DecisionTime {
  readonly jobUs: number;
  readonly taskUs: number;
}

/** Of a whole job, or of single tasks of it that come again. */
export function pendingJob(context: OrchestratorContext, job: number, tasks: number[]): PendingJob {
  const { workload, requests, simulation } = context;
  const shape = workload.columns.jobShape[job]!;
  const request = requests[shape]!;
  return {
    job,
    service: workload.isService[shape] === 1,
    cpuMilli: request.cpuMilli,
    memoryBytes: request.memoryBytes,
    tasks,
    size: tasks.length,
    queuedUs: simulation.nowUs,
    attempts: 0,
  };
}

export function decisionUs(job: PendingJob, time: DecisionTime): number {
  return time.jobUs + time.taskUs * job.tasks.length;
}

/** A job is given up when it has placed nothing in 100 attempts, or is not complete after 1,000: `numSchedulingAttempts` in all schedulers of cluster-scheduler-simulator; the paper names the latter. */
export function isHopeless(job: PendingJob): boolean {
  return (job.attempts > 100 && job.tasks.length === job.size) || job.attempts > 1000;
}
