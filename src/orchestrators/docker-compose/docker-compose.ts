import type { OrchestratorDefinition } from '../orchestrator.ts';
import { ComposeHost } from './compose-host.ts';
import { hostOf } from './host-of.ts';
import { DOCKER_COMPOSE_OPTIONS, type DockerComposeOptions } from './options.ts';
import { translate, TRANSLATIONS } from './translate.ts';

/** Docker Compose on one host: what there was before orchestrators. */
export const dockerCompose: OrchestratorDefinition<DockerComposeOptions> = {
  name: 'docker-compose',
  models: 'Docker Compose v2 on one Docker Engine',
  summary: 'baseline: everything on one host, whether or not it fits; restart policies, no scheduling, no rescheduling',
  capabilities: {
    queues: false,
    gangs: false,
    dependencies: true,
    fractionalCpu: true,
    gpu: false,
    gpuShares: false,
    constraints: false,
    priorities: false,
    finishedTasksHoldResources: false,
    replacesLostServices: false,
    replacesLostBatch: false,
  },
  nativeFormats: ['compose'],
  options: DOCKER_COMPOSE_OPTIONS,
  translations: TRANSLATIONS,
  translate,
  check: (options, { inventory }) => {
    hostOf(options, inventory);
  },
  create: (context, options) => new ComposeHost(context, options),
};
