import type { MachineInventory } from '../../../world/machine-inventory.ts';
import type { NodeColumns } from '../scheduler/node-columns.ts';
import type { PodSpec } from '../scheduler/pod-spec.ts';
import type { AutoscalerView } from './cluster-autoscaler.ts';
import { NODE_GROUP_ATTRIBUTE } from './cluster-autoscaler-options.ts';

/** The scheduler's columns as the Cluster Autoscaler simulates with them: CPU, memory, GPUs and the number of pods. */
export function autoscalerView(
  inventory: MachineInventory,
  nodes: NodeColumns,
  rowOf: Int32Array,
  templates: readonly (PodSpec | null)[],
  rest: Pick<AutoscalerView, 'eligible' | 'unschedulable' | 'assumed' | 'disruptable' | 'bootUs'>,
): AutoscalerView {
  const names = nodes.resources.names;
  const sumOf = (amounts: (id: number) => number): number => names.reduce((sum, name, id) => (name.endsWith('/gpu') ? sum + amounts(id) : sum), 0);
  const emptyRoom = (machine: number) => {
    const row = rowOf[machine]!;
    return {
      cpuMilli: nodes.allocatableCpuMilli[row]!,
      memoryBytes: nodes.allocatableMemoryBytes[row]!,
      gpus: sumOf((id) => nodes.allocatableScalar(id, row)),
      pods: nodes.allocatablePods[row]!,
    };
  };
  return {
    ...rest,
    emptyRoom,
    freeRoom: (machine) => {
      const row = rowOf[machine]!;
      const room = emptyRoom(machine);
      room.cpuMilli -= nodes.requestedCpuMilli[row]!;
      room.memoryBytes -= nodes.requestedMemoryBytes[row]!;
      room.gpus -= sumOf((id) => nodes.requestedScalar(id, row));
      room.pods -= nodes.pods[row]!;
      return room;
    },
    machines: (group) => inventory.names.flatMap((_, machine) => (inventory.attributes[machine]!.get(NODE_GROUP_ATTRIBUTE) === group ? [machine] : [])),
    share: (template) => {
      const { request } = templates[template]!;
      return { cpuMilli: request.cpuMilli, memoryBytes: request.memoryBytes, gpus: sumOf((id) => request.scalarAmounts[request.scalarIds.indexOf(id)] ?? 0) };
    },
  };
}
