import { z } from 'zod';
import type { SequentialRandom } from '../../engine/random/sequential-random.ts';
import { Counter, RecordKind } from '../../metrics/log.ts';
import type { Shape } from '../../workload/shape.ts';
import type { Containers, Supervisor } from '../../world/containers.ts';
import { ExitOutcome } from '../../world/exit-outcome.ts';
import { GpuDevices } from '../../world/gpu-devices.ts';
import { GPU_MILLI } from '../../world/machine-inventory.ts';
import type { Explanation, Orchestrator, OrchestratorContext, OrchestratorDefinition } from '../orchestrator.ts';
import { fifo } from './fifo.ts';

/** Options of the dispatcher. */
export interface PowerOfDOptions {
  readonly d: number;
  readonly startLatencyUs: number;
}

const OPTIONS: z.ZodType<PowerOfDOptions> = z.strictObject({
  d: z.int().min(1).max(1000).default(2).describe('machines drawn per task; 2: M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE TPDS 12(10), 2001'),
  startLatencyUs: z.int().nonnegative().default(0).describe('time from image present to work begun, us; 0: an ideal starts at once'),
});

/** Dispatch on arrival: each task goes to the machine with the fewest tasks among d drawn at random, and waits there in strict order. */
export const powerOfD: OrchestratorDefinition<PowerOfDOptions> = {
  name: 'reference/power-of-d',
  models: '',
  summary: 'ideal: each task joins the shortest of d queues drawn at random, one queue per machine, no latency, instant knowledge of failures',
  capabilities: fifo.capabilities,
  options: OPTIONS,
  translations: [],
  translate: (shape) => ({ request: shape, applied: [] }),
  create: (context, options) => new PowerOfD(context, options),
};

const NOWHERE = -1;

class PowerOfD implements Orchestrator, Supervisor {
  readonly #context: OrchestratorContext;
  readonly #containers: Containers;
  readonly #options: PowerOfDOptions;
  readonly #random: SequentialRandom;
  readonly #agents: number[] = [];
  readonly #gpus: GpuDevices;
  readonly #freeCpuMilli: Float64Array;
  readonly #freeMemoryBytes: Float64Array;
  readonly #freeSlots: Float64Array;
  readonly #queues: MachineQueue[];
  /** Tasks at a machine, waiting and running. */
  readonly #load: Int32Array;
  readonly #usable: Uint8Array;
  readonly #drained: Uint8Array;
  /** Per task: machine that it waits for or runs on, container, devices. */
  readonly #machine: Int32Array;
  readonly #container: Int32Array;
  readonly #gpuMask: Int32Array;
  /** Tasks without any machine that could take them now. */
  #stranded: number[] = [];
  /** Per shape the machines that are large enough and in service; emptied when that changes. */
  readonly #candidates = new Map<number, Int32Array>();
  readonly #drawn: number[] = [];
  #waiting = 0;

  constructor(context: OrchestratorContext, options: PowerOfDOptions) {
    const { inventory, workload, processes } = context;
    this.#context = context;
    this.#containers = context.containers;
    this.#options = options;
    this.#random = context.stream('dispatch');
    this.#gpus = new GpuDevices(inventory);
    this.#freeCpuMilli = inventory.cpuMilli.slice();
    this.#freeMemoryBytes = inventory.memoryBytes.slice();
    this.#freeSlots = inventory.slots.slice();
    this.#queues = Array.from({ length: inventory.count }, () => new MachineQueue());
    this.#load = new Int32Array(inventory.count);
    this.#usable = new Uint8Array(inventory.count).fill(1);
    this.#drained = new Uint8Array(inventory.count);
    this.#machine = new Int32Array(workload.taskCount).fill(NOWHERE);
    this.#container = new Int32Array(workload.taskCount).fill(-1);
    this.#gpuMask = new Int32Array(workload.taskCount);
    for (let machine = 0; machine < inventory.count; machine++) {
      const agent = processes.spawn({ role: `reference/agent-${inventory.names[machine]}`, machine, program: {}, startupUs: 0 });
      this.#agents.push(agent);
      processes.watch(agent, () => this.#machineChanged(machine));
    }
  }

  submit(job: number): void {
    const { workload } = this.#context;
    const first = workload.firstTask(job);
    for (let task = first; task < first + workload.size(job); task++) this.#dispatch(task);
  }

  retry(task: number): void {
    this.#dispatch(task);
  }

  cancel(job: number): void {
    const { workload } = this.#context;
    const first = workload.firstTask(job);
    for (let task = first; task < first + workload.size(job); task++) {
      if (this.#container[task]! >= 0) this.#containers.stop(this.#container[task]!);
      else this.#takeFromQueue(task);
    }
  }

  remove(): void {}

  drain(machine: number, drained: boolean): void {
    this.#drained[machine] = drained ? 1 : 0;
    this.#serviceChanged(machine);
  }

  containerRunning(): void {}

  containerExited(container: number, outcome: ExitOutcome): void {
    const task = this.#containers.task[container]!;
    const machine = this.#containers.machine[container]!;
    this.#giveBack(container);
    if (outcome === ExitOutcome.finished) this.#context.client.ended(task, true);
    else if (outcome !== ExitOutcome.stopped) this.#context.client.ended(task, false);
    this.#serve(machine);
  }

  explain(task: number): Explanation {
    const { inventory, workload } = this.#context;
    const request = this.#context.requests[workload.shapeOf(task)];
    if (!request) return { state: 'rejected', summary: 'the request cannot be expressed', machines: [] };
    const machine = this.#machine[task]!;
    if (machine === NOWHERE) {
      const large = inventory.names.filter((_, index) => this.#largeEnough(index, request)).length;
      const summary = large === 0 ? `no machine of ${inventory.count} is large enough` : `none of the ${large} machines that are large enough is in service`;
      return { state: this.#stranded.includes(task) ? 'waiting' : 'over', summary: this.#stranded.includes(task) ? summary : 'ended or not submitted', machines: [] };
    }
    const name = inventory.names[machine]!;
    if (this.#container[task]! >= 0) return { state: 'placed', summary: `on ${name}`, machines: [{ machine: name, verdict: 'runs it' }] };
    const ahead = this.#queues[machine]!.ahead(task);
    return { state: 'waiting', summary: `in the queue of ${name} behind ${ahead} others`, machines: [{ machine: name, verdict: `${ahead} tasks are ahead in its queue` }] };
  }

  invariants(): string[] {
    const { inventory } = this.#context;
    const broken: string[] = [];
    for (let machine = 0; machine < inventory.count; machine++) {
      const name = inventory.names[machine];
      if (this.#freeCpuMilli[machine]! < 0 || this.#freeMemoryBytes[machine]! < 0 || this.#freeSlots[machine]! < 0) broken.push(`${name} is over-committed`);
      if (this.#load[machine]! < this.#queues[machine]!.length) broken.push(`${name} counts fewer tasks than wait there`);
    }
    const waiting = this.#queues.reduce((sum, queue) => sum + queue.length, this.#stranded.length);
    if (waiting !== this.#waiting) broken.push(`${waiting} tasks wait, ${this.#waiting} are counted`);
    return broken;
  }

  /** The machine with the fewest tasks among d distinct ones drawn uniformly; the first drawn of equals, which is a uniform choice. */
  #dispatch(task: number): void {
    const { log, workload } = this.#context;
    const shape = workload.shapeOf(task);
    const candidates = this.#candidatesFor(shape);
    this.#waiting++;
    log.count(Counter.decisions);
    if (candidates.length === 0) {
      this.#stranded.push(task);
      log.queueDepth(this.#waiting);
      return;
    }
    const drawn = this.#drawn;
    drawn.length = 0;
    let best = -1;
    while (drawn.length < Math.min(this.#options.d, candidates.length)) {
      const machine = candidates[this.#random.below(candidates.length)]!;
      if (drawn.includes(machine)) continue;
      drawn.push(machine);
      if (best < 0 || this.#load[machine]! < this.#load[best]!) best = machine;
    }
    log.count(Counter.machinesScored, drawn.length);
    if (task === this.#context.watchedTask) this.#explainDispatch(drawn, best);
    this.#machine[task] = best;
    this.#load[best]!++;
    this.#queues[best]!.push(task);
    this.#serve(best);
    log.queueDepth(this.#waiting);
  }

  #explainDispatch(drawn: readonly number[], best: number): void {
    const { inventory } = this.#context;
    const machines = drawn.map((machine) => ({ machine: inventory.names[machine]!, verdict: `${this.#load[machine]} tasks there`, score: -this.#load[machine]! }));
    this.#context.explained({ state: 'dispatched', summary: `${inventory.names[best]} has the fewest tasks of ${drawn.length} drawn`, machines });
  }

  /** Starts tasks at the head of a machine's queue as long as they fit. */
  #serve(machine: number): void {
    if (!this.#inService(machine)) return;
    const queue = this.#queues[machine]!;
    while (queue.length > 0) {
      if (!this.#start(queue.head, machine)) return;
      queue.shift();
      this.#waiting--;
    }
  }

  #start(task: number, machine: number): boolean {
    const { log, workload } = this.#context;
    const request = this.#context.requests[workload.shapeOf(task)]!;
    if (this.#freeCpuMilli[machine]! < request.cpuMilli || this.#freeMemoryBytes[machine]! < request.memoryBytes || this.#freeSlots[machine]! < 1) return false;
    const mask = this.#gpus.choose(machine, request.gpuCount, request.gpuMilli);
    if (request.gpuCount > 0 && mask === 0) return false;
    this.#book(machine, request, mask, -1);
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

  #book(machine: number, request: Shape, mask: number, sign: number): void {
    this.#freeCpuMilli[machine]! += sign * request.cpuMilli;
    this.#freeMemoryBytes[machine]! += sign * request.memoryBytes;
    this.#freeSlots[machine]! += sign;
    if (sign < 0) this.#gpus.take(machine, mask, request.gpuMilli);
    else this.#gpus.give(machine, mask, request.gpuMilli);
  }

  #giveBack(container: number): void {
    const task = this.#containers.task[container]!;
    const machine = this.#containers.machine[container]!;
    this.#book(machine, this.#context.requests[this.#context.workload.shapeOf(task)]!, this.#gpuMask[task]!, 1);
    this.#load[machine]!--;
    this.#container[task] = -1;
    this.#machine[task] = NOWHERE;
    this.#context.log.record(RecordKind.release, task, machine);
    this.#containers.remove(container);
  }

  #takeFromQueue(task: number): void {
    const machine = this.#machine[task]!;
    if (machine !== NOWHERE) {
      this.#queues[machine]!.remove(task);
      this.#load[machine]!--;
      this.#machine[task] = NOWHERE;
      this.#waiting--;
      // It may have held up the line.
      this.#serve(machine);
    } else if (this.#stranded.includes(task)) {
      this.#stranded = this.#stranded.filter((other) => other !== task);
      this.#waiting--;
    } else return;
    this.#context.log.queueDepth(this.#waiting);
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

  /** Out of service: everything there is dispatched anew, running tasks first. In service again: whatever had no machine gets its chance. */
  #serviceChanged(machine: number): void {
    this.#candidates.clear();
    if (this.#inService(machine)) {
      const stranded = this.#stranded;
      this.#stranded = [];
      this.#waiting -= stranded.length;
      for (const task of stranded) this.#dispatch(task);
      return;
    }
    const { log } = this.#context;
    const again: number[] = [];
    for (const container of this.#containers.on(machine).reverse()) {
      const task = this.#containers.task[container]!;
      if (this.#container[task] !== container) continue;
      log.record(RecordKind.evict, task, machine);
      this.#giveBack(container);
      log.record(RecordKind.decide, task);
      again.push(task);
    }
    const queue = this.#queues[machine]!;
    for (; queue.length > 0; queue.shift()) {
      this.#machine[queue.head] = NOWHERE;
      this.#load[machine]!--;
      this.#waiting--;
      again.push(queue.head);
    }
    for (const task of again) this.#dispatch(task);
  }

  #inService(machine: number): boolean {
    return this.#usable[machine] === 1 && this.#drained[machine] === 0;
  }

  #candidatesFor(shape: number): Int32Array {
    let candidates = this.#candidates.get(shape);
    if (candidates === undefined) {
      const request = this.#context.requests[shape]!;
      const machines: number[] = [];
      for (let machine = 0; machine < this.#context.inventory.count; machine++) if (this.#inService(machine) && this.#largeEnough(machine, request)) machines.push(machine);
      candidates = Int32Array.from(machines);
      this.#candidates.set(shape, candidates);
    }
    return candidates;
  }

  /** Whether an empty machine could run the request. */
  #largeEnough(machine: number, request: Shape): boolean {
    const { inventory } = this.#context;
    if (inventory.cpuMilli[machine]! < request.cpuMilli || inventory.memoryBytes[machine]! < request.memoryBytes || inventory.slots[machine]! < 1) return false;
    if (inventory.gpuCount[machine]! < request.gpuCount || request.gpuMilli > GPU_MILLI) return false;
    if (request.gpuModels.length > 0 && !request.gpuModels.includes(inventory.gpuModels[machine]!)) return false;
    return request.constraints.every(({ attribute, operator, value }) => (inventory.attributes[machine]!.get(attribute) === value) === (operator === '=='));
  }
}

/** Tasks in order of arrival; taking one out of the middle is rare. */
class MachineQueue {
  #tasks: number[] = [];
  #first = 0;

  get length(): number {
    return this.#tasks.length - this.#first;
  }

  get head(): number {
    return this.#tasks[this.#first]!;
  }

  push(task: number): void {
    this.#tasks.push(task);
  }

  shift(): void {
    if (++this.#first === this.#tasks.length) {
      this.#tasks.length = 0;
      this.#first = 0;
    } else if (this.#first > 64 && this.#first * 2 > this.#tasks.length) {
      this.#tasks = this.#tasks.slice(this.#first);
      this.#first = 0;
    }
  }

  remove(task: number): void {
    this.#tasks = this.#tasks.slice(this.#first).filter((other) => other !== task);
    this.#first = 0;
  }

  /** Tasks before this one. */
  ahead(task: number): number {
    return this.#tasks.indexOf(task, this.#first) - this.#first;
  }
}
