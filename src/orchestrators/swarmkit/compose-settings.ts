import { type Constraint, parseConstraint } from '../../workload/readers/compose/placement-constraint.ts';
import type { HostPort, Platform } from './scheduler/task-spec.ts';
import type { Mode, RestartPolicy, UpdateConfig } from './store/service-spec.ts';

/** What the deploy section and its neighbours in one service of a Compose file say to swarm mode; absent = not said. */
export interface ComposeSettings {
  readonly mode?: Mode;
  readonly replicas?: number;
  readonly constraints?: readonly Constraint[];
  readonly spread?: readonly string[];
  readonly maxReplicas?: number;
  readonly platforms?: readonly Platform[];
  /** Reservations; where the file sets none, the task has none: limits are no reservations. */
  readonly nanoCpus: number;
  readonly memoryBytes: number;
  readonly generic: readonly { readonly kind: string; readonly count: number }[];
  readonly hostPorts: readonly HostPort[];
  readonly logDriver: string;
  readonly restart: Partial<RestartPolicy>;
  readonly update: Partial<UpdateConfig>;
  readonly rollback: Partial<UpdateConfig>;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads what swarm mode heeds of a Compose service (docs.docker.com, Compose Deploy Specification; `docker stack deploy`, cli/compose/convert/service.go).
 * @throws Error on values that Compose does not know; a reader of Compose files has refused them before
 */
export function composeSettings(spec: unknown): ComposeSettings {
  const service = fields(spec, 'service');
  const deploy = fields(service['deploy'], 'deploy');
  const placement = fields(deploy['placement'], 'deploy.placement');
  const reservations = fields(fields(deploy['resources'], 'deploy.resources')['reservations'], 'deploy.resources.reservations');
  const logging = fields(service['logging'], 'logging');
  const mode = deploy['mode'];
  const { replicas } = deploy;
  const constraints = placement['constraints'];
  const preferences = placement['preferences'];
  const maxReplicas = placement['max_replicas_per_node'];
  return {
    ...(mode !== undefined && { mode: oneOf(mode, MODES, 'deploy.mode') }),
    ...(replicas !== undefined && { replicas: whole(replicas, 'deploy.replicas') }),
    ...(constraints !== undefined && { constraints: list(constraints, 'deploy.placement.constraints').map((text) => parseConstraint(String(text))) }),
    ...(preferences !== undefined && { spread: list(preferences, 'deploy.placement.preferences').flatMap((entry) => spreadOf(entry)) }),
    ...(maxReplicas !== undefined && { maxReplicas: whole(maxReplicas, 'deploy.placement.max_replicas_per_node') }),
    nanoCpus: reservations['cpus'] === undefined ? 0 : Math.round(number(reservations['cpus'], 'deploy.resources.reservations.cpus') * 1e9),
    memoryBytes: reservations['memory'] === undefined ? 0 : bytes(reservations['memory'], 'deploy.resources.reservations.memory'),
    generic: list(reservations['generic_resources'] ?? [], 'deploy.resources.reservations.generic_resources').map((entry) => {
      const discrete = fields(fields(entry, 'generic resource')['discrete_resource_spec'], 'discrete_resource_spec');
      return { kind: String(discrete['kind']), count: whole(discrete['value'], 'discrete_resource_spec.value') };
    }),
    hostPorts: list(service['ports'] ?? [], 'ports').flatMap((port) => hostPort(port)),
    logDriver: logging['driver'] === undefined ? '' : String(logging['driver']),
    restart: restartPolicy(fields(deploy['restart_policy'], 'deploy.restart_policy')),
    update: updateConfig(fields(deploy['update_config'], 'deploy.update_config'), 'deploy.update_config'),
    rollback: updateConfig(fields(deploy['rollback_config'], 'deploy.rollback_config'), 'deploy.rollback_config'),
  };
}

const MODES = ['replicated', 'global', 'replicated-job', 'global-job'] as const;

function restartPolicy(policy: Fields): Partial<RestartPolicy> {
  const { condition, delay, window } = policy;
  const attempts = policy['max_attempts'];
  return {
    ...(condition !== undefined && { condition: oneOf(condition, ['any', 'on-failure', 'none'] as const, 'deploy.restart_policy.condition') }),
    ...(delay !== undefined && { delayUs: durationUs(delay, 'deploy.restart_policy.delay') }),
    ...(attempts !== undefined && { maxAttempts: whole(attempts, 'deploy.restart_policy.max_attempts') }),
    ...(window !== undefined && { windowUs: durationUs(window, 'deploy.restart_policy.window') }),
  };
}

function updateConfig(config: Fields, path: string): Partial<UpdateConfig> {
  const { parallelism, delay, monitor, order } = config;
  const action = config['failure_action'];
  const ratio = config['max_failure_ratio'];
  return {
    ...(parallelism !== undefined && { parallelism: whole(parallelism, `${path}.parallelism`) }),
    ...(delay !== undefined && { delayUs: durationUs(delay, `${path}.delay`) }),
    ...(action !== undefined && { failureAction: oneOf(action, ['pause', 'continue', 'rollback'] as const, `${path}.failure_action`) }),
    ...(monitor !== undefined && { monitorUs: durationUs(monitor, `${path}.monitor`) }),
    ...(ratio !== undefined && { maxFailureRatio: number(ratio, `${path}.max_failure_ratio`) }),
    ...(order !== undefined && { order: oneOf(order, ['stop-first', 'start-first'] as const, `${path}.order`) }),
  };
}

function spreadOf(entry: unknown): string[] {
  const { spread } = fields(entry, 'deploy.placement.preferences');
  return spread === undefined ? [] : [String(spread)];
}

/** Only ports published on the node itself concern placement; the short notation always means the routing mesh. */
function hostPort(port: unknown): HostPort[] {
  if (port === null || typeof port !== 'object') return [];
  const { mode, published, protocol } = port as { mode?: unknown; published?: unknown; protocol?: unknown };
  return mode === 'host' && published !== undefined ? [{ protocol: protocol === undefined ? 'tcp' : String(protocol), publishedPort: whole(published, 'ports.published') }] : [];
}

function fields(value: unknown, path: string): Fields {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw unusable(path, 'a mapping', value);
  return value as Fields;
}

function list(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw unusable(path, 'a list', value);
  return value;
}

function oneOf<T extends string>(value: unknown, names: readonly T[], path: string): T {
  const name = names.find((candidate) => candidate === value);
  if (name === undefined) throw unusable(path, `one of ${names.join(', ')}`, value);
  return name;
}

function number(value: unknown, path: string): number {
  const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof read !== 'number' || !(read >= 0) || read === Infinity) throw unusable(path, 'a number', value);
  return read;
}

function whole(value: unknown, path: string): number {
  const read = number(value, path);
  if (!Number.isInteger(read)) throw unusable(path, 'a whole number', value);
  return read;
}

const BYTE_UNITS: ReadonlyMap<string, number> = new Map([['', 1], ['b', 1], ['k', 1024], ['kb', 1024], ['m', 1_048_576], ['mb', 1_048_576], ['g', 1_073_741_824], ['gb', 1_073_741_824]]);

/** Docker's amounts of bytes: units are binary. */
function bytes(value: unknown, path: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(String(value));
  const unit = match === null ? undefined : BYTE_UNITS.get(match[2]!.toLowerCase());
  if (unit === undefined) throw unusable(path, 'an amount of bytes such as 64M', value);
  return Math.round(Number(match![1]) * unit);
}

const US_PER_UNIT: ReadonlyMap<string, number> = new Map([['us', 1], ['ms', 1_000], ['s', 1_000_000], ['m', 60_000_000], ['h', 3_600_000_000]]);

/** Compose durations: `5s`, `1m30s`. */
function durationUs(value: unknown, path: string): number {
  const text = String(value);
  if (text === '0') return 0;
  if (!/^(\d+(\.\d+)?(us|ms|s|m|h))+$/.test(text)) throw unusable(path, 'a duration such as 1m30s', value);
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g)) sum += Number(amount) * US_PER_UNIT.get(unit!)!;
  return Math.round(sum);
}

function unusable(path: string, expected: string, value: unknown): Error {
  return new Error(`Compose settings: ${path} should be ${expected}, not ${JSON.stringify(value)}`);
}
