import type { Window } from './window.ts';

/** Levels that are followed over time; each is a row of the timeline's arrays. */
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
/** More cells than anybody plots; a mistyped grid must not eat the memory. */
const MAX_CELLS = 10_000_000;

/**
 * Means of levels over the cells of a fixed grid. A step of a level touches two numbers, whatever it lasts: what it adds to the rest of its own cell, and a
 * difference that {@link means} sums up from there on. Steps may come out of order: that an interval was useful is known only when it is over.
 */
export class Timeline {
  readonly cells: number;
  readonly #window: Window;
  readonly #gridUs: number;
  readonly #partial: Float64Array;
  readonly #step: Float64Array;

  constructor(window: Window, gridUs: number) {
    if (!(gridUs >= 1)) throw new RangeError(`the timeline's grid must be at least 1 us, not ${gridUs}`);
    this.cells = Math.ceil((window.toUs - window.fromUs) / gridUs);
    if (this.cells > MAX_CELLS) throw new RangeError(`the timeline would have ${this.cells} cells; at most ${MAX_CELLS} are supported`);
    this.#window = window;
    this.#gridUs = gridUs;
    this.#partial = new Float64Array(SERIES_COUNT * this.cells);
    this.#step = new Float64Array(SERIES_COUNT * (this.cells + 1));
  }

  /** The level of a series changes by `height` at a time. */
  step(series: number, timeUs: number, height: number): void {
    const { fromUs, toUs } = this.#window;
    if (timeUs >= toUs || height === 0) return;
    const at = series * (this.cells + 1);
    if (timeUs <= fromUs) {
      this.#step[at]! += height;
      return;
    }
    const cell = Math.floor((timeUs - fromUs) / this.#gridUs);
    const endUs = fromUs + (cell + 1) * this.#gridUs;
    this.#partial[series * this.cells + cell]! += height * ((endUs < toUs ? endUs : toUs) - timeUs);
    this.#step[at + cell + 1]! += height;
  }

  /** The same for the three resources of a use of capacity, whose series follow each other. */
  stepResources(first: number, timeUs: number, cpu: number, memory: number, gpu: number): void {
    const { fromUs, toUs } = this.#window;
    if (timeUs >= toUs) return;
    const width = this.cells + 1;
    const at = first * width;
    let cell = -1;
    if (timeUs > fromUs) {
      cell = Math.floor((timeUs - fromUs) / this.#gridUs);
      const endUs = fromUs + (cell + 1) * this.#gridUs;
      const leftUs = (endUs < toUs ? endUs : toUs) - timeUs;
      const partial = first * this.cells + cell;
      this.#partial[partial]! += cpu * leftUs;
      this.#partial[partial + this.cells]! += memory * leftUs;
      if (gpu !== 0) this.#partial[partial + 2 * this.cells]! += gpu * leftUs;
    }
    this.#step[at + cell + 1]! += cpu;
    this.#step[at + width + cell + 1]! += memory;
    if (gpu !== 0) this.#step[at + 2 * width + cell + 1]! += gpu;
  }

  /** Start of a cell in microseconds. */
  startUs(cell: number): number {
    return this.#window.fromUs + cell * this.#gridUs;
  }

  /** Mean level per cell, divided by `unit`; `null` where `unit` is 0 (a cluster without GPUs has no GPU share). */
  means(series: number, unit = 1): (number | null)[] {
    const found: (number | null)[] = [];
    let level = 0;
    for (let cell = 0; cell < this.cells; cell++) {
      level += this.#step[series * (this.cells + 1) + cell]!;
      const widthUs = Math.min(this.startUs(cell) + this.#gridUs, this.#window.toUs) - this.startUs(cell);
      found.push(unit === 0 ? null : (level + this.#partial[series * this.cells + cell]! / widthUs) / unit);
    }
    return found;
  }
}
