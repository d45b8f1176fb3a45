import { INFEASIBLE } from '../../../engine/score-memo.ts';
import type { ClusterView } from './cluster-view.ts';
import { FilterVerdict } from './filter-verdict.ts';
import type { LifecyclePlugin } from './lifecycle-plugin.ts';
import type { NodeColumns } from './node-columns.ts';
import { type FilterPlugin, MAX_NODE_SCORE, type ScorePlugin } from './plugin.ts';
import type { DefaultPreemption } from './plugins/default-preemption.ts';
import { InterPodAffinity } from './plugins/inter-pod-affinity.ts';
import type { NodeAffinity } from './plugins/node-affinity.ts';
import type { NodeResourcesBalancedAllocation } from './plugins/node-resources-balanced-allocation.ts';
import type { NodeResourcesFit } from './plugins/node-resources-fit.ts';
import type { NodeName } from './plugins/node-name.ts';
import type { NodeUnschedulable } from './plugins/node-unschedulable.ts';
import type { PodTopologySpread } from './plugins/pod-topology-spread.ts';
import type { TaintToleration } from './plugins/taint-toleration.ts';
import type { PodSpec } from './pod-spec.ts';

/** A score plugin with its weight. */
export interface WeightedPlugin {
  readonly plugin: ScorePlugin;
  readonly weight: number;
}

/** The plugins of one profile, in the order in which the scheduler runs them. */
export interface ProfilePlugins {
  readonly schedulerName: string;
  readonly percentageOfNodesToScore: number | null;
  readonly filters: readonly FilterPlugin[];
  readonly scores: readonly WeightedPlugin[];
  readonly preemption: DefaultPreemption | null;
  /** Plugins at the other extension points; absent = none. */
  readonly lifecycle?: readonly LifecyclePlugin[];
}

/** Plugins that judge one node and read of a pod its requests, node name, tolerations, node selector and affinity, images and GPU share, and nothing else. */
const READS_KNOWN_FIELDS: ReadonlySet<string> = new Set([
  'NodeUnschedulable', 'NodeName', 'TaintToleration', 'NodeAffinity', 'NodeResourcesFit', 'NodeResourcesBalancedAllocation', 'ImageLocality', 'GpuShare',
]);

/**
 * A scheduling profile. What depends on nothing but a node and the pod's template is judged in {@link evaluate}, one node at a time, so that it can be
 * remembered; plugins that look at the whole cluster or normalise over the feasible nodes are asked per pod, and only where they do not skip it.
 */
export class Profile {
  readonly schedulerName: string;
  readonly percentageOfNodesToScore: number | null;
  readonly filters: readonly FilterPlugin[];
  readonly scores: readonly WeightedPlugin[];
  readonly preemption: DefaultPreemption | null;
  readonly lifecycle: readonly LifecyclePlugin[];
  // The plugins of the hot path by their own fields, so that the engine can inline them.
  readonly #nodeUnschedulable: NodeUnschedulable | null;
  readonly #nodeName: NodeName | null;
  readonly #taintToleration: TaintToleration | null;
  readonly #nodeAffinity: NodeAffinity | null;
  readonly #fit: NodeResourcesFit | null;
  readonly #otherFilters: readonly FilterPlugin[];
  readonly #fitScore: NodeResourcesFit | null;
  readonly #fitWeight: number;
  readonly #balancedScore: NodeResourcesBalancedAllocation | null;
  readonly #balancedWeight: number;
  readonly #otherScores: readonly WeightedPlugin[];
  readonly #clusterFilters: readonly FilterPlugin[];
  readonly #clusterScores: readonly WeightedPlugin[];
  readonly #activeFilters: FilterPlugin[] = [];
  readonly #interPodAffinity: InterPodAffinity | null;
  /** InterPodAffinity is the only active one: asked about hundreds of nodes per pod, it is asked directly. */
  #onlyAffinity = false;
  /** All that {@link evaluate} asks are plugins of {@link READS_KNOWN_FIELDS}: templates that agree in those fields are judged alike. */
  readonly evaluatesKnownFields: boolean;

  constructor(plugins: ProfilePlugins) {
    const { filters, scores } = plugins;
    this.schedulerName = plugins.schedulerName;
    this.percentageOfNodesToScore = plugins.percentageOfNodesToScore;
    this.filters = filters;
    this.scores = scores;
    this.preemption = plugins.preemption;
    this.lifecycle = plugins.lifecycle ?? [];
    const own = new Set<FilterPlugin>();
    const take = <T extends FilterPlugin>(name: string): T | null => {
      const found = filters.find((plugin) => plugin.name === name) as T | undefined;
      if (found !== undefined) own.add(found);
      return found ?? null;
    };
    this.#nodeUnschedulable = take<NodeUnschedulable>('NodeUnschedulable');
    this.#nodeName = take<NodeName>('NodeName');
    this.#taintToleration = take<TaintToleration>('TaintToleration');
    this.#nodeAffinity = take<NodeAffinity>('NodeAffinity');
    this.#fit = take<NodeResourcesFit>('NodeResourcesFit');
    this.#interPodAffinity = (filters.find((plugin) => plugin instanceof InterPodAffinity) as InterPodAffinity | undefined) ?? null;
    this.#clusterFilters = filters.filter((plugin) => plugin.preFilter !== undefined);
    this.#otherFilters = filters.filter((plugin) => !own.has(plugin) && plugin.preFilter === undefined);
    const score = (name: string) => scores.find(({ plugin }) => plugin.name === name);
    const fit = score('NodeResourcesFit');
    const balanced = score('NodeResourcesBalancedAllocation');
    this.#fitScore = (fit?.plugin as NodeResourcesFit | undefined) ?? null;
    this.#fitWeight = fit?.weight ?? 0;
    this.#balancedScore = (balanced?.plugin as NodeResourcesBalancedAllocation | undefined) ?? null;
    this.#balancedWeight = balanced?.weight ?? 0;
    const needsCluster = ({ plugin }: WeightedPlugin) => plugin.preScore !== undefined || plugin.normalize !== undefined;
    this.#clusterScores = scores.filter(needsCluster);
    this.#otherScores = scores.filter((entry) => !needsCluster(entry) && entry !== fit && entry !== balanced);
    const asked = [...own, ...this.#otherFilters, ...[fit, balanced, ...this.#otherScores].flatMap((entry) => entry?.plugin ?? [])];
    this.evaluatesKnownFields = asked.every(({ name }) => READS_KNOWN_FIELDS.has(name));
  }

  /** Filters that look at one node alone, and the weighted sum of the scores that do; {@link INFEASIBLE} where a filter rejects it. */
  evaluate(pod: PodSpec, nodes: NodeColumns, row: number): number {
    if (nodes.exists[row] === 0) return INFEASIBLE;
    if (this.#nodeUnschedulable !== null && this.#nodeUnschedulable.filter(pod, nodes, row) !== FilterVerdict.success) return INFEASIBLE;
    if (this.#nodeName !== null && this.#nodeName.filter(pod, nodes, row) !== FilterVerdict.success) return INFEASIBLE;
    if (this.#taintToleration !== null && this.#taintToleration.filter(pod, nodes, row) !== FilterVerdict.success) return INFEASIBLE;
    if (this.#nodeAffinity !== null && this.#nodeAffinity.filter(pod, nodes, row) !== FilterVerdict.success) return INFEASIBLE;
    if (this.#fit !== null && this.#fit.filter(pod, nodes, row) !== FilterVerdict.success) return INFEASIBLE;
    for (let i = 0; i < this.#otherFilters.length; i++) if (this.#otherFilters[i]!.filter(pod, nodes, row) !== FilterVerdict.success) return INFEASIBLE;
    let sum = 0;
    if (this.#fitScore !== null) sum += this.#fitWeight * this.#fitScore.score(pod, nodes, row);
    if (this.#balancedScore !== null && !this.#balancedScore.skips(pod, nodes)) sum += this.#balancedWeight * this.#balancedScore.score(pod, nodes, row);
    for (let i = 0; i < this.#otherScores.length; i++) {
      const { plugin, weight } = this.#otherScores[i]!;
      if (!plugin.skips(pod, nodes)) sum += weight * plugin.score(pod, nodes, row);
    }
    return sum;
  }

  /**
   * PreFilter of the plugins that look at the whole cluster; what {@link admits} and {@link verdict} then say holds until the next call.
   * @returns whether any of them takes part
   */
  prepare(pod: PodSpec, cluster: ClusterView, group: number): boolean {
    const active = this.#activeFilters;
    active.length = 0;
    for (let i = 0; i < this.#clusterFilters.length; i++) if (this.#clusterFilters[i]!.preFilter!(pod, cluster, group)) active.push(this.#clusterFilters[i]!);
    this.#onlyAffinity = active.length === 1 && active[0] === this.#interPodAffinity;
    return active.length > 0;
  }

  /** What the last {@link prepare} answered. */
  get isClusterWide(): boolean {
    return this.#activeFilters.length > 0;
  }

  /** Whether the filters that look at the whole cluster let the node pass. */
  admits(pod: PodSpec, nodes: NodeColumns, row: number): boolean {
    if (this.#onlyAffinity) return this.#interPodAffinity!.admits(row);
    const active = this.#activeFilters;
    for (let i = 0; i < active.length; i++) if (active[i]!.filter(pod, nodes, row) !== FilterVerdict.success) return false;
    return true;
  }

  /** Verdict of all filters on a node: that of the first that rejects it. Needs {@link prepare}. */
  verdict(pod: PodSpec, nodes: NodeColumns, row: number): FilterVerdict {
    if (nodes.exists[row] === 0) return FilterVerdict.unresolvable;
    const rejecting = this.#rejecting(pod, nodes, row);
    return rejecting === undefined ? FilterVerdict.success : rejecting.filter(pod, nodes, row);
  }

  /** Why the node is rejected, in the words of the first filter that does so; empty = it is feasible. Needs {@link prepare}. */
  rejection(pod: PodSpec, nodes: NodeColumns, row: number): string[] {
    if (nodes.exists[row] === 0) return ['no Node object'];
    return this.#rejecting(pod, nodes, row)?.reasons(pod, nodes, row) ?? [];
  }

  /**
   * Adds to each total the weighted scores of the plugins that look at the whole cluster or at all feasible nodes.
   * @param rows feasible nodes, at least one
   * @returns how many score plugins took part for this pod, those of {@link evaluate} included
   */
  addClusterScores(pod: PodSpec, cluster: ClusterView, group: number, rows: readonly number[], totals: number[]): number {
    let plugins = this.localScoreCount(pod, cluster.nodes);
    for (const { plugin, weight } of this.#clusterScores) {
      if (!this.#takesPart(plugin, pod, cluster, rows, group)) continue;
      plugins++;
      // Without such taints every node has the same score.
      if (plugin.name === 'TaintToleration' && !cluster.nodes.prefersNoSchedule) {
        for (let i = 0; i < totals.length; i++) totals[i]! += weight * MAX_NODE_SCORE;
        continue;
      }
      if (plugin.addScores !== undefined) {
        plugin.addScores(rows, totals, weight);
        continue;
      }
      const scores = scoresOf(plugin, pod, cluster.nodes, rows);
      for (let i = 0; i < totals.length; i++) totals[i]! += weight * scores[i]!;
    }
    return plugins;
  }

  /**
   * Whether {@link addClusterScores} would add the same to every node, so that nobody needs to ask.
   * @returns how many score plugins take part then, or -1
   */
  uniformScoreCount(pod: PodSpec, cluster: ClusterView, group: number): number {
    let plugins = this.localScoreCount(pod, cluster.nodes);
    for (let i = 0; i < this.#clusterScores.length; i++) {
      const { plugin } = this.#clusterScores[i]!;
      switch (plugin.name) {
        case 'TaintToleration':
          if (cluster.nodes.prefersNoSchedule) return -1;
          plugins++;
          break;
        case 'NodeAffinity':
          if (!plugin.skips(pod, cluster.nodes)) return -1;
          break;
        case 'PodTopologySpread':
          if (pod.spread.length > 0) return -1;
          if (pod.defaultSpread === null) break;
          if (!(plugin as PodTopologySpread).isUniform(pod, cluster, group)) return -1;
          plugins++;
          break;
        case 'InterPodAffinity':
          if (pod.podAffinity.preferred.length + pod.podAntiAffinity.preferred.length > 0 || cluster.pods.carried.carriers > 0) return -1;
          break;
        default:
          return -1;
      }
    }
    return plugins;
  }

  /** Weighted score per plugin that takes part, of feasible nodes in step with `rows`. */
  breakdown(pod: PodSpec, cluster: ClusterView, group: number, rows: readonly number[]): { readonly plugin: string; readonly weighted: readonly number[] }[] {
    const parts: { plugin: string; weighted: number[] }[] = [];
    for (const { plugin, weight } of this.scores) {
      if (!this.#takesPart(plugin, pod, cluster, rows, group)) continue;
      parts.push({ plugin: plugin.name, weighted: scoresOf(plugin, pod, cluster.nodes, rows).map((score) => weight * score) });
    }
    return parts;
  }

  /** Score plugins of {@link evaluate} that take part for a pod. */
  localScoreCount(pod: PodSpec, nodes: NodeColumns): number {
    let count = this.#otherScores.length;
    if (this.#fitScore !== null) count++;
    if (this.#balancedScore !== null && !this.#balancedScore.skips(pod, nodes)) count++;
    return count;
  }

  #takesPart(plugin: ScorePlugin, pod: PodSpec, cluster: ClusterView, rows: readonly number[], group: number): boolean {
    return plugin.preScore === undefined ? !plugin.skips(pod, cluster.nodes) : plugin.preScore(pod, cluster, rows, group);
  }

  #rejecting(pod: PodSpec, nodes: NodeColumns, row: number): FilterPlugin | undefined {
    const { filters } = this;
    for (let i = 0; i < filters.length; i++) {
      const plugin = filters[i]!;
      if (plugin.preFilter !== undefined && !this.#activeFilters.includes(plugin)) continue;
      if (plugin.filter(pod, nodes, row) !== FilterVerdict.success) return plugin;
    }
    return undefined;
  }
}

function scoresOf(plugin: ScorePlugin, pod: PodSpec, nodes: NodeColumns, rows: readonly number[]): number[] {
  const scores: number[] = [];
  if (plugin.scoreAll !== undefined) plugin.scoreAll(rows, scores);
  else for (let i = 0; i < rows.length; i++) scores.push(plugin.score(pod, nodes, rows[i]!));
  plugin.normalize?.(scores);
  return scores;
}
