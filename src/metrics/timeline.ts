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
  /** Where the row of the present begins, and what is left of its cell. */
  #at = 0;
  #leftUs = 0;
  /** Whether the present is inside the window. */
  inWindow = false;
  /** The present cell ends here; `Infinity` after the window. */
  cellToUs: number;
  /** Where it began; before the window and after it, a time there. */
  originUs: number;

  constructor(window: Window, gridUs: number) {
    if (!(gridUs >= 1)) throw new RangeError(`the timeline's grid must be at least 1 us, not ${gridUs}`);
    this.cells = Math.ceil((window.toUs - window.fromUs) / gridUs);
    if (this.cells > MAX_CELLS) throw new RangeError(`the timeline would have ${this.cells} cells; at most ${MAX_CELLS} are supported`);
    this.#fromUs = window.fromUs;
    this.#toUs = window.toUs;
    this.#gridUs = gridUs;
    this.#rows = new Float64Array(ROW * (this.cells + 2));
    this.originUs = window.fromUs;
    this.cellToUs = window.fromUs;
  }

  /** Whether a time is in the present cell, or as far outside the window. */
  reaches(timeUs: number): boolean {
    return this.inWindow ? timeUs >= this.originUs && timeUs < this.cellToUs : timeUs <= this.cellToUs;
  }

  /** Sets the present, to a time in another cell or in the same. */
  set(timeUs: number): void {
    if (!this.reaches(timeUs)) {
      const cell = this.#cellOf(timeUs);
      this.#at = (cell + 1) * ROW;
      this.inWindow = cell >= 0 && cell < this.cells;
      this.originUs = cell < 0 ? this.#fromUs : this.inWindow ? this.startUs(cell) : this.#toUs;
      this.cellToUs = this.#endUs(cell);
    }
    this.#leftUs = this.inWindow ? this.cellToUs - timeUs : 0;
  }

  /** The level of a series changes by `height` now. */
  step(series: number, height: number): void {
    const rows = this.#rows;
    const at = this.#at + series;
    rows[at]! += height * this.#leftUs;
    rows[at + SERIES_COUNT]! += height;
  }

  /** What steps in the present cell come to: added to the rest of the cell, in height x microseconds, and to the level from then on. */
  add(series: number, inCell: number, after: number): void {
    const rows = this.#rows;
    const at = this.#at + series;
    rows[at]! += inCell;
    rows[at + SERIES_COUNT]! += after;
  }

  /** The level of a series changed by `height` at a time. */
  stepAt(series: number, timeUs: number, height: number): void {
    const cell = this.#cellOf(timeUs);
    const at = (cell + 1) * ROW + series;
    this.#rows[at]! += height * this.#leftOf(cell, timeUs);
    this.#rows[at + SERIES_COUNT]! += height;
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
