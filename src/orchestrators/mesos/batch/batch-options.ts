import { z } from 'zod';
import { duration, SECOND_US } from '../option-kinds.ts';

/** Settings of one batch framework. */
export const BATCH_OPTIONS = z.strictObject({
  checkpoint: z.boolean().default(true).describe('tasks survive the death of the agent process (FrameworkInfo.checkpoint; false by default in Mesos, true in schedulers such as Chronos)'),
  partitionAware: z.boolean().default(true).describe('is told that tasks are unreachable, dropped or gone (PARTITION_AWARE), else that they are lost'),
  revocable: z
    .enum(['never', 'only', 'also'])
    .default('never')
    .describe('whether it takes resources that can be revoked (REVOCABLE_RESOURCES, docs/oversubscription.md): never; only: for all CPU, as Aurora for its revocable tier; also: where the others do not suffice'),
  refuseUnused: duration(120 * SECOND_US, 'refusal of an unused offer (Spark on Mesos: spark.mesos.rejectOfferDuration)'),
  refuseUsed: duration(5 * SECOND_US, 'refusal of what is left of a used offer (Filters.refuse_seconds of Mesos)'),
  revive: z.boolean().default(true).describe('false: never suppresses offers and never revives them; agents that it has refused come back when the refusal ends, however much new work waits'),
  reviveInterval: duration(SECOND_US, 'at most one revive in this time (Spark: spark.scheduler.revive.interval)'),
  maxFailures: z.number().int().positive().default(4).describe('failed attempts of a task after which it is given back to the user (Spark: spark.task.maxFailures)'),
  decisionBase: duration(0, 'time to look at the offers of one cycle'),
  decisionPerTask: duration(5_000, 'further time per launched task (t_task of Omega, EuroSys 2013, section 4)'),
});

export type BatchOptions = z.infer<typeof BATCH_OPTIONS>;
