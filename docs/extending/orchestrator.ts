import { type Explanation, ExitOutcome, type Orchestrator, type OrchestratorContext, type OrchestratorDefinition, type Plugin, RecordKind, z } from '../../src/index.ts';

/** Options as scenarios give them; names that end in Us take `200ms` too. */
interface Options {
  readonly pollUs: number;
}

/**
 * A system in a hundred lines: tasks wait in one queue; every `pollUs` the head of it goes to the machine with most free CPU. It hears of a machine's death only when it polls, which is
 * what its recovery time comes from.
 */
const emptiest: OrchestratorDefinition<Options> = {
  name: 'emptiest',
  models: '',
  summary: 'example: one queue, the machine with most free CPU, looked at in steps',
  capabilities: {
    queues: true,
    gangs: false,
    dependencies: false,
    fractionalCpu: true,
    gpu: false,
    gpuShares: false,
    constraints: false,
    priorities: false,
    finishedTasksHoldResources: false,
    replacesLostServices: true,
    replacesLostBatch: true,
  },
  options: z.strictObject({ pollUs: z.int().min(1).default(1_000_000).describe('time between two looks at queue and machines, us') }),
  translations: [{ key: 'emptiest-no-gpu', meaning: 'the system knows no GPUs: such tasks are rejected' }],
  // `null`: cannot be expressed. Never pretend that it can.
  translate: (shape) => (shape.gpuCount > 0 ? { request: null, applied: ['emptiest-no-gpu'] } : { request: shape, applied: [] }),
  create: (context, options) => new Emptiest(context, options),
};

class Emptiest implements Orchestrator {
  readonly #context: OrchestratorContext;
  readonly #pollUs: number;
  /** One process per machine, which the containers run under: when it dies, they are lost. */
  readonly #agents: readonly number[];
  readonly #freeCpuMilli: Float64Array;
  readonly #freeMemoryBytes: Float64Array;
  readonly #up: Uint8Array;
  readonly #drained: Uint8Array;
  readonly #container: Int32Array;
  #queue: number[] = [];
  readonly #poll: number;
  #polls = false;

  constructor(context: OrchestratorContext, { pollUs }: Options) {
    const { inventory, processes, simulation, workload } = context;
    this.#context = context;
    this.#pollUs = pollUs;
    this.#agents = inventory.names.map((name, machine) => processes.spawn({ role: `emptiest/agent-${name}`, machine, program: {}, startupUs: 0 }));
    this.#freeCpuMilli = inventory.cpuMilli.slice();
    this.#freeMemoryBytes = inventory.memoryBytes.slice();
    this.#up = new Uint8Array(inventory.count).fill(1);
    this.#drained = new Uint8Array(inventory.count);
    this.#container = new Int32Array(workload.taskCount).fill(-1);
    this.#poll = simulation.on('emptiest', () => this.#look());
    // Steady state costs nothing: a change of a machine's agent asks for a look, an idle system has none.
    for (const agent of this.#agents) processes.watch(agent, () => this.#lookSoon());
  }

  submit(job: number): void {
    const { workload } = this.#context;
    const first = workload.firstTask(job);
    for (let task = first; task < first + workload.size(job); task++) this.retry(task);
  }

  retry(task: number): void {
    this.#queue.push(task);
    this.#lookSoon();
  }

  cancel(job: number): void {
    const { workload, containers } = this.#context;
    const first = workload.firstTask(job);
    this.#queue = this.#queue.filter((task) => task < first || task >= first + workload.size(job));
    for (let task = first; task < first + workload.size(job); task++) if (this.#container[task]! >= 0) containers.stop(this.#container[task]!);
  }

  remove(): void {}

  drain(machine: number, drained: boolean): void {
    this.#drained[machine] = drained ? 1 : 0;
    if (drained) this.#abandon(machine);
    this.#lookSoon();
  }

  containerRunning(): void {}

  containerExited(container: number, outcome: ExitOutcome): void {
    const task = this.#release(container);
    if (outcome !== ExitOutcome.stopped) this.#context.client.ended(task, outcome === ExitOutcome.finished);
    this.#lookSoon();
  }

  explain(task: number): Explanation {
    const { containers, inventory } = this.#context;
    const container = this.#container[task]!;
    if (container >= 0) return { state: 'placed', summary: `on ${inventory.names[containers.machine[container]!]}`, machines: [] };
    const place = this.#queue.indexOf(task);
    return { state: place < 0 ? 'over' : 'waiting', summary: place < 0 ? 'ended or not submitted' : `behind ${place} others`, machines: [] };
  }

  invariants(): string[] {
    return this.#context.inventory.names.filter((_, machine) => this.#freeCpuMilli[machine]! < 0 || this.#freeMemoryBytes[machine]! < 0).map((name) => `${name} is over-committed`);
  }

  #lookSoon(): void {
    if (this.#polls) return;
    this.#polls = true;
    const { simulation } = this.#context;
    // On a grid of its own, as a daemon with a timer would.
    simulation.at(Math.floor(simulation.nowUs / this.#pollUs) * this.#pollUs + this.#pollUs, this.#poll);
  }

  #look(): void {
    this.#polls = false;
    const { containers, log, processes, workload } = this.#context;
    for (let machine = 0; machine < this.#agents.length; machine++) {
      const up = processes.serving(this.#agents[machine]!) ? 1 : 0;
      if (up === this.#up[machine]) continue;
      this.#up[machine] = up;
      if (up === 0) {
        log.record(RecordKind.detect, machine);
        this.#abandon(machine);
      }
    }
    while (this.#queue.length > 0) {
      const task = this.#queue[0]!;
      const request = this.#context.requests[workload.shapeOf(task)]!;
      let best = -1;
      for (let machine = 0; machine < this.#up.length; machine++) {
        if (this.#up[machine] === 0 || this.#drained[machine] === 1 || this.#freeCpuMilli[machine]! < request.cpuMilli || this.#freeMemoryBytes[machine]! < request.memoryBytes) continue;
        if (best < 0 || this.#freeCpuMilli[machine]! > this.#freeCpuMilli[best]!) best = machine;
      }
      if (best < 0) break;
      this.#queue.shift();
      this.#freeCpuMilli[best]! -= request.cpuMilli;
      this.#freeMemoryBytes[best]! -= request.memoryBytes;
      log.record(RecordKind.bind, task, best);
      this.#container[task] = containers.run({ machine: best, process: this.#agents[best]!, supervisor: this, task, cookie: 0, startLatencyUs: 500_000, serialPull: false, gpuMask: 0, oomScoreAdj: 0 });
    }
    log.queueDepth(this.#queue.length);
  }

  /** Everything there is placed anew, before what waits. */
  #abandon(machine: number): void {
    const { containers, log } = this.#context;
    for (const container of containers.on(machine).toReversed()) {
      const task = containers.task[container]!;
      if (this.#container[task] !== container) continue;
      log.record(RecordKind.evict, task, machine);
      this.#release(container);
      log.record(RecordKind.decide, task);
      this.#queue.unshift(task);
    }
    this.#lookSoon();
  }

  #release(container: number): number {
    const { containers, log, requests, workload } = this.#context;
    const [task, machine] = [containers.task[container]!, containers.machine[container]!];
    const request = requests[workload.shapeOf(task)]!;
    this.#freeCpuMilli[machine]! += request.cpuMilli;
    this.#freeMemoryBytes[machine]! += request.memoryBytes;
    this.#container[task] = -1;
    log.record(RecordKind.release, task, machine);
    containers.remove(container);
    return task;
  }
}

export default { name: 'example-orchestrator', orchestrators: [emptiest] } satisfies Plugin;
