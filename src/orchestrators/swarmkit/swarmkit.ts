import { swarmNodes } from '../../workload/readers/compose/swarm-nodes.ts';
import type { OrchestratorDefinition } from '../orchestrator.ts';
import { SWARMKIT_OPTIONS, type SwarmkitOptions } from './options.ts';
import { MemoRanking } from './scheduler/memo-ranking.ts';
import { SwarmUser } from './swarm-user.ts';
import { translate, TRANSLATIONS } from './translate.ts';

/** SwarmKit (Docker's swarm mode) with one manager. */
export const swarmkit: OrchestratorDefinition<SwarmkitOptions> = {
  name: 'swarmkit',
  models: 'SwarmKit of 2026-08-04 (Docker swarm mode)',
  summary: 'SwarmKit: one manager that keeps services in a store, queues what does not fit, places task groups by count, and replaces the tasks of failed nodes in parallel',
  capabilities: {
    queues: true,
    gangs: false,
    dependencies: false,
    fractionalCpu: true,
    gpu: true,
    gpuShares: false,
    constraints: true,
    priorities: false,
    finishedTasksHoldResources: false,
    replacesLostServices: true,
    replacesLostBatch: true,
  },
  nativeFormats: ['compose'],
  options: SWARMKIT_OPTIONS,
  translations: TRANSLATIONS,
  translate,
  check: (_, { inventory }) => void swarmNodes(inventory),
  create: (context, options) => new SwarmUser(context, options, MemoRanking),
};
