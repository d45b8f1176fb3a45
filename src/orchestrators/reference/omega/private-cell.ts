import type { Cell, CellWatcher, FreeView } from './cell.ts';

/**
 * A scheduler's private copy of the cell as of a moment, at a cost proportional to what changes afterwards: a machine is copied when it is about to change, in the cell or in the
 * copy (copy on write).
 */
export class PrivateCell implements FreeView, CellWatcher {
  readonly #cell: Cell;
  readonly #copiedAt: Uint32Array;
  readonly #cpuMilli: Float64Array;
  readonly #memoryBytes: Float64Array;
  readonly #claims: Uint32Array;
  #copy = 0;
  #watching = false;

  constructor(cell: Cell) {
    this.#cell = cell;
    this.#copiedAt = new Uint32Array(cell.machineCount);
    this.#cpuMilli = new Float64Array(cell.machineCount);
    this.#memoryBytes = new Float64Array(cell.machineCount);
    this.#claims = new Uint32Array(cell.machineCount);
  }

  /** Makes the copy one of the cell as it is now. */
  sync(): void {
    this.#copy++;
    if (!this.#watching) this.#cell.watch(this);
    this.#watching = true;
  }

  /** Stops keeping up; the copy is not used until the next {@link sync}. */
  drop(): void {
    if (this.#watching) this.#cell.unwatch(this);
    this.#watching = false;
  }

  beforeChange(machine: number): void {
    if (this.#copiedAt[machine] === this.#copy) return;
    this.#copiedAt[machine] = this.#copy;
    this.#cpuMilli[machine] = this.#cell.cpuMilli[machine]!;
    this.#memoryBytes[machine] = this.#cell.memoryBytes[machine]!;
    this.#claims[machine] = this.#cell.claims[machine]!;
  }

  fits(machine: number, cpuMilli: number, memoryBytes: number): boolean {
    if (this.#copiedAt[machine] !== this.#copy) return this.#cell.fits(machine, cpuMilli, memoryBytes);
    return this.#cpuMilli[machine]! >= cpuMilli && this.#memoryBytes[machine]! >= memoryBytes;
  }

  take(machine: number, cpuMilli: number, memoryBytes: number): void {
    this.beforeChange(machine);
    this.#cpuMilli[machine]! -= cpuMilli;
    this.#memoryBytes[machine]! -= memoryBytes;
    this.#claims[machine]!++;
  }

  /** Claims on the machine that the copy knows of, own ones in it included. */
  claims(machine: number): number {
    return this.#copiedAt[machine] === this.#copy ? this.#claims[machine]! : this.#cell.claims[machine]!;
  }
}
