/**
 * Successes of the parents of a dependent job since it last started (mesos/chronos 3.0, src/main/scala/org/apache/mesos/chronos/scheduler/graph/JobGraph.scala, getExecutableChildren). With one parent
 * each success is a run; with several, a success is one when the count of that parent, after it, is the smallest of all.
 */
export class ParentCounts {
  readonly #counts: Map<string, number>;

  constructor(parents: readonly string[]) {
    this.#counts = new Map(parents.map((parent) => [parent, 0]));
  }

  /** A parent has succeeded: whether the job is to run. */
  succeeded(parent: string): boolean {
    const count = this.#counts.get(parent)! + 1;
    this.#counts.set(parent, count);
    return this.#counts.size === 1 || count === Math.min(...this.#counts.values());
  }

  /** The job has started. */
  reset(): void {
    for (const parent of this.#counts.keys()) this.#counts.set(parent, 0);
  }
}
