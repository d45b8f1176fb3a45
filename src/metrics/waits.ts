import type { Workload } from '../workload/workload.ts';
import type { CellValue } from './cell-value.ts';
import { countOf, Distribution, merged, nth, rankOf, type Table } from './distribution.ts';
import { ExactSums } from './exact-sum.ts';
import { moreThan } from './format-cell.ts';
import { TaskOutcome } from './log.ts';
import { TaskCount, TaskFlag, type TaskRows } from './task-rows.ts';
import { TaskState } from './task-states.ts';
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
export class Waits {
  readonly #workload: Workload;
  readonly #rows: TaskRows;
  readonly #window: Window;
  readonly #countInitial: boolean;
  /** Batch and services. */
  readonly #started = [new Distribution(), new Distribution()] as const;
  readonly #censored = [new Distribution(), new Distribution()] as const;
  /** Sum of waits, censored ones as far as they got, microseconds. */
  readonly #sum = new ExactSums(1);
  readonly #slowdown = new Distribution();
  readonly #slowdownCensored = new Distribution();
  /** Batch, services and all, since {@link finish}. */
  #startedTables: readonly Table[] = [];
  #censoredTables: readonly Table[] = [];
  #slowdowns: readonly Table[] = [];

  constructor(workload: Workload, rows: TaskRows, window: Window, countInitial: boolean) {
    this.#workload = workload;
    this.#rows = rows;
    this.#window = window;
    this.#countInitial = countInitial;
  }

  /** The task has started for the first time. */
  start(timeUs: number, task: number): void {
    this.#add(this.#started, timeUs, task);
  }

  done(timeUs: number, task: number, outcome: number): void {
    if (this.#rows.count(task, TaskCount.starts) === 0) this.#add(this.#censored, timeUs, task);
    this.#addSlowdown(outcome === TaskOutcome.finished ? this.#slowdown : this.#slowdownCensored, timeUs, task);
  }

  /** Takes up the tasks that are still open. Call once. */
  finish(): void {
    for (let task = 0; task < this.#rows.taskCount; task++) {
      const state = this.#rows.flag(task, TaskFlag.state);
      if (state !== TaskState.pending && state !== TaskState.running) continue;
      if (this.#rows.count(task, TaskCount.starts) === 0) this.#add(this.#censored, this.#window.toUs, task);
      this.#addSlowdown(this.#slowdownCensored, this.#window.toUs, task);
    }
    this.#startedTables = withAll(this.#started);
    this.#censoredTables = withAll(this.#censored);
    this.#slowdowns = [this.#slowdown.table(), this.#slowdownCensored.table()];
  }

  /** Mean wait over all submitted tasks in seconds; a lower bound if any is censored. */
  mean(): CellValue {
    const censored = countOf(this.#censoredTables[ALL]!);
    const count = countOf(this.#startedTables[ALL]!) + censored;
    if (count === 0) return null;
    const seconds = this.#sum.value(0) / count / SECOND_US;
    return censored === 0 ? seconds : moreThan(seconds);
  }

  /** Quantile over all submitted tasks in seconds. */
  quantile(q: number): CellValue {
    return censoredQuantile(this.#startedTables[ALL]!, this.#censoredTables[ALL]!, q, SECOND_US);
  }

  /** Quantile over tasks that have started, in seconds. */
  startedQuantile(q: number): CellValue {
    const started = this.#startedTables[ALL]!;
    return countOf(started) === 0 ? null : nth(started, rankOf(q, countOf(started))) / SECOND_US;
  }

  slowdownQuantile(q: number): CellValue {
    return censoredQuantile(this.#slowdowns[0]!, this.#slowdowns[1]!, q, 1);
  }

  /** Share of submitted tasks that never started. */
  censoredShare(): CellValue {
    const censored = countOf(this.#censoredTables[ALL]!);
    const count = countOf(this.#startedTables[ALL]!) + censored;
    return count === 0 ? null : censored / count;
  }

  points(): WaitPoint[] {
    return KINDS.flatMap((kind, i) => curve(kind, this.#startedTables[i]!, countOf(this.#censoredTables[i]!)));
  }

  #add(distributions: readonly Distribution[], timeUs: number, task: number): void {
    const submittedUs = this.#rows.submittedUs(task);
    if (!this.#counts(submittedUs)) return;
    const waitUs = timeUs - submittedUs;
    distributions[this.#workload.isService[this.#rows.shapeOf(task)]!]!.add(waitUs);
    this.#sum.add(0, waitUs);
  }

  #addSlowdown(distribution: Distribution, timeUs: number, task: number): void {
    if (this.#workload.isService[this.#rows.shapeOf(task)] === 1) return;
    const workUs = this.#rows.durationUs(task);
    const submittedUs = this.#rows.submittedUs(task);
    if (workUs === Infinity || workUs === 0 || !this.#counts(submittedUs)) return;
    distribution.add((timeUs - submittedUs) / workUs);
  }

  #counts(submittedUs: number): boolean {
    return this.#countInitial ? submittedUs >= this.#window.fromUs : submittedUs > this.#window.fromUs;
  }
}

function withAll(distributions: readonly [Distribution, Distribution]): Table[] {
  const [batch, service] = [distributions[0].table(), distributions[1].table()];
  return [batch, service, merged(batch, service)];
}

function curve(kind: WaitPoint['kind'], started: Table, censored: number): WaitPoint[] {
  const known = countOf(started);
  const total = known + censored;
  if (total > 0 && known === 0) return [{ kind, waitS: 0, shareLonger: 1 }];
  const points: WaitPoint[] = [];
  let lastUs = -Infinity;
  let lastShare = Infinity;
  for (let i = 0; i < started.values.length; i++) {
    const us = started.values[i]!;
    const shareLonger = (total - started.upTo[i]!) / total;
    if (us < lastUs * POINT_RATIO && shareLonger * POINT_RATIO > lastShare && i + 1 < started.values.length) continue;
    points.push({ kind, waitS: us / SECOND_US, shareLonger });
    lastUs = us;
    lastShare = shareLonger;
  }
  return points;
}

/**
 * A quantile where some values are only known to be larger than something. Censored values rank behind all others; where the quantile falls among them, the
 * same quantile with censored values as far as they are known is a valid lower bound.
 */
function censoredQuantile(known: Table, censored: Table, q: number, unit: number): CellValue {
  const count = countOf(known) + countOf(censored);
  if (count === 0) return null;
  const rank = rankOf(q, count);
  return rank <= countOf(known) ? nth(known, rank) / unit : moreThan(nth(merged(known, censored), rank) / unit);
}
