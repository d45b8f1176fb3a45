import type { OrchestratorDefinition } from '../orchestrator.ts';
import { DockerCli } from './docker-cli.ts';
import { LocalImages } from './local-images.ts';
import { MemoPicker } from './node-picker.ts';
import { SWARM_CLASSIC_OPTIONS, type SwarmClassicOptions } from './options.ts';
import { translate, TRANSLATIONS } from './translate.ts';

/** Classic (standalone) Docker Swarm with one manager. */
export const swarmClassic: OrchestratorDefinition<SwarmClassicOptions> = {
  name: 'swarm-classic',
  models: 'Docker Swarm (standalone) 1.2.9',
  summary: 'classic Docker Swarm: one manager that schedules at create time, refuses what does not fit, and reschedules containers of failed engines one by one',
  capabilities: {
    queues: false,
    gangs: false,
    dependencies: false,
    fractionalCpu: false,
    gpu: false,
    gpuShares: false,
    constraints: true,
    priorities: false,
    finishedTasksHoldResources: true,
    replacesLostServices: true,
    replacesLostBatch: true,
  },
  options: SWARM_CLASSIC_OPTIONS,
  translations: TRANSLATIONS,
  translate,
  check: ({ localImages }, { inventory, workload }) => {
    new LocalImages(localImages, workload.imageNames, inventory);
  },
  create: (context, options) => new DockerCli(context, options, MemoPicker),
};
