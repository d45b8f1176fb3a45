import { GPU_MILLI, type MachineInventory } from './machine-inventory.ts';

/**
 * Physical use of each GPU device by running containers: the truth beside the books of whoever hands devices out ({@link GpuDevices}). Nothing is refused here;
 * what could not be is reported by {@link invariants}.
 */
export class GpuUse {
  /** Milli-GPU in use per device, all machines after each other. */
  readonly usedMilli: Float64Array;
  readonly #first: Int32Array;
  readonly #inventory: MachineInventory;
  readonly #broken = new Set<string>();

  constructor(inventory: MachineInventory) {
    this.#inventory = inventory;
    this.#first = new Int32Array(inventory.count + 1);
    for (let i = 0; i < inventory.count; i++) this.#first[i + 1] = this.#first[i]! + inventory.gpuCount[i]!;
    this.usedMilli = new Float64Array(this.#first[inventory.count]!);
  }

  /** Milli-GPU in use on device `device` of a machine. */
  of(machine: number, device: number): number {
    return this.usedMilli[this.#first[machine]! + device]!;
  }

  /** Milli-GPU in use on a machine, all devices. */
  ofMachine(machine: number): number {
    let sum = 0;
    for (let d = this.#first[machine]!; d < this.#first[machine + 1]!; d++) sum += this.usedMilli[d]!;
    return sum;
  }

  /** A container with `milli` on each device of the mask began (positive) or ended (negative). */
  add(machine: number, mask: number, milli: number): void {
    const first = this.#first[machine]!;
    const count = this.#first[machine + 1]! - first;
    for (let rest = mask; rest !== 0; rest &= rest - 1) {
      const device = 31 - Math.clz32(rest & -rest);
      if (device >= count) {
        this.#broken.add(`${this.#inventory.names[machine]}: a container uses GPU ${device}, the machine has ${count}`);
        continue;
      }
      const used = this.usedMilli[first + device]! + milli;
      this.usedMilli[first + device] = used;
      if (used > GPU_MILLI) this.#broken.add(`${this.#inventory.names[machine]}: GPU ${device} was used at more than ${GPU_MILLI} milli-GPU`);
      if (used < 0) this.#broken.add(`${this.#inventory.names[machine]}: use of GPU ${device} fell below zero`);
    }
  }

  /** Everything that was wrong at any time so far. */
  invariants(): string[] {
    return [...this.#broken];
  }
}
