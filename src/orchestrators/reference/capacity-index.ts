import type { MachineInventory } from '../../world/machine-inventory.ts';

/**
 * Free capacity of all machines under a tournament tree of maxima: finds the first machine, in index order, that may fit a request in logarithmic time.
 * GPU devices are checked per machine by the caller, since a sum over devices only bounds what one device has left.
 */
export class CapacityIndex {
  readonly freeCpuMilli: Float64Array;
  readonly freeMemoryBytes: Float64Array;
  readonly freeGpuMilli: Float64Array;
  readonly freeSlots: Float64Array;
  readonly #leaves: number;

  constructor(inventory: MachineInventory) {
    let leaves = 1;
    while (leaves < inventory.count) leaves *= 2;
    this.#leaves = leaves;
    this.freeCpuMilli = new Float64Array(2 * leaves).fill(-1);
    this.freeMemoryBytes = new Float64Array(2 * leaves).fill(-1);
    this.freeGpuMilli = new Float64Array(2 * leaves).fill(-1);
    this.freeSlots = new Float64Array(2 * leaves).fill(-1);
    for (let machine = 0; machine < inventory.count; machine++) this.set(machine, inventory.cpuMilli[machine]!, inventory.memoryBytes[machine]!, inventory.gpuCount[machine]! * 1000, inventory.slots[machine]!);
  }

  set(machine: number, cpuMilli: number, memoryBytes: number, gpuMilli: number, slots: number): void {
    const leaf = this.#leaves + machine;
    raise(this.freeCpuMilli, leaf, cpuMilli);
    raise(this.freeMemoryBytes, leaf, memoryBytes);
    raise(this.freeGpuMilli, leaf, gpuMilli);
    raise(this.freeSlots, leaf, slots);
  }

  add(machine: number, cpuMilli: number, memoryBytes: number, gpuMilli: number, slots: number): void {
    const i = this.#leaves + machine;
    this.set(machine, this.freeCpuMilli[i]! + cpuMilli, this.freeMemoryBytes[i]! + memoryBytes, this.freeGpuMilli[i]! + gpuMilli, this.freeSlots[i]! + slots);
  }

  /** First machine at or after `from` with at least this much free; -1 if there is none. */
  firstFit(from: number, cpuMilli: number, memoryBytes: number, gpuMilli: number): number {
    let i = this.#leaves + from;
    if (from >= this.#leaves) return -1;
    for (;;) {
      if (this.#fits(i, cpuMilli, memoryBytes, gpuMilli)) {
        if (i >= this.#leaves) return i - this.#leaves;
        i *= 2;
        continue;
      }
      // Next subtree to the right: up while a right child, then across.
      while (i & 1) {
        i >>= 1;
        if (i <= 1) return -1;
      }
      if (i === 0) return -1;
      i++;
    }
  }

  free(machine: number): { cpuMilli: number; memoryBytes: number; gpuMilli: number; slots: number } {
    const i = this.#leaves + machine;
    return { cpuMilli: this.freeCpuMilli[i]!, memoryBytes: this.freeMemoryBytes[i]!, gpuMilli: this.freeGpuMilli[i]!, slots: this.freeSlots[i]! };
  }

  #fits(i: number, cpuMilli: number, memoryBytes: number, gpuMilli: number): boolean {
    return this.freeCpuMilli[i]! >= cpuMilli && this.freeMemoryBytes[i]! >= memoryBytes && this.freeGpuMilli[i]! >= gpuMilli && this.freeSlots[i]! >= 1;
  }
}

/** Sets a leaf and the maxima above it, up to the first that stays as it is. */
function raise(column: Float64Array, leaf: number, value: number): void {
  if (column[leaf] === value) return;
  column[leaf] = value;
  for (let i = leaf >> 1; i >= 1; i >>= 1) {
    const left = column[2 * i]!;
    const right = column[2 * i + 1]!;
    const largest = left > right ? left : right;
    if (column[i] === largest) return;
    column[i] = largest;
  }
}
