import { FilterVerdict } from '../filter-verdict.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { FilterPlugin } from '../plugin.ts';
import type { PodSpec } from '../pod-spec.ts';

/** NodeName (pkg/scheduler/framework/plugins/nodename/node_name.go, v1.35.4). */
export class NodeName implements FilterPlugin {
  readonly name = 'NodeName';

  filter(pod: PodSpec, nodes: NodeColumns, row: number): FilterVerdict {
    return pod.nodeName === '' || pod.nodeName === nodes.names[row] ? FilterVerdict.success : FilterVerdict.unresolvable;
  }

  reasons(): string[] {
    return ["node(s) didn't match the requested node name"];
  }
}
