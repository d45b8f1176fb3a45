import type { ConformanceCase, ConformanceResult, ConformanceSuite } from '../../conformance.ts';
import type { DisruptionBudgetManifest, NamespaceManifest, NodeManifest, PodManifest, ServiceManifest } from '../manifests/manifest.ts';
import { type PluginArguments, pluginOf } from '../manifests/plugin-arguments.ts';
import { labelsOf, nodeSpecOf, podSpecOf, selectorOf } from '../manifests/scheduling-manifest.ts';
import { parseTimestamp } from '../manifests/timestamp.ts';
import type { ClusterView } from '../scheduler/cluster-view.ts';
import { DEFAULT_PLUGINS, defaultProfile } from '../scheduler/default-profile.ts';
import { FILTER_VERDICT_NAMES, FilterVerdict } from '../scheduler/filter-verdict.ts';
import { NodeColumns } from '../scheduler/node-columns.ts';
import { DEFAULT_PREEMPTION, DefaultPreemption, type DisruptionBudget } from '../scheduler/plugins/default-preemption.ts';
import type { FilterPlugin } from '../scheduler/plugin.ts';
import { PodIndex } from '../scheduler/pod-index.ts';
import { type PodSpec, ResourceNames } from '../scheduler/pod-spec.ts';
import { Profile } from '../scheduler/profile.ts';
import { type SchedulerVersion, VERSION_RULES, type VersionRules } from '../scheduler/version-rules.ts';

interface PluginCase extends ConformanceCase {
  readonly plugin: string;
  readonly point: string;
  readonly args?: PluginArguments;
  readonly nodes: readonly NodeManifest[];
  readonly existingPods?: readonly PodManifest[];
  readonly pod: PodManifest;
  readonly candidates?: readonly string[];
  readonly namespaces?: readonly NamespaceManifest[];
  readonly services?: readonly ServiceManifest[];
  readonly podDisruptionBudgets?: readonly DisruptionBudgetManifest[];
  readonly filterPlugins?: readonly string[];
  readonly expect: Expectation;
  readonly olderExpect?: Readonly<Record<string, Expectation>>;
}

interface Expectation {
  readonly statuses?: Readonly<Record<string, string>>;
  readonly scores?: Readonly<Record<string, number>>;
  readonly weightedByPlugin?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly skipped?: boolean;
  readonly candidates?: Readonly<Record<string, { readonly victims: readonly string[]; readonly pdbViolations: number }>>;
  readonly selectedAnyOf?: readonly string[];
}

/** The state that a case describes. */
interface CaseCluster {
  readonly view: ClusterView;
  readonly pod: PodSpec;
  /** Names of the existing pods, by their number in the index. */
  readonly podNames: readonly string[];
}

/** Version of the model that answers for a version named in `olderExpect`. */
const OLDER: ReadonlyMap<string, SchedulerVersion> = new Map([['1.20.2', '1.20']]);

/** Recorded decisions of the scheduler's plugins at v1.35.4 (and v1.20.2 where it decided differently), through the plugin classes that runs use. */
export const kubePluginsSuite: ConformanceSuite = {
  name: 'kube-plugins',
  file: 'kubernetes/conformance/kube-plugins.jsonl',
  complete: true,
  accepts: (record) => typeof record['plugin'] === 'string' && typeof record['point'] === 'string' && Array.isArray(record['nodes']) && 'pod' in record,
  check: (record) => {
    const { olderExpect = {}, ...rest } = record as PluginCase;
    const present = checkCase(rest, rest.expect, VERSION_RULES.get('1.35')!);
    if (present.outcome !== 'agrees') return present;
    for (const [version, expected] of Object.entries(olderExpect)) {
      const known = OLDER.get(version);
      if (known === undefined) return { outcome: 'uncovered', missing: `version ${version}` };
      const older = checkCase(rest, expected, VERSION_RULES.get(known)!);
      if (older.outcome === 'disagrees') return { outcome: 'disagrees', expected: `${version}: ${older.expected}`, got: older.got };
      if (older.outcome === 'uncovered') return older;
    }
    return present;
  },
};

function checkCase(record: PluginCase, expected: Expectation, rules: VersionRules): ConformanceResult {
  const cluster = clusterOf(record);
  if (record.plugin === 'default-profile' && record.point === 'pipeline') return checkPipeline(cluster, expected, rules);
  if (record.plugin === 'DefaultPreemption' && record.point === 'preempt') return checkPreemption(record, cluster, expected, rules);
  const plugin = pluginOf(record.plugin, record.args ?? {}, rules);
  if (plugin === undefined) return { outcome: 'uncovered', missing: `plugin ${record.plugin}` };
  const { view, pod } = cluster;
  const { nodes } = view;
  if (record.point === 'filter') {
    if (plugin.filter === undefined) return { outcome: 'uncovered', missing: `${record.plugin} as a filter` };
    const profile = profileOf([plugin as FilterPlugin]);
    profile.prepare(pod, view, -1);
    return compare(entries(expected.statuses), statusesOf(profile, pod, nodes));
  }
  if (record.point !== 'score') return { outcome: 'uncovered', missing: `extension point ${record.point}` };
  if (plugin.score === undefined) return { outcome: 'uncovered', missing: `${record.plugin} as a scorer` };
  const candidates = record.candidates ?? nodes.names;
  const rows = candidates.map((name) => nodes.names.indexOf(name));
  const skipped = plugin.preScore === undefined ? plugin.skips!(pod, nodes) : !plugin.preScore(pod, view, rows, -1);
  if (expected.skipped === true && !skipped) return { outcome: 'disagrees', expected: 'skipped', got: 'not skipped' };
  const scores: number[] = [];
  if (!skipped && plugin.scoreAll !== undefined) plugin.scoreAll(rows, scores);
  else for (const row of rows) scores.push(skipped ? 0 : plugin.score(pod, nodes, row));
  if (!skipped) plugin.normalize?.(scores);
  return compare(entries(expected.scores), new Map(candidates.map((name, i) => [name, scores[i]!])));
}

function clusterOf(record: PluginCase): CaseCluster {
  const resources = new ResourceNames();
  const nodes = new NodeColumns(resources, record.nodes.map(nodeSpecOf));
  const pods = new PodIndex(nodes.count);
  const existing = record.existingPods ?? [];
  existing.forEach((manifest, i) => {
    const row = nodes.names.indexOf(manifest.spec?.nodeName ?? '');
    if (row < 0) return;
    const spec = podSpecOf(manifest, resources);
    nodes.add(row, spec, 1);
    pods.add(i, spec, row, parseTimestamp(manifest.status?.startTime ?? '1970-01-01T00:00:00Z'));
    if (manifest.metadata?.deletionTimestamp !== undefined) pods.terminate(i);
  });
  const namespaces = new Map((record.namespaces ?? []).map(({ metadata }) => [metadata.name, labelsOf(metadata.labels)]));
  return { view: { nodes, pods, namespaces }, pod: podSpecOf(record.pod, resources, record.services), podNames: existing.map((manifest) => manifest.metadata?.name ?? '') };
}

function profileOf(filters: readonly FilterPlugin[]): Profile {
  return new Profile({ schedulerName: '', percentageOfNodesToScore: null, filters, scores: [], preemption: null });
}

function statusesOf(profile: Profile, pod: PodSpec, nodes: NodeColumns): Map<string, string> {
  return new Map(nodes.names.map((name, row) => [name, FILTER_VERDICT_NAMES[profile.verdict(pod, nodes, row)]!]));
}

function checkPipeline({ view, pod }: CaseCluster, expected: Expectation, rules: VersionRules): ConformanceResult {
  const { nodes } = view;
  const profile = defaultProfile(rules);
  profile.prepare(pod, view, -1);
  const statuses = statusesOf(profile, pod, nodes);
  const filtered = compare(entries(expected.statuses), statuses);
  if (filtered.outcome !== 'agrees') return filtered;
  const rows = nodes.names.map((_, row) => row).filter((row) => profile.evaluate(pod, nodes, row) >= 0 && profile.admits(pod, nodes, row));
  const feasible = [...statuses.values()].filter((status) => status === 'Success').length;
  if (rows.length !== feasible) return { outcome: 'disagrees', expected: `${feasible} feasible nodes`, got: `${rows.length}` };
  if (rows.length === 0) return compare(entries(expected.scores), new Map());
  const totals = rows.map((row) => profile.evaluate(pod, nodes, row));
  profile.addClusterScores(pod, view, -1, rows, totals);
  const scored = compare(entries(expected.scores), new Map(rows.map((row, i) => [nodes.names[row]!, totals[i]!])));
  if (scored.outcome !== 'agrees' || expected.weightedByPlugin === undefined) return scored;
  const parts = profile.breakdown(pod, view, -1, rows);
  const got = rows.flatMap((row, i) => parts.map(({ plugin, weighted }) => [`${nodes.names[row]!} ${plugin}`, weighted[i]!] as const));
  const wanted = Object.entries(expected.weightedByPlugin).flatMap(([node, plugins]) => Object.entries(plugins).map(([plugin, weighted]) => [`${node} ${plugin}`, weighted] as const));
  return compare(new Map(wanted), new Map(got));
}

function checkPreemption(record: PluginCase, { view, pod, podNames }: CaseCluster, expected: Expectation, rules: VersionRules): ConformanceResult {
  const filters: FilterPlugin[] = [];
  for (const name of record.filterPlugins ?? DEFAULT_PLUGINS) {
    const plugin = pluginOf(name, {}, rules);
    if (plugin === undefined) return { outcome: 'uncovered', missing: `plugin ${name}` };
    if (plugin.filter !== undefined) filters.push(plugin as FilterPlugin);
  }
  const { nodes, pods } = view;
  const profile = profileOf(filters);
  profile.prepare(pod, view, -1);
  const statuses = statusesOf(profile, pod, nodes);
  const filtered = expected.statuses === undefined ? { outcome: 'agrees' as const } : compare(entries(expected.statuses), statuses);
  if (filtered.outcome !== 'agrees') return filtered;
  const tried = !pod.preempts ? [] : nodes.names.map((_, row) => row).filter((row) => preemptionMayHelp(profile.verdict(pod, nodes, row), rules));
  const rowOf = podNames.map((_, i) => (pods.isPlaced(i) ? pods.row[i]! : -1));
  const trial = {
    pods,
    take: (other: number) => {
      nodes.add(rowOf[other]!, pods.spec(other), -1);
      pods.remove(other);
    },
    put: (other: number) => {
      nodes.add(rowOf[other]!, pods.spec(other), 1);
      pods.add(other, pods.spec(other), rowOf[other]!, pods.startUs[other]!);
    },
    fits: (row: number) => {
      profile.prepare(pod, view, -1);
      return profile.verdict(pod, nodes, row) === FilterVerdict.success;
    },
  };
  const plugin = new DefaultPreemption(DEFAULT_PREEMPTION, rules.preemptsOnlyRejected);
  const budgets = (record.podDisruptionBudgets ?? []).map((budget): DisruptionBudget => ({
    namespace: budget.metadata?.namespace ?? 'default',
    selector: selectorOf(budget.spec?.selector),
    disruptionsAllowed: budget.status?.disruptionsAllowed ?? 0,
    counted: (other) => Object.hasOwn(budget.status?.disruptedPods ?? {}, podNames[other]!),
  }));
  const candidates = plugin.candidates(pod, tried, 0, Infinity, budgets, trial);
  const text = (victims: readonly string[], violations: number) => `${victims.join('>')} violating ${violations}`;
  if (expected.candidates !== undefined) {
    const wanted = new Map(Object.entries(expected.candidates).map(([node, { victims, pdbViolations }]) => [node, text(victims, pdbViolations)]));
    const found = compare(wanted, new Map(candidates.map(({ row, victims, violations }) => [nodes.names[row]!, text(victims.map((victim) => podNames[victim]!), violations)])));
    if (found.outcome !== 'agrees') return found;
  }
  const selected = plugin.best(candidates, pods).map(({ row }) => nodes.names[row]!);
  return compare(new Map([['selected', [...(expected.selectedAnyOf ?? [])].sort().join(' ')]]), new Map([['selected', selected.sort().join(' ')]]));
}

/** Whether removing pods may change a filter's verdict (nodesWherePreemptionMightHelp). */
function preemptionMayHelp(verdict: FilterVerdict, rules: VersionRules): boolean {
  return rules.preemptsOnlyRejected ? verdict === FilterVerdict.unschedulable : verdict !== FilterVerdict.unresolvable;
}

function entries<T>(values: Readonly<Record<string, T>> | undefined): ReadonlyMap<string, T> {
  return new Map(Object.entries(values ?? {}));
}

function compare(expected: ReadonlyMap<string, unknown>, got: ReadonlyMap<string, unknown>): ConformanceResult {
  const text = (values: ReadonlyMap<string, unknown>) =>
    [...values.keys()]
      .sort()
      .map((key) => `${key}=${String(values.get(key))}`)
      .join(' ');
  return text(expected) === text(got) ? { outcome: 'agrees' } : { outcome: 'disagrees', expected: text(expected), got: text(got) };
}
