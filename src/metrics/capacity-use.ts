import type { Shape } from '../workload/shape.ts';
import type { Workload } from '../workload/workload.ts';
import { type MachineInventory, GPU_MILLI } from '../world/machine-inventory.ts';
import { ExactSums } from './exact-sum.ts';
import { type Instances, isServing } from './instances.ts';
import { type Collector, RAN, RecordKind } from './log.ts';
import { TaskState, type TaskStates } from './task-states.ts';
import { Series, type Timeline } from './timeline.ts';
import { remainingUs, type Window } from './window.ts';

/** What capacity was used for. `lost` is what remains: held - useful - duplicate. */
export const Use = { reserved: 0, held: 1, useful: 2, duplicate: 3 } as const;
const USES = 4;

/** Time integrals over the window of one resource: milli-CPU, bytes or milli-GPU times microseconds. */
export interface CapacityIntegrals {
  readonly reserved: number;
  readonly held: number;
  readonly useful: number;
  readonly duplicate: number;
  readonly lost: number;
  /** All machines. */
  readonly nominal: number;
  /** Machines while they did work. */
  readonly up: number;
}

/**
 * The family *utilization*. *Reserved* is what the orchestrator's books say (translated requests), *held* what instances physically take (requests as submitted).
 * *Duplicate*: of instances of one task that run at the same time all but one, and whatever runs after the task's work was done. *Useful*: for a batch task the
 * run of the attempt that finished first; for a service all time in which an instance makes progress, once. Of batch tasks that still run at the end the
 * instance that began first counts as useful: nothing has been lost so far. *Lost* is the rest of held.
 *
 * Every step of a level adds its height times what is left of the window, per shape, so that one exact sum of microseconds serves all three resources.
 */
export class CapacityUse implements Collector {
  readonly #workload: Workload;
  readonly #inventory: MachineInventory;
  readonly #instances: Instances;
  readonly #window: Window;
  readonly #timeline: Timeline;
  readonly #sums: ExactSums;
  /** Per machine: microseconds during which it did work. */
  readonly #up: ExactSums;
  /** Instances of a task on machines that do work. */
  readonly #serving: Uint16Array;
  /** Per resource (CPU, memory, GPU) and shape: as submitted, and as translated. */
  readonly #asked: readonly Float64Array[];
  readonly #booked: readonly Float64Array[];
  /** Times at which the machine of a running batch instance stopped and went on, in turn; only for those that saw a hang. */
  readonly #pauses = new Map<number, number[]>();

  constructor(workload: Workload, requests: readonly (Shape | null)[], inventory: MachineInventory, instances: Instances, window: Window, timeline: Timeline) {
    this.#workload = workload;
    this.#inventory = inventory;
    this.#instances = instances;
    this.#window = window;
    this.#timeline = timeline;
    this.#sums = new ExactSums(USES * workload.shapes.length);
    this.#up = new ExactSums(inventory.count);
    this.#serving = new Uint16Array(workload.taskCount);
    this.#asked = columnsOf(workload.shapes);
    this.#booked = columnsOf(requests);
    timeline.step(Series.machinesUp, window.fromUs, inventory.count);
    for (let machine = 0; machine < inventory.count; machine++) this.#up.add(machine, remainingUs(window, window.fromUs));
  }

  record(timeUs: number, kind: RecordKind, a: number, b: number, c: number, d = 0): void {
    switch (kind) {
      case RecordKind.bind:
        this.#step(Use.reserved, timeUs, this.#workload.shapeOf(a), 1);
        break;
      case RecordKind.release:
        this.#step(Use.reserved, timeUs, this.#workload.shapeOf(a), -1);
        break;
      case RecordKind.start:
        this.#start(timeUs, a, b);
        break;
      case RecordKind.end:
        if (c >= RAN) this.#end(timeUs, a, b, d);
        break;
      case RecordKind.machine:
        this.#machine(timeUs, a);
        break;
      default:
    }
  }

  /** Settles what still runs at the end of the window: useful if its client still waits for it. Call once. */
  finish(tasks: TaskStates): void {
    const { task, startedUs, alive, finished } = this.#instances;
    const earliest = new Map<number, number>();
    for (let row = 0; row < alive.length; row++) {
      const owner = task[row]!;
      if (alive[row] === 0 || finished[owner] === 1 || tasks.state[owner] !== TaskState.running || this.#workload.isService[this.#workload.shapeOf(owner)] === 1) continue;
      const other = earliest.get(owner);
      if (other === undefined || startedUs[row]! < startedUs[other]!) earliest.set(owner, row);
    }
    for (const [owner, row] of earliest) this.#runWasUseful(owner, row, this.#window.toUs);
  }

  /** Time integrals of a resource: 0 CPU, 1 memory, 2 GPU. */
  integrals(resource: number): CapacityIntegrals {
    const shapes = this.#workload.shapes.length;
    const of = (use: number, heights: Float64Array): number => {
      const sum = new ExactSums(1);
      for (let shape = 0; shape < shapes; shape++) sum.add(0, heights[shape]! * this.#sums.value(use * shapes + shape));
      return sum.value(0);
    };
    const asked = this.#asked[resource]!;
    const held = of(Use.held, asked);
    const useful = of(Use.useful, asked);
    const duplicate = of(Use.duplicate, asked);
    const total = this.#inventory.total(RESOURCES[resource]!);
    return {
      reserved: of(Use.reserved, this.#booked[resource]!),
      held,
      useful,
      duplicate,
      lost: this.#lost(asked),
      nominal: total * (this.#window.toUs - this.#window.fromUs),
      up: this.#upTotal(resource),
    };
  }

  /** By shape, where all is exact: a difference of rounded totals could be slightly below zero. */
  #lost(heights: Float64Array): number {
    const shapes = this.#workload.shapes.length;
    const sum = new ExactSums(1);
    for (let shape = 0; shape < shapes; shape++) {
      const lostUs = this.#sums.value(Use.held * shapes + shape) - this.#sums.value(Use.useful * shapes + shape) - this.#sums.value(Use.duplicate * shapes + shape);
      sum.add(0, heights[shape]! * lostUs);
    }
    return sum.value(0);
  }

  #upTotal(resource: number): number {
    const { cpuMilli, memoryBytes, gpuCount, count } = this.#inventory;
    const sum = new ExactSums(1);
    for (let machine = 0; machine < count; machine++) {
      const capacity = resource === 0 ? cpuMilli[machine]! : resource === 1 ? memoryBytes[machine]! : gpuCount[machine]! * GPU_MILLI;
      sum.add(0, capacity * this.#up.value(machine));
    }
    return sum.value(0);
  }

  #start(timeUs: number, task: number, machine: number): void {
    const instances = this.#instances;
    const shape = this.#workload.shapeOf(task);
    this.#step(Use.held, timeUs, shape, 1);
    if (instances.live[task]! + instances.finished[task]! >= 2) this.#step(Use.duplicate, timeUs, shape, 1);
    if (this.#workload.isService[shape] === 1 && instances.serving(machine) && ++this.#serving[task]! === 1) this.#step(Use.useful, timeUs, shape, 1);
  }

  #end(timeUs: number, task: number, machine: number, row: number): void {
    const instances = this.#instances;
    const shape = this.#workload.shapeOf(task);
    this.#step(Use.held, timeUs, shape, -1);
    if (this.#workload.isService[shape] === 1) {
      if (instances.live[task]! >= 1) this.#step(Use.duplicate, timeUs, shape, -1);
      if (instances.serving(machine) && --this.#serving[task]! === 0) this.#step(Use.useful, timeUs, shape, -1);
      return;
    }
    // The first to finish leaves as many duplicates behind as there were: each of them now repeats work that is done.
    if (instances.firstFinish) this.#runWasUseful(task, row, timeUs);
    else if (instances.live[task]! + instances.finished[task]! >= 1) this.#step(Use.duplicate, timeUs, shape, -1);
    if (this.#pauses.size > 0) this.#pauses.delete(row);
  }

  #runWasUseful(task: number, row: number, endUs: number): void {
    const shape = this.#workload.shapeOf(task);
    this.#step(Use.useful, this.#instances.startedUs[row]!, shape, 1);
    let sign = -1;
    const pauses = this.#pauses.get(row);
    if (pauses !== undefined) {
      for (const timeUs of pauses) {
        this.#step(Use.useful, timeUs, shape, sign);
        sign = -sign;
      }
    }
    if (sign < 0) this.#step(Use.useful, endUs, shape, -1);
  }

  #machine(timeUs: number, machine: number): void {
    const instances = this.#instances;
    const serves = instances.serving(machine);
    if (serves === isServing(instances.previousState[machine]!)) return;
    this.#timeline.step(Series.machinesUp, timeUs, serves ? 1 : -1);
    this.#up.add(machine, (serves ? 1 : -1) * remainingUs(this.#window, timeUs));
    for (let row = instances.first(machine); row >= 0; row = instances.next(row)) {
      const task = instances.task[row]!;
      const shape = this.#workload.shapeOf(task);
      if (this.#workload.isService[shape] === 0) {
        const pauses = this.#pauses.get(row);
        if (pauses !== undefined) pauses.push(timeUs);
        else if (!serves) this.#pauses.set(row, [timeUs]);
      } else if (serves) {
        if (++this.#serving[task]! === 1) this.#step(Use.useful, timeUs, shape, 1);
      } else if (--this.#serving[task]! === 0) this.#step(Use.useful, timeUs, shape, -1);
    }
  }

  #step(use: number, timeUs: number, shape: number, sign: number): void {
    this.#sums.add(use * this.#workload.shapes.length + shape, sign * remainingUs(this.#window, timeUs));
    if (use === Use.duplicate) return;
    const heights = use === Use.reserved ? this.#booked : this.#asked;
    this.#timeline.stepResources(Series.reservedCpu + 3 * use, timeUs, sign * heights[0]![shape]!, sign * heights[1]![shape]!, sign * heights[2]![shape]!);
  }
}

const RESOURCES = ['cpuMilli', 'memoryBytes', 'gpuMilli'] as const;

function columnsOf(shapes: readonly (Shape | null)[]): Float64Array[] {
  return [
    Float64Array.from(shapes, (shape) => shape?.cpuMilli ?? 0),
    Float64Array.from(shapes, (shape) => shape?.memoryBytes ?? 0),
    Float64Array.from(shapes, (shape) => (shape === null ? 0 : shape.gpuCount * shape.gpuMilli)),
  ];
}
