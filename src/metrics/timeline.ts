import type { Window } from './window.ts';

/** Levels that are followed over time; each is a column of the timeline's rows. */
export const Series = {
  reservedCpu: 0,
  reservedMemory: 1,
  reservedGpu: 2,
  heldCpu: 3,
  heldMemory: 4,
  heldGpu: 5,
  usefulCpu: 6,
  usefulMemory: 7,
  usefulGpu: 8,
  pending: 9,
  running: 10,
  machinesUp: 11,
  leaderPresent: 12,
  queueDepth: 13,
} as const;
const SERIES_COUNT = 14;
/** Numbers per row: of each series what its steps add to the rest of their own cell, and the steps. */
const ROW = 2 * SERIES_COUNT;
/** More cells than anybody plots; a mistyped grid must not eat the memory. */
const MAX_CELLS = 10_000_000;

/**
 * Means of levels over the cells of a fixed grid. A step of a level touches two numbers, whatever it lasts: what it adds to the rest of its own cell, and a
 * difference that {@link means} sums up from there on. Steps may come out of order: that an interval was useful is known only when it is over.
 *
 * Row 0 is what was before the window, row n its n-th cell, the last row what comes after it. All series of a cell lie side by side: steps come cell after cell.
 */
export class Timeline {
  readonly cells: number;
  readonly #fromUs: number;
  readonly #toUs: number;
  readonly #gridUs: number;
  readonly #rows: Float64Array;
  /** Begin of the row that the present is in, what is left of its cell, and the times for which it is the one. */
  #at = 0;
  #leftUs = NaN;
  #cellFromUs = NaN;
  #cellToUs = NaN;

  constructor(window: Window, gridUs: number) {
    if (!(gridUs >= 1)) throw new RangeError(`the timeline's grid must be at least 1 us, not ${gridUs}`);
    this.cells = Math.ceil((window.toUs - window.fromUs) / gridUs);
    if (this.cells > MAX_CELLS) throw new RangeError(`the timeline would have ${this.cells} cells; at most ${MAX_CELLS} are supported`);
    this.#fromUs = window.fromUs;
    this.#toUs = window.toUs;
    this.#gridUs = gridUs;
    this.#rows = new Float64Array(ROW * (this.cells + 2));
  }

  /** Sets the present, for {@link step} and {@link stepResources}. */
  set(timeUs: number): void {
    if (!(timeUs > this.#cellFromUs && timeUs < this.#cellToUs)) {
      const cell = this.#cellOf(timeUs);
      this.#at = (cell + 1) * ROW;
      this.#cellFromUs = cell < 0 ? -Infinity : cell === this.cells ? this.#toUs : this.#fromUs + cell * this.#gridUs;
      this.#cellToUs = this.#endUs(cell);
    }
    this.#leftUs = this.#cellToUs === Infinity || this.#at === 0 ? 0 : this.#cellToUs - timeUs;
  }

  /** The level of a series changes by `height` now. */
  step(series: number, height: number): void {
    const rows = this.#rows;
    const at = this.#at + series;
    rows[at]! += height * this.#leftUs;
    rows[at + SERIES_COUNT]! += height;
  }

  /** The same for the three resources of a use of capacity, whose series follow each other. */
  stepResources(first: number, cpu: number, memory: number, gpu: number): void {
    addResources(this.#rows, this.#at + first, this.#leftUs, cpu, memory, gpu);
  }

  /** The level of a series changed by `height` at a time. */
  stepAt(series: number, timeUs: number, height: number): void {
    const cell = this.#cellOf(timeUs);
    const at = (cell + 1) * ROW + series;
    this.#rows[at]! += height * this.#leftOf(cell, timeUs);
    this.#rows[at + SERIES_COUNT]! += height;
  }

  stepResourcesAt(first: number, timeUs: number, cpu: number, memory: number, gpu: number): void {
    const cell = this.#cellOf(timeUs);
    addResources(this.#rows, (cell + 1) * ROW + first, this.#leftOf(cell, timeUs), cpu, memory, gpu);
  }

  /** Start of a cell in microseconds. */
  startUs(cell: number): number {
    return this.#fromUs + cell * this.#gridUs;
  }

  /** Mean level per cell, divided by `unit`; `null` where `unit` is 0 (a cluster without GPUs has no GPU share). */
  means(series: number, unit = 1): (number | null)[] {
    const found: (number | null)[] = [];
    let level = this.#rows[series + SERIES_COUNT]!;
    for (let cell = 0; cell < this.cells; cell++) {
      const at = (cell + 1) * ROW + series;
      const widthUs = this.#endUs(cell) - this.startUs(cell);
      found.push(unit === 0 ? null : (level + this.#rows[at]! / widthUs) / unit);
      level += this.#rows[at + SERIES_COUNT]!;
    }
    return found;
  }

  /** -1 = before the window (its very start included), {@link cells} = after it. */
  #cellOf(timeUs: number): number {
    if (timeUs >= this.#toUs) return this.cells;
    return timeUs <= this.#fromUs ? -1 : Math.floor((timeUs - this.#fromUs) / this.#gridUs);
  }

  /** End of a cell; `Infinity` after the window. */
  #endUs(cell: number): number {
    if (cell === this.cells) return Infinity;
    const endUs = this.#fromUs + (cell + 1) * this.#gridUs;
    return endUs < this.#toUs ? endUs : this.#toUs;
  }

  /** What is left of a cell from a time in it. */
  #leftOf(cell: number, timeUs: number): number {
    return cell < 0 || cell === this.cells ? 0 : this.#endUs(cell) - timeUs;
  }
}

function addResources(rows: Float64Array, at: number, leftUs: number, cpu: number, memory: number, gpu: number): void {
  rows[at]! += cpu * leftUs;
  rows[at + 1]! += memory * leftUs;
  rows[at + SERIES_COUNT]! += cpu;
  rows[at + SERIES_COUNT + 1]! += memory;
  if (gpu === 0) return;
  rows[at + 2]! += gpu * leftUs;
  rows[at + SERIES_COUNT + 2]! += gpu;
}
