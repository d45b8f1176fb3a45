import { z } from 'zod';
import { BYTES, CPU_MILLI, DURATION_US } from '../../engine/quantity-schema.ts';

const SECOND_US = 1_000_000;
const duration = (defaultUs: number, description: string) => DURATION_US.default(defaultUs).describe(description);
const weight = (description: string) => z.number().positive().default(1).describe(description);

/**
 * Options of the Mesos model. Defaults are those of Apache Mesos 1.12 (docs/configuration, src/master/flags.cpp, src/slave/flags.cpp, src/slave/constants.hpp) and
 * Marathon 1.11 where nothing else is said.
 */
export const MESOS_OPTIONS = z.strictObject({
  gpuShare: z
    .enum(['whole', 'reject'])
    .default('whole')
    .describe('a request for part of a GPU takes a whole device (GPUs are whole scalars in Mesos, docs/gpu-support.md) or is rejected'),
  allocator: z
    .strictObject({
      allocationInterval: duration(SECOND_US, 'between batch allocation cycles (--allocation_interval)'),
      cycleTime: duration(1_000, 'from a cycle to its offers being sent; "a resource offer takes 1 ms" (Schwarzkopf et al., Omega, EuroSys 2013, section 4.2)'),
      minCpus: CPU_MILLI.default(10).describe('an agent with at least this much CPU free is offered (--min_allocatable_resources, cpus:0.01|mem:32)'),
      minMemory: BYTES.default(33_554_432).describe('or with at least this much memory (--min_allocatable_resources)'),
      roleSorter: z.enum(['drf', 'random']).default('drf').describe('--role_sorter'),
      fairnessExcluded: z.array(z.string()).default([]).describe('resource names left out of shares (--fair_sharing_excluded_resource_names)'),
      staleInternalWeights: z.boolean().default(true).describe('keep the quirk that a changed weight of a role that is not subscribed to itself is not noticed (sorter/drf/sorter.cpp)'),
      weights: z.strictObject({ services: weight("weight of Marathon's role"), batch: weight("weight of the batch framework's role") }).prefault({}),
    })
    .prefault({}),
  master: z
    .strictObject({
      agentPingTimeout: duration(15 * SECOND_US, 'between pings of an agent (--agent_ping_timeout)'),
      maxAgentPingTimeouts: z.number().int().positive().default(5).describe('unanswered pings in a row until an agent is unreachable (--max_agent_ping_timeouts)'),
      registryStore: duration(5_000, 'time to write the registry before an agent is removed or admitted again; an assumption: one replicated write with a disk flush'),
    })
    .prefault({}),
  agent: z
    .strictObject({
      startup: duration(5 * SECOND_US, 'from the operating system being up until the agent process runs; an assumption, no figure is published'),
      executorReregistration: duration(2 * SECOND_US, 'a restarted agent waits this long for its executors (--executor_reregistration_timeout)'),
      registrationBackoff: duration(SECOND_US, 'an agent waits U[0, this) before it registers (--registration_backoff_factor)'),
      registrationRetry: duration(2 * SECOND_US, 'then it tries again after U[0, b), b starting here and doubling (src/slave/slave.cpp, doReliableRegistration)'),
      registrationRetryMax: duration(60 * SECOND_US, 'up to this (src/slave/constants.hpp, REGISTER_RETRY_INTERVAL_MAX)'),
      statusRetry: duration(10 * SECOND_US, 'a status update that was not acknowledged is sent again after this, doubling (STATUS_UPDATE_RETRY_INTERVAL_MIN)'),
      statusRetryMax: duration(600 * SECOND_US, 'up to this (STATUS_UPDATE_RETRY_INTERVAL_MAX)'),
      executorCpus: CPU_MILLI.default(100).describe('the command executor adds this to what the agent accounts to a task (src/slave/constants.hpp, DEFAULT_EXECUTOR_CPUS); not offered, not in shares'),
      executorMemory: BYTES.default(33_554_432).describe('the same for memory (DEFAULT_EXECUTOR_MEM, 32 MB)'),
      executorStartMedian: duration(500_000, 'from the image being present until the task runs (containerizer, executor, registration), log-normal: median; an assumption in the range of container start times'),
      executorStartSigma: z.number().nonnegative().default(0.4).describe('the same: standard deviation of the logarithm; an assumption'),
    })
    .prefault({}),
  marathon: z
    .strictObject({
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
      gpuScheduling: z.enum(['restricted', 'unrestricted']).default('restricted').describe('restricted: apps without GPUs refuse agents that have some (--gpu_scheduling_behavior)'),
      decisionBase: duration(0, 'time to look at the offers of one cycle; scan cost inside Marathon is not published'),
      decisionPerTask: duration(5_000, 'further time per launched task (t_task of Omega, EuroSys 2013, section 4)'),
    })
    .prefault({}),
  batch: z
    .strictObject({
      checkpoint: z.boolean().default(true).describe('tasks survive the death of the agent process (FrameworkInfo.checkpoint; false by default in Mesos, true in schedulers such as Chronos)'),
      refuseUnused: duration(120 * SECOND_US, 'refusal of an unused offer (Spark on Mesos: spark.mesos.rejectOfferDuration)'),
      refuseUsed: duration(5 * SECOND_US, 'refusal of what is left of a used offer (Filters.refuse_seconds of Mesos)'),
      reviveInterval: duration(SECOND_US, 'at most one revive in this time (Spark: spark.scheduler.revive.interval)'),
      maxFailures: z.number().int().positive().default(4).describe('failed attempts of a task after which it is given back to the user (Spark: spark.task.maxFailures)'),
      decisionBase: duration(0, 'time to look at the offers of one cycle'),
      decisionPerTask: duration(5_000, 'further time per launched task (t_task of Omega, EuroSys 2013, section 4)'),
    })
    .prefault({}),
});

/** What can be set. Durations are microseconds once read. */
export type MesosOptions = z.infer<typeof MESOS_OPTIONS>;
