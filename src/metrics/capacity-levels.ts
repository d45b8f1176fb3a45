import type { Shape } from '../workload/shape.ts';
import { ExactSums } from './exact-sum.ts';
import type { Moment } from './moment.ts';
import type { Timeline } from './timeline.ts';
import { remainingUs, type Window } from './window.ts';

/** What capacity was used for. `lost` is what remains: held - useful - duplicate. */
export const Use = { reserved: 0, held: 1, useful: 2, duplicate: 3 } as const;
const USES = 4;
/** CPU, memory, GPU: also of the series of the timeline, which begin with those of reserved capacity. */
const RESOURCES = 3;

/** Numbers per shape: whether anything is unsettled, two per use (steps, and their times), and what a task asks for, as translated and as submitted. */
const ROW = 16;
const STEPS = 1;
const BOOKED = STEPS + 2 * USES;
const ASKED = BOOKED + RESOURCES;
/** Below this sums of whole microseconds are exact, with one bit to spare. */
const EXACT = 4_503_599_627_370_496;
const MOST_STEPS = 1_000_000_000;

/**
 * Tasks per shape that capacity is used for, over the window and per cell of the timeline. A step of a level only adds to a sum of steps and a sum of their times;
 * what they come to is worked out once per cell, for all steps of a shape: three resources are products of that. All times are whole microseconds and exact.
 *
 * Useful work of batch tasks is what they hold: nearly every attempt finishes. What turns out otherwise is taken back.
 */
export class CapacityLevels {
  readonly #window: Window;
  readonly #moment: Moment;
  readonly #timeline: Timeline;
  readonly #isService: Uint8Array;
  readonly #rows: Float64Array;
  /** Shapes with anything unsettled. */
  readonly #touched: Int32Array;
  #touchedCount = 0;
  /** Steps that may still come before sums of their times could be inexact. */
  #room: number;
  readonly #mostSteps: number;
  /** By shape and {@link Use}: task-microseconds in the window. */
  readonly #sums: ExactSums;

  /** @param requests per shape, as the orchestrator sees it */
  constructor(shapes: readonly Shape[], requests: readonly (Shape | null)[], isService: Uint8Array, window: Window, moment: Moment, timeline: Timeline) {
    this.#window = window;
    this.#moment = moment;
    this.#timeline = timeline;
    this.#isService = isService;
    this.#rows = new Float64Array(shapes.length * ROW);
    this.#touched = new Int32Array(shapes.length);
    this.#mostSteps = Math.min(MOST_STEPS, Math.floor(EXACT / (window.toUs - window.fromUs)));
    this.#room = this.#mostSteps;
    this.#sums = new ExactSums(USES * shapes.length);
    shapes.forEach((shape, i) => {
      this.#rows.set(resourcesOf(requests[i]!), i * ROW + BOOKED);
      this.#rows.set(resourcesOf(shape), i * ROW + ASKED);
    });
  }

  /** One task of a shape more (1) or less (-1) now. Held tasks of batch shapes are taken for useful. */
  step(use: number, shape: number, sign: number): void {
    const rows = this.#rows;
    const row = shape * ROW;
    if (rows[row] === 0) {
      rows[row] = 1;
      this.#touched[this.#touchedCount++] = shape;
    }
    const at = row + STEPS + 2 * use;
    rows[at]! += sign;
    rows[at + 1]! += sign * (this.#moment.timeUs - this.#timeline.originUs);
    if (--this.#room <= 0) this.settle();
  }

  /** It became so at a time: useful work alone is known so late. */
  stepUsefulAt(timeUs: number, shape: number, sign: number): void {
    this.#sums.add(shape * USES + Use.useful, sign * remainingUs(this.#window, timeUs));
    const at = shape * ROW + ASKED;
    for (let i = 0; i < RESOURCES; i++) this.#timeline.stepAt(RESOURCES * Use.useful + i, timeUs, sign * this.#rows[at + i]!);
  }

  /** Works out what the steps so far come to. To be called before the timeline goes on to another cell, and at the end. */
  settle(): void {
    const { inWindow, originUs, cellToUs } = this.#timeline;
    // Before the window all times are its start, after it nothing counts; `timesUs` matters inside alone.
    const windowUs = inWindow ? this.#window.toUs - originUs : remainingUs(this.#window, originUs);
    const cellUs = inWindow ? cellToUs - originUs : 0;
    const factor = inWindow ? 1 : 0;
    const rows = this.#rows;
    for (let i = 0; i < this.#touchedCount; i++) {
      const shape = this.#touched[i]!;
      const row = shape * ROW;
      for (let use = 0; use < USES; use++) {
        const at = row + STEPS + 2 * use;
        let steps = rows[at]!;
        let timesUs = rows[at + 1]! * factor;
        if (use === Use.useful && this.#isService[shape] === 0) {
          steps += rows[row + STEPS + 2 * Use.held]!;
          timesUs += rows[row + STEPS + 2 * Use.held + 1]! * factor;
        }
        if (steps === 0 && timesUs === 0) continue;
        this.#sums.add(shape * USES + use, steps * windowUs - timesUs);
        if (use !== Use.duplicate) this.#addToCell(use, row, steps, steps * cellUs - timesUs);
      }
      rows.fill(0, row, row + BOOKED);
    }
    this.#touchedCount = 0;
    this.#room = this.#mostSteps;
  }

  /** Task-microseconds in the window, as of the last {@link settle}. */
  sumUs(use: number, shape: number): number {
    return this.#sums.value(shape * USES + use);
  }

  /** What a task of a shape takes of a resource (0 CPU, 1 memory, 2 GPU) by a use. */
  height(use: number, shape: number, resource: number): number {
    return this.#rows[shape * ROW + (use === Use.reserved ? BOOKED : ASKED) + resource]!;
  }

  #addToCell(use: number, row: number, steps: number, leftUs: number): void {
    const rows = this.#rows;
    const heights = row + (use === Use.reserved ? BOOKED : ASKED);
    for (let i = 0; i < RESOURCES; i++) {
      const height = rows[heights + i]!;
      if (height !== 0) this.#timeline.add(RESOURCES * use + i, height * leftUs, height * steps);
    }
  }
}

function resourcesOf(shape: Shape | null): number[] {
  return shape === null ? [0, 0, 0] : [shape.cpuMilli, shape.memoryBytes, shape.gpuCount * shape.gpuMilli];
}
