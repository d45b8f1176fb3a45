import type { Workload } from '../workload/workload.ts';
import { GPU_MILLI, type MachineInventory } from '../world/machine-inventory.ts';
import { ExactSums } from './exact-sum.ts';
import { FitShares } from './fit-shares.ts';
import type { Instances } from './instances.ts';
import { holders } from './machine-fit.ts';
import type { Moment } from './moment.ts';
import { typicalMix } from './typical-mix.ts';

/** Numbers per machine, side by side: what running instances leave free, and how much of the CPU is fragmented. */
const ROW = 4;
const CPU = 0;
const MEMORY = 1;
const SLOTS = 2;
const FRAGMENTED = 3;

/**
 * Free capacity that the typical mix cannot use, after Weng et al., "Beware of Fragmentation", USENIX ATC 2023, section 4: for each shape of the mix, all free CPU (or
 * GPU) of a machine that cannot take the shape; for GPUs also the rest of devices that have less left than the shape asks of one; weighted by the mix. Differences: for
 * each resource only shapes that ask for it count (so that an empty cluster is not fragmented), and what is free is what running instances leave.
 */
export class Fragmentation {
  readonly #workload: Workload;
  readonly #instances: Instances;
  readonly #moment: Moment;
  readonly #mix: readonly number[];
  /** Weight per shape of the mix, renormalised over those that ask for CPU, and for GPU. */
  readonly #cpuWeight: Float64Array;
  readonly #gpuWeight: Float64Array;
  /** Per machine: shapes of the mix that it could hold when empty, as bits. */
  readonly #holds: Int32Array;
  /** 1 = has no GPUs and could hold every shape of the mix, none of which asks for any: {@link FitShares} knows the rest. */
  readonly #plain: Uint8Array;
  readonly #shares: FitShares;
  readonly #machines: Float64Array;
  readonly #freeGpu: Float64Array;
  readonly #firstDevice: Int32Array;
  /** Requests of the mix, by their place in it. */
  readonly #mixCpu: Float64Array;
  readonly #mixMemory: Float64Array;
  readonly #mixGpus: Int32Array;
  /** What a shape of the mix asks of one device, as a place in {@link #levels}; -1 = it asks for none. */
  readonly #mixLevel: Int32Array;
  /** The different amounts that shapes of the mix ask of one device. */
  readonly #levels: Float64Array;
  /** Of the machine looked at, per level: devices that have so much left, and what those that have less have left in all. */
  readonly #devicesAbove: Int32Array;
  readonly #leftBelow: Float64Array;
  #cpuNow = 0;
  #gpuNow = 0;
  /** Fragmented now, per machine. */
  readonly #gpu: Float64Array;
  readonly #sums = new ExactSums(2);
  /** Devices that an instance got, by container, where the orchestrator did not say which: the first with enough left. */
  #devices = new Map<number, number>();

  constructor(workload: Workload, inventory: MachineInventory, instances: Instances, moment: Moment) {
    const { count } = inventory;
    this.#workload = workload;
    this.#instances = instances;
    this.#moment = moment;
    const { shapes, weights } = typicalMix(workload);
    this.#mix = shapes;
    this.#cpuWeight = normalised(weights.map((weight, i) => (workload.cpuMilli[shapes[i]!]! > 0 ? weight : 0)));
    this.#gpuWeight = normalised(weights.map((weight, i) => (workload.gpuCount[shapes[i]!]! > 0 ? weight : 0)));
    this.#mixCpu = Float64Array.from(shapes, (shape) => workload.cpuMilli[shape]!);
    this.#mixMemory = Float64Array.from(shapes, (shape) => workload.memoryBytes[shape]!);
    this.#mixGpus = Int32Array.from(shapes, (shape) => workload.gpuCount[shape]!);
    const asking = shapes.filter((shape) => workload.gpuCount[shape]! > 0);
    this.#levels = Float64Array.from(new Set(asking.map((shape) => workload.gpuMilli[shape]!)));
    this.#mixLevel = Int32Array.from(shapes, (shape) => (workload.gpuCount[shape]! > 0 ? this.#levels.indexOf(workload.gpuMilli[shape]!) : -1));
    this.#devicesAbove = new Int32Array(this.#levels.length);
    this.#leftBelow = new Float64Array(this.#levels.length);
    this.#shares = new FitShares(this.#mixCpu, this.#mixMemory, this.#cpuWeight);
    this.#holds = new Int32Array(count);
    this.#plain = Uint8Array.from(inventory.gpuCount, (gpus) => (gpus === 0 ? 1 : 0));
    this.#machines = new Float64Array(count * ROW);
    this.#firstDevice = new Int32Array(count + 1);
    this.#gpu = new Float64Array(count);
    for (let i = 0; i < shapes.length; i++) {
      const holds = holders(inventory, workload.shapes[shapes[i]!]!);
      for (let machine = 0; machine < count; machine++) {
        if (holds[machine] === 1) this.#holds[machine]! |= 1 << i;
        if (holds[machine] === 0 || this.#mixGpus[i] !== 0) this.#plain[machine] = 0;
      }
    }
    for (let machine = 0; machine < count; machine++) {
      this.#firstDevice[machine + 1] = this.#firstDevice[machine]! + inventory.gpuCount[machine]!;
      const at = machine * ROW;
      this.#machines[at + CPU] = inventory.cpuMilli[machine]!;
      this.#machines[at + MEMORY] = inventory.memoryBytes[machine]!;
      this.#machines[at + SLOTS] = inventory.slots[machine]!;
    }
    this.#freeGpu = new Float64Array(this.#firstDevice[count]!).fill(GPU_MILLI);
    for (let machine = 0; machine < count; machine++) this.#evaluate(machine);
  }

  /** @param mask GPU devices as bits; 0 = the orchestrator did not say which */
  start(machine: number, shape: number, container: number, mask: number): void {
    const gpus = this.#workload.gpuCount[shape]!;
    if (gpus > 0) {
      const devices = mask || this.#firstFitting(machine, gpus, this.#workload.gpuMilli[shape]!);
      this.#devices.set(container, devices);
      this.#take(machine, shape, devices, -1);
    }
    this.#change(machine, shape, -1);
  }

  /** Of an instance that had begun to work. */
  end(machine: number, shape: number, container: number): void {
    if (this.#workload.gpuCount[shape]! > 0) {
      this.#take(machine, shape, this.#devices.get(container) ?? 0, 1);
      this.#devices.delete(container);
    }
    this.#change(machine, shape, 1);
  }

  machineChanged(machine: number): void {
    this.#evaluate(machine);
  }

  /** Time integral of fragmented CPU, milli-CPU x microseconds. */
  get cpu(): number {
    return this.#sums.value(0);
  }

  /** Time integral of fragmented GPU, milli-GPU x microseconds. */
  get gpu(): number {
    return this.#sums.value(1);
  }

  #change(machine: number, shape: number, sign: number): void {
    const machines = this.#machines;
    const at = machine * ROW;
    machines[at + CPU]! += sign * this.#workload.cpuMilli[shape]!;
    machines[at + MEMORY]! += sign * this.#workload.memoryBytes[shape]!;
    machines[at + SLOTS]! += sign;
    this.#evaluate(machine);
  }

  #take(machine: number, shape: number, devices: number, sign: number): void {
    const first = this.#firstDevice[machine]!;
    const end = this.#firstDevice[machine + 1]!;
    const milli = this.#workload.gpuMilli[shape]!;
    for (let device = first; device < end; device++) if (devices & (1 << (device - first))) this.#freeGpu[device]! += sign * milli;
  }

  #firstFitting(machine: number, count: number, milli: number): number {
    const first = this.#firstDevice[machine]!;
    const end = this.#firstDevice[machine + 1]!;
    let devices = 0;
    let left = count;
    for (let device = first; device < end && left > 0; device++) {
      if (this.#freeGpu[device]! < milli) continue;
      devices |= 1 << (device - first);
      left--;
    }
    return devices;
  }

  #evaluate(machine: number): void {
    const machines = this.#machines;
    const at = machine * ROW;
    const serves = this.#instances.serving(machine);
    let cpu = 0;
    if (this.#plain[machine] === 1) {
      const free = machines[at + CPU]!;
      if (serves && free > 0) cpu = (machines[at + SLOTS]! < 1 ? this.#shares.whole : this.#shares.beyond(free, machines[at + MEMORY]!)) * free;
    } else {
      if (serves) {
        this.#evaluateShapes(machine);
        cpu = this.#cpuNow;
      }
      if (this.#firstDevice[machine] !== this.#firstDevice[machine + 1]) this.#setGpu(machine, serves ? this.#gpuNow : 0);
    }
    const before = machines[at + FRAGMENTED]!;
    if (cpu === before) return;
    this.#sums.add(0, (cpu - before) * this.#moment.remainingUs);
    machines[at + FRAGMENTED] = cpu;
  }

  #setGpu(machine: number, gpu: number): void {
    const before = this.#gpu[machine]!;
    if (gpu === before) return;
    this.#sums.add(1, (gpu - before) * this.#moment.remainingUs);
    this.#gpu[machine] = gpu;
  }

  /** Of a machine that has GPUs, or cannot hold all of the mix: sets {@link #cpuNow} and {@link #gpuNow}. */
  #evaluateShapes(machine: number): void {
    const free = this.#machines;
    const at = machine * ROW;
    const freeCpu = free[at + CPU]!;
    const freeMemory = free[at + MEMORY]!;
    const hasSlot = free[at + SLOTS]! >= 1;
    const freeGpu = this.#freeDevices(machine);
    const { length } = this.#mix;
    const holds = this.#holds[machine]!;
    let share = 0;
    let gpu = 0;
    for (let i = 0; i < length; i++) {
      const level = this.#mixLevel[i]!;
      const fits =
        hasSlot && this.#mixCpu[i]! <= freeCpu && this.#mixMemory[i]! <= freeMemory && (holds & (1 << i)) !== 0 && (level < 0 || this.#devicesAbove[level]! >= this.#mixGpus[i]!);
      if (!fits) share += this.#cpuWeight[i]!;
      if (level >= 0) gpu += this.#gpuWeight[i]! * (fits ? this.#leftBelow[level]! : freeGpu);
    }
    this.#cpuNow = freeCpu <= 0 ? 0 : share * freeCpu;
    this.#gpuNow = freeGpu === 0 ? 0 : gpu;
  }

  /** What the devices of a machine have left in all; per size of a part of a device, how many have so much and what the others have. */
  #freeDevices(machine: number): number {
    const freeGpu = this.#freeGpu;
    const levels = this.#levels;
    const above = this.#devicesAbove.fill(0);
    const below = this.#leftBelow.fill(0);
    let all = 0;
    for (let device = this.#firstDevice[machine]!, end = this.#firstDevice[machine + 1]!; device < end; device++) {
      const left = freeGpu[device]!;
      if (left > 0) all += left;
      for (let level = 0; level < levels.length; level++) {
        if (left >= levels[level]!) above[level]!++;
        else if (left > 0) below[level]! += left;
      }
    }
    return all;
  }
}

function normalised(weights: readonly number[]): Float64Array {
  let sum = 0;
  for (const weight of weights) sum += weight;
  return Float64Array.from(weights, (weight) => (sum === 0 ? 0 : weight / sum));
}
