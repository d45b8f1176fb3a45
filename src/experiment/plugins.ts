import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError } from '../engine/input-error.ts';
import { suggestion } from '../engine/nearest.ts';
import { register } from '../engine/register.ts';
import { FAULT_KINDS, type FaultKind } from '../faults/fault-plan.ts';
import type { FaultKindDefinition } from '../faults/kinds/fault-kind.ts';
import { FAULT_KIND_LIST } from '../faults/kinds/registry.ts';
import type { FaultSource } from '../faults/sources/fault-source.ts';
import { FAULT_SOURCES } from '../faults/sources/registry.ts';
import { type Column, columnsOf } from '../metrics/columns.ts';
import { FURTHER_METRICS, type MetricDefinition } from '../metrics/metric-definition.ts';
import { OUT_OF_TREE_PLUGINS, type OutOfTreePlugin } from '../orchestrators/kubernetes/scheduler/out-of-tree.ts';
import type { OrchestratorDefinition } from '../orchestrators/orchestrator.ts';
import { ORCHESTRATORS } from '../orchestrators/registry.ts';
import { notePlugin } from '../scenario/version.ts';
import type { ReadOptions, TraceReader } from '../workload/reader.ts';
import { TRACE_READERS } from '../workload/readers/registry.ts';

/** What a plugin can bring to runs; each kind of thing by the very interface that Seatrial's own ones have. */
export interface ModelPlugin {
  /** Named in manifests, beside a hash of the code. */
  readonly name: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- every definition has options of its own type
  readonly orchestrators?: readonly OrchestratorDefinition<any>[];
  /** Scheduler plugins of Kubernetes; scenarios enable them by `outOfTreePlugins`. */
  readonly policies?: readonly OutOfTreePlugin[];
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  readonly readers?: readonly TraceReader<any>[];
  readonly faultKinds?: readonly FaultKindDefinition[];
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  readonly faultSources?: readonly FaultSource<any>[];
  readonly metrics?: readonly MetricDefinition[];
}

/** Keys of a plugin; `charts` is for reports. */
const KEYS = ['name', 'orchestrators', 'policies', 'readers', 'faultKinds', 'faultSources', 'metrics', 'charts'] as const;

const loaded = new Map<string, ModelPlugin>();

/** Files of the plugins that take part, in the order in which they were loaded. */
export function loadedPlugins(): readonly string[] {
  return [...loaded.keys()];
}

/**
 * Loads plugins: TypeScript or JavaScript modules whose default export is a plugin. Do so before the first scenario is read. A plugin runs as part of Seatrial, with all that its user may do.
 * @returns the plugins, in order @throws InputError if a file is missing or no plugin, or a name is taken
 */
export async function loadPlugins(files: readonly string[]): Promise<readonly ModelPlugin[]> {
  const plugins: ModelPlugin[] = [];
  for (const file of files) {
    const path = resolve(file);
    let plugin = loaded.get(path);
    if (plugin === undefined) {
      if (!existsSync(path)) throw new InputError(`${file}: there is no such plugin`);
      let module: { readonly default?: unknown };
      try {
        module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
      } catch (error) {
        throw new InputError(`${file}: the plugin cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
      }
      plugin = checked(file, module.default);
      enlist(plugin);
      notePlugin(plugin.name, hashOfModule(path));
      loaded.set(path, plugin);
    }
    plugins.push(plugin);
  }
  return plugins;
}

function checked(file: string, value: unknown): ModelPlugin {
  if (value === null || typeof value !== 'object') throw new InputError(`${file}: expected a plugin as default export: an object with a name and some of ${KEYS.slice(1).join(', ')}`);
  const entries = Object.entries(value);
  for (const [key, part] of entries) {
    if (!(KEYS as readonly string[]).includes(key)) throw new InputError(`${file}: a plugin has no "${key}"${suggestion(key, KEYS)}`);
    if (key !== 'name' && (!Array.isArray(part) || part.some((each: unknown) => typeof (each as { name?: unknown } | null)?.name !== 'string'))) throw new InputError(`${file}: expected ${key} to be a list of definitions, each with a name`);
  }
  if (typeof (value as { name?: unknown }).name !== 'string') throw new InputError(`${file}: the plugin has no name`);
  return value as ModelPlugin;
}

function enlist(plugin: ModelPlugin): void {
  for (const definition of plugin.orchestrators ?? []) register(ORCHESTRATORS, definition, 'orchestrator');
  for (const policy of plugin.policies ?? []) register(OUT_OF_TREE_PLUGINS, policy, 'scheduler plugin');
  for (const reader of plugin.readers ?? []) register(TRACE_READERS, reader as TraceReader<ReadOptions>, 'trace format');
  for (const kind of plugin.faultKinds ?? []) {
    register<FaultKindDefinition>(FAULT_KIND_LIST, kind, 'kind of fault');
    if (!FAULT_KINDS.includes(kind.name as FaultKind)) (FAULT_KINDS as FaultKind[]).push(kind.name as FaultKind);
  }
  for (const source of plugin.faultSources ?? []) register<FaultSource>(FAULT_SOURCES as unknown as FaultSource[], source as FaultSource, 'source of faults');
  for (const metric of plugin.metrics ?? []) {
    register(FURTHER_METRICS, metric, 'metric');
    const columns = columnsOf('runs.csv') as Column[];
    for (const column of metric.columns) register(columns, { ...column, from: 'run' }, 'column of runs.csv');
  }
}

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*(['"])(\.{1,2}\/[^'"]+)\1/g;

/** Hash over a module and the modules that it names by relative paths, by base name and text; Seatrial's own have a hash of their own. */
function hashOfModule(path: string): string {
  const own = dirname(import.meta.dirname);
  const seen = new Map<string, string>();
  const visit = (file: string): void => {
    if (seen.has(file) || file.startsWith(own) || !existsSync(file)) return;
    const text = readFileSync(file, 'utf8');
    seen.set(file, text);
    for (const [, , target] of text.matchAll(IMPORT)) visit(resolve(dirname(file), target!));
  };
  visit(path);
  const hash = createHash('sha256');
  for (const [file, text] of [...seen].sort(([a], [b]) => (basename(a) < basename(b) ? -1 : 1))) hash.update(`${basename(file)};${text.length};${text}`);
  return hash.digest('hex').slice(0, 16);
}
