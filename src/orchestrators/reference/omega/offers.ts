import type { Cell, FreeView } from './cell.ts';
import { wholePool } from './random-fit.ts';

/** What a framework may use until it answers; nobody else sees it meanwhile. */
export interface Offer extends FreeView {
  /** Machines with anything in it. */
  pool(): Int32Array;
  /** Whether anything is left. */
  readonly left: boolean;
}

/**
 * Who was offered what. At most one offer is of *the whole cell*: all that was free and not offered. What becomes free while that is out is *fresh*, and may be offered to the next
 * framework as an offer of single machines. Kept so that an offer of ten thousand machines costs nothing.
 */
export class Offers {
  readonly #cell: Cell;
  readonly #pool: Int32Array;
  /** In offers of single machines. */
  readonly #splitCpuMilli: Float64Array;
  readonly #splitMemoryBytes: Float64Array;
  #splitCpuSum = 0;
  #splitMemorySum = 0;
  readonly #freshCpuMilli: Float64Array;
  readonly #freshMemoryBytes: Float64Array;
  #freshMachines: number[] = [];
  #freshCpuSum = 0;
  #freshMemorySum = 0;
  #whole: Offer | null = null;

  constructor(cell: Cell) {
    this.#cell = cell;
    this.#pool = wholePool(cell.machineCount);
    this.#splitCpuMilli = new Float64Array(cell.machineCount);
    this.#splitMemoryBytes = new Float64Array(cell.machineCount);
    this.#freshCpuMilli = new Float64Array(cell.machineCount);
    this.#freshMemoryBytes = new Float64Array(cell.machineCount);
  }

  get unofferedCpuMilli(): number {
    return this.#whole === null ? this.#cell.freeCpuMilli - this.#splitCpuSum : this.#freshCpuSum;
  }

  get unofferedMemoryBytes(): number {
    return this.#whole === null ? this.#cell.freeMemoryBytes - this.#splitMemorySum : this.#freshMemorySum;
  }

  /** A task has ended: to be told before it is given back to the cell, where the machine is in service. */
  freed(machine: number, cpuMilli: number, memoryBytes: number): void {
    if (this.#whole === null) return;
    if (this.#freshCpuMilli[machine] === 0 && this.#freshMemoryBytes[machine] === 0) this.#freshMachines.push(machine);
    this.#freshCpuMilli[machine]! += cpuMilli;
    this.#freshMemoryBytes[machine]! += memoryBytes;
    this.#freshCpuSum += cpuMilli;
    this.#freshMemorySum += memoryBytes;
  }

  /** Everything that is free and not offered. */
  make(): Offer {
    return this.#whole === null ? this.#makeWhole() : this.#makeSplit();
  }

  /** Takes back what is left of an offer. */
  end(offer: Offer): void {
    if (offer === this.#whole) {
      this.#whole = null;
      this.#forgetFresh();
    } else (offer as SplitOffer).giveBack((machine, cpuMilli, memoryBytes) => {
      this.#split(machine, -cpuMilli, -memoryBytes);
      this.freed(machine, cpuMilli, memoryBytes);
    });
  }

  #makeWhole(): Offer {
    const cell = this.#cell;
    const fits = (machine: number, cpuMilli: number, memoryBytes: number): boolean =>
      cell.cpuMilli[machine]! - this.#splitCpuMilli[machine]! - this.#freshCpuMilli[machine]! >= cpuMilli &&
      cell.memoryBytes[machine]! - this.#splitMemoryBytes[machine]! - this.#freshMemoryBytes[machine]! >= memoryBytes;
    const sumOf = (): boolean => cell.freeCpuMilli - this.#splitCpuSum - this.#freshCpuSum > 0 && cell.freeMemoryBytes - this.#splitMemorySum - this.#freshMemorySum > 0;
    this.#whole = {
      pool: () => this.#pool,
      get left() {
        return sumOf();
      },
      fits,
      take: (machine, cpuMilli, memoryBytes) => cell.take(machine, cpuMilli, memoryBytes),
    };
    return this.#whole;
  }

  #makeSplit(): Offer {
    const offer = new SplitOffer(this.#cell, (machine, cpuMilli, memoryBytes) => this.#split(machine, -cpuMilli, -memoryBytes));
    for (const machine of this.#freshMachines) {
      const cpuMilli = this.#freshCpuMilli[machine]!;
      const memoryBytes = this.#freshMemoryBytes[machine]!;
      offer.add(machine, cpuMilli, memoryBytes);
      this.#split(machine, cpuMilli, memoryBytes);
    }
    this.#forgetFresh();
    return offer;
  }

  #split(machine: number, cpuMilli: number, memoryBytes: number): void {
    this.#splitCpuMilli[machine]! += cpuMilli;
    this.#splitMemoryBytes[machine]! += memoryBytes;
    this.#splitCpuSum += cpuMilli;
    this.#splitMemorySum += memoryBytes;
  }

  #forgetFresh(): void {
    for (const machine of this.#freshMachines) {
      this.#freshCpuMilli[machine] = 0;
      this.#freshMemoryBytes[machine] = 0;
    }
    this.#freshMachines = [];
    this.#freshCpuSum = 0;
    this.#freshMemorySum = 0;
  }
}

/** An offer of what became free on single machines. */
class SplitOffer implements Offer {
  readonly #cell: Cell;
  readonly #taken: (machine: number, cpuMilli: number, memoryBytes: number) => void;
  readonly #amounts = new Map<number, { cpuMilli: number; memoryBytes: number }>();
  #cpuMilli = 0;
  #memoryBytes = 0;

  constructor(cell: Cell, taken: (machine: number, cpuMilli: number, memoryBytes: number) => void) {
    this.#cell = cell;
    this.#taken = taken;
  }

  add(machine: number, cpuMilli: number, memoryBytes: number): void {
    this.#amounts.set(machine, { cpuMilli, memoryBytes });
    this.#cpuMilli += cpuMilli;
    this.#memoryBytes += memoryBytes;
  }

  pool(): Int32Array {
    return Int32Array.from(this.#amounts.keys());
  }

  get left(): boolean {
    return this.#cpuMilli > 0 && this.#memoryBytes > 0;
  }

  fits(machine: number, cpuMilli: number, memoryBytes: number): boolean {
    const amount = this.#amounts.get(machine)!;
    // The machine may have been lost since.
    return amount.cpuMilli >= cpuMilli && amount.memoryBytes >= memoryBytes && this.#cell.fits(machine, cpuMilli, memoryBytes);
  }

  take(machine: number, cpuMilli: number, memoryBytes: number): void {
    const amount = this.#amounts.get(machine)!;
    amount.cpuMilli -= cpuMilli;
    amount.memoryBytes -= memoryBytes;
    this.#cpuMilli -= cpuMilli;
    this.#memoryBytes -= memoryBytes;
    this.#cell.take(machine, cpuMilli, memoryBytes);
    this.#taken(machine, cpuMilli, memoryBytes);
  }

  giveBack(receive: (machine: number, cpuMilli: number, memoryBytes: number) => void): void {
    for (const [machine, { cpuMilli, memoryBytes }] of this.#amounts) receive(machine, cpuMilli, memoryBytes);
    this.#amounts.clear();
  }
}
