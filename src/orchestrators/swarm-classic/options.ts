import { z } from 'zod';
import { DURATION_US } from '../../engine/quantity-schema.ts';
import { DISCOVERY_NAMES, type DiscoveryName } from './discovery-backend.ts';
import { FILTER_NAMES, type FilterName } from './filters/filters.ts';
import type { LocalImage } from './local-images.ts';
import { STRATEGY_NAMES, type StrategyName } from './strategy.ts';

/** What can be set. Durations are microseconds once read. */
export interface SwarmClassicOptions {
  readonly strategy: StrategyName;
  readonly filters: readonly FilterName[];
  readonly overcommit: number;
  readonly createRetry: number;
  readonly localImages: readonly LocalImage[];
  readonly restart: 'no' | 'on-failure' | 'always';
  readonly restartMaxRetries: number;
  readonly reschedule: 'on-node-failure' | 'off';
  readonly engineFailureRetry: number;
  readonly engineRefreshMinInterval: number;
  readonly engineRefreshMaxInterval: number;
  readonly discovery: DiscoveryName;
  readonly heartbeat: number;
  readonly ttl: number;
  readonly requestTimeout: number;
  readonly decisionTime: number;
  readonly createTime: number;
  readonly startTime: number;
  readonly engineStartup: number;
  readonly stopGrace: number;
  readonly gpu: 'reject' | 'ledger';
  readonly gpuShare: 'whole' | 'share';
}

const LUZZARDI = 'A. Luzzardi, "Scale Testing Docker Swarm to 30,000 Containers", 2015: docker run through one manager with 1,000 nodes takes 230 ms (median), 400 ms (99 %)';
const SECOND_US = 1_000_000;

/** Defaults are those of docker/classicswarm 1.2.9, cli/flags.go, where nothing else is said. */
export const SWARM_CLASSIC_OPTIONS: z.ZodType<SwarmClassicOptions> = z.strictObject({
  strategy: z.enum(STRATEGY_NAMES).default('spread').describe('placement strategy (--strategy)'),
  filters: z.array(z.enum(FILTER_NAMES)).default([...FILTER_NAMES]).describe('filters in their order (--filter; the default order is that of scheduler/filter/filter.go)'),
  overcommit: z.number().gt(-1).default(0.05).describe('share of capacity that may be handed out beyond what is there (--cluster-opt swarm.overcommit)'),
  createRetry: z.number().int().nonnegative().default(0).describe('further attempts to create a container after a failure (--cluster-opt swarm.createretry)'),
  localImages: z
    .array(z.strictObject({ image: z.string().min(1).describe('image as tasks name it'), machines: z.array(z.string().min(1)).min(1).describe('machines that have it') }))
    .default([])
    .describe('images that are in no registry but only on some machines: elsewhere a create fails, and the manager tries once more with the affinity image==NAME (cluster/swarm/cluster.go, CreateContainer)'),
  restart: z
    .enum(['no', 'on-failure', 'always'])
    .default('no')
    .describe('restart policy that the user gives docker run (--restart, default no): the engine itself starts a container again that has ended, also when the engine comes back. Work that has succeeded is not done again under always'),
  restartMaxRetries: z.number().int().nonnegative().default(0).describe('most restarts of one container under on-failure (--restart on-failure:N); 0 = no limit'),
  reschedule: z
    .enum(['on-node-failure', 'off'])
    .default('on-node-failure')
    .describe('reschedule policy that the user puts on every container (com.docker.swarm.reschedule-policies). The real default is off: then nothing is replaced when a machine is lost and a comparison of recovery would show nothing, so here it is on'),
  engineFailureRetry: z.number().int().positive().default(3).describe('failed connections in a row until an engine counts as unhealthy (--engine-failure-retry)'),
  engineRefreshMinInterval: DURATION_US.default(30 * SECOND_US).describe('shortest wait between two refreshes of an engine (--engine-refresh-min-interval)'),
  engineRefreshMaxInterval: DURATION_US.default(60 * SECOND_US).describe('longest wait between two refreshes of an engine (--engine-refresh-max-interval)'),
  discovery: z
    .enum(DISCOVERY_NAMES)
    .default('etcd')
    .describe('discovery backend. etcd and consul: entries live for the TTL, the manager is told at once; zookeeper: entries live as long as a session of 10 s, whatever the TTL; token: as etcd, but the manager polls; file: a list written by hand, polled; nodes: a list read once'),
  heartbeat: DURATION_US.default(60 * SECOND_US).describe('interval at which swarm join renews the discovery entry of its machine, and at which the manager polls lists that it cannot watch (--heartbeat)'),
  ttl: DURATION_US.default(180 * SECOND_US).describe('life of a discovery entry without renewal (--ttl)'),
  requestTimeout: DURATION_US.default(30 * SECOND_US).describe('time after which an unanswered connection attempt fails (cluster/engine.go, requestTimeout)'),
  decisionTime: DURATION_US.default(10_000).describe(`time under the scheduler lock per request; the share of the lock is an assumption within what was measured: ${LUZZARDI}`),
  createTime: DURATION_US.default(70_000).describe(`time an engine needs to create a container whose image is present; the split into lock, create and start is an assumption: ${LUZZARDI}`),
  startTime: DURATION_US.default(150_000).describe(`time an engine needs to start a created container; the split is an assumption: ${LUZZARDI}`),
  engineStartup: DURATION_US.default(10 * SECOND_US).describe('time from boot until docker and swarm join serve; an assumption, no figure is published'),
  stopGrace: DURATION_US.default(10 * SECOND_US).describe('time between the removal of a drained machine from discovery and the end of its containers (docker stop, default of --time)'),
  gpu: z
    .enum(['reject', 'ledger'])
    .default('reject')
    .describe('classic Swarm knows no GPUs. reject: tasks with GPUs are not submitted. ledger: a wrapper of the user keeps a ledger of devices and offers the manager only machines with free ones; this is not part of Swarm'),
  gpuShare: z.enum(['whole', 'share']).default('whole').describe('what the ledger does with a request for part of a GPU: whole = a device of its own, share = the fullest device that fits'),
});
