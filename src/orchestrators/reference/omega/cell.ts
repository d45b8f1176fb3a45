import type { MachineInventory } from '../../../world/machine-inventory.ts';

/** Free resources of a cell's machines, as somebody sees them. */
export interface FreeView {
  fits(machine: number, cpuMilli: number, memoryBytes: number): boolean;
  take(machine: number, cpuMilli: number, memoryBytes: number): void;
}

/** Is told of a machine before it changes. */
export interface CellWatcher {
  beforeChange(machine: number): void;
}

/**
 * The state of a cell that all its schedulers share: what is free on each machine, and how often it was claimed (the sequence number of section 3.4 of M. Schwarzkopf et
 * al., "Omega: flexible, scalable schedulers for large compute clusters", EuroSys 2013). Machines that are out of service have nothing free; what is theirs is kept aside.
 */
export class Cell implements FreeView {
  readonly cpuMilli: Float64Array;
  readonly memoryBytes: Float64Array;
  /** Claims on the machine so far; ends of tasks do not count, since room that appears contradicts nobody. */
  readonly claims: Uint32Array;
  /** Sums over machines in service. */
  freeCpuMilli = 0;
  freeMemoryBytes = 0;
  readonly inService: Uint8Array;
  readonly #asideCpuMilli: Float64Array;
  readonly #asideMemoryBytes: Float64Array;
  readonly #watchers: CellWatcher[] = [];

  constructor(inventory: MachineInventory) {
    this.cpuMilli = Float64Array.from(inventory.cpuMilli);
    this.memoryBytes = Float64Array.from(inventory.memoryBytes);
    this.claims = new Uint32Array(inventory.count);
    this.inService = new Uint8Array(inventory.count).fill(1);
    this.#asideCpuMilli = new Float64Array(inventory.count);
    this.#asideMemoryBytes = new Float64Array(inventory.count);
    for (let machine = 0; machine < inventory.count; machine++) {
      this.freeCpuMilli += this.cpuMilli[machine]!;
      this.freeMemoryBytes += this.memoryBytes[machine]!;
    }
  }

  get machineCount(): number {
    return this.cpuMilli.length;
  }

  watch(watcher: CellWatcher): void {
    this.#watchers.push(watcher);
  }

  unwatch(watcher: CellWatcher): void {
    this.#watchers.splice(this.#watchers.indexOf(watcher), 1);
  }

  fits(machine: number, cpuMilli: number, memoryBytes: number): boolean {
    return this.cpuMilli[machine]! >= cpuMilli && this.memoryBytes[machine]! >= memoryBytes;
  }

  /** Claims resources of a machine in service. */
  take(machine: number, cpuMilli: number, memoryBytes: number): void {
    this.#change(machine, -cpuMilli, -memoryBytes);
    this.claims[machine]!++;
  }

  /** Gives resources back; those of a machine that is out of service appear when it is back. */
  give(machine: number, cpuMilli: number, memoryBytes: number): void {
    if (this.inService[machine] === 1) this.#change(machine, cpuMilli, memoryBytes);
    else {
      this.#asideCpuMilli[machine]! += cpuMilli;
      this.#asideMemoryBytes[machine]! += memoryBytes;
    }
  }

  setInService(machine: number, inService: boolean): void {
    if ((this.inService[machine] === 1) === inService) return;
    if (inService) {
      this.inService[machine] = 1;
      this.#change(machine, this.#asideCpuMilli[machine]!, this.#asideMemoryBytes[machine]!);
    } else {
      this.#asideCpuMilli[machine] = this.cpuMilli[machine]!;
      this.#asideMemoryBytes[machine] = this.memoryBytes[machine]!;
      this.#change(machine, -this.cpuMilli[machine]!, -this.memoryBytes[machine]!);
      this.inService[machine] = 0;
      // Whoever planned with it must not commit.
      this.claims[machine]!++;
    }
  }

  #change(machine: number, cpuMilli: number, memoryBytes: number): void {
    for (let i = 0; i < this.#watchers.length; i++) this.#watchers[i]!.beforeChange(machine);
    this.cpuMilli[machine]! += cpuMilli;
    this.memoryBytes[machine]! += memoryBytes;
    this.freeCpuMilli += cpuMilli;
    this.freeMemoryBytes += memoryBytes;
  }
}
