import type { ConformanceCase, ConformanceResult, ConformanceSuite } from '../../conformance.ts';
import type { NodeAffinityManifest, NodeManifest, PodManifest } from '../manifests/manifest.ts';
import { affinityOf, nodeSpecOf, podSpecOf } from '../manifests/scheduling-manifest.ts';
import { FILTER_VERDICT_NAMES } from '../scheduler/filter-verdict.ts';
import { NodeColumns } from '../scheduler/node-columns.ts';
import type { FilterPlugin, ScorePlugin } from '../scheduler/plugin.ts';
import { NodeAffinity } from '../scheduler/plugins/node-affinity.ts';
import { NodeName } from '../scheduler/plugins/node-name.ts';
import { NodeResourcesBalancedAllocation } from '../scheduler/plugins/node-resources-balanced-allocation.ts';
import { DEFAULT_FIT, type FitArguments, NodeResourcesFit, type ShapePoint, type WeightedResource } from '../scheduler/plugins/node-resources-fit.ts';
import { NodeUnschedulable } from '../scheduler/plugins/node-unschedulable.ts';
import { TaintToleration } from '../scheduler/plugins/taint-toleration.ts';
import { ResourceNames } from '../scheduler/pod-spec.ts';

interface PluginCase extends ConformanceCase {
  readonly plugin: string;
  readonly point: string;
  readonly args?: PluginArguments;
  readonly nodes: readonly NodeManifest[];
  readonly existingPods?: readonly PodManifest[];
  readonly pod: PodManifest;
  readonly candidates?: readonly string[];
  readonly expect: {
    readonly statuses?: Readonly<Record<string, string>>;
    readonly scores?: Readonly<Record<string, number>>;
    readonly skipped?: boolean;
  };
}

interface PluginArguments {
  readonly addedAffinity?: NodeAffinityManifest;
  readonly resources?: readonly WeightedResource[];
  readonly ignoredResources?: readonly string[];
  readonly ignoredResourceGroups?: readonly string[];
  readonly scoringStrategy?: {
    readonly type?: FitArguments['strategy'];
    readonly resources?: readonly WeightedResource[];
    readonly requestedToCapacityRatio?: { readonly shape?: readonly ShapePoint[] };
  };
}

/** Builds the plugin of a case; absent = the model does not have it yet. */
const PLUGINS = new Map<string, (args: PluginArguments) => Partial<FilterPlugin> & Partial<ScorePlugin>>([
  ['NodeResourcesFit', (args) => new NodeResourcesFit(fitArguments(args))],
  ['NodeResourcesBalancedAllocation', (args) => new NodeResourcesBalancedAllocation(args.resources?.map((resource) => resource.name))],
  ['TaintToleration', () => new TaintToleration()],
  ['NodeUnschedulable', () => new NodeUnschedulable()],
  ['NodeName', () => new NodeName()],
  ['NodeAffinity', (args) => new NodeAffinity(args.addedAffinity === undefined ? null : affinityOf(args.addedAffinity))],
]);

/** Recorded decisions of the scheduler's plugins at v1.35.4, through the plugin classes that runs use. */
export const kubePluginsSuite: ConformanceSuite = {
  name: 'kube-plugins',
  file: 'kubernetes/conformance/kube-plugins.jsonl',
  complete: false,
  accepts: (record) => typeof record['plugin'] === 'string' && typeof record['point'] === 'string' && Array.isArray(record['nodes']) && 'pod' in record,
  check: (record) => checkCase(record as PluginCase),
};

function checkCase(record: PluginCase): ConformanceResult {
  const build = PLUGINS.get(record.plugin);
  if (build === undefined) return { outcome: 'uncovered', missing: `plugin ${record.plugin}` };
  if (record.point !== 'filter' && record.point !== 'score') return { outcome: 'uncovered', missing: `extension point ${record.point}` };
  const resources = new ResourceNames();
  const nodes = new NodeColumns(resources, record.nodes.map(nodeSpecOf));
  for (const pod of record.existingPods ?? []) {
    const row = nodes.names.indexOf(pod.spec?.nodeName ?? '');
    if (row >= 0) nodes.add(row, podSpecOf(pod, resources), 1);
  }
  const pod = podSpecOf(record.pod, resources);
  const plugin = build(record.args ?? {});
  if (record.point === 'filter') {
    if (plugin.filter === undefined) return { outcome: 'uncovered', missing: `${record.plugin} as a filter` };
    const statuses = new Map(nodes.names.map((name, row) => [name, FILTER_VERDICT_NAMES[plugin.filter!(pod, nodes, row)]!]));
    return compare(new Map(Object.entries(record.expect.statuses ?? {})), statuses);
  }
  if (plugin.score === undefined) return { outcome: 'uncovered', missing: `${record.plugin} as a scorer` };
  const candidates = record.candidates ?? nodes.names;
  const skipped = plugin.skips!(pod, nodes);
  if (skipped !== (record.expect.skipped ?? false)) return { outcome: 'disagrees', expected: `skipped: ${record.expect.skipped ?? false}`, got: `skipped: ${skipped}` };
  const scores = candidates.map((name) => (skipped ? 0 : plugin.score!(pod, nodes, nodes.names.indexOf(name))));
  if (!skipped) plugin.normalize?.(scores);
  return compare(new Map(Object.entries(record.expect.scores ?? {})), new Map(candidates.map((name, i) => [name, scores[i]!])));
}

function fitArguments({ scoringStrategy, ignoredResources, ignoredResourceGroups }: PluginArguments): FitArguments {
  const resources = (scoringStrategy?.resources ?? DEFAULT_FIT.resources).map(({ name, weight }) => ({ name, weight: weight || 1 }));
  return {
    strategy: scoringStrategy?.type ?? DEFAULT_FIT.strategy,
    resources,
    shape: scoringStrategy?.requestedToCapacityRatio?.shape ?? [],
    ignoredResources: ignoredResources ?? [],
    ignoredResourceGroups: ignoredResourceGroups ?? [],
  };
}

function compare(expected: ReadonlyMap<string, unknown>, got: ReadonlyMap<string, unknown>): ConformanceResult {
  const text = (values: ReadonlyMap<string, unknown>) =>
    [...values.keys()]
      .sort()
      .map((key) => `${key}=${String(values.get(key))}`)
      .join(' ');
  return text(expected) === text(got) ? { outcome: 'agrees' } : { outcome: 'disagrees', expected: text(expected), got: text(got) };
}
