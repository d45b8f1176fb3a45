import { Counter, type Component } from '../../../metrics/log.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { Cluster } from './architecture.ts';
import { JobQueue } from './job-queue.ts';
import { decisionUs, type DecisionTime, isHopeless, type PendingJob } from './pending-job.ts';

/** What one attempt came to. */
export interface Attempt {
  /** Machine per task of the job, in order; fewer than tasks if not all were placed. */
  readonly placed: readonly number[];
  readonly conflicts: number;
}

/** Where a scheduler places and commits. */
export interface AttemptPolicy {
  /** At the start of the decision. */
  begin(): void;
  /** At its end: chooses machines and claims them in the cell. */
  commit(job: PendingJob): Attempt;
}

/** Jobs that could not be placed whole come again after this: `simulator.afterDelay(1)` of cluster-scheduler-simulator. */
export const REQUEUE_US = 1_000_000;

/** A scheduler with one thread: takes jobs in order, is busy for the decision time of each, then commits. Jobs behind a slow one wait: the head-of-line blocking of section 4.1 of the paper. */
export class SerialScheduler {
  readonly component: Component;
  readonly #context: OrchestratorContext;
  readonly #cluster: Cluster;
  readonly #policy: AttemptPolicy;
  readonly #time: (job: PendingJob) => DecisionTime;
  readonly #queue = new JobQueue();
  readonly #decidedOp: number;
  readonly #requeueOp: number;
  /** Jobs that come back after {@link REQUEUE_US}, in order: the delay is constant. */
  readonly #later = new JobQueue();
  #current: PendingJob | null = null;

  constructor(context: OrchestratorContext, cluster: Cluster, name: string, time: (job: PendingJob) => DecisionTime, policy: AttemptPolicy) {
    this.#context = context;
    this.#cluster = cluster;
    this.#policy = policy;
    this.#time = time;
    this.component = context.log.component(name);
    this.#decidedOp = context.simulation.on(`omega/${name}`, (busyUs) => this.#decided(busyUs));
    this.#requeueOp = context.simulation.on(`omega/${name}`, () => this.#enqueue(this.#later.shift()!));
  }

  arrive(job: PendingJob): void {
    this.#enqueue(job);
  }

  /** Jobs before this one, the one that is being decided included; -1 = it is not here. */
  ahead(job: number): number {
    if (this.#current?.job === job) return 0;
    const ahead = this.#queue.ahead(job);
    if (ahead >= 0) return ahead + (this.#current === null ? 0 : 1);
    return this.#later.ahead(job) >= 0 ? this.#queue.length : -1;
  }

  #enqueue(job: PendingJob): void {
    this.#queue.push(job);
    if (this.#current === null) this.#next();
  }

  #next(): void {
    const { simulation } = this.#context;
    let job = this.#queue.shift();
    while (job !== undefined && !this.#cluster.alive(job)) job = this.#queue.shift();
    this.#current = job ?? null;
    if (job === undefined) return;
    if (job.attempts === 0) this.component.firstAttempt(simulation.nowUs - job.queuedUs);
    this.#policy.begin();
    const busyUs = decisionUs(job, this.#time(job));
    simulation.after(busyUs, this.#decidedOp, busyUs);
  }

  #decided(busyUs: number): void {
    const { log, simulation } = this.#context;
    const job = this.#current!;
    job.attempts++;
    this.component.busyUs += busyUs;
    this.component.decisions++;
    log.count(Counter.decisions);
    log.count(Counter.decisionUs, busyUs);
    if (this.#cluster.alive(job)) {
      const { placed, conflicts } = this.#policy.commit(job);
      if (conflicts > 0) {
        this.component.conflicts++;
        log.count(Counter.conflicts);
      } else if (placed.length > 0) this.component.commits++;
      for (let i = 0; i < placed.length; i++) this.#cluster.launch(job.tasks[i]!, placed[i]!, job);
      if (placed.length > 0) this.#cluster.waitingChanged();
      if (placed.length > 0) job.tasks = job.tasks.length === placed.length ? NONE : job.tasks.slice(placed.length);
      if (job.tasks.length > 0) {
        if (isHopeless(job)) {
          this.component.abandoned++;
          this.#cluster.abandon(job);
        } else {
          this.#later.push(job);
          simulation.after(REQUEUE_US, this.#requeueOp);
        }
      }
    }
    this.#next();
  }
}

const NONE: number[] = [];
