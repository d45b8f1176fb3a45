import { remainingUs, type Window } from './window.ts';

/** The time of the record that is being handled, with what most families make of it: worked out once per instant, and read without being passed on. */
export class Moment {
  /** `NaN` before the first record. */
  timeUs = NaN;
  /** What a step of height one adds now to a level's integral over the window, microseconds; all of it before the first record. */
  remainingUs: number;
  readonly #window: Window;

  constructor(window: Window) {
    this.#window = window;
    this.remainingUs = remainingUs(window, window.fromUs);
  }

  set(timeUs: number): void {
    this.timeUs = timeUs;
    this.remainingUs = remainingUs(this.#window, timeUs);
  }
}
