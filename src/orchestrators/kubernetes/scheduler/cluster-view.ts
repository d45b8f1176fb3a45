import type { NodeColumns } from './node-columns.ts';
import type { PodIndex } from './pod-index.ts';

/** What plugins that look at more than one node read: the scheduler's snapshot (backend/cache/snapshot.go, v1.35.4). */
export interface ClusterView {
  readonly nodes: NodeColumns;
  readonly pods: PodIndex;
  /** Labels per namespace; a namespace that is not there has no object. */
  readonly namespaces: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** One namespace without labels: what a cluster has whose users made none. */
export const DEFAULT_NAMESPACES: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([['default', new Map<string, string>([['kubernetes.io/metadata.name', 'default']])]]);
