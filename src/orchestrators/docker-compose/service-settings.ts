import type { Shape } from '../../workload/shape.ts';
import { type PublishedPort, publishedPorts } from '../../workload/readers/compose/published-ports.ts';
import type { RestartName } from './options.ts';

/** When the engine starts a container again that has ended. */
export interface RestartPolicy {
  readonly name: RestartName;
  /** Most restarts under on-failure; 0 = no limit. */
  readonly maximumRetries: number;
}

/** What Docker Compose heeds of one service. */
export interface ServiceSettings {
  readonly restart: RestartPolicy;
  /** Services that must have been started before. */
  readonly dependsOn: readonly string[];
  /** CPU limit; 0 = none. */
  readonly cpuLimit: number;
  /** Ports of the host that a container takes. */
  readonly hostPorts: readonly PublishedPort[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Settings of a service: those of its Compose file where it came in one; else the neutral request as a limit, and a policy by its kind. */
export function serviceSettings(shape: Shape, otherwise: RestartName): ServiceSettings {
  const unsaid: RestartPolicy = { name: shape.kind === 'batch' ? 'no' : otherwise, maximumRetries: 0 };
  if (shape.native?.format !== 'compose') return { restart: unsaid, dependsOn: [], cpuLimit: shape.cpuMilli / 1000, hostPorts: [] };
  const service = shape.native.spec as Fields;
  const deploy = fields(service['deploy']);
  const limits = fields(fields(deploy['resources'])['limits']);
  return {
    restart: ofWork(shape, restartOf(service['restart'], fields(deploy['restart_policy']), deploy['restart_policy'] !== undefined && deploy['restart_policy'] !== null) ?? unsaid),
    dependsOn: startedBefore(service['depends_on']),
    cpuLimit: Number(limits['cpus'] ?? service['cpus'] ?? 0),
    hostPorts: publishedPorts(service['ports']).filter(({ hostPort }) => hostPort !== ''),
  };
}

/** `restart` first, then the deploy section (docker/compose v2, pkg/compose/create.go, getRestartPolicy). */
function restartOf(restart: unknown, policy: Fields, hasPolicy: boolean): RestartPolicy | null {
  if (typeof restart === 'string') {
    const [name, retries] = restart.split(':');
    return { name: name as RestartName, maximumRetries: Number(retries ?? 0) };
  }
  if (restart === false) return { name: 'no', maximumRetries: 0 };
  if (!hasPolicy) return null;
  const { condition } = policy;
  const name = condition === 'none' ? 'no' : condition === 'on-failure' ? 'on-failure' : 'always';
  return { name, maximumRetries: name === 'on-failure' ? Number(policy['max_attempts'] ?? 0) : 0 };
}

/** Work that is done is not done again: always means until it is done. */
function ofWork(shape: Shape, policy: RestartPolicy): RestartPolicy {
  return shape.kind === 'batch' && (policy.name === 'always' || policy.name === 'unless-stopped') ? { ...policy, name: 'on-failure', maximumRetries: 0 } : policy;
}

/** Dependencies that are over before (service_completed_successfully) are the workload's own: its client waits for them. */
function startedBefore(dependsOn: unknown): string[] {
  if (Array.isArray(dependsOn)) return dependsOn.map(String);
  return Object.entries(fields(dependsOn)).flatMap(([name, how]) => (fields(how)['condition'] === 'service_completed_successfully' ? [] : [name]));
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
