import type { ClusterView } from './cluster-view.ts';
import type { FilterVerdict } from './filter-verdict.ts';
import type { NodeColumns } from './node-columns.ts';
import type { PodSpec } from './pod-spec.ts';

/** Highest score of one plugin (framework.MaxNodeScore). */
export const MAX_NODE_SCORE = 100;

/** A filter plugin. Without {@link preFilter} a pure function of pod and node. */
export interface FilterPlugin {
  readonly name: string;
  /**
   * PreFilter: looks at the whole cluster and keeps what {@link filter} needs until the next call.
   * @param group owner whose replicas the pod is one of; -1 = none
   * @returns false = Skip: the plugin's filter is not run for this pod
   */
  preFilter?(pod: PodSpec, cluster: ClusterView, group: number): boolean;
  filter(pod: PodSpec, nodes: NodeColumns, row: number): FilterVerdict;
  /** Why it rejects the node, in the plugin's own words; only asked for where {@link filter} rejects. */
  reasons(pod: PodSpec, nodes: NodeColumns, row: number): string[];
}

/** A score plugin. Scores are whole numbers; after {@link normalize} within 0..100. */
export interface ScorePlugin {
  readonly name: string;
  /** PreScore: true = the plugin contributes nothing to this pod. */
  skips(pod: PodSpec, nodes: NodeColumns): boolean;
  /**
   * PreScore over the whole cluster, for plugins whose scores depend on it or on which nodes are feasible.
   * @param rows feasible nodes
   * @returns false = Skip
   */
  preScore?(pod: PodSpec, cluster: ClusterView, rows: ArrayLike<number>, group: number): boolean;
  score(pod: PodSpec, nodes: NodeColumns, row: number): number;
  /** As {@link score} for many nodes at once, into `scores`; absent = one after the other. */
  scoreAll?(rows: ArrayLike<number>, scores: number[]): void;
  /** What {@link scoreAll} and {@link normalize} come to, times the weight, added to totals in step with `rows`, in one go; absent = one after the other. */
  addScores?(rows: ArrayLike<number>, totals: number[], weight: number): void;
  /** Turns raw scores of the feasible nodes into final ones in place; absent = raw scores are final. */
  normalize?(scores: number[]): void;
}
