import { z } from 'zod';
import { DURATION_US } from '../../../engine/quantity-schema.ts';
import type { DecisionTime, PendingJob } from './pending-job.ts';

/** Decision times of the two kinds of jobs, and the one physical constant. */
export interface OmegaTimes {
  readonly batch: DecisionTime;
  readonly service: DecisionTime;
  readonly startLatencyUs: number;
}

export interface SharedStateOptions {
  readonly batchSchedulers: number;
  readonly serviceSchedulers: number;
  readonly conflicts: 'fine' | 'coarse';
  readonly commit: 'incremental' | 'gang';
}

export interface TwoLevelOptions {
  readonly batchFrameworks: number;
  readonly serviceFrameworks: number;
  readonly allocatorUs: number;
  readonly offerIntervalUs: number;
  readonly minOfferShare: number;
}

const PAPER = 'section 4 of the Omega paper (EuroSys 2013)';
const SIMULATOR = 'MesosSimulation.scala of cluster-scheduler-simulator';

const TIMES = {
  tJobBatch: DURATION_US.default(100_000).describe(`decision time per batch job; ${PAPER}: 0.1 s`),
  tTaskBatch: DURATION_US.default(5000).describe(`decision time per task of a batch job; ${PAPER}: 5 ms`),
  tJobService: DURATION_US.default(100_000).describe(`decision time per service job; ${PAPER}: 0.1 s, varied up to 100 s`),
  tTaskService: DURATION_US.default(5000).describe(`decision time per task of a service job; ${PAPER}: 5 ms`),
  startLatency: DURATION_US.default(0).describe('time from commit to work begun; none in the paper'),
};

const SCHEDULERS = z.int().min(1).max(1000).default(1);

export const MONOLITHIC_OPTIONS = z.strictObject(TIMES);

export const SHARED_STATE_OPTIONS = z.strictObject({
  ...TIMES,
  batchSchedulers: SCHEDULERS.describe('schedulers that batch jobs are dealt out to'),
  serviceSchedulers: SCHEDULERS.describe('schedulers that service jobs are dealt out to'),
  conflicts: z.enum(['fine', 'coarse']).default('fine').describe('fine: a claim conflicts where the machine has no room left; coarse: where it was claimed by anybody since the copy (sequence numbers); section 5.2 of the paper'),
  commit: z.enum(['incremental', 'gang']).default('incremental').describe('incremental: a transaction loses what conflicts; gang: all of it; section 5.2 of the paper'),
});

export const TWO_LEVEL_OPTIONS = z.strictObject({
  ...TIMES,
  batchFrameworks: SCHEDULERS.describe('frameworks that batch jobs are dealt out to'),
  serviceFrameworks: SCHEDULERS.describe('frameworks that service jobs are dealt out to'),
  allocatorTime: DURATION_US.default(1000).describe('time that the allocator takes per offer; section 4.2 of the paper: 1 ms'),
  offerInterval: DURATION_US.default(1_000_000).describe(`free resources are gathered for this long before they are offered; ${SIMULATOR}: offerBatchInterval = 1.0`),
  minOfferShare: z.number().min(0).max(1).default(0.0025).describe(`no offer of less than this share of the cell; ${SIMULATOR}: minCpuOffer = 100 of the example cell's 40,000 CPUs`),
});

export function timesOf(options: z.output<typeof MONOLITHIC_OPTIONS>): OmegaTimes {
  return {
    batch: { jobUs: options.tJobBatch, taskUs: options.tTaskBatch },
    service: { jobUs: options.tJobService, taskUs: options.tTaskService },
    startLatencyUs: options.startLatency,
  };
}

export function decisionTimeOf(times: OmegaTimes, { service }: PendingJob): DecisionTime {
  return service ? times.service : times.batch;
}
