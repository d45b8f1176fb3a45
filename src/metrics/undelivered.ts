import type { Workload } from '../workload/workload.ts';
import { GPU_MILLI, type MachineInventory } from '../world/machine-inventory.ts';
import { ExactSums } from './exact-sum.ts';
import type { Instances } from './instances.ts';
import type { Moment } from './moment.ts';
import type { TaskRows } from './task-rows.ts';
import { Series, type Timeline } from './timeline.ts';
import { remainingUs, type Window } from './window.ts';

/** CPU, memory, GPU: in the order of the series of the timeline. */
const RESOURCES = 3;
/** Numbers per machine: what the requests of running instances leave of each resource (negative = over-committed), and whether the machine is followed one by one. */
const ROW = 4;
const FOLLOWED = 3;
/** Dust of fractional requests is no over-commit: the same as in the world. */
const DUST = 1e-9;
/** A history of fewer steps is not looked through for what nobody needs any more. */
const SHORT = 64;

/** A machine that has been over-committed. */
interface Strained {
  /** Part of each running request that the machine does not deliver. */
  readonly missing: Float64Array;
  /** What that comes to at present: of all that is held, and of what counts as useful so far. */
  readonly held: Float64Array;
  readonly useful: Float64Array;
  /** Since when which part of useful work has been missing: a time and three parts each. */
  history: number[];
  /** Look through the history when it is as long as this. */
  long: number;
}

/**
 * What machines do not deliver of the requests that run on them. A machine gives what it has: where the requests of its running instances come to more than its capacity, each
 * gets capacity / requests of its own; where they really use more CPU than there is, everything advances at the pace capacity / use (the world's physics); the smaller of the two
 * counts. So held and useful capacity are never more than there is, and a batch task whose run was stretched is useful for its request times its pure run time.
 *
 * Costs a few additions per instance until a machine is over-committed for the first time.
 */
export class Undelivered {
  readonly #workload: Workload;
  readonly #rows: TaskRows;
  readonly #instances: Instances;
  readonly #moment: Moment;
  readonly #timeline: Timeline;
  readonly #window: Window;
  /** Per shape and resource: what it asks for. */
  readonly #asked: Float64Array;
  readonly #capacity: Float64Array;
  readonly #machines: Float64Array;
  readonly #pace: Float64Array;
  readonly #strained = new Map<number, Strained>();
  /** Time integrals by resource: of what is held, then of what is useful. */
  readonly #sums = new ExactSums(2 * RESOURCES);
  /** Per task: the latest instance of a service. Kept from the first over-commit on. */
  #latest: Int32Array | null = null;
  /** Services with several instances: rows in order of their start. */
  readonly #copies = new Map<number, number[]>();

  constructor(workload: Workload, inventory: MachineInventory, rows: TaskRows, instances: Instances, window: Window, moment: Moment, timeline: Timeline) {
    this.#workload = workload;
    this.#instances = instances;
    this.#window = window;
    this.#moment = moment;
    this.#timeline = timeline;
    this.#rows = rows;
    this.#asked = Float64Array.from(workload.shapes.flatMap((shape) => [shape.cpuMilli, shape.memoryBytes, shape.gpuCount * shape.gpuMilli]));
    this.#capacity = new Float64Array(inventory.count * RESOURCES);
    this.#machines = new Float64Array(inventory.count * ROW);
    this.#pace = new Float64Array(inventory.count).fill(1);
    for (let machine = 0; machine < inventory.count; machine++) {
      const capacity = [inventory.cpuMilli[machine]!, inventory.memoryBytes[machine]!, inventory.gpuCount[machine]! * GPU_MILLI];
      this.#capacity.set(capacity, machine * RESOURCES);
      this.#machines.set(capacity, machine * ROW);
    }
  }

  start(task: number, machine: number, shape: number, row: number): void {
    if (this.#latest !== null && this.#workload.isService[shape] === 1) this.#link(task, row);
    this.#take(machine, shape, 1);
  }

  /** Of an instance that had begun to work; whether it was useful is another matter ({@link wasNotUseful}). */
  end(task: number, machine: number, shape: number, row: number): void {
    const copies = this.#copies.get(task);
    if (copies !== undefined) this.#unlink(task, row, copies);
    this.#take(machine, shape, -1);
    if (copies !== undefined) this.#evaluateAll(copies);
  }

  /** A machine began to do work or ceased to. */
  machineChanged(machine: number): void {
    if (this.#strained.size === 0) return;
    this.#evaluate(machine);
    if (this.#copies.size === 0) return;
    const instances = this.#instances;
    for (let row = instances.first(machine); row >= 0; row = instances.next(row)) this.#evaluateAll(this.#copies.get(instances.taskOf(row)) ?? []);
  }

  /** What runs on a machine advances at this pace from now on, for want of CPU; 1 = as fast as it can. */
  paceChanged(machine: number, pace: number): void {
    this.#pace[machine] = pace;
    this.#evaluate(machine);
  }

  /** A batch instance that ran from a time to another, the present or the end of the window, did not count: takes back what was not delivered of its useful work. */
  wasNotUseful(machine: number, shape: number, startedUs: number, endedUs: number): void {
    const history = this.#strained.get(machine)?.history;
    if (history === undefined) return;
    for (let at = 0; at < history.length; at += 1 + RESOURCES) {
      const fromUs = Math.max(startedUs, history[at]!);
      const toUs = at + 1 + RESOURCES < history.length ? history[at + 1 + RESOURCES]! : endedUs;
      if (fromUs >= toUs) continue;
      const inWindowUs = remainingUs(this.#window, fromUs) - remainingUs(this.#window, toUs);
      for (let resource = 0; resource < RESOURCES; resource++) {
        const height = history[at + 1 + resource]! * this.#asked[shape * RESOURCES + resource]!;
        if (height === 0) continue;
        this.#sums.add(RESOURCES + resource, -height * inWindowUs);
        this.#timeline.stepAt(Series.usefulCpu + resource, fromUs, height);
        this.#timeline.stepAt(Series.usefulCpu + resource, toUs, -height);
      }
    }
  }

  /** Time integral of what was held and not delivered of a resource: 0 CPU, 1 memory, 2 GPU. */
  ofHeld(resource: number): number {
    return this.#sums.value(resource);
  }

  /** The same of what was useful. */
  ofUseful(resource: number): number {
    return this.#sums.value(RESOURCES + resource);
  }

  #take(machine: number, shape: number, sign: number): void {
    const machines = this.#machines;
    const asked = this.#asked;
    const at = machine * ROW;
    const of = shape * RESOURCES;
    const cpu = (machines[at]! -= sign * asked[of]!);
    const memory = (machines[at + 1]! -= sign * asked[of + 1]!);
    const gpu = (machines[at + 2]! -= sign * asked[of + 2]!);
    if (cpu < 0 || memory < 0 || gpu < 0 || machines[at + FOLLOWED] === 1) this.#evaluate(machine);
  }

  #evaluateAll(rows: readonly number[]): void {
    for (const row of rows) this.#evaluate(this.#instances.machineOf(row));
  }

  #evaluate(machine: number): void {
    let strained = this.#strained.get(machine);
    const missing = [0, 1, 2].map((resource) => this.#missing(machine, resource));
    if (strained === undefined) {
      if (missing.every((part) => part === 0)) return;
      strained = this.#begin(machine);
    }
    const serves = this.#instances.serving(machine);
    const useful = this.#usefulOn(machine, serves && missing.some((part) => part > 0));
    let changed = strained.history.length === 0;
    for (let resource = 0; resource < RESOURCES; resource++) {
      const held = this.#capacity[machine * RESOURCES + resource]! - this.#machines[machine * ROW + resource]!;
      this.#step(strained.held, Series.heldCpu, resource, missing[resource]! * held);
      this.#step(strained.useful, Series.usefulCpu, resource, missing[resource]! * useful[resource]!);
      const part = serves ? missing[resource]! : 0;
      if (strained.missing[resource] !== part) changed = true;
      strained.missing[resource] = part;
    }
    if (!changed) return;
    if (strained.history.length >= strained.long) this.#shorten(machine, strained);
    strained.history.push(this.#moment.timeUs, ...strained.missing);
  }

  #missing(machine: number, resource: number): number {
    const capacity = this.#capacity[machine * RESOURCES + resource]!;
    const free = this.#machines[machine * ROW + resource]!;
    const byRequests = free < -DUST * capacity ? 1 - capacity / (capacity - free) : 0;
    return resource === 0 ? Math.max(byRequests, 1 - this.#pace[machine]!) : byRequests;
  }

  /** What counts as useful so far on a machine: batch instances, and of each service the first of its instances that makes progress. */
  #usefulOn(machine: number, matters: boolean): number[] {
    const sums = [0, 0, 0];
    if (!matters) return sums;
    const instances = this.#instances;
    for (let row = instances.first(machine); row >= 0; row = instances.next(row)) {
      const task = instances.taskOf(row);
      const copies = this.#copies.get(task);
      if (copies !== undefined && copies.find((copy) => instances.serving(instances.machineOf(copy))) !== row) continue;
      const of = this.#rows.shapeOf(task) * RESOURCES;
      for (let resource = 0; resource < RESOURCES; resource++) sums[resource]! += this.#asked[of + resource]!;
    }
    return sums;
  }

  #step(levels: Float64Array, series: number, resource: number, level: number): void {
    const change = level - levels[resource]!;
    if (change === 0) return;
    levels[resource] = level;
    this.#sums.add((series === Series.heldCpu ? 0 : RESOURCES) + resource, change * this.#moment.remainingUs);
    this.#timeline.step(series + resource, -change);
  }

  #begin(machine: number): Strained {
    if (this.#latest === null) this.#linkAll();
    this.#machines[machine * ROW + FOLLOWED] = 1;
    const zeros = (): Float64Array => new Float64Array(RESOURCES);
    const strained = { missing: zeros(), held: zeros(), useful: zeros(), history: [], long: SHORT };
    this.#strained.set(machine, strained);
    return strained;
  }

  /** Forgets what happened before the first of the batch instances began that still run. */
  #shorten(machine: number, strained: Strained): void {
    const instances = this.#instances;
    let oldestUs = this.#moment.timeUs;
    for (let row = instances.first(machine); row >= 0; row = instances.next(row)) {
      if (this.#workload.isService[this.#rows.shapeOf(instances.taskOf(row))] === 0) oldestUs = Math.min(oldestUs, instances.startedUs(row));
    }
    const { history } = strained;
    let keep = 0;
    while (keep + 1 + RESOURCES < history.length && history[keep + 1 + RESOURCES]! <= oldestUs) keep += 1 + RESOURCES;
    strained.history = history.slice(keep);
    strained.long = Math.max(SHORT, 2 * strained.history.length);
  }

  #linkAll(): void {
    this.#latest = new Int32Array(this.#rows.taskCount).fill(-1);
    const instances = this.#instances;
    const rows: number[] = [];
    for (let row = 0; row < instances.rowCount; row++) {
      if (instances.alive(row) && this.#workload.isService[this.#rows.shapeOf(instances.taskOf(row))] === 1) rows.push(row);
    }
    rows.sort((a, b) => instances.startedUs(a) - instances.startedUs(b) || a - b);
    for (const row of rows) this.#link(instances.taskOf(row), row);
  }

  #link(task: number, row: number): void {
    const latest = this.#latest!;
    const before = latest[task]!;
    latest[task] = row;
    if (before === row || before < 0 || !this.#instances.alive(before) || this.#instances.taskOf(before) !== task) return;
    const copies = this.#copies.get(task);
    if (copies === undefined) this.#copies.set(task, [before, row]);
    else copies.push(row);
  }

  #unlink(task: number, row: number, copies: number[]): void {
    copies.splice(copies.indexOf(row), 1);
    if (this.#latest![task] === row) this.#latest![task] = copies[copies.length - 1]!;
    if (copies.length === 1) this.#copies.delete(task);
  }
}
