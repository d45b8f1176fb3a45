import type { OrchestratorDefinition } from './orchestrator.ts';
import { dockerCompose } from './docker-compose/docker-compose.ts';
import { kubernetes } from './kubernetes/kubernetes.ts';
import { mesos } from './mesos/mesos.ts';
import { fifo } from './reference/fifo.ts';
import { loss } from './reference/loss.ts';
import { omegaMonolithic, omegaSharedState, omegaTwoLevel } from './reference/omega/omega.ts';
import { powerOfD } from './reference/power-of-d.ts';
import { swarmClassic } from './swarm-classic/swarm-classic.ts';
import { swarmkit } from './swarmkit/swarmkit.ts';

/** Every orchestrator that scenarios can name. Adding one = its folder and a line here. */
export const ORCHESTRATORS: readonly OrchestratorDefinition[] = [fifo, loss, powerOfD, omegaMonolithic, omegaSharedState, omegaTwoLevel, dockerCompose, swarmClassic, swarmkit, mesos, kubernetes] as readonly OrchestratorDefinition[];
