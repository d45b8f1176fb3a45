import { LineCounter, type Node, parseDocument } from 'yaml';
import { z } from 'zod';
import { InputError } from '../../../engine/input-error.ts';
import { suggestion } from '../../../engine/nearest.ts';
import { PLUGIN_ARGUMENTS } from './plugin-arguments-schema.ts';
import { knownPlugins, type PluginArguments } from './plugin-arguments.ts';

const name = z.string().min(1);
const weight = z.number().int().min(0).max(100).optional();
const PLUGIN_SET = z.strictObject({
  enabled: z.array(z.strictObject({ name, weight })).optional(),
  disabled: z.array(z.strictObject({ name, weight })).optional(),
});
const POINTS = ['preEnqueue', 'queueSort', 'preFilter', 'filter', 'postFilter', 'preScore', 'score', 'reserve', 'permit', 'preBind', 'bind', 'postBind', 'multiPoint'] as const;
type Point = (typeof POINTS)[number];
const PLUGINS = z.strictObject(Object.fromEntries(POINTS.map((point) => [point, PLUGIN_SET.optional()])) as Record<Point, z.ZodOptional<typeof PLUGIN_SET>>);
const PERCENTAGE = z.number().int().min(0).max(100).nullable().optional();
const PROFILE = z.strictObject({
  schedulerName: name.optional(),
  percentageOfNodesToScore: PERCENTAGE,
  plugins: PLUGINS.optional(),
  pluginConfig: z.array(z.strictObject({ name, args: z.record(z.string(), z.unknown()).optional() })).optional(),
});

/** KubeSchedulerConfiguration, kubescheduler.config.k8s.io/v1 (staging/src/k8s.io/kube-scheduler/config/v1/types.go, v1.35.4). What only operates the process is read over. */
const CONFIGURATION = z.strictObject({
  apiVersion: z.enum(['kubescheduler.config.k8s.io/v1', 'kubescheduler.config.k8s.io/v1beta3', 'kubescheduler.config.k8s.io/v1beta2']),
  kind: z.literal('KubeSchedulerConfiguration'),
  parallelism: z.number().int().min(1).optional(),
  leaderElection: z.record(z.string(), z.unknown()).optional(),
  clientConnection: z
    .strictObject({ kubeconfig: z.string().optional(), acceptContentTypes: z.string().optional(), contentType: z.string().optional(), qps: z.number().positive().optional(), burst: z.number().int().min(1).optional() })
    .optional(),
  healthzBindAddress: z.string().optional(),
  metricsBindAddress: z.string().optional(),
  enableProfiling: z.boolean().optional(),
  enableContentionProfiling: z.boolean().optional(),
  percentageOfNodesToScore: PERCENTAGE,
  podInitialBackoffSeconds: z.number().int().min(1).optional(),
  podMaxBackoffSeconds: z.number().int().min(1).optional(),
  delayCacheUntilActive: z.boolean().optional(),
  profiles: z.array(PROFILE).min(1).optional(),
  extenders: z.array(z.unknown()).max(0, 'HTTP extenders are not part of the model').optional(),
});

/** A profile as configured, defaults not yet merged in. */
export interface ConfiguredProfile {
  readonly schedulerName: string;
  readonly percentageOfNodesToScore: number | null;
  /** Per extension point. */
  readonly enabled: Readonly<Partial<Record<Point, readonly { readonly name: string; readonly weight: number }[]>>>;
  readonly disabled: Readonly<Partial<Record<Point, readonly string[]>>>;
  readonly arguments: Readonly<Record<string, PluginArguments>>;
}

/** A scheduler's configuration as runs take it: plain data. `null` = not stated. */
export interface SchedulerConfiguration {
  readonly percentageOfNodesToScore: number | null;
  readonly podInitialBackoffSeconds: number | null;
  readonly podMaxBackoffSeconds: number | null;
  readonly qps: number | null;
  readonly burst: number | null;
  readonly profiles: readonly ConfiguredProfile[];
}

/** Reads a KubeSchedulerConfiguration. @throws InputError naming file, line and path of the first mistake */
export function readSchedulerConfiguration(text: string, file: string): SchedulerConfiguration {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, stringKeys: true, schema: 'core', prettyErrors: false, logLevel: 'error' });
  const complaint = document.errors[0] ?? document.warnings[0];
  if (complaint !== undefined) throw new InputError(`${file}:${lines.linePos(complaint.pos[0]).line}: ${complaint.message.split('\n')[0]!}`);
  const fail = (path: readonly PropertyKey[], problem: string): never => {
    let line = 1;
    for (let length = path.length; length > 0; length--) {
      const range = (document.getIn(path.slice(0, length), true) as Node | undefined)?.range;
      if (range) {
        line = lines.linePos(range[0]).line;
        break;
      }
    }
    throw new InputError(`${file}:${line}: ${path.length === 0 ? '' : `${path.map(String).join('.')}: `}${problem}`);
  };
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 1000 });
  } catch (error) {
    throw new InputError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (value === null || typeof value !== 'object') return fail([], 'expected a KubeSchedulerConfiguration');
  const checked = CONFIGURATION.safeParse(value);
  if (!checked.success) return failWith(checked.error.issues[0]!, CONFIGURATION, [], fail);
  const { data } = checked;
  const names = new Set<string>();
  const profiles = (data.profiles ?? [{}]).map((profile, i): ConfiguredProfile => {
    const schedulerName = profile.schedulerName ?? 'default-scheduler';
    if (names.has(schedulerName)) fail(['profiles', i, 'schedulerName'], `two profiles are called "${schedulerName}"`);
    names.add(schedulerName);
    const plugins = profile.plugins ?? {};
    const known = knownPlugins();
    for (const point of POINTS) {
      plugins[point]?.enabled?.forEach((plugin, j) => {
        if (!known.includes(plugin.name)) fail(['profiles', i, 'plugins', point, 'enabled', j, 'name'], `there is no plugin "${plugin.name}"${suggestion(plugin.name, known)}`);
      });
    }
    const enabled: Partial<Record<Point, { name: string; weight: number }[]>> = {};
    const disabled: Partial<Record<Point, string[]>> = {};
    for (const point of POINTS) {
      const set = plugins[point];
      if (set?.enabled !== undefined) enabled[point] = set.enabled.map((plugin) => ({ name: plugin.name, weight: plugin.weight ?? 0 }));
      if (set?.disabled !== undefined) disabled[point] = set.disabled.map((plugin) => plugin.name);
    }
    const configured: Record<string, PluginArguments> = {};
    (profile.pluginConfig ?? []).forEach(({ name: plugin, args = {} }, j) => {
      const path = ['profiles', i, 'pluginConfig', j];
      if (Object.hasOwn(configured, plugin)) fail([...path, 'name'], `two configurations of plugin "${plugin}"`);
      const schema = PLUGIN_ARGUMENTS.get(plugin);
      const { apiVersion: _, kind: __, ...rest } = args;
      if (schema !== undefined) {
        const parsed = schema.safeParse(rest);
        if (!parsed.success) failWith(parsed.error.issues[0]!, schema, [...path, 'args'], fail);
      }
      configured[plugin] = rest as PluginArguments;
    });
    return { schedulerName, percentageOfNodesToScore: profile.percentageOfNodesToScore ?? null, enabled, disabled, arguments: configured };
  });
  return {
    percentageOfNodesToScore: data.percentageOfNodesToScore ?? null,
    podInitialBackoffSeconds: data.podInitialBackoffSeconds ?? null,
    podMaxBackoffSeconds: data.podMaxBackoffSeconds ?? null,
    qps: data.clientConnection?.qps ?? null,
    burst: data.clientConnection?.burst ?? null,
    profiles,
  };
}

function failWith(issue: z.core.$ZodIssue, schema: z.ZodType, base: readonly PropertyKey[], fail: (path: readonly PropertyKey[], problem: string) => never): never {
  const path = [...base, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    return fail([...path, key], `unknown field "${key}"${suggestion(key, keysAt(schema, issue.path))}`);
  }
  if (issue.code === 'invalid_value') return fail(path, `expected ${issue.values.map(String).join(', ')}`);
  return fail(path, issue.message.replace(/^Invalid input: /, ''));
}

/** Fields of the object at a path of a schema. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let current = unwrapped(schema);
  for (const segment of path) {
    const next = current instanceof z.ZodArray ? (current.element as z.ZodType) : current instanceof z.ZodObject ? (current.shape[String(segment)] as z.ZodType | undefined) : undefined;
    if (next === undefined) return [];
    current = unwrapped(next);
  }
  return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
}

function unwrapped(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? unwrapped(schema.unwrap() as z.ZodType) : schema;
}
