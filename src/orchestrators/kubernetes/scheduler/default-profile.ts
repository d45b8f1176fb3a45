import { INFEASIBLE } from '../../../engine/score-memo.ts';
import { FilterVerdict } from './filter-verdict.ts';
import type { NodeColumns } from './node-columns.ts';
import { type FilterPlugin, MAX_NODE_SCORE } from './plugin.ts';
import type { PodSpec } from './pod-spec.ts';
import { NodeAffinity } from './plugins/node-affinity.ts';
import { NodeName } from './plugins/node-name.ts';
import { NodeResourcesBalancedAllocation } from './plugins/node-resources-balanced-allocation.ts';
import { NodeResourcesFit } from './plugins/node-resources-fit.ts';
import { NodeUnschedulable } from './plugins/node-unschedulable.ts';
import { TaintToleration } from './plugins/taint-toleration.ts';

/** Default weights (pkg/scheduler/apis/config/v1/default_plugins.go, v1.35.4). */
export const WEIGHTS = { taintToleration: 3, nodeResourcesFit: 1, nodeResourcesBalancedAllocation: 1 } as const;

/**
 * The default profile of the scheduler, as far as it is built: its filters in their order, its scores with their weights. One node at a time and by its own
 * fields, so that the engine can inline all of it.
 *
 * While no pod has preferred node affinity and no node a PreferNoSchedule taint (neither can be expressed by the workload), TaintToleration gives every node
 * 100 and NodeAffinity is skipped: a node's total depends on nothing but the node and the pod's template.
 */
export class DefaultProfile {
  readonly nodeUnschedulable = new NodeUnschedulable();
  readonly nodeName = new NodeName();
  readonly taintToleration = new TaintToleration();
  readonly nodeAffinity = new NodeAffinity();
  readonly nodeResourcesFit = new NodeResourcesFit();
  readonly balancedAllocation = new NodeResourcesBalancedAllocation();
  readonly #extra: FilterPlugin | null;

  /** @param extra a further filter behind the default ones, such as the books of a GPU-sharing device plugin */
  constructor(extra: FilterPlugin | null = null) {
    this.#extra = extra;
  }

  /** Weighted total of a node, {@link INFEASIBLE} where a filter rejects it. */
  evaluate(pod: PodSpec, nodes: NodeColumns, row: number): number {
    if (this.nodeUnschedulable.filter(pod, nodes, row) !== FilterVerdict.success) return INFEASIBLE;
    if (this.nodeName.filter(pod, nodes, row) !== FilterVerdict.success) return INFEASIBLE;
    if (this.taintToleration.filter(pod, nodes, row) !== FilterVerdict.success) return INFEASIBLE;
    if (this.nodeAffinity.filter(pod, nodes, row) !== FilterVerdict.success) return INFEASIBLE;
    if (this.nodeResourcesFit.filter(pod, nodes, row) !== FilterVerdict.success) return INFEASIBLE;
    if (this.#extra !== null && this.#extra.filter(pod, nodes, row) !== FilterVerdict.success) return INFEASIBLE;
    const balanced = this.balancedAllocation.skips(pod, nodes) ? 0 : WEIGHTS.nodeResourcesBalancedAllocation * this.balancedAllocation.score(pod, nodes, row);
    return WEIGHTS.taintToleration * MAX_NODE_SCORE + WEIGHTS.nodeResourcesFit * this.nodeResourcesFit.score(pod, nodes, row) + balanced;
  }

  /** Why the node is rejected, in the words of the first filter that does so; empty = it is feasible. */
  rejection(pod: PodSpec, nodes: NodeColumns, row: number): string[] {
    for (const plugin of this.filters()) {
      if (plugin.filter(pod, nodes, row) !== FilterVerdict.success) return plugin.reasons(pod, nodes, row);
    }
    return [];
  }

  /** Weighted score per plugin of a feasible node, for explanations. */
  breakdown(pod: PodSpec, nodes: NodeColumns, row: number): { readonly plugin: string; readonly weighted: number }[] {
    const parts = [
      { plugin: this.taintToleration.name, weighted: WEIGHTS.taintToleration * MAX_NODE_SCORE },
      { plugin: this.nodeResourcesFit.name, weighted: WEIGHTS.nodeResourcesFit * this.nodeResourcesFit.score(pod, nodes, row) },
    ];
    if (!this.balancedAllocation.skips(pod, nodes)) {
      parts.push({ plugin: this.balancedAllocation.name, weighted: WEIGHTS.nodeResourcesBalancedAllocation * this.balancedAllocation.score(pod, nodes, row) });
    }
    return parts;
  }

  /** Filters in the order in which the scheduler runs them. */
  filters(): readonly FilterPlugin[] {
    const own = [this.nodeUnschedulable, this.nodeName, this.taintToleration, this.nodeAffinity, this.nodeResourcesFit];
    return this.#extra === null ? own : [...own, this.#extra];
  }

  /** Score plugins that take part for a pod: what one scored node costs. */
  scorePluginCount(pod: PodSpec, nodes: NodeColumns): number {
    return this.balancedAllocation.skips(pod, nodes) ? 2 : 3;
  }
}
