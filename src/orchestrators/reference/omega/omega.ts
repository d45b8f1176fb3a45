import type { Shape } from '../../../workload/shape.ts';
import type { Capabilities, OrchestratorDefinition, Translation, TranslationRule } from '../../orchestrator.ts';
import { Monolithic } from './monolithic.ts';
import { OmegaCluster } from './omega-cluster.ts';
import { MONOLITHIC_OPTIONS, SHARED_STATE_OPTIONS, timesOf, TWO_LEVEL_OPTIONS } from './omega-options.ts';
import { SharedState } from './shared-state.ts';
import { TwoLevel } from './two-level.ts';

const CAPABILITIES: Capabilities = {
  queues: true,
  gangs: false,
  dependencies: false,
  fractionalCpu: true,
  gpu: false,
  gpuShares: false,
  constraints: false,
  priorities: false,
  finishedTasksHoldResources: false,
  replacesLostServices: true,
  replacesLostBatch: true,
};

const TRANSLATIONS: readonly TranslationRule[] = [
  { key: 'no-gpu', meaning: 'cells have CPU and memory only: tasks that ask for GPUs are rejected' },
  { key: 'no-constraints', meaning: 'machines are all alike to the schedulers: tasks with placement constraints are rejected' },
];

function translate(shape: Shape): Translation {
  const applied = [...(shape.gpuCount > 0 ? ['no-gpu'] : []), ...(shape.constraints.length > 0 ? ['no-constraints'] : [])];
  return { request: applied.length > 0 ? null : shape, applied };
}

const COMMON = { models: '', capabilities: CAPABILITIES, translations: TRANSLATIONS, translate } as const;

/** Omega's monolithic scheduler, single- or multi-path by its decision times. */
export const omegaMonolithic: OrchestratorDefinition<ReturnType<typeof MONOLITHIC_OPTIONS.parse>> = {
  ...COMMON,
  name: 'reference/omega-monolithic',
  summary: "abstraction of the Omega paper: one serial scheduler (single-path with equal decision times, multi-path with services' own)",
  options: MONOLITHIC_OPTIONS,
  create: (context, options) => new OmegaCluster(context, options.startLatency, (cluster) => new Monolithic(context, cluster, timesOf(options))),
};

/** Omega itself: shared state, optimistic concurrency. */
export const omegaSharedState: OrchestratorDefinition<ReturnType<typeof SHARED_STATE_OPTIONS.parse>> = {
  ...COMMON,
  name: 'reference/omega-shared-state',
  summary: 'abstraction of the Omega paper: schedulers plan on copies of the cell and commit optimistically',
  options: SHARED_STATE_OPTIONS,
  create: (context, options) => new OmegaCluster(context, options.startLatency, (cluster) => new SharedState(context, cluster, timesOf(options), options)),
};

/** Mesos as the Omega paper models it. */
export const omegaTwoLevel: OrchestratorDefinition<ReturnType<typeof TWO_LEVEL_OPTIONS.parse>> = {
  ...COMMON,
  name: 'reference/omega-two-level',
  summary: 'abstraction of the Omega paper: everything free is offered to one framework at a time, and locked while it decides',
  options: TWO_LEVEL_OPTIONS,
  create: (context, options) =>
    new OmegaCluster(
      context,
      options.startLatency,
      (cluster) =>
        new TwoLevel(context, cluster, timesOf(options), {
          batchFrameworks: options.batchFrameworks,
          serviceFrameworks: options.serviceFrameworks,
          allocatorUs: options.allocatorTime,
          offerIntervalUs: options.offerInterval,
          minOfferShare: options.minOfferShare,
        }),
    ),
};
