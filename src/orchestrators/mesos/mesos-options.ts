import { z } from 'zod';
import { BYTES, CPU_MILLI } from '../../engine/quantity-schema.ts';
import { BATCH_OPTIONS } from './batch/batch-options.ts';
import { FRAMEWORKS, ROLE } from './framework-entries.ts';
import { MARATHON_OPTIONS } from './marathon/marathon-options.ts';
import { duration, SECOND_US } from './option-kinds.ts';

/**
 * Options of the Mesos model. Defaults are those of Apache Mesos 1.12 (docs/configuration, src/master/flags.cpp, src/slave/flags.cpp, src/slave/constants.hpp) and
 * Marathon 1.11 where nothing else is said.
 */
export const MESOS_OPTIONS = z.strictObject({
  frameworks: FRAMEWORKS,
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
      weights: z.record(ROLE, z.number().positive()).default({}).describe('weight of a role among its siblings, 1 where none is given (--weights, or the operator API)'),
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
  marathon: MARATHON_OPTIONS.prefault({}).describe('settings of frameworks of kind marathon that have none of their own'),
  batch: BATCH_OPTIONS.prefault({}).describe('settings of frameworks of kind batch that have none of their own'),
});

/** What can be set. Durations are microseconds once read. */
export type MesosOptions = z.infer<typeof MESOS_OPTIONS>;
