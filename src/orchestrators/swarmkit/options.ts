import { z } from 'zod';
import { DURATION_US } from '../../engine/quantity-schema.ts';

/** What can be set. Durations are microseconds once read. */
export interface SwarmkitOptions {
  readonly heartbeatPeriod: number;
  readonly heartbeatEpsilon: number;
  readonly gracePeriodMultiplier: number;
  readonly nodeDownPeriod: number;
  readonly taskHistoryLimit: number;
  readonly restartCondition: 'any' | 'on-failure' | 'none';
  readonly restartDelay: number;
  readonly restartMaxAttempts: number;
  readonly restartWindow: number;
  readonly lostJobTasks: 'restart' | 'wait';
  readonly spread: readonly string[];
  readonly maxReplicasPerNode: number;
  readonly updateParallelism: number;
  readonly updateDelay: number;
  readonly updateFailureAction: 'pause' | 'continue' | 'rollback';
  readonly updateMonitor: number;
  readonly updateMaxFailureRatio: number;
  readonly updateOrder: 'stop-first' | 'start-first';
  readonly commitTime: number;
  readonly taskTimeUs: number;
  readonly nodeTimeUs: number;
  readonly createTime: number;
  readonly startTime: number;
  readonly engineStartup: number;
  readonly gpu: 'generic' | 'reject';
}

const LUZZARDI = 'A. Luzzardi, "Scale Testing Docker Swarm to 30,000 Containers", 2015: docker run takes 230 ms (median)';
const LEHMANN = 'moby/swarmkit pull request 193, 2016, benchmarks on "a rather old laptop"';
const SECOND_US = 1_000_000;

/** Defaults are those of moby/swarmkit (api/defaults/service.go, manager/dispatcher/dispatcher.go), where nothing else is said. A service with settings of its own (deploy section of a Compose file) overrides them. */
export const SWARMKIT_OPTIONS: z.ZodType<SwarmkitOptions> = z.strictObject({
  heartbeatPeriod: DURATION_US.default(5 * SECOND_US).describe('mean period of heartbeats (dispatcher.go, DefaultHeartBeatPeriod; docker swarm update --dispatcher-heartbeat)'),
  heartbeatEpsilon: DURATION_US.default(SECOND_US / 2).describe('each period is drawn within this of the mean (dispatcher.go, defaultHeartBeatEpsilon)'),
  gracePeriodMultiplier: z.number().int().positive().default(3).describe('a node is DOWN after so many periods without heartbeat (dispatcher.go, defaultGracePeriodMultiplier)'),
  nodeDownPeriod: DURATION_US.default(86_400 * SECOND_US).describe('tasks of a node that is DOWN for so long are orphaned (dispatcher.go, defaultNodeDownPeriod)'),
  taskHistoryLimit: z.number().int().default(5).describe('tasks kept per slot, negative = all (docker swarm update --task-history-limit)'),
  restartCondition: z.enum(['any', 'on-failure', 'none']).default('any').describe('when an instance that ended is replaced (--restart-condition)'),
  restartDelay: DURATION_US.default(5 * SECOND_US).describe('wait before a replacement starts, for failed nodes too (--restart-delay)'),
  restartMaxAttempts: z.number().int().nonnegative().default(0).describe('replacements per slot, 0 = without limit (--restart-max-attempts)'),
  restartWindow: DURATION_US.default(0).describe('time within which attempts count, 0 = for ever (--restart-window)'),
  lostJobTasks: z.enum(['restart', 'wait']).default('restart').describe('what becomes of a task of a job whose node is DOWN or drained: replaced as the tasks of services are, or left alone as by SwarmKit itself, whose job orchestrator watches no nodes (manager/orchestrator/jobs/orchestrator.go): it goes on when the node is back, or after nodeDownPeriod'),
  spread: z.array(z.string()).default([]).describe('spread preferences of all services, outermost first, such as node.labels.rack (--placement-pref)'),
  maxReplicasPerNode: z.number().int().nonnegative().default(0).describe('most active tasks of one service on a node, 0 = without limit (--replicas-max-per-node)'),
  updateParallelism: z.number().int().nonnegative().default(1).describe('slots updated at a time, 0 = all (--update-parallelism)'),
  updateDelay: DURATION_US.default(0).describe('wait of a worker after each slot (--update-delay)'),
  updateFailureAction: z.enum(['pause', 'continue', 'rollback']).default('pause').describe('what too many failures do to an update (--update-failure-action)'),
  updateMonitor: DURATION_US.default(5 * SECOND_US).describe('time after its start in which the end of a task counts as failure of the update (--update-monitor)'),
  updateMaxFailureRatio: z.number().min(0).max(1).default(0).describe('share of updated tasks that may fail (--update-max-failure-ratio)'),
  updateOrder: z.enum(['stop-first', 'start-first']).default('stop-first').describe('whether the old task stops before the new one starts (--update-order)'),
  commitTime: DURATION_US.refine((us) => us >= 1, 'a commit takes at least 1us').default(2_000).describe('time of one transaction of the store on one manager: its log on disk; an assumption within what etcd asks of a disk (99th percentile of a sync below 10 ms, etcd 3.5 FAQ)'),
  taskTimeUs: z.number().nonnegative().default(190).describe(`scheduler's time per task, us: 189 ms for 1,000 tasks (${LEHMANN})`),
  nodeTimeUs: z.number().nonnegative().default(0.5).describe(`scheduler's time per node and task group, us: a loop over all nodes for each of 1,000 tasks took 2 s at 1,000 nodes (${LEHMANN}); a quarter of that on a server is an assumption`),
  createTime: DURATION_US.default(70_000).describe(`time an engine needs to create a container whose image is present; the split into create and start is an assumption: ${LUZZARDI}`),
  startTime: DURATION_US.default(150_000).describe(`time an engine needs to start a created container; the split is an assumption: ${LUZZARDI}`),
  engineStartup: DURATION_US.default(10 * SECOND_US).describe('time from boot until the engine serves; an assumption, no figure is published'),
  gpu: z.enum(['generic', 'reject']).default('generic').describe('GPUs are a named generic resource of the nodes (dockerd --node-generic-resource), or tasks with GPUs are not submitted'),
});
