import type { Shape } from '../workload/shape.ts';
import { GPU_MILLI, type MachineInventory } from '../world/machine-inventory.ts';

/** Whether a machine, empty, could ever take a shape: size, GPU devices and model, constraints. */
export function couldHold(inventory: MachineInventory, machine: number, shape: Shape): boolean {
  if (shape.cpuMilli > inventory.cpuMilli[machine]! || shape.memoryBytes > inventory.memoryBytes[machine]!) return false;
  if (shape.gpuCount > inventory.gpuCount[machine]! || shape.gpuMilli > GPU_MILLI || inventory.slots[machine]! < 1) return false;
  if (shape.gpuModels.length > 0 && !shape.gpuModels.includes(inventory.gpuModels[machine]!)) return false;
  const attributes = inventory.attributes[machine]!;
  return shape.constraints.every(({ attribute, operator, value }) => (attributes.get(attribute) === value) === (operator === '=='));
}

/** As {@link couldHold}, of all machines: 1 = could. */
export function holders(inventory: MachineInventory, shape: Shape): Uint8Array {
  const holds = new Uint8Array(inventory.count);
  const { cpuMilli, memoryBytes, gpuCount, slots } = inventory;
  const anywhere = shape.gpuModels.length === 0 && shape.constraints.length === 0 && shape.gpuMilli <= GPU_MILLI;
  const { cpuMilli: cpu, memoryBytes: memory, gpuCount: gpus } = shape;
  for (let machine = 0; machine < holds.length; machine++) {
    if (cpu > cpuMilli[machine]! || memory > memoryBytes[machine]! || gpus > gpuCount[machine]! || slots[machine]! < 1) continue;
    if (anywhere || couldHold(inventory, machine, shape)) holds[machine] = 1;
  }
  return holds;
}
