import type { Simulation } from '../../../engine/simulation.ts';

/** A pass waits until no commit came for this long (manager/scheduler/scheduler.go, commitDebounceGap), but not longer than the second (maxLatency). */
export const COMMIT_DEBOUNCE_GAP_US = 50_000;
export const MAX_LATENCY_US = 1_000_000;

/** When the scheduler's passes are due: some time after the last commit. The timer is set only while a pass would find something to do. */
export class CommitDebounce {
  readonly #simulation: Simulation;
  readonly #due: () => void;
  #debouncing = false;
  #startedUs = 0;
  #lastCommitUs = 0;
  #timer = -1;
  readonly #timerOp: number;

  /** @param due called when a pass is due */
  constructor(simulation: Simulation, due: () => void) {
    this.#simulation = simulation;
    this.#due = due;
    this.#timerOp = simulation.on('swarmkit/manager', () => this.#timeUp());
  }

  /** @param work whether a pass would find something to do */
  committed(work: boolean): void {
    const { nowUs } = this.#simulation;
    // With nothing to do the timer is not set; it would have run out by now all the same.
    if (this.#debouncing && this.#timer < 0 && nowUs >= this.#lastCommitUs + COMMIT_DEBOUNCE_GAP_US) this.#debouncing = false;
    if (!this.#debouncing) {
      this.#debouncing = true;
      this.#startedUs = nowUs;
    } else if (nowUs - this.#startedUs > MAX_LATENCY_US) {
      if (this.#timer >= 0) this.#simulation.cancel(this.#timer);
      this.#timer = -1;
      this.#debouncing = false;
      this.#due();
      return;
    }
    this.#lastCommitUs = nowUs;
    if (work && this.#timer < 0) this.#timer = this.#simulation.at(nowUs + COMMIT_DEBOUNCE_GAP_US, this.#timerOp);
  }

  #timeUp(): void {
    this.#timer = -1;
    const dueUs = this.#lastCommitUs + COMMIT_DEBOUNCE_GAP_US;
    if (this.#simulation.nowUs < dueUs) {
      this.#timer = this.#simulation.at(dueUs, this.#timerOp);
      return;
    }
    this.#debouncing = false;
    this.#due();
  }
}
