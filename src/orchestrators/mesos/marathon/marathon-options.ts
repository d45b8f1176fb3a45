import { z } from 'zod';
import { duration, SECOND_US } from '../option-kinds.ts';

/** Settings of one Marathon. Defaults are those of mesosphere/marathon 1.11 where nothing else is said. */
export const MARATHON_OPTIONS = z.strictObject({
  checkpoint: z.boolean().default(true).describe('tasks survive the death of the agent process (--checkpoint)'),
  declineOfferDuration: duration(120 * SECOND_US, 'refusal of an unused offer (--decline_offer_duration)'),
  refuseUsed: duration(5 * SECOND_US, 'refusal of what is left of a used offer, or of one that was cut short (Filters.refuse_seconds of Mesos)'),
  minReviveInterval: duration(5 * SECOND_US, 'at most one revive or suppress in this time (--min_revive_offers_interval)'),
  launchTokens: z.number().int().positive().default(100).describe('launches allowed per refresh (--launch_tokens)'),
  launchTokenRefresh: duration(30 * SECOND_US, 'between refreshes of the launch tokens (--launch_token_refresh_interval)'),
  maxInstancesPerOffer: z.number().int().positive().default(5).describe('--max_instances_per_offer'),
  backoff: duration(SECOND_US, 'delay of the next launch after a first failure (app: backoffSeconds)'),
  backoffFactor: z.number().min(1).default(1.15).describe('each further failure multiplies the delay by this (app: backoffFactor)'),
  maxLaunchDelay: duration(300 * SECOND_US, 'longest such delay (app: maxLaunchDelaySeconds)'),
  groupByRule: z
    .enum(['min-groups', 'fixed-groups'])
    .default('min-groups')
    .describe('how GROUP_BY spreads: min-groups as in every tagged release to 1.10.26, fixed-groups as on the untagged 1.11 line (commit ddd6b19b1, src/main/scala/mesosphere/mesos/Constraints.scala)'),
  minimumHealthCapacity: z.number().min(0).max(1).default(1).describe('share of the instances that stays healthy during an upgrade (app: upgradeStrategy.minimumHealthCapacity)'),
  maximumOverCapacity: z.number().min(0).max(1).default(1).describe('share of the instances that may run beyond their number during an upgrade (app: upgradeStrategy.maximumOverCapacity)'),
  healthChecks: z.boolean().default(false).describe('apps that are not written in the format of Marathon have a health check with the settings under healthCheck (an app has none unless it names one)'),
  healthCheck: z
    .strictObject({
      gracePeriod: duration(300 * SECOND_US, 'failures before the first success are ignored for this long after the start (healthChecks[].gracePeriodSeconds; core/health/HealthCheck.scala)'),
      interval: duration(60 * SECOND_US, 'between checks (intervalSeconds)'),
      timeout: duration(20 * SECOND_US, 'a check that is not answered fails after this (timeoutSeconds)'),
      maxConsecutiveFailures: z.number().int().nonnegative().default(3).describe('an instance is killed by the failure after this many in a row; 0: never (maxConsecutiveFailures)'),
      delay: duration(15 * SECOND_US, 'checks made by the executor begin this long after the start (delaySeconds)'),
    })
    .prefault({})
    .describe('defaults of health checks'),
  warmUp: duration(0, 'time after its start before an instance passes health and readiness checks; belongs to the application, 0 is the most favourable'),
  unreachableInactiveAfter: duration(0, 'an unreachable instance is replaced after this (app: unreachableStrategy.inactiveAfterSeconds; 0 since 1.5, state/UnreachableStrategy.scala)'),
  unreachableExpungeAfter: duration(0, 'an unreachable instance is forgotten after this (app: unreachableStrategy.expungeAfterSeconds)'),
  unreachableSweep: duration(30 * SECOND_US, 'between looks at instances that are unreachable for longer (core/instance/update/InstanceUpdateOpResolver.scala, ExpungeOverdueLostTasksActor)'),
  unreachableSweepDelay: duration(300 * SECOND_US, 'first such look after the start (ExpungeOverdueLostTasksActor)'),
  reconciliation: duration(600 * SECOND_US, 'between questions to the master about the state of tasks (--reconciliation_interval)'),
  reconciliationDelay: duration(15 * SECOND_US, 'first such question after the start (--reconciliation_initial_delay)'),
  killSelection: z.enum(['youngest-first', 'oldest-first']).default('youngest-first').describe('which instances are killed first when there are too many (app: killSelection)'),
  draining: duration(0, 'offers of an agent are refused from this long before a planned outage on (--draining_seconds)'),
  killRetry: duration(30 * SECOND_US, 'an instance whose end is not known after this is told to end again (--kill_retry_timeout, core/task/termination/KillConfig.scala)'),
  killsAtOnce: z.int().positive().default(100).describe('instances that are being told to end at a time (--kill_chunk_size, core/task/termination/KillConfig.scala)'),
  taskLaunchTimeout: duration(300 * SECOND_US, 'an instance that does not run after this is killed and launched anew (--task_launch_timeout)'),
  taskLaunchConfirmTimeout: duration(300 * SECOND_US, 'an instance of which nothing has been heard after this is killed and launched anew (--task_launch_confirm_timeout); what is heard first here is that it runs, so the shorter of the two counts'),
  taskLaunchSweep: duration(5 * SECOND_US, 'between looks at instances that do not run yet (core/task/jobs/impl/OverdueTasksActor.scala)'),
  taskLaunchSweepDelay: duration(30 * SECOND_US, 'first such look after the start (OverdueTasksActor)'),
  localPortMin: z.number().int().min(1).max(65535).default(10_000).describe('smallest service port (--local_port_min)'),
  localPortMax: z.number().int().min(1).max(65535).default(20_000).describe('largest service port, exclusive (--local_port_max)'),
  gpuScheduling: z.enum(['restricted', 'unrestricted']).default('restricted').describe('restricted: apps without GPUs refuse offers that have some (--gpu_scheduling_behavior)'),
  decisionBase: duration(0, 'time to look at the offers of one cycle; scan cost inside Marathon is not published'),
  decisionPerTask: duration(5_000, 'further time per launched task (t_task of Omega, EuroSys 2013, section 4)'),
});

export type MarathonOptions = z.infer<typeof MARATHON_OPTIONS>;
