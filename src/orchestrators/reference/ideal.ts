import { Counter, RecordKind } from '../../metrics/log.ts';
import type { Shape } from '../../workload/shape.ts';
import { ContainerState } from '../../world/container-state.ts';
import type { Containers, Supervisor } from '../../world/containers.ts';
import { ExitOutcome } from '../../world/exit-outcome.ts';
import { GpuDevices } from '../../world/gpu-devices.ts';
import type { Explanation, Orchestrator, OrchestratorContext } from '../orchestrator.ts';
import { CapacityIndex } from './capacity-index.ts';

/** What the two ideals differ in, and their one physical constant. */
export interface IdealOptions {
  /** Time from image present to work begun; 0 in queueing theory. */
  readonly startLatencyUs: number;
}

/** The task stands in line. */
const IN_LINE = 1;
/** It waits beside the line: no machine would ever hold it, and strict order behind it would be no order but the end of all work. */
const ASIDE = 2;

/**
 * The common body of the reference ideals: it decides in no time, knows at once when a machine is lost or back, and places on the first machine that fits.
 * No real system can do better at detection and reaction, which is what makes it an upper bound.
 */
export class Ideal implements Orchestrator, Supervisor {
  readonly #context: OrchestratorContext;
  readonly #containers: Containers;
  readonly #options: IdealOptions;
  readonly #queues: boolean;
  readonly #capacity: CapacityIndex;
  readonly #gpus: GpuDevices;
  readonly #agents: number[] = [];
  readonly #usable: Uint8Array;
  readonly #drained: Uint8Array;
  /** Container per task, -1 = none; device mask per task while placed. */
  readonly #container: Int32Array;
  readonly #machine: Int32Array;
  readonly #gpuMask: Int32Array;
  readonly #cancelled: Uint8Array;
  /** {@link IN_LINE}, {@link ASIDE} or 0, per task. */
  readonly #inLine: Uint8Array;
  /** Whether any machine, were it empty, would hold a task of the shape; undefined = not asked yet. */
  readonly #holdable: (boolean | undefined)[] = [];
  /** Waiting tasks in order; lost ones go to the front. */
  #queue: number[] = [];
  #head = 0;
  #front: number[] = [];
  #waiting = 0;
  #standingAside = 0;

  constructor(context: OrchestratorContext, options: IdealOptions, queues: boolean) {
    this.#context = context;
    this.#containers = context.containers;
    this.#options = options;
    this.#queues = queues;
    this.#capacity = new CapacityIndex(context.inventory);
    this.#gpus = new GpuDevices(context.inventory);
    this.#usable = new Uint8Array(context.inventory.count).fill(1);
    this.#drained = new Uint8Array(context.inventory.count);
    this.#container = new Int32Array(context.workload.taskCount).fill(-1);
    this.#machine = new Int32Array(context.workload.taskCount).fill(-1);
    this.#gpuMask = new Int32Array(context.workload.taskCount);
    this.#cancelled = new Uint8Array(context.workload.taskCount);
    this.#inLine = new Uint8Array(context.workload.taskCount);
    for (let machine = 0; machine < context.inventory.count; machine++) {
      const agent = context.processes.spawn({ role: `reference/agent-${context.inventory.names[machine]}`, machine, program: {}, startupUs: 0 });
      this.#agents.push(agent);
      context.processes.watch(agent, () => this.#machineChanged(machine));
    }
  }

  submit(job: number): void {
    const { workload } = this.#context;
    const first = workload.firstTask(job);
    for (let task = first; task < first + workload.size(job); task++) this.#enqueue(task);
    this.#placeWaiting();
  }

  retry(task: number): void {
    this.#enqueue(task);
    this.#placeWaiting();
  }

  cancel(job: number): void {
    const { workload } = this.#context;
    const first = workload.firstTask(job);
    for (let task = first; task < first + workload.size(job); task++) {
      this.#cancelled[task] = 1;
      const container = this.#container[task]!;
      if (container >= 0) this.#containers.stop(container);
      if (this.#inLine[task] === ASIDE) {
        this.#inLine[task] = 0;
        this.#standingAside--;
      }
    }
    this.#placeWaiting();
  }

  remove(): void {}

  drain(machine: number, drained: boolean): void {
    this.#drained[machine] = drained ? 1 : 0;
    this.#refresh(machine);
    if (drained) {
      for (const container of this.#containers.on(machine)) {
        if (this.#containers.state[container] !== ContainerState.exited) this.#evict(container);
      }
    }
    this.#placeWaiting();
  }

  containerRunning(): void {}

  containerExited(container: number, outcome: ExitOutcome): void {
    const task = this.#containers.task[container]!;
    this.#giveBack(container);
    if (outcome === ExitOutcome.finished) this.#context.client.ended(task, true);
    else if (outcome !== ExitOutcome.stopped) this.#context.client.ended(task, false);
    this.#placeWaiting();
  }

  explain(task: number): Explanation {
    const { inventory, workload } = this.#context;
    const machine = this.#machine[task]!;
    if (machine >= 0) return { state: 'placed', summary: `on ${inventory.names[machine]}, the first machine that fitted`, machines: [] };
    const request = this.#context.requests[workload.shapeOf(task)];
    if (!request) return { state: 'rejected', summary: 'the request cannot be expressed', machines: [] };
    if (this.#inLine[task] === 0) return { state: 'absent', summary: 'not in the system: not submitted yet, refused, or over', machines: [] };
    if (this.#inLine[task] === ASIDE) return { state: 'waiting', summary: `stands aside: no machine of ${inventory.count} would hold it even if it were empty`, machines: inventory.names.map((name, index) => ({ machine: name, verdict: this.#verdict(index, request) })) };
    const machines = inventory.names.map((name, index) => ({ machine: name, verdict: this.#verdict(index, request) }));
    const feasible = machines.filter((entry) => entry.verdict === 'fits').length;
    return { state: 'waiting', summary: feasible > 0 ? 'waits behind earlier tasks' : `no machine of ${inventory.count} fits`, machines };
  }

  invariants(): string[] {
    const broken: string[] = [];
    const { inventory } = this.#context;
    for (let machine = 0; machine < inventory.count; machine++) {
      const free = this.#aside.get(machine) ?? this.#capacity.free(machine);
      if (free.cpuMilli < 0 || free.memoryBytes < 0 || free.gpuMilli < 0 || free.slots < 0) broken.push(`${inventory.names[machine]} is over-committed`);
    }
    return broken;
  }

  #enqueue(task: number): void {
    this.#cancelled[task] = 0;
    if (this.#queues && !this.#canEverHold(this.#context.workload.shapeOf(task))) {
      this.#inLine[task] = ASIDE;
      this.#standingAside++;
      return;
    }
    this.#queue.push(task);
    this.#inLine[task] = IN_LINE;
    this.#waiting++;
  }

  /** Head of the line first, strictly in order: a task that does not fit now holds up all behind it (fifo) or is refused (loss). */
  #placeWaiting(): void {
    const { client, log } = this.#context;
    while (this.#waiting > 0) {
      const fromFront = this.#front.length > 0;
      const task = fromFront ? this.#front[0]! : this.#queue[this.#head]!;
      if (this.#cancelled[task] === 0 && !this.#place(task)) {
        if (this.#queues) break;
        this.#dequeue(fromFront, task);
        client.refused(task, 'no machine fits');
        continue;
      }
      this.#dequeue(fromFront, task);
    }
    log.queueDepth(this.#waiting + this.#standingAside);
  }

  #dequeue(fromFront: boolean, task: number): void {
    this.#inLine[task] = 0;
    if (fromFront) this.#front.shift();
    else if (++this.#head > 4096 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    this.#waiting--;
  }

  #place(task: number): boolean {
    const { log, workload } = this.#context;
    const shape = workload.shapeOf(task);
    const request = this.#context.requests[shape]!;
    const gpuMilli = request.gpuCount * request.gpuMilli;
    log.count(Counter.decisions);
    let machine = -1;
    let mask = 0;
    for (;;) {
      machine = this.#capacity.firstFit(machine + 1, request.cpuMilli, request.memoryBytes, gpuMilli);
      if (machine < 0) return false;
      log.count(Counter.machinesScored);
      if (!this.#allowed(machine, request)) continue;
      mask = this.#gpus.choose(machine, request.gpuCount, request.gpuMilli);
      if (request.gpuCount === 0 || mask !== 0) break;
    }
    if (task === this.#context.watchedTask) {
      const name = this.#context.inventory.names[machine]!;
      this.#context.explained({ state: 'placed', summary: `${name} is the first machine that fits`, machines: [{ machine: name, verdict: 'fits' }] });
    }
    this.#capacity.add(machine, -request.cpuMilli, -request.memoryBytes, -gpuMilli, -1);
    this.#gpus.take(machine, mask, request.gpuMilli);
    this.#machine[task] = machine;
    this.#gpuMask[task] = mask;
    log.record(RecordKind.bind, task, machine);
    this.#container[task] = this.#containers.run({
      machine,
      process: this.#agents[machine]!,
      supervisor: this,
      task,
      cookie: 0,
      startLatencyUs: this.#options.startLatencyUs,
      serialPull: false,
      gpuMask: mask,
      oomScoreAdj: 0,
    });
    return true;
  }

  #canEverHold(shape: number): boolean {
    return (this.#holdable[shape] ??= this.#someMachineHolds(this.#context.requests[shape]!));
  }

  #someMachineHolds(request: Shape): boolean {
    const { inventory } = this.#context;
    for (let machine = 0; machine < inventory.count; machine++) {
      if (
        inventory.cpuMilli[machine]! >= request.cpuMilli &&
        inventory.memoryBytes[machine]! >= request.memoryBytes &&
        inventory.slots[machine]! >= 1 &&
        inventory.gpuCount[machine]! >= request.gpuCount &&
        this.#allowed(machine, request)
      ) {
        return true;
      }
    }
    return false;
  }

  #allowed(machine: number, request: Shape): boolean {
    const { inventory } = this.#context;
    if (request.gpuModels.length > 0 && !request.gpuModels.includes(inventory.gpuModels[machine]!)) return false;
    for (const { attribute, operator, value } of request.constraints) {
      if ((inventory.attributes[machine]!.get(attribute) === value) !== (operator === '==')) return false;
    }
    return true;
  }

  #verdict(machine: number, request: Shape): string {
    if (this.#usable[machine] === 0) return 'not usable';
    if (this.#drained[machine] === 1) return 'drained';
    if (!this.#allowed(machine, request)) return 'constraint not met';
    const free = this.#capacity.free(machine);
    if (free.cpuMilli < request.cpuMilli) return 'not enough CPU';
    if (free.memoryBytes < request.memoryBytes) return 'not enough memory';
    if (free.slots < 1) return 'no slot';
    return request.gpuCount > 0 && this.#gpus.choose(machine, request.gpuCount, request.gpuMilli) === 0 ? 'not enough GPU' : 'fits';
  }

  #giveBack(container: number): void {
    const task = this.#containers.task[container]!;
    const machine = this.#containers.machine[container]!;
    const request = this.#context.requests[this.#context.workload.shapeOf(task)]!;
    this.#gpus.give(machine, this.#gpuMask[task]!, request.gpuMilli);
    this.#books(machine, request, 1);
    this.#container[task] = -1;
    this.#machine[task] = -1;
    this.#context.log.record(RecordKind.release, task, machine);
    this.#containers.remove(container);
  }

  /** Free capacity of machines that are not usable is kept aside, so that nothing fits there. */
  readonly #aside = new Map<number, { cpuMilli: number; memoryBytes: number; gpuMilli: number; slots: number }>();

  #books(machine: number, request: Shape, sign: number): void {
    const gpuMilli = request.gpuCount * request.gpuMilli;
    const aside = this.#aside.get(machine);
    if (aside === undefined) this.#capacity.add(machine, sign * request.cpuMilli, sign * request.memoryBytes, sign * gpuMilli, sign);
    else {
      aside.cpuMilli += sign * request.cpuMilli;
      aside.memoryBytes += sign * request.memoryBytes;
      aside.gpuMilli += sign * gpuMilli;
      aside.slots += sign;
    }
  }

  #machineChanged(machine: number): void {
    const { network, processes, log } = this.#context;
    const agent = this.#agents[machine]!;
    const serving = processes.serving(agent) && network.connected(processes.endpoint[agent]!, processes.endpoint[agent]!);
    if ((this.#usable[machine] === 1) === serving) return;
    this.#usable[machine] = serving ? 1 : 0;
    this.#refresh(machine);
    if (!serving) {
      log.record(RecordKind.detect, machine);
      for (const container of this.#containers.on(machine)) this.#evict(container);
    }
    this.#placeWaiting();
  }

  #refresh(machine: number): void {
    const usable = this.#usable[machine] === 1 && this.#drained[machine] === 0;
    const aside = this.#aside.get(machine);
    if (usable && aside !== undefined) {
      this.#capacity.set(machine, aside.cpuMilli, aside.memoryBytes, aside.gpuMilli, aside.slots);
      this.#aside.delete(machine);
    } else if (!usable && aside === undefined) {
      this.#aside.set(machine, this.#capacity.free(machine));
      this.#capacity.set(machine, -1, -1, -1, -1);
    }
  }

  /** Takes an instance off its machine and puts its task at the front of the line. */
  #evict(container: number): void {
    const task = this.#containers.task[container]!;
    if (this.#container[task] !== container) return;
    const { log } = this.#context;
    const machine = this.#containers.machine[container]!;
    log.record(RecordKind.evict, task, machine);
    this.#giveBack(container);
    log.record(RecordKind.decide, task);
    if (this.#cancelled[task] === 1) return;
    if (this.#queues) {
      this.#front.push(task);
      this.#inLine[task] = IN_LINE;
      this.#waiting++;
    } else this.#context.client.ended(task, false);
  }
}
