import { Loop } from '../../../engine/loop.ts';
import { entityOf } from '../../../engine/random/keyed-random.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import { Counter, RecordKind } from '../../../metrics/log.ts';
import type { AgentFit } from '../agent-fit.ts';
import type { EntryChoice } from '../allocator/entry-choice.ts';
import type { Offers } from '../allocator/offers.ts';
import type { RoleEntry } from '../framework-entries.ts';
import type { Framework, FrameworkParts, TaskView } from '../framework-parts.ts';
import { FrameworkRoles } from '../framework-roles.ts';
import { Reason, type Scheduler } from '../master/framework-port.ts';
import { SchedulerDriver } from '../master/scheduler-driver.ts';
import { shortage, usable } from '../shortage.ts';
import { isTerminal, TaskState } from '../task-state.ts';
import { Holder } from '../task-table.ts';
import type { ChronosJob, QueuedRun } from './chronos-job.ts';
import { checkJobNames } from './check-job-names.ts';
import type { ChronosOptions } from './chronos-options.ts';
import { JobPlaces } from './job-places.ts';
import { JobSchedule } from './job-schedule.ts';
import { NewJobRevives } from './new-job-revives.ts';
import { ParentCounts } from './parent-counts.ts';
import { readInstant, readPeriod, readRepetition } from './repetition.ts';
import { RunQueues } from './run-queues.ts';

const OFFER_PHASE = 81;
/** A job without a start is due from a second before its submission on (mesos/chronos 3.0, jobs/JobUtils.scala). */
const EMPTY_START_US = 1_000_000;

/**
 * Chronos: runs jobs by ISO 8601 schedules and after one another (mesos/chronos 3.0, src/main/scala/org/apache/mesos/chronos/scheduler). Two queues, first in first out; a head that fits nowhere ends the
 * matching of its batch of offers.
 */
export class Chronos implements Framework, Scheduler {
  readonly name: string;
  readonly #roles: FrameworkRoles;
  readonly fit: AgentFit;
  waiting = 0;
  readonly #parts: FrameworkParts;
  readonly #options: ChronosOptions;
  readonly #driver: SchedulerDriver;
  readonly #epochUs: number;
  readonly #places: JobPlaces;
  /** Dependent jobs by the name of a parent. */
  readonly #children = new Map<string, Set<ChronosJob>>();
  /** Jobs by job of the workload. */
  readonly #ofJob = new Map<number, ChronosJob[]>();
  readonly #scheduled = new Set<ChronosJob>();
  readonly #queues = new RunQueues();
  /** What runs, by row in the task table. */
  readonly #byRow = new Map<number, QueuedRun>();
  /** Runs that wait for their next attempt, by number. */
  readonly #retrying = new Map<number, QueuedRun>();
  readonly #rowOf = new Map<number, number>();
  readonly #inbox: Offers[] = [];
  readonly #offersLoop: Loop;
  readonly #revives: NewJobRevives;
  #suppressed = true;
  #busyUntilUs = 0;
  #serial = 0;
  #wakeUs = Infinity;
  readonly #turnOp: number;
  readonly #lookOp: number;
  readonly #retryOp: number;

  constructor(parts: FrameworkParts, options: ChronosOptions) {
    this.#parts = parts;
    this.#options = options;
    this.name = parts.name;
    const [{ role }] = parts.roles as [RoleEntry];
    this.#roles = new FrameworkRoles(parts.roles, parts.context.workload.shapes, [parts.choice({ role, reserved: true, unreserved: true, revocable: 'never' })]);
    this.fit = parts.fit;
    this.#places = new JobPlaces(parts.context.inventory, this.fit);
    this.#epochUs = readInstant(options.epoch)!;
    const { context, tasks, master } = parts;
    const { simulation, random } = context;
    const component = `mesos/${this.name}`;
    this.#driver = new SchedulerDriver(context, tasks, master, { name: this.name, roles: [role], checkpoint: options.checkpoint, partitionAware: false, subscription: parts.subscription, heedsRunning: false }, this);
    this.#turnOp = simulation.on(component, () => {
      this.#wakeUs = Infinity;
      this.#turn();
    });
    this.#lookOp = simulation.on(component, () => this.#look());
    this.#retryOp = simulation.on(component, (serial) => this.#again(serial));
    // An idle Chronos goes on declining offers, each time for so long: work that comes meets its next offers when the last refusal ends.
    this.#offersLoop = new Loop(simulation, component, () => {
      if (this.#suppressed && this.waiting > 0) {
        this.#suppressed = false;
        this.#driver.revive();
      }
      return false;
    });
    this.#revives = new NewJobRevives(simulation, component, options.minReviveInterval, () => {
      if (this.waiting === 0) return;
      this.#suppressed = false;
      this.#driver.revive();
    });
    const { declineOfferDuration } = options;
    this.#offersLoop.start(new FixedSchedule(Math.floor(random.u(entityOf(component), 0, OFFER_PHASE) * declineOfferDuration), declineOfferDuration), false);
    checkJobNames(options, context.workload);
  }

  get index(): number {
    return this.#driver.framework;
  }

  rolesOf(shape: number): readonly string[] {
    return this.#roles.of(shape);
  }

  choiceOf(): EntryChoice | undefined {
    return this.#roles.choice(0);
  }

  submit(job: number): void {
    const { workload, simulation } = this.#parts.context;
    const name = workload.jobName(job);
    const first = workload.firstTask(job);
    const end = first + workload.size(job);
    const options = this.#options.jobs[name];
    const made: ChronosJob[] = [];
    this.#ofJob.set(job, made);
    if (options?.schedule === undefined && options?.parents === undefined) {
      // Every task is a job of its own that runs once.
      for (let task = first; task < end; task++) {
        const single = this.#job(name, job, task, task + 1, null, null);
        made.push(single);
        this.#enqueue({ job: single, task, attempt: 0 });
      }
    } else {
      const repetition = options.schedule === undefined ? undefined : readRepetition(options.schedule)!;
      const startUs = repetition?.startUs === undefined ? simulation.nowUs - EMPTY_START_US : repetition.startUs - this.#epochUs;
      const schedule = repetition === undefined ? null : new JobSchedule(repetition.times, startUs, repetition.period);
      const parents = options.parents === undefined ? null : new ParentCounts(options.parents);
      const planned = this.#job(name, job, first, end, schedule, parents);
      made.push(planned);
      if (schedule !== null) this.#scheduled.add(planned);
      for (const parent of options.parents ?? []) {
        const children = this.#children.get(parent);
        if (children === undefined) this.#children.set(parent, new Set([planned]));
        else children.add(planned);
      }
    }
    this.#turn();
  }

  /** A run that was given up is tried again as a new one. */
  retry(task: number): void {
    const job = this.#jobOf(task);
    if (job === undefined) return;
    this.#enqueue({ job, task, attempt: 0 });
  }

  cancel(job: number): void {
    const jobs = new Set(this.#ofJob.get(job));
    this.#ofJob.delete(job);
    for (const each of jobs) {
      each.deleted = true;
      this.#places.drop(each);
      this.#scheduled.delete(each);
      for (const parent of each.options?.parents ?? []) this.#children.get(parent)?.delete(each);
    }
    this.#countWaiting(-this.#queues.drop(jobs));
    for (const [row, run] of this.#byRow) if (jobs.has(run.job)) this.#driver.kill(row);
    this.#suppressIfIdle();
  }

  view(task: number): TaskView {
    const row = this.#rowOf.get(task) ?? -1;
    const job = this.#jobOf(task);
    const notes: string[] = [];
    if (job !== undefined && row < 0) {
      if (job.disabled) notes.push('the job is disabled');
      const dueUs = job.schedule?.dueUs ?? Infinity;
      if (dueUs !== Infinity && job.queued === 0) notes.push(`the job is due at ${Math.max(0, dueUs) / 1e6} s`);
      if (job.parents !== null && job.queued === 0) notes.push(`runs after ${job.options!.parents!.join(', ')}`);
      if (job.running > 0 && !(job.options?.concurrent ?? false)) notes.push('the job runs, and its runs may not overlap');
      if (job.queued > 0) notes.push('in the queue; the first that fits nowhere holds up those behind it');
    }
    return { waiting: row < 0 && job !== undefined, row, note: notes.join('; ') };
  }

  refusal(task: number, agent: number, left: (column: number) => number): string | undefined {
    const job = this.#jobOf(task);
    if (job === undefined) return undefined;
    return this.#places.refusal(job, agent) ?? shortage(this.#parts.demands[job.shape]!, usable(this.#roles.choice(0), left));
  }

  invariants(): string[] {
    const waiting = this.#queues.size;
    return waiting === this.waiting ? [] : [`${this.name}: ${waiting} runs are queued, ${this.waiting} are counted`];
  }

  // Jobs

  #jobOf(task: number): ChronosJob | undefined {
    return this.#ofJob.get(this.#parts.context.workload.jobOf(task))?.find((candidate) => candidate.endTask > task);
  }

  #job(name: string, job: number, nextTask: number, endTask: number, schedule: JobSchedule | null, parents: ParentCounts | null): ChronosJob {
    const options = this.#options.jobs[this.#parts.context.workload.jobName(job)];
    const epsilon = options?.epsilon === undefined ? undefined : readPeriod(options.epsilon)?.us;
    return {
      name,
      job,
      shape: this.#parts.context.workload.columns.jobShape[job]!,
      options,
      retries: options?.retries ?? this.#options.retries,
      epsilonUs: epsilon ?? this.#options.epsilon,
      schedule,
      parents,
      nextTask,
      endTask,
      queued: 0,
      running: 0,
      errors: 0,
      disabled: options?.disabled ?? false,
      deleted: false,
    };
  }

  /** One turn of the main loop: what is due is queued. It sleeps until the next job is due, or something changes. */
  #turn(): void {
    const { simulation } = this.#parts.context;
    const { nowUs } = simulation;
    let nextUs = Infinity;
    for (const job of this.#scheduled) {
      const schedule = job.schedule!;
      if (this.#options.epsilonRule === 'skip') while (job.queued === 0 && schedule.dueUs + job.epsilonUs < nowUs) schedule.advance(schedule.dueUs);
      if (schedule.dueUs === Infinity || job.nextTask === job.endTask) this.#scheduled.delete(job);
      else if (schedule.dueUs > nowUs) nextUs = Math.min(nextUs, schedule.dueUs);
      // Queued once at most; while it runs, an occurrence would be left out and found due again.
      else if (job.queued === 0 && !job.disabled && !this.#blocked(job)) this.#enqueue({ job, task: -1, attempt: 0 });
    }
    if (nextUs < this.#wakeUs) {
      this.#wakeUs = nextUs;
      simulation.at(nextUs, this.#turnOp);
    }
  }

  #blocked(job: ChronosJob): boolean {
    return job.running > 0 && !(job.options?.concurrent ?? false);
  }

  #enqueue(run: QueuedRun): void {
    this.#queues.push(run);
    this.#countWaiting(1);
    if (this.#options.reviveOffersForNewJobs) this.#revives.want();
    else if (this.#suppressed) this.#offersLoop.wake();
  }

  #countWaiting(by: number): void {
    this.waiting += by;
    this.#parts.waitingChanged(by);
  }

  #poll(): QueuedRun | undefined {
    const run = this.#queues.poll();
    if (run !== undefined) this.#countWaiting(-1);
    return run;
  }

  // Master

  resourceOffers(offers: Offers): void {
    const { simulation } = this.#parts.context;
    this.#inbox.push(offers);
    if (this.#inbox.length > 1) return;
    if (this.#busyUntilUs > simulation.nowUs) simulation.at(this.#busyUntilUs, this.#lookOp);
    else this.#look();
  }

  statusUpdate(row: number, state: TaskState, reason: Reason): void {
    const { tasks, context } = this.#parts;
    tasks.frameworkState[row] = state;
    if (!isTerminal(state)) return;
    const run = this.#byRow.get(row)!;
    const { job, task } = run;
    this.#byRow.delete(row);
    this.#rowOf.delete(task);
    tasks.forget(row, Holder.framework);
    job.running--;
    if (job.deleted) return;
    if (state === TaskState.finished) this.#succeeded(job, task);
    else if (state === TaskState.killed) {
      context.client.ended(task, false);
    } else if (run.attempt < job.retries && job.errors === 0) {
      this.#retrying.set(++this.#serial, { job, task, attempt: run.attempt + 1 });
      if (reason !== Reason.invalidOffers) context.log.record(RecordKind.decide, task);
      context.simulation.after(this.#options.failureRetry, this.#retryOp, this.#serial);
    } else this.#failed(job, task);
    this.#turn();
  }

  unknownTask(row: number, id: number, state: TaskState): void {
    if (!isTerminal(state)) this.#driver.kill(row, id);
  }

  #again(serial: number): void {
    const run = this.#retrying.get(serial)!;
    this.#retrying.delete(serial);
    if (!run.job.deleted) this.#enqueue(run);
  }

  #succeeded(job: ChronosJob, task: number): void {
    job.errors = 0;
    this.#parts.context.client.ended(task, true);
    this.#trigger(job);
  }

  /** A run has failed for good. */
  #failed(job: ChronosJob, task: number): void {
    job.errors++;
    if (this.#options.disableAfterFailures > 0 && job.errors >= this.#options.disableAfterFailures) job.disabled = true;
    this.#parts.context.client.ended(task, false);
    if (job.options?.softError === true) this.#trigger(job);
  }

  #trigger(job: ChronosJob): void {
    for (const child of this.#children.get(job.name) ?? []) {
      if (child.deleted || !child.parents!.succeeded(job.name) || child.disabled || child.nextTask + child.queued >= child.endTask) continue;
      this.#enqueue({ job: child, task: -1, attempt: 0 });
    }
  }

  // Offers

  #suppressIfIdle(): void {
    if (this.waiting > 0 || this.#suppressed) return;
    this.#suppressed = true;
    this.#driver.suppress();
  }

  #look(): void {
    const { context } = this.#parts;
    const offers = this.#inbox.shift()!;
    const visitedBefore = offers.visited;
    const { launches, decisions } = this.#match(offers);
    const { decisionBase, decisionPerTask, declineOfferDuration } = this.#options;
    const thinkUs = decisionBase + decisionPerTask * launches.length;
    context.log.count(Counter.decisions, decisions);
    context.log.count(Counter.decisionUs, thinkUs);
    context.log.count(Counter.machinesScored, offers.visited - visitedBefore);
    this.#busyUntilUs = context.simulation.nowUs + thinkUs;
    this.#driver.answer({ offers, launches, refuseUsedUs: declineOfferDuration, refuseUnusedUs: declineOfferDuration }, thinkUs);
    this.#turn();
    this.#suppressIfIdle();
    if (this.#inbox.length > 0) context.simulation.at(this.#busyUntilUs, this.#lookOp);
  }

  /** Serves the queues until one head fits nowhere. */
  #match(offers: Offers): { launches: number[]; decisions: number } {
    const { context, demands } = this.#parts;
    const launches: number[] = [];
    const launched = new Set<ChronosJob>();
    const choice = this.#roles.choice(0);
    let decisions = 0;
    for (let run = this.#poll(); run !== undefined; run = this.#poll()) {
      const { job } = run;
      if (job.disabled || job.deleted) break;
      // An occurrence of a job that runs, or that is launched in this batch already, is dropped; a run that was begun before is put off.
      if (this.#blocked(job) || launched.has(job)) {
        if (run.task >= 0) this.#retryLater(run);
        continue;
      }
      if (run.task < 0 && job.nextTask >= job.endTask) continue;
      decisions++;
      const task = run.task >= 0 ? run.task : job.nextTask;
      const agent = offers.find(demands[job.shape]!, 0, this.#places.accepts(job), choice);
      if (task === context.watchedTask) this.#parts.explainMatch(task, offers, agent);
      if (agent < 0) {
        this.#enqueue(run);
        break;
      }
      const resources = offers.take(agent, demands[job.shape]!, choice);
      launched.add(job);
      launches.push(this.#launch({ job, task, attempt: run.attempt }, run.task < 0, agent, resources));
    }
    return { launches, decisions };
  }

  #retryLater(run: QueuedRun): void {
    this.#retrying.set(++this.#serial, run);
    this.#parts.context.simulation.after(this.#options.failureRetry, this.#retryOp, this.#serial);
  }

  /** @param fresh a new run, not a further attempt */
  #launch(run: QueuedRun, fresh: boolean, agent: number, resources: Float64Array): number {
    const { tasks, context } = this.#parts;
    const { job, task } = run;
    if (fresh) {
      job.nextTask++;
      job.schedule?.advance(context.simulation.nowUs);
    }
    job.parents?.reset();
    job.running++;
    const row = tasks.launch(task, job.shape, agent, this.index, this.#roles.names[0]!, resources);
    this.#byRow.set(row, run);
    this.#rowOf.set(task, row);
    return row;
  }
}
