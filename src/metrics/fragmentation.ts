import type { Workload } from '../workload/workload.ts';
import { GPU_MILLI, type MachineInventory } from '../world/machine-inventory.ts';
import { ExactSums } from './exact-sum.ts';
import type { Instances } from './instances.ts';
import { type Collector, RAN, RecordKind } from './log.ts';
import { couldHold } from './machine-fit.ts';
import { typicalMix } from './typical-mix.ts';
import { remainingUs, type Window } from './window.ts';

/**
 * Free capacity that the typical mix cannot use, after Weng et al., "Beware of Fragmentation", USENIX ATC 2023, section 4: for each shape of the mix, all free CPU (or
 * GPU) of a machine that cannot take the shape; for GPUs also the rest of devices that have less left than the shape asks of one; weighted by the mix. Differences: for
 * each resource only shapes that ask for it count (so that an empty cluster is not fragmented), and what is free is what running instances leave.
 */
export class Fragmentation implements Collector {
  readonly #workload: Workload;
  readonly #inventory: MachineInventory;
  readonly #instances: Instances;
  readonly #window: Window;
  readonly #mix: readonly number[];
  /** Weight per shape of the mix, renormalised over those that ask for CPU, and for GPU. */
  readonly #cpuWeight: Float64Array;
  readonly #gpuWeight: Float64Array;
  /** Machines x mix: 1 = could hold the shape when empty. */
  readonly #holds: Uint8Array;
  /** 1 = could hold every shape of the mix, and none asks for GPUs. */
  readonly #holdsAll: Uint8Array;
  readonly #freeCpu: Float64Array;
  readonly #freeMemory: Float64Array;
  readonly #freeSlots: Float64Array;
  readonly #freeGpu: Float64Array;
  readonly #firstDevice: Int32Array;
  /** Requests of the mix, by their place in it. */
  readonly #mixCpu: Float64Array;
  readonly #mixMemory: Float64Array;
  /** What the largest of them ask for: a machine with so much left fits all that it could ever hold. */
  readonly #largestCpu: number;
  readonly #largestMemory: number;
  /** Fragmented now, per machine. */
  readonly #cpu: Float64Array;
  readonly #gpu: Float64Array;
  readonly #sums = new ExactSums(2);
  /** Devices that an instance got, by container, where the orchestrator did not say which: the first with enough left. */
  #devices = new Map<number, number>();

  constructor(workload: Workload, inventory: MachineInventory, instances: Instances, window: Window) {
    this.#workload = workload;
    this.#inventory = inventory;
    this.#instances = instances;
    this.#window = window;
    const mix = typicalMix(workload);
    this.#mix = mix.shapes;
    this.#cpuWeight = normalised(mix.weights.map((weight, i) => (workload.cpuMilli[mix.shapes[i]!]! > 0 ? weight : 0)));
    this.#gpuWeight = normalised(mix.weights.map((weight, i) => (workload.gpuCount[mix.shapes[i]!]! > 0 ? weight : 0)));
    this.#mixCpu = Float64Array.from(mix.shapes, (shape) => workload.cpuMilli[shape]!);
    this.#mixMemory = Float64Array.from(mix.shapes, (shape) => workload.memoryBytes[shape]!);
    this.#largestCpu = this.#mixCpu.reduce((a, b) => (a > b ? a : b), 0);
    this.#largestMemory = this.#mixMemory.reduce((a, b) => (a > b ? a : b), 0);
    this.#holds = new Uint8Array(inventory.count * mix.shapes.length);
    this.#holdsAll = new Uint8Array(inventory.count);
    this.#freeCpu = inventory.cpuMilli.slice();
    this.#freeMemory = inventory.memoryBytes.slice();
    this.#freeSlots = inventory.slots.slice();
    this.#firstDevice = new Int32Array(inventory.count + 1);
    this.#cpu = new Float64Array(inventory.count);
    this.#gpu = new Float64Array(inventory.count);
    for (let machine = 0; machine < inventory.count; machine++) {
      this.#firstDevice[machine + 1] = this.#firstDevice[machine]! + inventory.gpuCount[machine]!;
      mix.shapes.forEach((shape, i) => {
        this.#holds[machine * mix.shapes.length + i] = couldHold(inventory, machine, workload.shapes[shape]!) ? 1 : 0;
      });
      this.#holdsAll[machine] = mix.shapes.every((shape, i) => this.#holds[machine * mix.shapes.length + i] === 1 && workload.gpuCount[shape] === 0) ? 1 : 0;
    }
    this.#freeGpu = new Float64Array(this.#firstDevice[inventory.count]!).fill(GPU_MILLI);
    for (let machine = 0; machine < inventory.count; machine++) this.#evaluate(window.fromUs, machine);
  }

  record(timeUs: number, kind: RecordKind, a: number, b: number, c: number, d = 0): void {
    if (kind === RecordKind.start) this.#change(timeUs, a, b, -1, c, d);
    else if (kind === RecordKind.end) {
      if (c >= RAN) this.#change(timeUs, a, b, 1, d, 0);
    } else if (kind === RecordKind.machine) this.#evaluate(timeUs, a);
  }

  /** Time integral of fragmented CPU, milli-CPU x microseconds. */
  get cpu(): number {
    return this.#sums.value(0);
  }

  /** Time integral of fragmented GPU, milli-GPU x microseconds. */
  get gpu(): number {
    return this.#sums.value(1);
  }

  #change(timeUs: number, task: number, machine: number, sign: number, container: number, mask: number): void {
    const shape = this.#workload.shapeOf(task);
    this.#freeCpu[machine]! += sign * this.#workload.cpuMilli[shape]!;
    this.#freeMemory[machine]! += sign * this.#workload.memoryBytes[shape]!;
    this.#freeSlots[machine]! += sign;
    const count = this.#workload.gpuCount[shape]!;
    if (count > 0) {
      const milli = this.#workload.gpuMilli[shape]!;
      const devices = sign < 0 ? mask || this.#firstFitting(machine, count, milli) : (this.#devices.get(container) ?? 0);
      if (sign < 0) this.#devices.set(container, devices);
      else this.#devices.delete(container);
      const first = this.#firstDevice[machine]!;
      for (let i = 0; i < this.#inventory.gpuCount[machine]!; i++) if (devices & (1 << i)) this.#freeGpu[first + i]! += sign * milli;
    }
    this.#evaluate(timeUs, machine);
  }

  #firstFitting(machine: number, count: number, milli: number): number {
    let devices = 0;
    let left = count;
    for (let i = 0; i < this.#inventory.gpuCount[machine]! && left > 0; i++) {
      if (this.#freeGpu[this.#firstDevice[machine]! + i]! < milli) continue;
      devices |= 1 << i;
      left--;
    }
    return devices;
  }

  #evaluate(timeUs: number, machine: number): void {
    const leftUs = remainingUs(this.#window, timeUs);
    const serves = this.#instances.serving(machine);
    const cpu = serves ? this.#fragmentedCpu(machine) : 0;
    if (cpu !== this.#cpu[machine]) {
      this.#sums.add(0, (cpu - this.#cpu[machine]!) * leftUs);
      this.#cpu[machine] = cpu;
    }
    if (this.#inventory.gpuCount[machine] === 0) return;
    const gpu = serves ? this.#fragmentedGpu(machine) : 0;
    if (gpu !== this.#gpu[machine]) {
      this.#sums.add(1, (gpu - this.#gpu[machine]!) * leftUs);
      this.#gpu[machine] = gpu;
    }
  }

  #fragmentedCpu(machine: number): number {
    const free = this.#freeCpu[machine]!;
    if (free <= 0) return 0;
    if (this.#holdsAll[machine] === 1 && free >= this.#largestCpu && this.#freeMemory[machine]! >= this.#largestMemory && this.#freeSlots[machine]! >= 1) return 0;
    const freeMemory = this.#freeMemory[machine]!;
    const weight = this.#cpuWeight;
    const mixCpu = this.#mixCpu;
    const mixMemory = this.#mixMemory;
    const plain = this.#holdsAll[machine] === 1 && this.#freeSlots[machine]! >= 1;
    let share = 0;
    for (let i = 0; i < weight.length; i++) {
      const fits = mixCpu[i]! <= free && mixMemory[i]! <= freeMemory && (plain || this.#fits(machine, i));
      if (!fits) share += weight[i]!;
    }
    return share * free;
  }

  #fragmentedGpu(machine: number): number {
    const first = this.#firstDevice[machine]!;
    const end = this.#firstDevice[machine + 1]!;
    let fragmented = 0;
    for (let i = 0; i < this.#mix.length; i++) {
      if (this.#gpuWeight[i] === 0) continue;
      const fits = this.#fits(machine, i);
      const milli = this.#workload.gpuMilli[this.#mix[i]!]!;
      let unusable = 0;
      for (let device = first; device < end; device++) {
        const free = this.#freeGpu[device]!;
        if (free > 0 && (!fits || free < milli)) unusable += free;
      }
      fragmented += this.#gpuWeight[i]! * unusable;
    }
    return fragmented;
  }

  #fits(machine: number, i: number): boolean {
    if (this.#holds[machine * this.#mix.length + i] === 0) return false;
    if (this.#mixCpu[i]! > this.#freeCpu[machine]! || this.#mixMemory[i]! > this.#freeMemory[machine]! || this.#freeSlots[machine]! < 1) return false;
    const shape = this.#mix[i]!;
    let left = this.#workload.gpuCount[shape]!;
    if (left === 0) return true;
    const milli = this.#workload.gpuMilli[shape]!;
    for (let device = this.#firstDevice[machine]!; device < this.#firstDevice[machine + 1]!; device++) if (this.#freeGpu[device]! >= milli) left--;
    return left <= 0;
  }
}

function normalised(weights: readonly number[]): Float64Array {
  let sum = 0;
  for (const weight of weights) sum += weight;
  return Float64Array.from(weights, (weight) => (sum === 0 ? 0 : weight / sum));
}
