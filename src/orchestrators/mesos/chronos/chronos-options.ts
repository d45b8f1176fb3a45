import { z } from 'zod';
import { duration, SECOND_US } from '../option-kinds.ts';
import { JOB_CONSTRAINTS } from './job-constraint.ts';
import { readInstant, readPeriod, readRepetition } from './repetition.ts';

const NAME = z.string().min(1).max(512);

const JOB = z
  .strictObject({
    schedule: z
      .string()
      .refine((text) => readRepetition(text) !== undefined, 'expected R[n]/start/period as in R/2026-01-01T06:00Z/PT1H, R10//PT30M')
      .optional()
      .describe('ISO 8601: R[n]/start/period; without n for ever, without start from the submission on'),
    parents: z.array(NAME).min(1).max(100).optional().describe('jobs of the workload after whose success it runs, instead of a schedule'),
    retries: z.int().min(0).max(1000).optional().describe('of a failed run; default: as for all jobs'),
    epsilon: z
      .string()
      .refine((text) => readPeriod(text)?.months === 0, 'expected a period such as PT5M')
      .optional().describe('an ISO 8601 period such as PT5M; default: as for all jobs'),
    concurrent: z.boolean().default(false).describe('runs may overlap; else an occurrence is left out while the job runs'),
    highPriority: z.boolean().default(false).describe('its runs go into the queue that is served first'),
    softError: z.boolean().default(false).describe('a run that failed for good counts as a success for dependent jobs'),
    constraints: JOB_CONSTRAINTS.default([]).describe('agents that it may use: [attribute, EQUALS, value] or [attribute, LIKE or UNLIKE, regular expression]; hostname is an attribute, too'),
    disabled: z.boolean().default(false).describe('never runs'),
  })
  .refine(({ schedule, parents }) => schedule === undefined || parents === undefined, { message: 'expected schedule or parents, not both' });

/** Settings of one Chronos. Defaults are those of mesos/chronos 3.0, src/main/scala/org/apache/mesos/chronos/scheduler/config/SchedulerConfiguration.scala, where nothing else is said. */
export const CHRONOS_OPTIONS = z.strictObject({
  jobs: z
    .record(NAME, JOB)
    .default({})
    .describe('settings of jobs of the workload by name; the tasks of a job with a schedule or with parents are its runs, one after the other. A job without settings runs all its tasks once, as soon as it is submitted'),
  epoch: z
    .string()
    .refine((text) => readInstant(text) !== undefined, 'expected a time such as 2026-01-01T00:00Z')
    .default('2026-01-01T00:00Z')
    .describe('what time zero is for the starts of schedules'),
  checkpoint: z.boolean().default(true).describe('tasks survive the death of the agent process (FrameworkInfo.checkpoint, --mesos_checkpoint)'),
  retries: z.int().min(0).default(2).describe('of a failed run (job: retries)'),
  failureRetry: duration(60 * SECOND_US, 'a failed run is tried again after this (--failure_retry)'),
  disableAfterFailures: z.int().min(0).default(0).describe('a job is disabled after so many runs failed for good, 0: never (--disable_after_failures)'),
  epsilonRule: z.enum(['ignored', 'skip']).default('ignored').describe('ignored: late occurrences run however late they are, as in the head version; skip: one that is later than epsilon is left out, as documented (docs/docs/api.md)'),
  epsilon: duration(60 * SECOND_US, 'how late an occurrence may run, where that is asked (job: epsilon, --task_epsilon)'),
  declineOfferDuration: duration(5 * SECOND_US, 'refusal of an unused offer, and of what is left of a used one (--decline_offer_duration; the default of Mesos)'),
  reviveOffersForNewJobs: z.boolean().default(false).describe('offers are asked for again when a job is queued (--revive_offers_for_new_jobs)'),
  minReviveInterval: duration(5 * SECOND_US, 'at most once in this time (--min_revive_offers_interval)'),
  decisionBase: duration(0, 'time to look at the offers of one cycle'),
  decisionPerTask: duration(5_000, 'further time per launched task (t_task of Omega, EuroSys 2013, section 4)'),
});

export type ChronosOptions = z.infer<typeof CHRONOS_OPTIONS>;
export type ChronosJobOptions = ChronosOptions['jobs'][string];
