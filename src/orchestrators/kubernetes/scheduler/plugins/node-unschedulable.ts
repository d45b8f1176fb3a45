import { FilterVerdict } from '../filter-verdict.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { FilterPlugin } from '../plugin.ts';
import type { PodSpec, Taint } from '../pod-spec.ts';
import { tolerates } from './taint-toleration.ts';

const UNSCHEDULABLE: Taint = { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' };

/** NodeUnschedulable (pkg/scheduler/framework/plugins/nodeunschedulable/node_unschedulable.go, v1.35.4): cordoned nodes. */
export class NodeUnschedulable implements FilterPlugin {
  readonly name = 'NodeUnschedulable';

  filter(pod: PodSpec, nodes: NodeColumns, row: number): FilterVerdict {
    if (nodes.unschedulable[row] === 0) return FilterVerdict.success;
    return pod.tolerations.some((toleration) => tolerates(toleration, UNSCHEDULABLE)) ? FilterVerdict.success : FilterVerdict.unresolvable;
  }

  reasons(): string[] {
    return ['node(s) were unschedulable'];
  }
}
