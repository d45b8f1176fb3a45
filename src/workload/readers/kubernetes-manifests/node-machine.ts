import type { MachineSpec } from '../../../world/machine-inventory.ts';
import type { ObjectOf } from './object-schema.ts';
import { amountOf } from './pod-amounts.ts';
import { GPU_MODEL_LABEL, GPU_RESOURCE, ZONE_LABEL } from './pod-shape.ts';

/** Attribute of a machine that carries the taints of its Node object: `key=value:Effect`, joined by `;`. */
export const TAINTS_ATTRIBUTE = 'seatrial.dev/taints';

/** The machine of a Node object: what is allocatable there, its labels as attributes, its zone, its taints in {@link TAINTS_ATTRIBUTE}. */
export function nodeMachine(node: ObjectOf<'Node'>): MachineSpec {
  const amounts = new Map(Object.entries(node.status.allocatable ?? node.status.capacity ?? {}).map(([name, quantity]) => [name, amountOf(name, quantity)]));
  const labels = node.metadata.labels ?? {};
  let gpuCount = 0;
  for (const [name, amount] of amounts) if (GPU_RESOURCE.test(name)) gpuCount += amount;
  const taints = (node.spec?.taints ?? []).map(({ key, value, effect }) => `${key}=${value ?? ''}:${effect}`);
  const cordon = 'node.kubernetes.io/unschedulable=:NoSchedule';
  if (node.spec?.unschedulable === true && !taints.includes(cordon)) taints.push(cordon);
  const zone = labels[ZONE_LABEL];
  return {
    name: node.metadata.name,
    cpuMilli: amounts.get('cpu') ?? 0,
    memoryBytes: amounts.get('memory') ?? 0,
    ...(amounts.has('pods') && { slots: amounts.get('pods')! }),
    ...(gpuCount > 0 && { gpuCount, gpuModel: labels[GPU_MODEL_LABEL] ?? '' }),
    ...(zone !== undefined && { zone }),
    attributes: { ...labels, ...(taints.length > 0 && { [TAINTS_ATTRIBUTE]: taints.join(';') }) },
  };
}
