import type { Workload } from '../workload/workload.ts';
import type { CellValue } from './cell-value.ts';
import { Distribution, rankOf } from './distribution.ts';
import { ExactSums } from './exact-sum.ts';
import { moreThan } from './format-cell.ts';
import { type Collector, RecordKind, TaskOutcome } from './log.ts';
import { TaskState, type TaskStates } from './task-states.ts';
import type { Window } from './window.ts';

/** A point of the complementary distribution of waits. */
export interface WaitPoint {
  readonly kind: 'batch' | 'service' | 'all';
  readonly waitS: number;
  /** Share of all submitted tasks of the kind that waited longer, or had not started when they stopped waiting. */
  readonly shareLonger: number;
}

const KINDS = ['batch', 'service', 'all'] as const;
const ALL = 2;
const SECOND_US = 1e6;
/** Points of a curve are at least this far apart, as a ratio, in wait or in share: some hundred for a curve over many orders of magnitude. */
const POINT_RATIO = 1.03;

/**
 * The family *waits*: from the first submission to the first start, through all retries, over all submitted tasks. A task that has not started by the end of the
 * window, or ended without having started, is censored: it counts as longer than any other, and what it waited is a lower bound. Slowdown: of batch tasks, from
 * first submission to done over pure run time; censored alike. Tasks submitted at or before the start of the window are left out unless asked for.
 */
export class Waits implements Collector {
  readonly #workload: Workload;
  readonly #tasks: TaskStates;
  readonly #window: Window;
  readonly #countInitial: boolean;
  readonly #started = KINDS.map(() => new Distribution());
  readonly #censored = KINDS.map(() => new Distribution());
  /** Sum of waits, censored ones as far as they got, microseconds. */
  readonly #sum = new ExactSums(1);
  readonly #slowdown = new Distribution();
  readonly #slowdownCensored = new Distribution();

  constructor(workload: Workload, tasks: TaskStates, window: Window, countInitial: boolean) {
    this.#workload = workload;
    this.#tasks = tasks;
    this.#window = window;
    this.#countInitial = countInitial;
  }

  record(timeUs: number, kind: RecordKind, a: number, b: number): void {
    if (kind === RecordKind.start) {
      if (this.#tasks.starts[a] === 1) this.#add(this.#started, timeUs, a);
    } else if (kind === RecordKind.done) {
      if (this.#tasks.starts[a] === 0) this.#add(this.#censored, timeUs, a);
      this.#addSlowdown(b === TaskOutcome.finished ? this.#slowdown : this.#slowdownCensored, timeUs, a);
    }
  }

  /** Takes up the tasks that are still open. Call once. */
  finish(): void {
    const { state, starts } = this.#tasks;
    for (let task = 0; task < state.length; task++) {
      if (state[task] !== TaskState.pending && state[task] !== TaskState.running) continue;
      if (starts[task] === 0) this.#add(this.#censored, this.#window.toUs, task);
      this.#addSlowdown(this.#slowdownCensored, this.#window.toUs, task);
    }
  }

  /** Mean wait over all submitted tasks in seconds; a lower bound if any is censored. */
  mean(): CellValue {
    const censored = this.#censored[ALL]!.count;
    const count = this.#started[ALL]!.count + censored;
    if (count === 0) return null;
    const seconds = this.#sum.value(0) / count / SECOND_US;
    return censored === 0 ? seconds : moreThan(seconds);
  }

  /** Quantile over all submitted tasks in seconds. */
  quantile(q: number): CellValue {
    return censoredQuantile(this.#started[ALL]!, this.#censored[ALL]!, q, SECOND_US);
  }

  /** Quantile over tasks that have started, in seconds. */
  startedQuantile(q: number): CellValue {
    const started = this.#started[ALL]!;
    return started.count === 0 ? null : started.nth(rankOf(q, started.count)) / SECOND_US;
  }

  slowdownQuantile(q: number): CellValue {
    return censoredQuantile(this.#slowdown, this.#slowdownCensored, q, 1);
  }

  /** Share of submitted tasks that never started. */
  censoredShare(): CellValue {
    const censored = this.#censored[ALL]!.count;
    const count = this.#started[ALL]!.count + censored;
    return count === 0 ? null : censored / count;
  }

  points(): WaitPoint[] {
    const points: WaitPoint[] = [];
    KINDS.forEach((kind, i) => {
      const total = this.#started[i]!.count + this.#censored[i]!.count;
      if (total > 0 && this.#started[i]!.count === 0) points.push({ kind, waitS: 0, shareLonger: 1 });
      let last: WaitPoint | undefined;
      for (const { value, upTo } of this.#started[i]!.steps()) {
        const point = { kind, waitS: value / SECOND_US, shareLonger: (total - upTo) / total };
        const far = last === undefined || point.waitS >= last.waitS * POINT_RATIO || point.shareLonger * POINT_RATIO <= last.shareLonger;
        if (far || upTo === this.#started[i]!.count) points.push((last = point));
      }
    });
    return points;
  }

  #add(distributions: readonly Distribution[], timeUs: number, task: number): void {
    const job = this.#workload.jobOf(task);
    const submittedUs = this.#tasks.submittedUs[job]!;
    if (!this.#counts(submittedUs)) return;
    const waitUs = timeUs - submittedUs;
    distributions[this.#workload.isService[this.#workload.columns.jobShape[job]!]!]!.add(waitUs);
    distributions[ALL]!.add(waitUs);
    this.#sum.add(0, waitUs);
  }

  #addSlowdown(distribution: Distribution, timeUs: number, task: number): void {
    const workUs = this.#workload.workUs(task);
    const submittedUs = this.#tasks.submittedUs[this.#workload.jobOf(task)]!;
    if (workUs === Infinity || workUs === 0 || !this.#counts(submittedUs)) return;
    distribution.add((timeUs - submittedUs) / workUs);
  }

  #counts(submittedUs: number): boolean {
    return this.#countInitial ? submittedUs >= this.#window.fromUs : submittedUs > this.#window.fromUs;
  }
}

/**
 * A quantile where some values are only known to be larger than something. Censored values rank behind all others; where the quantile falls among them, the
 * same quantile with censored values as far as they are known is a valid lower bound.
 */
function censoredQuantile(known: Distribution, censored: Distribution, q: number, unit: number): CellValue {
  const count = known.count + censored.count;
  if (count === 0) return null;
  const rank = rankOf(q, count);
  if (rank <= known.count) return known.nth(rank) / unit;
  const all = new Distribution();
  for (const from of [known, censored]) {
    let before = 0;
    for (const { value, upTo } of from.steps()) {
      for (; before < upTo; before++) all.add(value);
    }
  }
  return moreThan(all.nth(rank) / unit);
}
