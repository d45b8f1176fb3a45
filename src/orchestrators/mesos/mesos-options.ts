import { z } from 'zod';
import { BYTES, CPU_MILLI, DURATION_US } from '../../engine/quantity-schema.ts';
import { OVERSUBSCRIPTION } from './agent/oversubscription.ts';
import { BATCH_OPTIONS } from './batch/batch-options.ts';
import { CHRONOS_OPTIONS } from './chronos/chronos-options.ts';
import { FRAMEWORKS } from './framework-entries.ts';
import { MARATHON_OPTIONS } from './marathon/marathon-options.ts';
import { RESERVATION } from './reservations.ts';
import { SERVICE_DISCOVERY } from './service-discovery.ts';
import { OPERATOR_SETTINGS, QUOTA, WEIGHTS } from './master/operator-settings.ts';
import { duration, SECOND_US } from './option-kinds.ts';

/**
 * Options of the Mesos model. Defaults are those of Apache Mesos 1.12 (docs/configuration, src/master/flags.cpp, src/slave/flags.cpp, src/slave/constants.hpp) and
 * Marathon 1.11 where nothing else is said.
 */
export const MESOS_OPTIONS = z.strictObject({
  frameworks: FRAMEWORKS,
  reservations: z
    .array(RESERVATION)
    .default([])
    .describe('resources of agents that are offered to frameworks of one role, and of roles below it, only: by the flags of agents, or by an operator while the cluster runs. Where all of an agent is wanted more than once, the first entry gets it'),
  partitioning: z
    .enum(['shared', 'static'])
    .default('shared')
    .describe('static: the baseline without sharing, each framework has machines of its own for good, dealt out by machineShare, and is offered no others'),
  gpuShare: z
    .enum(['whole', 'reject'])
    .default('whole')
    .describe('a request for part of a GPU takes a whole device (GPUs are whole scalars in Mesos, docs/gpu-support.md) or is rejected'),
  allocator: z
    .strictObject({
      allocationInterval: duration(SECOND_US, 'between batch allocation cycles (--allocation_interval)'),
      cycleTime: duration(1_000, 'from a cycle to its offers being sent; "a resource offer takes 1 ms" (Schwarzkopf et al., Omega, EuroSys 2013, section 4.2)'),
      cycleTimePerAgent: z.number().nonnegative().default(5).describe('further microseconds per agent that a cycle is about; an assumption: launches on 50,000 agents within a second (Hindman et al., Mesos, NSDI 2011, section 6.5) leave at most 20'),
      minCpus: CPU_MILLI.default(10).describe('an agent with at least this much CPU free is offered (--min_allocatable_resources, cpus:0.01|mem:32)'),
      minMemory: BYTES.default(33_554_432).describe('or with at least this much memory (--min_allocatable_resources)'),
      roleSorter: z.enum(['drf', 'random']).default('drf').describe('--role_sorter'),
      fairnessExcluded: z.array(z.string()).default([]).describe('resource names left out of shares (--fair_sharing_excluded_resource_names)'),
      frameworkSorter: z.enum(['drf', 'random']).default('drf').describe('--framework_sorter: order of frameworks within a role'),
      staleInternalWeights: z.boolean().default(true).describe('keep the quirk that a changed weight of a role that is not subscribed to itself is not noticed (sorter/drf/sorter.cpp)'),
      weights: WEIGHTS.default({}).describe('weight of a role among its siblings, 1 where none is given (--weights, or the operator API)'),
      quota: QUOTA.default({})
        .describe('guarantees and limits of top-level roles (docs/quota.md), over the whole cluster: no machines are set aside'),
      updates: OPERATOR_SETTINGS.default([]).describe('weights and quota that the operator sets later'),
    })
    .prefault({}),
  master: z
    .strictObject({
      agentPingTimeout: duration(15 * SECOND_US, 'between pings of an agent (--agent_ping_timeout)'),
      offerTimeout: DURATION_US.optional().describe('offers that are not answered by then are taken back without a filter (--offer_timeout); absent: they stand'),
      reservationRetry: duration(30 * SECOND_US, 'a reservation that the master refuses because too much is in use (409 Conflict) is asked for again by the operator after this; an assumption'),
      whitelist: z.array(z.string().max(256)).optional().describe('names of the machines that are offered (--whitelist); absent: all'),
      readmits: z
        .enum(['all', 'partition-aware'])
        .default('all')
        .describe('which tasks an unreachable agent keeps when it is back: all (since 1.5, MESOS-7215), or those of partition-aware frameworks only, the others being killed (before)'),
      drain: z
        .enum(['drain-agent', 'maintenance', 'gone'])
        .default('drain-agent')
        .describe(
          'how the operator takes a machine out of service (fault kind drain): drain-agent kills its tasks and offers it no more (DRAIN_AGENT); maintenance announces a window, sends inverse offers, and takes the machine down when it begins (docs/maintenance.md); gone ends agent and tasks at once (MARK_AGENT_GONE)',
        ),
      maintenanceNotice: duration(600 * SECOND_US, 'with drain: maintenance, from the announcement to the machine being taken down; the operator decides'),
      agentRemovalRate: z
        .strictObject({ permits: z.int().min(1), per: DURATION_US })
        .optional()
        .describe('at most so many agents are marked unreachable in so long, evenly (--agent_removal_rate_limit); absent: no limit'),
      maxAgentPingTimeouts: z.number().int().positive().default(5).describe('unanswered pings in a row until an agent is unreachable (--max_agent_ping_timeouts)'),
      registryStore: duration(5_000, 'time to write the registry before an agent is removed or admitted again; an assumption: one replicated write with a disk flush'),
    })
    .prefault({}),
  agent: z
    .strictObject({
      oversubscription: OVERSUBSCRIPTION,
      startup: duration(5 * SECOND_US, 'from the operating system being up until the agent process runs; an assumption, no figure is published'),
      recoveryTimeout: duration(900 * SECOND_US, 'executors that outlive their agent end when it has been away for this long (--recovery_timeout)'),
      executorRegistration: duration(60 * SECOND_US, 'a task fails whose executor has not registered by then, counted from its launch on the agent, pulling of the image included (--executor_registration_timeout)'),
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
  serviceDiscovery: SERVICE_DISCOVERY,
  marathon: MARATHON_OPTIONS.prefault({}).describe('settings of frameworks of kind marathon that have none of their own'),
  chronos: CHRONOS_OPTIONS.prefault({}).describe('settings of frameworks of kind chronos that have none of their own'),
  batch: BATCH_OPTIONS.prefault({}).describe('settings of frameworks of kind batch that have none of their own'),
});

/** What can be set. Durations are microseconds once read. */
export type MesosOptions = z.infer<typeof MESOS_OPTIONS>;
