import type { FilterVerdict } from './filter-verdict.ts';
import type { NodeColumns } from './node-columns.ts';
import type { PodSpec } from './pod-spec.ts';

/** Highest score of one plugin (framework.MaxNodeScore). */
export const MAX_NODE_SCORE = 100;

/** A filter plugin: a pure function of pod and node. */
export interface FilterPlugin {
  readonly name: string;
  filter(pod: PodSpec, nodes: NodeColumns, row: number): FilterVerdict;
  /** Why it rejects the node, in the plugin's own words; only asked for where {@link filter} rejects. */
  reasons(pod: PodSpec, nodes: NodeColumns, row: number): string[];
}

/** A score plugin. Scores are whole numbers; after {@link normalize} within 0..100. */
export interface ScorePlugin {
  readonly name: string;
  /** PreScore: true = the plugin contributes nothing to this pod. */
  skips(pod: PodSpec, nodes: NodeColumns): boolean;
  score(pod: PodSpec, nodes: NodeColumns, row: number): number;
  /** Turns raw scores of the feasible nodes into final ones in place; absent = raw scores are final. */
  normalize?(scores: number[]): void;
}
