import { entityOf, type KeyedRandom } from '../../engine/random/keyed-random.ts';
import type { Shape } from '../../workload/shape.ts';
import type { Workload } from '../../workload/workload.ts';
import type { FrameworkEntry, JobRule } from './framework-entries.ts';

const SHARE = 61;
const COPY = 62;

/**
 * Which framework gets which job: entries in order, the first whose rule admits the job. A pure function of the job, by keyed draws where a rule says so: adding jobs or
 * machines sends no job elsewhere.
 */
export class JobRouting {
  readonly #workload: Workload;
  readonly #random: KeyedRandom;
  readonly #entries: readonly FrameworkEntry[];
  /** Number of the first copy per entry. */
  readonly #firstCopy: readonly number[];
  readonly #entities: readonly number[];
  /** Users in order of first appearance. */
  readonly #users = new Map<string, number>();
  /** Per shape: entries that may take it. */
  readonly #candidates: readonly (readonly number[])[];

  constructor(entries: readonly FrameworkEntry[], workload: Workload, random: KeyedRandom) {
    this.#entries = entries;
    this.#workload = workload;
    this.#random = random;
    this.#entities = entries.map(({ name }) => entityOf(name));
    let copies = 0;
    this.#firstCopy = entries.map(({ count }) => (copies += count) - count);
    for (const { user } of workload.shapes) if (!this.#users.has(user)) this.#users.set(user, this.#users.size);
    this.#candidates = workload.shapes.map((shape) => entries.flatMap((entry, index) => (admits(entry, shape) ? [index] : [])));
  }

  /** Number of the framework that gets a job, in the order of all copies; -1 = no rule admits it. */
  frameworkOf(job: number): number {
    const { columns, shapes } = this.#workload;
    const shape = columns.jobShape[job]!;
    for (const index of this.#candidates[shape]!) {
      const { count, spread, jobs } = this.#entries[index]!;
      if (jobs.share < 1 && this.#random.u(columns.jobKey[job]!, this.#entities[index]!, SHARE) >= jobs.share) continue;
      const first = this.#firstCopy[index]!;
      if (count === 1) return first;
      return first + (spread === 'user' ? this.#users.get(shapes[shape]!.user)! % count : Math.floor(count * this.#random.u(columns.jobKey[job]!, this.#entities[index]!, COPY)));
    }
    return -1;
  }
}

/** Whether a framework may take jobs of a shape. */
export function admits(entry: FrameworkEntry, shape: Shape): boolean {
  if ((entry.kind === 'marathon') !== (shape.kind === 'service') || !isFor(entry.jobs, shape)) return false;
  // A job that none of its roles is for would wait for ever.
  return entry.kind === 'chronos' || entry.roles === undefined || entry.roles.some(({ jobs }) => isFor(jobs, shape));
}

/** Whether a rule is met by jobs of a shape. */
export function isFor(rule: JobRule, shape: Shape): boolean {
  if (rule.users.length > 0 && !rule.users.includes(shape.user)) return false;
  if (rule.gpus !== undefined && rule.gpus !== shape.gpuCount > 0) return false;
  if (shape.cpuMilli < rule.minCpus || (rule.maxCpus !== undefined && shape.cpuMilli > rule.maxCpus)) return false;
  return rule.constraints.every((text) => shape.constraints.some(({ attribute, operator, value }) => `${attribute}${operator}${value}` === text));
}
