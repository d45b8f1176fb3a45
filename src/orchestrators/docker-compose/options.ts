import { z } from 'zod';
import { DURATION_US } from '../../engine/quantity-schema.ts';

export const RESTART_NAMES = ['no', 'on-failure', 'always', 'unless-stopped'] as const;
export type RestartName = (typeof RESTART_NAMES)[number];

/** What can be set. Durations are microseconds once read. */
export interface DockerComposeOptions {
  readonly host?: string | undefined;
  readonly restart: RestartName;
  readonly createTime: number;
  readonly startTime: number;
  readonly engineStartup: number;
  readonly watch: number;
}

const SECOND_US = 1_000_000;

export const DOCKER_COMPOSE_OPTIONS: z.ZodType<DockerComposeOptions> = z.strictObject({
  host: z.string().min(1).optional().describe('machine that everything runs on; default: the first. The others stay idle'),
  restart: z
    .enum(RESTART_NAMES)
    .default('unless-stopped')
    .describe('restart policy of services that do not say any themselves. The real default is no (Compose Specification, services, restart): then a service that crashes stays down, so here its user wants it back. Work that ends is never restarted unless it says so'),
  createTime: DURATION_US.default(70_000).describe('time that the engine needs to create a container whose image is present; an assumption, as for classic Swarm'),
  startTime: DURATION_US.default(150_000).describe('time that the engine needs to start a created container; an assumption, as for classic Swarm'),
  engineStartup: DURATION_US.default(10 * SECOND_US).describe('time from boot until the engine serves; an assumption, no figure is published'),
  watch: DURATION_US.default(60 * SECOND_US).describe("interval at which the user looks after the host (docker compose ps) besides waiting for the end of containers; an assumption: Compose itself watches nothing"),
});
