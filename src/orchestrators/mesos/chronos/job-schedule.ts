import { later, periodsPast, type Period } from './repetition.ts';

/**
 * When a job is due. The schedule moves on when a task is launched and not when it is due: occurrences that were missed meanwhile are one run and cost one repetition
 * (mesos/chronos 3.0, src/main/scala/org/apache/mesos/chronos/scheduler/jobs/JobScheduler.scala).
 */
export class JobSchedule {
  readonly #period: Period;
  #dueUs: number;
  #left: number;

  constructor(times: number, startUs: number, period: Period) {
    this.#left = times;
    this.#dueUs = startUs;
    this.#period = period;
  }

  /** `Infinity` = no more. */
  get dueUs(): number {
    return this.#left > 0 ? this.#dueUs : Infinity;
  }

  /** Repetitions that are left. */
  get left(): number {
    return this.#left;
  }

  /** A task was launched for it, or the occurrence was left out. */
  advance(nowUs: number): void {
    this.#dueUs = later(this.#dueUs, this.#period, Math.max(1, periodsPast(this.#dueUs, this.#period, nowUs)));
    this.#left--;
  }
}
