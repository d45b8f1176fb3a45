import type { Shape } from '../../workload/shape.ts';
import { GpuDevices } from '../../world/gpu-devices.ts';
import type { MachineInventory } from '../../world/machine-inventory.ts';

/** What the user's wrapper says when its ledger has no device; Swarm never hears of the request. */
export const NO_DEVICE = 'device ledger of the client: no machine has the GPUs free';

/**
 * The ledger of GPU devices that a user of classic Swarm keeps beside it, for lack of GPUs in Swarm. It narrows down the machines before the manager ranks them, and
 * knows at once what the manager has done. Not part of Swarm.
 */
export class DeviceLedger {
  readonly #inventory: MachineInventory;
  readonly #devices: GpuDevices;
  /** First device of each machine among all. */
  readonly #first: Int32Array;

  constructor(inventory: MachineInventory) {
    this.#inventory = inventory;
    this.#devices = new GpuDevices(inventory);
    this.#first = new Int32Array(inventory.count);
    for (let machine = 1; machine < inventory.count; machine++) this.#first[machine] = this.#first[machine - 1]! + inventory.gpuCount[machine - 1]!;
  }

  /** Whether the machine has the devices that the request needs, of a model it accepts. */
  fits(machine: number, request: Shape): boolean {
    if (request.gpuCount === 0) return true;
    if (request.gpuModels.length > 0 && !request.gpuModels.includes(this.#inventory.gpuModels[machine]!)) return false;
    return this.#devices.choose(machine, request.gpuCount, request.gpuMilli) !== 0;
  }

  /** Takes devices for a request that fits; returns them, bit i = device i. 0 if none were asked for or none are free. */
  take(machine: number, request: Shape): number {
    const mask = this.#devices.choose(machine, request.gpuCount, request.gpuMilli);
    if (mask !== 0) this.#devices.take(machine, mask, request.gpuMilli);
    return mask;
  }

  /** Takes the very devices that a container on a machine already holds; false if the ledger had given one of them to somebody else. */
  takeBack(machine: number, mask: number, request: Shape): boolean {
    for (let device = 0; device < this.#inventory.gpuCount[machine]!; device++) {
      if ((mask & (1 << device)) !== 0 && this.#devices.freeMilli[this.#first[machine]! + device]! < request.gpuMilli) return false;
    }
    this.#devices.take(machine, mask, request.gpuMilli);
    return true;
  }

  give(machine: number, mask: number, request: Shape): void {
    if (mask !== 0) this.#devices.give(machine, mask, request.gpuMilli);
  }
}
