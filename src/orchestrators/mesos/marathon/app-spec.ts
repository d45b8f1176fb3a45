import type { Shape } from '../../../workload/shape.ts';
import { type Operator, OPERATORS, type PlacementConstraint } from './constraints/placement-constraint.ts';
import type { BackoffStrategy } from './launch-backoff.ts';
import type { MarathonOptions } from './marathon-options.ts';

/** How Marathon checks that an instance is well. Times in microseconds. */
export interface HealthCheck {
  readonly graceUs: number;
  readonly intervalUs: number;
  readonly timeoutUs: number;
  /** 0 = never killed. */
  readonly maxConsecutiveFailures: number;
  /** Made by the executor on the agent (MESOS_HTTP, MESOS_TCP, COMMAND): it stops with its machine and then finds nothing. */
  readonly onAgent: boolean;
  /** Executor checks begin this long after the start. */
  readonly delayUs: number;
}

/** An app as its user wrote it, defaults filled in. */
export interface AppSpec {
  readonly constraints: readonly PlacementConstraint[];
  /** Host ports wanted, 0 = any. */
  readonly hostPorts: readonly number[];
  /** Service ports by which load balancers know it, 0 = to be assigned. */
  readonly servicePorts: readonly number[];
  readonly backoff: BackoffStrategy;
  readonly minimumHealthCapacity: number;
  readonly maximumOverCapacity: number;
  readonly resident: boolean;
  readonly healthCheck: HealthCheck | null;
  /** Interval of the readiness check; 0 = none. */
  readonly readinessIntervalUs: number;
  /** Infinity = an unreachable instance is waited for, for ever. */
  readonly inactiveAfterUs: number;
  readonly expungeAfterUs: number;
  /** Role that it is launched in; undefined = the framework decides. */
  readonly role: string | undefined;
  /** Takes resources reserved to its role, and those that nobody has reserved. */
  readonly reserved: boolean;
  readonly unreserved: boolean;
  readonly killSelection: 'YOUNGEST_FIRST' | 'OLDEST_FIRST';
  /** Ids of apps or groups that must be up first, absolute. */
  readonly dependencies: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

/**
 * The settings of an app: those that it was written with in Marathon's own format (mesosphere/marathon 1.11, docs/docs/rest-api/public/api/v2/types/app.raml and the schemas beside it), the
 * options of the framework for the rest.
 */
export function appSpecOf(shape: Shape, options: MarathonOptions): AppSpec {
  const app = shape.native?.format === 'marathon' ? json(shape.native.spec) : undefined;
  const upgrade = json(app?.['upgradeStrategy']);
  const resident = app?.['residency'] !== undefined || residentByVolume(app);
  const unreachable = app?.['unreachableStrategy'];
  const waits = unreachable === 'disabled' || (unreachable === undefined && resident);
  const { hostPorts, servicePorts } = app === undefined ? { hostPorts: [], servicePorts: [] } : portsOf(app);
  return {
    constraints: app === undefined ? [] : constraintsOf(app),
    hostPorts,
    servicePorts,
    backoff: {
      backoffUs: seconds(app?.['backoffSeconds'], options.backoff),
      factor: number(app?.['backoffFactor'], options.backoffFactor),
      maxLaunchDelayUs: seconds(app?.['maxLaunchDelaySeconds'], options.maxLaunchDelay),
    },
    // Upgrades of resident apps: half may be missing, none may be too many (state/UpgradeStrategy.scala, forResidentTasks).
    minimumHealthCapacity: number(upgrade?.['minimumHealthCapacity'], resident ? 0.5 : options.minimumHealthCapacity),
    maximumOverCapacity: number(upgrade?.['maximumOverCapacity'], resident ? 0 : options.maximumOverCapacity),
    resident,
    healthCheck: healthCheckOf(app, options),
    readinessIntervalUs: readinessOf(app),
    inactiveAfterUs: waits ? Infinity : seconds(json(unreachable)?.['inactiveAfterSeconds'], options.unreachableInactiveAfter),
    expungeAfterUs: waits ? Infinity : seconds(json(unreachable)?.['expungeAfterSeconds'], options.unreachableExpungeAfter),
    role: roleOf(shape),
    ...acceptedOf(app),
    killSelection: app?.['killSelection'] === 'OLDEST_FIRST' || (app?.['killSelection'] === undefined && options.killSelection === 'oldest-first') ? 'OLDEST_FIRST' : 'YOUNGEST_FIRST',
    dependencies: list(app?.['dependencies']).filter((id): id is string => typeof id === 'string'),
  };
}

/** Role that an app names (app: role). */
export function roleOf(shape: Shape): string | undefined {
  const role = shape.native?.format === 'marathon' ? json(shape.native.spec)?.['role'] : undefined;
  return typeof role === 'string' && role !== '' ? role : undefined;
}

/** Whether an app takes reserved or unreserved resources only (app: acceptedResourceRoles; by default both). */
export function isChoosy(shape: Shape): boolean {
  const { reserved, unreserved } = acceptedOf(shape.native?.format === 'marathon' ? json(shape.native.spec) : undefined);
  return !reserved || !unreserved;
}

function acceptedOf(app: Json | undefined): { readonly reserved: boolean; readonly unreserved: boolean } {
  const roles = list(app?.['acceptedResourceRoles']);
  if (roles.length === 0) return { reserved: true, unreserved: true };
  return { reserved: roles.some((role) => role !== '*'), unreserved: roles.includes('*') };
}

function constraintsOf(app: Json): PlacementConstraint[] {
  return list(app['constraints']).flatMap((entry) => {
    const [field, operator, value] = list(entry);
    if (typeof field !== 'string' || !(OPERATORS as readonly unknown[]).includes(operator)) return [];
    return [{ field, operator: operator as Operator, value: value === undefined || value === null ? '' : String(value) }];
  });
}

/** Ports of `portDefinitions`, `ports` or port mappings; one dynamic port where nothing is said (state/AppDefinition.scala). */
function portsOf(app: Json): { hostPorts: number[]; servicePorts: number[] } {
  const container = json(app['container']);
  const mappings = container?.['portMappings'] ?? json(container?.['docker'])?.['portMappings'];
  if (Array.isArray(mappings)) {
    const read = (mapping: unknown, key: string): number => number(json(mapping)?.[key], 0);
    // On a container network a mapping without host port takes none.
    const bridged = !list(app['networks']).some((network) => json(network)?.['mode'] === 'container');
    return {
      hostPorts: mappings.filter((mapping) => bridged || typeof json(mapping)?.['hostPort'] === 'number').map((mapping) => read(mapping, 'hostPort')),
      servicePorts: mappings.map((mapping) => read(mapping, 'servicePort')),
    };
  }
  const definitions = app['portDefinitions'] ?? app['ports'] ?? [0];
  const servicePorts = list(definitions).map((entry) => (typeof entry === 'number' ? entry : number(json(entry)?.['port'], 0)));
  return { servicePorts, hostPorts: app['requirePorts'] === true ? servicePorts : servicePorts.map(() => 0) };
}

function healthCheckOf(app: Json | undefined, options: MarathonOptions): HealthCheck | null {
  const { gracePeriod, interval, timeout, maxConsecutiveFailures, delay } = options.healthCheck;
  const written = app === undefined ? undefined : list(app['healthChecks']).map(json).find((check) => check !== undefined);
  if (written === undefined) {
    if (!options.healthChecks || app !== undefined) return null;
    return { graceUs: gracePeriod, intervalUs: interval, timeoutUs: timeout, maxConsecutiveFailures, onAgent: false, delayUs: 0 };
  }
  const protocol = typeof written['protocol'] === 'string' ? written['protocol'] : 'HTTP';
  return {
    graceUs: seconds(written['gracePeriodSeconds'], gracePeriod),
    intervalUs: Math.max(1, seconds(written['intervalSeconds'], interval)),
    timeoutUs: seconds(written['timeoutSeconds'], timeout),
    maxConsecutiveFailures: number(written['maxConsecutiveFailures'], maxConsecutiveFailures),
    onAgent: protocol === 'COMMAND' || protocol.startsWith('MESOS_'),
    delayUs: seconds(written['delaySeconds'], delay),
  };
}

/** Interval of the first readiness check, 30 s if it names none (core/readiness/ReadinessCheck.scala). */
function readinessOf(app: Json | undefined): number {
  const check = json(list(app?.['readinessChecks'])[0]);
  return check === undefined ? 0 : Math.max(1, seconds(check['intervalSeconds'], 30_000_000));
}

function residentByVolume(app: Json | undefined): boolean {
  return list(json(app?.['container'])?.['volumes']).some((volume) => json(volume)?.['persistent'] !== undefined);
}

function json(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function number(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function seconds(value: unknown, otherwiseUs: number): number {
  return typeof value === 'number' ? Math.round(value * 1e6) : otherwiseUs;
}
