import { type Component, RecordKind } from '../../../metrics/log.ts';
import type { Containers, Supervisor } from '../../../world/containers.ts';
import { ExitOutcome } from '../../../world/exit-outcome.ts';
import type { Explanation, Orchestrator, OrchestratorContext } from '../../orchestrator.ts';
import type { Architecture, Cluster } from './architecture.ts';
import { Cell } from './cell.ts';
import { type PendingJob, pendingJob } from './pending-job.ts';

const NOWHERE = -1;

/**
 * What the three architectures have in common, as in the paper's simulators: one cell, tasks that start as soon as they are committed and hold their resources until they
 * end, no executor, no network. Losses of machines are known at once (the paper has none): the tasks come again as jobs of their own.
 */
export class OmegaCluster implements Orchestrator, Supervisor, Cluster {
  readonly cell: Cell;
  readonly #context: OrchestratorContext;
  readonly #containers: Containers;
  readonly #startLatencyUs: number;
  readonly #architecture: Architecture;
  readonly #agents: number[] = [];
  readonly #usable: Uint8Array;
  readonly #drained: Uint8Array;
  /** Container per task, -1 = none. */
  readonly #container: Int32Array;
  /** 1 while the task waits in a scheduler. */
  readonly #waits: Uint8Array;
  #waiting = 0;

  constructor(context: OrchestratorContext, startLatencyUs: number, architecture: (cluster: OmegaCluster) => Architecture) {
    const { inventory, processes, workload } = context;
    this.#context = context;
    this.#containers = context.containers;
    this.#startLatencyUs = startLatencyUs;
    this.cell = new Cell(inventory);
    this.#usable = new Uint8Array(inventory.count).fill(1);
    this.#drained = new Uint8Array(inventory.count);
    this.#container = new Int32Array(workload.taskCount).fill(-1);
    this.#waits = new Uint8Array(workload.taskCount);
    for (let machine = 0; machine < inventory.count; machine++) {
      const agent = processes.spawn({ role: `reference/agent-${inventory.names[machine]}`, machine, program: {}, startupUs: 0 });
      this.#agents.push(agent);
      processes.watch(agent, () => this.#machineChanged(machine));
    }
    this.#architecture = architecture(this);
  }

  submit(job: number): void {
    const { workload } = this.#context;
    const first = workload.firstTask(job);
    const tasks: number[] = [];
    for (let task = first; task < first + workload.size(job); task++) tasks.push(task);
    this.#arrive(job, tasks);
  }

  retry(task: number): void {
    this.#arrive(this.#context.workload.jobOf(task), [task]);
  }

  cancel(job: number): void {
    const { workload } = this.#context;
    const first = workload.firstTask(job);
    for (let task = first; task < first + workload.size(job); task++) {
      this.#leave(task);
      if (this.#container[task]! >= 0) this.#containers.stop(this.#container[task]!);
    }
    this.waitingChanged();
  }

  waitingChanged(): void {
    this.#context.log.queueDepth(this.#waiting);
  }

  remove(): void {}

  drain(machine: number, drained: boolean): void {
    this.#drained[machine] = drained ? 1 : 0;
    this.#serviceChanged(machine);
  }

  launch(task: number, machine: number, job: PendingJob): void {
    const { log, inventory, watchedTask } = this.#context;
    this.#leave(task);
    if (task === watchedTask) {
      const name = inventory.names[machine]!;
      this.#context.explained({ state: 'committed', summary: `${name} was drawn from the machines with room, in attempt ${job.attempts} of its job`, machines: [{ machine: name, verdict: 'fits' }] });
    }
    log.record(RecordKind.bind, task, machine);
    this.#container[task] = this.#containers.run({
      machine,
      process: this.#agents[machine]!,
      supervisor: this,
      task,
      cookie: 0,
      startLatencyUs: this.#startLatencyUs,
      serialPull: false,
      gpuMask: 0,
      oomScoreAdj: 0,
    });
  }

  abandon(job: PendingJob): void {
    for (const task of job.tasks) {
      this.#leave(task);
      this.#context.client.refused(task, `abandoned after ${job.attempts} scheduling attempts`);
    }
    this.waitingChanged();
  }

  waits(task: number): boolean {
    return this.#waits[task] === 1;
  }

  alive(job: PendingJob): boolean {
    // Most jobs are whole: no array is made.
    for (let i = 0; i < job.tasks.length; i++) {
      if (this.#waits[job.tasks[i]!] === 1) continue;
      job.tasks = job.tasks.filter((task) => this.#waits[task] === 1);
      break;
    }
    return job.tasks.length > 0;
  }

  /** Accumulators of a scheduler or allocator, for components.csv. */
  component(name: string): Component {
    return this.#context.log.component(name);
  }

  containerRunning(): void {}

  containerExited(container: number, outcome: ExitOutcome): void {
    const task = this.#containers.task[container]!;
    this.#giveBack(container);
    if (outcome === ExitOutcome.finished) this.#context.client.ended(task, true);
    else if (outcome !== ExitOutcome.stopped) this.#context.client.ended(task, false);
  }

  explain(task: number): Explanation {
    const { inventory, requests, workload } = this.#context;
    const request = requests[workload.shapeOf(task)];
    if (!request) return { state: 'rejected', summary: 'the request cannot be expressed', machines: [] };
    const container = this.#container[task]!;
    if (container >= 0) {
      const name = inventory.names[this.#containers.machine[container]!]!;
      return { state: 'committed', summary: `on ${name}`, machines: [{ machine: name, verdict: 'holds it' }] };
    }
    if (this.#waits[task] === 0) return { state: 'absent', summary: 'not in the system: not submitted yet, given up, or over', machines: [] };
    const machines = inventory.names.map((machine, index) => ({ machine, verdict: this.#verdict(index, request.cpuMilli, request.memoryBytes) }));
    return { state: 'pending', summary: this.#architecture.explain(workload.jobOf(task)), machines };
  }

  invariants(): string[] {
    const { inventory } = this.#context;
    const broken = this.#architecture.invariants();
    for (let machine = 0; machine < inventory.count; machine++) {
      if (this.cell.cpuMilli[machine]! < -1e-6 || this.cell.memoryBytes[machine]! < 0) broken.push(`${inventory.names[machine]} is over-committed`);
    }
    let waiting = 0;
    for (const waits of this.#waits) waiting += waits;
    if (waiting !== this.#waiting) broken.push(`${waiting} tasks wait, ${this.#waiting} are counted`);
    return broken;
  }

  #arrive(job: number, tasks: number[]): void {
    for (const task of tasks) this.#waits[task] = 1;
    this.#waiting += tasks.length;
    this.waitingChanged();
    this.#architecture.arrive(pendingJob(this.#context, job, tasks));
  }

  #leave(task: number): void {
    if (this.#waits[task] === 0) return;
    this.#waits[task] = 0;
    this.#waiting--;
  }

  #verdict(machine: number, cpuMilli: number, memoryBytes: number): string {
    if (this.cell.inService[machine] === 0) return 'out of service';
    if (this.cell.cpuMilli[machine]! < cpuMilli) return 'not enough CPU';
    return this.cell.memoryBytes[machine]! < memoryBytes ? 'not enough memory' : 'fits';
  }

  #giveBack(container: number): void {
    const task = this.#containers.task[container]!;
    const machine = this.#containers.machine[container]!;
    const request = this.#context.requests[this.#context.workload.shapeOf(task)]!;
    this.#container[task] = NOWHERE;
    this.#context.log.record(RecordKind.release, task, machine);
    this.#containers.remove(container);
    this.#architecture.freed(machine, task, request.cpuMilli, request.memoryBytes);
    this.cell.give(machine, request.cpuMilli, request.memoryBytes);
  }

  #machineChanged(machine: number): void {
    const { network, processes, log } = this.#context;
    const agent = this.#agents[machine]!;
    const serving = processes.serving(agent) && network.connected(processes.endpoint[agent]!, processes.endpoint[agent]!);
    if ((this.#usable[machine] === 1) === serving) return;
    this.#usable[machine] = serving ? 1 : 0;
    if (!serving) log.record(RecordKind.detect, machine);
    this.#serviceChanged(machine);
  }

  #serviceChanged(machine: number): void {
    const { log, workload } = this.#context;
    const inService = this.#usable[machine] === 1 && this.#drained[machine] === 0;
    this.cell.setInService(machine, inService);
    if (inService) {
      this.#architecture.freed(machine, -1, 0, 0);
      return;
    }
    for (const container of this.#containers.on(machine).reverse()) {
      const task = this.#containers.task[container]!;
      if (this.#container[task] !== container) continue;
      log.record(RecordKind.evict, task, machine);
      this.#giveBack(container);
      log.record(RecordKind.decide, task);
      this.#arrive(workload.jobOf(task), [task]);
    }
  }
}
