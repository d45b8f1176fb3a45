import type { SequentialRandom } from '../../../engine/random/sequential-random.ts';
import { type Component, Counter } from '../../../metrics/log.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { Architecture } from './architecture.ts';
import { JobQueue } from './job-queue.ts';
import { type Offer, Offers } from './offers.ts';
import type { OmegaCluster } from './omega-cluster.ts';
import { decisionTimeOf, type OmegaTimes, type TwoLevelOptions } from './omega-options.ts';
import { decisionUs, isHopeless, type PendingJob } from './pending-job.ts';
import { randomFit } from './random-fit.ts';
import { REQUEUE_US } from './serial-scheduler.ts';

/** What a framework will launch when it answers. */
interface Launch {
  readonly job: PendingJob;
  readonly tasks: readonly number[];
  readonly machines: readonly number[];
}

interface Framework {
  readonly component: Component;
  readonly queue: JobQueue;
  /** Jobs that come back after {@link REQUEUE_US}. */
  readonly later: JobQueue;
  readonly random: SequentialRandom;
  readonly requeueOp: number;
  readonly answerOp: number;
  /** Offers that it has not looked at. */
  readonly offers: Offer[];
  requesting: boolean;
  /** What it is busy with. */
  answer: { readonly offer: Offer; readonly launches: readonly Launch[] } | null;
  heldCpuMilli: number;
  heldMemoryBytes: number;
}

/**
 * Two-level scheduling as the paper models Mesos (sections 3.3 and 4.2), and named as such: once a second the allocator offers everything that is free to one framework, the one with
 * the smallest dominant share of those that asked; the framework locks all of it for as long as it decides, job after job. The real Mesos does better (see the `mesos` orchestrator).
 * Source of the rules: MesosSimulation.scala of github.com/google/cluster-scheduler-simulator. That program compares an offer's memory with the job's CPU need; here memory is compared with memory.
 */
export class TwoLevel implements Architecture {
  readonly #context: OrchestratorContext;
  readonly #cluster: OmegaCluster;
  readonly #times: OmegaTimes;
  readonly #options: TwoLevelOptions;
  readonly #offers: Offers;
  readonly #allocator: Component;
  readonly #frameworks: readonly Framework[];
  readonly #batch: readonly Framework[];
  readonly #service: readonly Framework[];
  readonly #owner: Int16Array;
  readonly #allocateOp: number;
  readonly #sendOp: number;
  /** Offers on their way, in order: the allocator's time is constant. */
  readonly #sending: { readonly framework: Framework; readonly offer: Offer }[] = [];
  readonly #cpuMilli: number;
  readonly #memoryBytes: number;
  #allocationDue = false;
  #nextBatch = 0;
  #nextService = 0;

  constructor(context: OrchestratorContext, cluster: OmegaCluster, times: OmegaTimes, options: TwoLevelOptions) {
    const { inventory, simulation, workload } = context;
    this.#context = context;
    this.#cluster = cluster;
    this.#times = times;
    this.#options = options;
    this.#offers = new Offers(cluster.cell);
    this.#allocator = context.log.component('allocator');
    this.#cpuMilli = inventory.total('cpuMilli');
    this.#memoryBytes = inventory.total('memoryBytes');
    this.#owner = new Int16Array(workload.taskCount).fill(-1);
    this.#allocateOp = simulation.on('omega/allocator', () => this.#allocate());
    this.#sendOp = simulation.on('omega/allocator', () => this.#send());
    this.#batch = Array.from({ length: options.batchFrameworks }, (_, i) => this.#framework(`batch-${i}`));
    this.#service = Array.from({ length: options.serviceFrameworks }, (_, i) => this.#framework(`service-${i}`));
    this.#frameworks = [...this.#batch, ...this.#service];
  }

  /** Jobs of a kind go to its frameworks in turn. */
  arrive(job: PendingJob): void {
    const framework = job.service ? this.#service[this.#nextService++ % this.#service.length]! : this.#batch[this.#nextBatch++ % this.#batch.length]!;
    this.#enqueue(framework, job);
  }

  freed(machine: number, task: number, cpuMilli: number, memoryBytes: number): void {
    if (task >= 0) {
      const framework = this.#frameworks[this.#owner[task]!]!;
      framework.heldCpuMilli -= cpuMilli;
      framework.heldMemoryBytes -= memoryBytes;
      if (this.#cluster.cell.inService[machine] === 1) this.#offers.freed(machine, cpuMilli, memoryBytes);
    }
    this.#allocateSoon();
  }

  explain(job: number): string {
    for (const { component, queue, later, answer } of this.#frameworks) {
      const name = component.name;
      if (answer?.launches.some((launch) => launch.job.job === job)) return `framework ${name} is busy with the offer that it will be launched from`;
      const ahead = queue.ahead(job);
      if (ahead >= 0) return `waits behind ${ahead} jobs in framework ${name}${answer === null ? ', which waits for an offer' : ''}`;
      if (later.ahead(job) >= 0) return `found no room in the last offer to framework ${name}; comes back within a second`;
    }
    return 'in no queue';
  }

  invariants(): string[] {
    return this.#frameworks.filter(({ heldCpuMilli }) => heldCpuMilli < -1e-6).map(({ component }) => `framework ${component.name} holds less than nothing`);
  }

  #framework(name: string): Framework {
    const { log, simulation } = this.#context;
    const framework: Framework = {
      component: log.component(name),
      queue: new JobQueue(),
      later: new JobQueue(),
      random: this.#context.stream(name),
      requeueOp: simulation.on(`omega/${name}`, () => this.#enqueue(framework, framework.later.shift()!)),
      answerOp: simulation.on(`omega/${name}`, () => this.#answer(framework)),
      offers: [],
      requesting: false,
      answer: null,
      heldCpuMilli: 0,
      heldMemoryBytes: 0,
    };
    return framework;
  }

  #enqueue(framework: Framework, job: PendingJob): void {
    framework.queue.push(job);
    framework.requesting = true;
    this.#allocateSoon();
  }

  /** Offers are gathered for a while: `offerBatchInterval`. */
  #allocateSoon(): void {
    if (this.#allocationDue || !this.#frameworks.some(({ requesting }) => requesting)) return;
    this.#allocationDue = true;
    this.#context.simulation.after(this.#options.offerIntervalUs, this.#allocateOp);
  }

  #allocate(): void {
    this.#allocationDue = false;
    const offers = this.#offers;
    if (offers.unofferedCpuMilli < this.#options.minOfferShare * this.#cpuMilli || offers.unofferedMemoryBytes < this.#options.minOfferShare * this.#memoryBytes) return;
    let poorest: Framework | null = null;
    for (const framework of this.#frameworks) {
      if (framework.requesting && (poorest === null || this.#dominantShare(framework) < this.#dominantShare(poorest))) poorest = framework;
    }
    if (poorest === null) return;
    const { allocatorUs } = this.#options;
    this.#sending.push({ framework: poorest, offer: offers.make() });
    this.#allocator.busyUs += allocatorUs;
    this.#allocator.decisions++;
    this.#context.log.count(Counter.offersSent);
    this.#context.simulation.after(allocatorUs, this.#sendOp);
  }

  #dominantShare({ heldCpuMilli, heldMemoryBytes }: Framework): number {
    return Math.max(heldCpuMilli / this.#cpuMilli, heldMemoryBytes / this.#memoryBytes);
  }

  #send(): void {
    const { framework, offer } = this.#sending.shift()!;
    framework.offers.push(offer);
    this.#decide(framework);
  }

  /** Takes the next offer and decides on jobs until the offer or the queue is used up; the resources are claimed now, which nobody else can see, and used when the time has passed. */
  #decide(framework: Framework): void {
    if (framework.answer !== null || framework.offers.length === 0) return;
    const { log, simulation } = this.#context;
    const { component, queue } = framework;
    const offer = framework.offers.shift()!;
    const pool = offer.pool();
    const launches: Launch[] = [];
    let busyUs = 0;
    while (offer.left && queue.length > 0) {
      const job = queue.shift()!;
      if (!this.#cluster.alive(job)) continue;
      if (job.attempts === 0) component.firstAttempt(simulation.nowUs + busyUs - job.queuedUs);
      busyUs += decisionUs(job, decisionTimeOf(this.#times, job));
      job.attempts++;
      component.decisions++;
      log.count(Counter.decisions);
      const machines: number[] = [];
      log.count(Counter.machinesScored, randomFit(pool, framework.random, offer, job.tasks.length, job.cpuMilli, job.memoryBytes, machines));
      if (machines.length > 0) {
        launches.push({ job, tasks: job.tasks.slice(0, machines.length), machines });
        job.tasks = job.tasks.slice(machines.length);
        component.commits++;
      }
      if (job.tasks.length > 0) this.#comeBack(framework, job);
    }
    if (queue.length === 0) framework.requesting = false;
    component.busyUs += busyUs;
    log.count(Counter.decisionUs, busyUs);
    if (launches.length === 0) log.count(Counter.offersDeclined);
    framework.answer = { offer, launches };
    simulation.after(busyUs, framework.answerOp);
  }

  #comeBack(framework: Framework, job: PendingJob): void {
    if (isHopeless(job)) {
      framework.component.abandoned++;
      this.#cluster.abandon(job);
    } else {
      framework.later.push(job);
      this.#context.simulation.after(REQUEUE_US, framework.requeueOp);
    }
  }

  #answer(framework: Framework): void {
    const { offer, launches } = framework.answer!;
    framework.answer = null;
    this.#offers.end(offer);
    const { cell } = this.#cluster;
    const index = this.#frameworks.indexOf(framework);
    for (const { job, tasks, machines } of launches) {
      const again: number[] = [];
      for (let i = 0; i < tasks.length; i++) {
        const task = tasks[i]!;
        const machine = machines[i]!;
        if (this.#cluster.waits(task) && cell.inService[machine] === 1) {
          this.#owner[task] = index;
          framework.heldCpuMilli += job.cpuMilli;
          framework.heldMemoryBytes += job.memoryBytes;
          this.#cluster.launch(task, machine, job);
        } else {
          // Taken back, or its machine was lost, while the framework was deciding.
          cell.give(machine, job.cpuMilli, job.memoryBytes);
          if (this.#cluster.waits(task)) again.push(task);
        }
      }
      if (again.length > 0) this.#enqueue(framework, { ...job, tasks: again, size: again.length, attempts: 0 });
    }
    this.#cluster.waitingChanged();
    this.#allocateSoon();
    this.#decide(framework);
  }
}
