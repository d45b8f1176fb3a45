import { GPU_MILLI, type MachineInventory } from './machine-inventory.ts';

/**
 * Milli-GPU left on each device of each machine: the books of whoever hands out GPUs. A task asks for `count` devices with `milli` on each; shared
 * requests (below 1,000) take the fullest device that fits, whole ones the first free ones.
 */
export class GpuDevices {
  readonly freeMilli: Float64Array;
  /** Free milli-GPU per machine, summed. */
  readonly machineFreeMilli: Float64Array;
  readonly #first: Int32Array;

  constructor(inventory: MachineInventory) {
    this.#first = new Int32Array(inventory.count + 1);
    this.machineFreeMilli = new Float64Array(inventory.count);
    for (let i = 0; i < inventory.count; i++) {
      if (inventory.gpuCount[i]! > 31) throw new Error(`machine "${inventory.names[i]}" has ${inventory.gpuCount[i]} GPUs; at most 31 are supported`);
      this.#first[i + 1] = this.#first[i]! + inventory.gpuCount[i]!;
      this.machineFreeMilli[i] = inventory.gpuCount[i]! * GPU_MILLI;
    }
    this.freeMilli = new Float64Array(this.#first[inventory.count]!).fill(GPU_MILLI);
  }

  /** Devices to take, bit i = device i of the machine; 0 if the request does not fit (or asks for nothing). Changes nothing. */
  choose(machine: number, count: number, milli: number): number {
    if (count === 0 || this.machineFreeMilli[machine]! < count * milli) return 0;
    const first = this.#first[machine]!;
    const end = this.#first[machine + 1]!;
    if (count === 1 && milli < GPU_MILLI) {
      let best = -1;
      for (let d = first; d < end; d++) {
        const free = this.freeMilli[d]!;
        if (free >= milli && (best < 0 || free < this.freeMilli[best]!)) best = d;
      }
      return best < 0 ? 0 : 1 << (best - first);
    }
    let mask = 0;
    let left = count;
    for (let d = first; d < end && left > 0; d++) {
      if (this.freeMilli[d]! >= milli) {
        mask |= 1 << (d - first);
        left--;
      }
    }
    return left === 0 ? mask : 0;
  }

  take(machine: number, mask: number, milli: number): void {
    this.#add(machine, mask, -milli);
  }

  give(machine: number, mask: number, milli: number): void {
    this.#add(machine, mask, milli);
  }

  /** Counts what is to be taken later beside what is taken now, which may come to more than there is; a negative amount ends it. For trials. */
  hold(machine: number, mask: number, milli: number): void {
    const first = this.#first[machine]!;
    // The sum of the machine stays: a device of which more is wanted than it has must not make the others look fuller.
    for (let rest = mask; rest !== 0; rest &= rest - 1) this.freeMilli[first + (31 - Math.clz32(rest & -rest))]! -= milli;
  }

  #add(machine: number, mask: number, milli: number): void {
    const first = this.#first[machine]!;
    for (let rest = mask; rest !== 0; rest &= rest - 1) {
      const device = first + (31 - Math.clz32(rest & -rest));
      const free = this.freeMilli[device]! + milli;
      if (free < 0 || free > GPU_MILLI) throw new Error(`GPU ${device - first} of machine ${machine} would have ${free} milli-GPU left`);
      this.freeMilli[device] = free;
      this.machineFreeMilli[machine]! += milli;
    }
  }
}
