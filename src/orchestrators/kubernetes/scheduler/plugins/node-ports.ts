import type { ClusterView } from '../cluster-view.ts';
import { FilterVerdict } from '../filter-verdict.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { FilterPlugin } from '../plugin.ts';
import type { PodIndex } from '../pod-index.ts';
import type { HostPort, PodSpec } from '../pod-spec.ts';

const ANY = '0.0.0.0';

function conflict(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === ANY || b.ip === ANY);
}

/** NodePorts (pkg/scheduler/framework/plugins/nodeports/node_ports.go and framework/types.go HostPortInfo, v1.35.4). */
export class NodePorts implements FilterPlugin {
  readonly name = 'NodePorts';
  #pods: PodIndex | null = null;

  preFilter(pod: PodSpec, cluster: ClusterView): boolean {
    this.#pods = cluster.pods;
    return pod.hostPorts.length > 0;
  }

  filter(pod: PodSpec, _nodes: NodeColumns, row: number): FilterVerdict {
    for (const used of this.#pods!.portsOn(row)) if (pod.hostPorts.some((wanted) => conflict(wanted, used))) return FilterVerdict.unschedulable;
    return FilterVerdict.success;
  }

  reasons(): string[] {
    return ["node(s) didn't have free ports for the requested pod ports"];
  }
}
