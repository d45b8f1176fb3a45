import type { Shape } from '../workload/shape.ts';
import type { Workload } from '../workload/workload.ts';
import { type MachineInventory, GPU_MILLI } from '../world/machine-inventory.ts';
import { ExactSums } from './exact-sum.ts';
import { type Instances, isServing } from './instances.ts';
import type { Moment } from './moment.ts';
import { TaskField, type TaskRows } from './task-rows.ts';
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
export class CapacityUse {
  readonly #workload: Workload;
  readonly #inventory: MachineInventory;
  readonly #rows: TaskRows;
  readonly #instances: Instances;
  readonly #window: Window;
  readonly #moment: Moment;
  readonly #timeline: Timeline;
  /** By shape and {@link Use}. */
  readonly #sums: ExactSums;
  /** Per machine: microseconds during which it did work. */
  readonly #up: ExactSums;
  /** By shape and resource (CPU, memory, GPU): as submitted, and as translated. */
  readonly #asked: Float64Array;
  readonly #booked: Float64Array;
  /** Times at which the machine of a running batch instance stopped and went on, in turn; only for those that saw a hang. */
  readonly #pauses = new Map<number, number[]>();

  constructor(
    workload: Workload,
    requests: readonly (Shape | null)[],
    inventory: MachineInventory,
    rows: TaskRows,
    instances: Instances,
    window: Window,
    moment: Moment,
    timeline: Timeline,
  ) {
    this.#workload = workload;
    this.#inventory = inventory;
    this.#rows = rows;
    this.#instances = instances;
    this.#window = window;
    this.#moment = moment;
    this.#timeline = timeline;
    this.#sums = new ExactSums(USES * workload.shapes.length);
    this.#up = new ExactSums(inventory.count);
    this.#asked = resourcesOf(workload.shapes);
    this.#booked = resourcesOf(requests);
    timeline.stepAt(Series.machinesUp, window.fromUs, inventory.count);
    for (let machine = 0; machine < inventory.count; machine++) this.#up.add(machine, remainingUs(window, window.fromUs));
  }

  bind(shape: number): void {
    this.#step(Use.reserved, shape, 1);
  }

  release(shape: number): void {
    this.#step(Use.reserved, shape, -1);
  }

  start(task: number, machine: number, shape: number): void {
    this.#step(Use.held, shape, 1);
    if (this.#copies(task) >= 2) this.#step(Use.duplicate, shape, 1);
    if (this.#workload.isService[shape] === 1 && this.#instances.serving(machine) && this.#rows.add(task, TaskField.serving, 1) === 1) this.#step(Use.useful, shape, 1);
  }

  /** Of an instance that had begun to work. */
  end(task: number, machine: number, shape: number, row: number): void {
    this.#step(Use.held, shape, -1);
    if (this.#workload.isService[shape] === 1) {
      if (this.#rows.get(task, TaskField.live) >= 1) this.#step(Use.duplicate, shape, -1);
      if (this.#instances.serving(machine) && this.#rows.add(task, TaskField.serving, -1) === 0) this.#step(Use.useful, shape, -1);
      return;
    }
    // The first to finish leaves as many duplicates behind as there were: each of them now repeats work that is done.
    if (this.#instances.firstFinish) {
      if (this.#pauses.size > 0 && this.#pauses.has(row)) this.#runWasUseful(task, row, this.#moment.timeUs);
      else {
        this.#stepAt(Use.useful, this.#instances.startedUs(row), shape, 1);
        this.#step(Use.useful, shape, -1);
      }
    } else if (this.#copies(task) >= 1) this.#step(Use.duplicate, shape, -1);
    if (this.#pauses.size > 0) this.#pauses.delete(row);
  }

  machineChanged(machine: number): void {
    const { timeUs, remainingUs: leftUs } = this.#moment;
    const instances = this.#instances;
    const serves = instances.serving(machine);
    if (serves === isServing(instances.previousState[machine]!)) return;
    this.#timeline.step(Series.machinesUp, serves ? 1 : -1);
    this.#up.add(machine, (serves ? 1 : -1) * leftUs);
    for (let row = instances.first(machine); row >= 0; row = instances.next(row)) {
      const task = instances.taskOf(row);
      const shape = this.#workload.shapeOf(task);
      if (this.#workload.isService[shape] === 0) {
        const pauses = this.#pauses.get(row);
        if (pauses !== undefined) pauses.push(timeUs);
        else if (!serves) this.#pauses.set(row, [timeUs]);
      } else if (serves) {
        if (this.#rows.add(task, TaskField.serving, 1) === 1) this.#step(Use.useful, shape, 1);
      } else if (this.#rows.add(task, TaskField.serving, -1) === 0) this.#step(Use.useful, shape, -1);
    }
  }

  /** Settles what still runs at the end of the window: useful if its client still waits for it. Call once. */
  finish(tasks: TaskStates): void {
    const instances = this.#instances;
    const earliest = new Map<number, number>();
    for (let row = 0; row < instances.rowCount; row++) {
      if (!instances.alive(row)) continue;
      const owner = instances.taskOf(row);
      if (this.#rows.get(owner, TaskField.finished) === 1 || tasks.stateOf(owner) !== TaskState.running || this.#workload.isService[this.#workload.shapeOf(owner)] === 1) continue;
      const other = earliest.get(owner);
      if (other === undefined || instances.startedUs(row) < instances.startedUs(other)) earliest.set(owner, row);
    }
    for (const [owner, row] of earliest) this.#runWasUseful(owner, row, this.#window.toUs);
  }

  /** Time integrals of a resource: 0 CPU, 1 memory, 2 GPU. */
  integrals(resource: number): CapacityIntegrals {
    const shapes = this.#workload.shapes.length;
    const of = (use: number, heights: Float64Array): number => {
      const sum = new ExactSums(1);
      for (let shape = 0; shape < shapes; shape++) sum.add(0, heights[shape * RESOURCE_COUNT + resource]! * this.#sums.value(shape * USES + use));
      return sum.value(0);
    };
    const held = of(Use.held, this.#asked);
    const useful = of(Use.useful, this.#asked);
    const duplicate = of(Use.duplicate, this.#asked);
    const total = this.#inventory.total(RESOURCES[resource]!);
    return {
      reserved: of(Use.reserved, this.#booked),
      held,
      useful,
      duplicate,
      lost: this.#lost(resource),
      nominal: total * (this.#window.toUs - this.#window.fromUs),
      up: this.#upTotal(resource),
    };
  }

  /** By shape, where all is exact: a difference of rounded totals could be slightly below zero. */
  #lost(resource: number): number {
    const shapes = this.#workload.shapes.length;
    const sum = new ExactSums(1);
    for (let shape = 0; shape < shapes; shape++) {
      const at = shape * USES;
      const lostUs = this.#sums.value(at + Use.held) - this.#sums.value(at + Use.useful) - this.#sums.value(at + Use.duplicate);
      sum.add(0, this.#asked[shape * RESOURCE_COUNT + resource]! * lostUs);
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

  /** Running instances of the task, and one more if its work is done. */
  #copies(task: number): number {
    return this.#rows.get(task, TaskField.live) + this.#rows.get(task, TaskField.finished);
  }

  #runWasUseful(task: number, row: number, endUs: number): void {
    const shape = this.#workload.shapeOf(task);
    this.#stepAt(Use.useful, this.#instances.startedUs(row), shape, 1);
    let sign = -1;
    const pauses = this.#pauses.get(row);
    if (pauses !== undefined) {
      for (const timeUs of pauses) {
        this.#stepAt(Use.useful, timeUs, shape, sign);
        sign = -sign;
      }
    }
    if (sign < 0) this.#stepAt(Use.useful, endUs, shape, -1);
  }

  /** A level changes by one task of a shape now. */
  #step(use: number, shape: number, sign: number): void {
    this.#sums.add(shape * USES + use, sign * this.#moment.remainingUs);
    if (use === Use.duplicate) return;
    const heights = use === Use.reserved ? this.#booked : this.#asked;
    const at = shape * RESOURCE_COUNT;
    this.#timeline.stepResources(RESOURCE_COUNT * use, sign * heights[at]!, sign * heights[at + 1]!, sign * heights[at + 2]!);
  }

  /** It changed at a time. */
  #stepAt(use: number, timeUs: number, shape: number, sign: number): void {
    this.#sums.add(shape * USES + use, sign * remainingUs(this.#window, timeUs));
    const asked = this.#asked;
    const at = shape * RESOURCE_COUNT;
    this.#timeline.stepResourcesAt(RESOURCE_COUNT * use, timeUs, sign * asked[at]!, sign * asked[at + 1]!, sign * asked[at + 2]!);
  }
}

const RESOURCES = ['cpuMilli', 'memoryBytes', 'gpuMilli'] as const;
/** Also of the series of the timeline, which begin with those of reserved capacity. */
const RESOURCE_COUNT = 3;

function resourcesOf(shapes: readonly (Shape | null)[]): Float64Array {
  return Float64Array.from(shapes.flatMap((shape) => (shape === null ? [0, 0, 0] : [shape.cpuMilli, shape.memoryBytes, shape.gpuCount * shape.gpuMilli])));
}
