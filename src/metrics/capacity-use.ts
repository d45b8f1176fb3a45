import type { Shape } from '../workload/shape.ts';
import type { Workload } from '../workload/workload.ts';
import { type MachineInventory, GPU_MILLI } from '../world/machine-inventory.ts';
import { CapacityLevels, Use } from './capacity-levels.ts';
import { ExactSums } from './exact-sum.ts';
import { type Instances, isServing } from './instances.ts';
import type { Moment } from './moment.ts';
import { TaskCount, TaskFlag, type TaskRows } from './task-rows.ts';
import { TaskState, type TaskStates } from './task-states.ts';
import { Series, type Timeline } from './timeline.ts';
import { Undelivered } from './undelivered.ts';
import { remainingUs, type Window } from './window.ts';

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
 * The family *utilization*. *Reserved* is what the orchestrator's books say (translated requests), *held* what instances physically take (requests as submitted, as far as their machine
 * delivers them: see {@link Undelivered}; all that follows is part of held).
 * *Duplicate*: of instances of one task that run at the same time all but one, and whatever runs after the task's work was done. *Useful*: for a batch task the
 * run of the attempt that finished first; for a service all time in which an instance makes progress, once. Of batch tasks that still run at the end the
 * instance that began first counts as useful: nothing has been lost so far. *Lost* is the rest of held.
 */
export class CapacityUse {
  readonly #workload: Workload;
  readonly #inventory: MachineInventory;
  readonly #rows: TaskRows;
  readonly #instances: Instances;
  readonly #moment: Moment;
  readonly #timeline: Timeline;
  readonly #window: Window;
  readonly #levels: CapacityLevels;
  readonly #undelivered: Undelivered;
  /** Per machine: microseconds during which it did work. */
  readonly #up: ExactSums;
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
    this.#levels = new CapacityLevels(workload.shapes, requests, workload.isService, window, moment, timeline);
    this.#undelivered = new Undelivered(workload, inventory, rows, instances, window, moment, timeline);
    this.#up = new ExactSums(inventory.count);
    timeline.stepAt(Series.machinesUp, window.fromUs, inventory.count);
    for (let machine = 0; machine < inventory.count; machine++) this.#up.add(machine, remainingUs(window, window.fromUs));
  }

  /** To be called before the timeline goes on to another cell. */
  settle(): void {
    this.#levels.settle();
  }

  bind(shape: number): void {
    this.#levels.step(Use.reserved, shape, 1);
  }

  release(shape: number): void {
    this.#levels.step(Use.reserved, shape, -1);
  }

  start(task: number, machine: number, shape: number, row: number): void {
    const levels = this.#levels;
    levels.step(Use.held, shape, 1);
    if (this.#copies(task) >= 2) levels.step(Use.duplicate, shape, 1);
    if (this.#workload.isService[shape] === 1 && this.#instances.serving(machine) && this.#rows.add(task, TaskCount.serving, 1) === 1) levels.step(Use.useful, shape, 1);
    this.#undelivered.start(task, machine, shape, row);
  }

  /** Of an instance that had begun to work. */
  end(task: number, machine: number, shape: number, row: number): void {
    const levels = this.#levels;
    levels.step(Use.held, shape, -1);
    this.#undelivered.end(task, machine, shape, row);
    if (this.#workload.isService[shape] === 1) {
      if (this.#rows.count(task, TaskCount.live) >= 1) levels.step(Use.duplicate, shape, -1);
      if (this.#instances.serving(machine) && this.#rows.add(task, TaskCount.serving, -1) === 0) levels.step(Use.useful, shape, -1);
      return;
    }
    if (this.#instances.firstFinish) {
      // The first to finish leaves as many duplicates behind as there were: each of them now repeats work that is done.
      if (this.#isPaused(row)) levels.step(Use.useful, shape, 1);
    } else {
      if (this.#copies(task) >= 1) levels.step(Use.duplicate, shape, -1);
      levels.step(Use.useful, shape, 1);
      this.#wasNotUseful(shape, row, this.#moment.timeUs);
    }
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
      const shape = this.#rows.shapeOf(task);
      if (this.#workload.isService[shape] === 0) {
        const pauses = this.#pauses.get(row);
        if (pauses !== undefined) pauses.push(timeUs);
        else if (!serves) this.#pauses.set(row, [timeUs]);
        else continue;
        this.#levels.step(Use.useful, shape, serves ? 1 : -1);
      } else if (serves) {
        if (this.#rows.add(task, TaskCount.serving, 1) === 1) this.#levels.step(Use.useful, shape, 1);
      } else if (this.#rows.add(task, TaskCount.serving, -1) === 0) this.#levels.step(Use.useful, shape, -1);
    }
    this.#undelivered.machineChanged(machine);
  }

  /** For want of CPU what runs on a machine advances at this pace from now on; 1 = as fast as it can. */
  paceChanged(machine: number, pace: number): void {
    this.#undelivered.paceChanged(machine, pace);
  }

  /** Settles what still runs at the end of the window: useful if its client still waits for it. Call once. */
  finish(tasks: TaskStates): void {
    const instances = this.#instances;
    const earliest = new Map<number, number>();
    for (const last of [false, true]) {
      for (let row = 0; row < instances.rowCount; row++) {
        if (!instances.alive(row)) continue;
        const owner = instances.taskOf(row);
        if (this.#workload.isService[this.#rows.shapeOf(owner)] === 1) continue;
        const open = this.#rows.flag(owner, TaskFlag.finished) === 0 && tasks.stateOf(owner) === TaskState.running;
        // Nearly all are alone.
        if (open && this.#rows.count(owner, TaskCount.live) === 1) continue;
        const other = earliest.get(owner);
        if (last) {
          if (other !== row) this.#wasNotUseful(this.#rows.shapeOf(owner), row, this.#window.toUs);
        } else if (open && (other === undefined || instances.startedUs(row) < instances.startedUs(other))) earliest.set(owner, row);
      }
    }
    this.#levels.settle();
  }

  /** Time integrals of a resource: 0 CPU, 1 memory, 2 GPU. */
  integrals(resource: number): CapacityIntegrals {
    const shapes = this.#workload.shapes.length;
    const levels = this.#levels;
    const of = (use: number): number => {
      const sum = new ExactSums(1);
      for (let shape = 0; shape < shapes; shape++) sum.add(0, levels.height(use, shape, resource) * levels.sumUs(use, shape));
      return sum.value(0);
    };
    const total = this.#inventory.total(RESOURCES[resource]!);
    const reserved = of(Use.reserved);
    const held = of(Use.held) - this.#undelivered.ofHeld(resource);
    const useful = of(Use.useful) - this.#undelivered.ofUseful(resource);
    let duplicate = of(Use.duplicate);
    let lost = this.#lost(resource);
    if (this.#undelivered.ofHeld(resource) !== 0) {
      // What came of time that was not useful is divided as that time is: which machine delivered how much of a duplicate and of lost work is not followed.
      const share = duplicate + lost === 0 ? 0 : duplicate / (duplicate + lost);
      const rest = Math.max(0, held - useful);
      duplicate = rest * share;
      lost = rest - duplicate;
    }
    return { reserved, held, useful, duplicate, lost, nominal: total * (this.#window.toUs - this.#window.fromUs), up: this.#upTotal(resource) };
  }

  /** By shape, where all is exact: a difference of rounded totals could be slightly below zero. */
  #lost(resource: number): number {
    const shapes = this.#workload.shapes.length;
    const sum = new ExactSums(1);
    for (let shape = 0; shape < shapes; shape++) {
      const lostUs = this.#levels.sumUs(Use.held, shape) - this.#levels.sumUs(Use.useful, shape) - this.#levels.sumUs(Use.duplicate, shape);
      sum.add(0, this.#levels.height(Use.held, shape, resource) * lostUs);
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
    return this.#rows.count(task, TaskCount.live) + this.#rows.flag(task, TaskFlag.finished);
  }

  /** Whether the machine of a batch instance does no work since it began. */
  #isPaused(row: number): boolean {
    return this.#pauses.size > 0 && (this.#pauses.get(row)?.length ?? 0) % 2 === 1;
  }

  /** Takes back what a batch instance was taken for since it began, pauses left out. */
  #wasNotUseful(shape: number, row: number, endedUs: number): void {
    this.#undelivered.wasNotUseful(this.#instances.machineOf(row), shape, this.#instances.startedUs(row), endedUs);
    this.#levels.stepUsefulAt(this.#instances.startedUs(row), shape, -1);
    let sign = 1;
    for (const timeUs of this.#pauses.get(row) ?? []) {
      this.#levels.stepUsefulAt(timeUs, shape, sign);
      sign = -sign;
    }
  }
}

const RESOURCES = ['cpuMilli', 'memoryBytes', 'gpuMilli'] as const;
