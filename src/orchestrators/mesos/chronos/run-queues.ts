import type { ChronosJob, QueuedRun } from './chronos-job.ts';
import { TaskQueue } from './task-queue.ts';

/** The two queues of runs, each first in, first out; that of high priority is served first. */
export class RunQueues {
  readonly #high = new TaskQueue<QueuedRun>();
  readonly #normal = new TaskQueue<QueuedRun>();

  get size(): number {
    return this.#high.size + this.#normal.size;
  }

  push(run: QueuedRun): void {
    (run.job.options?.highPriority === true ? this.#high : this.#normal).push(run);
    run.job.queued++;
  }

  /** The next run; undefined if there is none. */
  poll(): QueuedRun | undefined {
    const run = this.#high.poll() ?? this.#normal.poll();
    if (run !== undefined) run.job.queued--;
    return run;
  }

  /** Takes out all runs of some jobs; how many there were. */
  drop(jobs: ReadonlySet<ChronosJob>): number {
    return [this.#high, this.#normal].flatMap((queue) => queue.remove((run) => jobs.has(run.job))).length;
  }
}
