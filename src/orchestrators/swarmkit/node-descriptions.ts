import { swarmNodes } from '../../workload/readers/compose/swarm-nodes.ts';
import type { MachineInventory } from '../../world/machine-inventory.ts';
import type { GenericDescription } from './scheduler/generic-resources.ts';
import type { NodeDescription } from './scheduler/node-set.ts';

/** GPUs as a named generic resource (`dockerd --node-generic-resource gpu=0 ...`); names are device numbers. */
export const GPU_KIND = 'gpu';
export const GPU_MODEL_LABEL = 'gpu-model';
/** A limit of containers per machine as a generic resource of which each task reserves one. */
export const SLOT_KIND = 'slot';

const NANO_PER_MILLI = 1_000_000;
const NO_LIMIT = 1_000_000_000;

/** Whether any machine limits the number of its containers. */
export function hasSlots({ slots }: MachineInventory): boolean {
  return slots.some((limit) => limit !== Infinity);
}

/** What the nodes say of themselves. @throws InputError if an attribute that swarm mode gives a meaning to has none */
export function nodeDescriptions(inventory: MachineInventory): NodeDescription[] {
  const slots = hasSlots(inventory);
  return swarmNodes(inventory).map((subject, node) => {
    const generic: GenericDescription[] = [];
    const gpus = inventory.gpuCount[node]!;
    if (gpus > 0) generic.push({ kind: GPU_KIND, named: Array.from({ length: gpus }, (_, device) => String(device)) });
    if (slots) generic.push({ kind: SLOT_KIND, count: Math.min(inventory.slots[node]!, NO_LIMIT) });
    const nodeLabels = new Map(subject.nodeLabels);
    nodeLabels.set(GPU_MODEL_LABEL, inventory.gpuModels[node]!);
    return {
      ...subject,
      nodeLabels,
      nanoCpus: Math.round(inventory.cpuMilli[node]! * NANO_PER_MILLI),
      memoryBytes: Math.floor(inventory.memoryBytes[node]!),
      generic,
      plugins: [],
    };
  });
}
