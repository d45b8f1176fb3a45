import type { PendingJob } from './pending-job.ts';

/** Jobs in order of arrival. */
export class JobQueue {
  #jobs: PendingJob[] = [];
  #first = 0;

  get length(): number {
    return this.#jobs.length - this.#first;
  }

  push(job: PendingJob): void {
    this.#jobs.push(job);
  }

  shift(): PendingJob | undefined {
    if (this.length === 0) return undefined;
    const job = this.#jobs[this.#first++]!;
    if (this.#first > 1024 && this.#first * 2 > this.#jobs.length) {
      this.#jobs = this.#jobs.slice(this.#first);
      this.#first = 0;
    }
    return job;
  }

  /** How many stand before the first that belongs to the job; -1 if none does. */
  ahead(job: number): number {
    for (let i = this.#first; i < this.#jobs.length; i++) if (this.#jobs[i]!.job === job) return i - this.#first;
    return -1;
  }
}
