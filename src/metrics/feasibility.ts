import type { Shape } from '../workload/shape.ts';
import type { Workload } from '../workload/workload.ts';
import { GPU_MILLI, type MachineInventory } from '../world/machine-inventory.ts';
import { MachineState } from '../world/world-observer.ts';
import type { Instances } from './instances.ts';
import { type Collector, RecordKind } from './log.ts';
import { couldHold } from './machine-fit.ts';

/** A shape that somebody waits for. */
interface Watched {
  readonly shape: number;
  readonly request: Shape;
  watchers: number;
  /** Per machine: could hold the shape when empty; does so now. */
  readonly eligible: Uint8Array;
  readonly fits: Uint8Array;
  /** Machines on which it fits now. */
  count: number;
}

/**
 * Whether some machine that is up could take a request now, by the orchestrator's own books. For each watched shape the machines that fit are counted, and each change of a
 * machine is compared with what was true of it before; without watched shapes only the books are kept.
 *
 * GPU capacity is taken per machine, not per device: a request for a whole device may count as feasible where only parts are free.
 */
export class Feasibility implements Collector {
  readonly #workload: Workload;
  readonly #requests: readonly (Shape | null)[];
  readonly #inventory: MachineInventory;
  readonly #instances: Instances;
  readonly #freeCpu: Float64Array;
  readonly #freeMemory: Float64Array;
  readonly #freeGpu: Float64Array;
  readonly #freeSlots: Float64Array;
  readonly #watched: Watched[] = [];
  /** Shapes that were ever watched: what cannot change is not worked out again. */
  readonly #known = new Map<number, Watched>();
  readonly #changed: (timeUs: number, shape: number, feasible: boolean) => void;

  /** @param changed called when a watched shape becomes feasible or stops being so */
  constructor(
    workload: Workload,
    requests: readonly (Shape | null)[],
    inventory: MachineInventory,
    instances: Instances,
    changed: (timeUs: number, shape: number, feasible: boolean) => void,
  ) {
    this.#workload = workload;
    this.#requests = requests;
    this.#inventory = inventory;
    this.#instances = instances;
    this.#changed = changed;
    this.#freeCpu = inventory.cpuMilli.slice();
    this.#freeMemory = inventory.memoryBytes.slice();
    this.#freeGpu = Float64Array.from(inventory.gpuCount, (count) => count * GPU_MILLI);
    this.#freeSlots = inventory.slots.slice();
  }

  record(timeUs: number, kind: RecordKind, a: number, b: number): void {
    if (kind === RecordKind.bind) this.#book(timeUs, a, b, -1);
    else if (kind === RecordKind.release) this.#book(timeUs, a, b, 1);
    else if (kind === RecordKind.machine) this.#reconsider(timeUs, a, 0);
  }

  /** Starts (or goes on) watching a shape; answers whether it is feasible now. */
  watch(shape: number): boolean {
    let entry = this.#find(shape);
    if (entry === undefined) {
      const request = this.#requests[shape];
      if (!request) throw new Error(`shape ${shape} cannot be expressed, yet a task of it runs`);
      entry = this.#begin(shape, request);
      this.#watched.push(entry);
    }
    entry.watchers++;
    return entry.count > 0;
  }

  /** Whether a watched shape is feasible now. */
  feasible(shape: number): boolean {
    return (this.#find(shape)?.count ?? 0) > 0;
  }

  unwatch(shape: number): void {
    const at = this.#watched.findIndex((each) => each.shape === shape);
    if (--this.#watched[at]!.watchers === 0) this.#watched.splice(at, 1);
  }

  #find(shape: number): Watched | undefined {
    return this.#watched.find((each) => each.shape === shape);
  }

  #book(timeUs: number, task: number, machine: number, sign: number): void {
    const request = this.#requests[this.#workload.shapeOf(task)];
    if (!request) return;
    this.#freeCpu[machine]! += sign * request.cpuMilli;
    this.#freeMemory[machine]! += sign * request.memoryBytes;
    this.#freeGpu[machine]! += sign * request.gpuCount * request.gpuMilli;
    this.#freeSlots[machine]! += sign;
    if (this.#watched.length > 0) this.#reconsider(timeUs, machine, sign);
  }

  /** @param sign 1 = the machine has gained capacity, -1 = lost some, 0 = either may be */
  #reconsider(timeUs: number, machine: number, sign: number): void {
    for (let i = 0; i < this.#watched.length; i++) {
      const entry = this.#watched[i]!;
      const before = entry.fits[machine]!;
      if (entry.eligible[machine] === 0 || (sign > 0 && before === 1) || (sign < 0 && before === 0)) continue;
      const now = this.#fits(machine, entry.request) ? 1 : 0;
      if (now === before) continue;
      entry.fits[machine] = now;
      entry.count += now - before;
      if (entry.count === now) this.#changed(timeUs, entry.shape, now === 1);
    }
  }

  #begin(shape: number, request: Shape): Watched {
    const { count } = this.#inventory;
    let entry = this.#known.get(shape);
    if (entry === undefined) {
      const eligible = new Uint8Array(count);
      for (let machine = 0; machine < count; machine++) eligible[machine] = couldHold(this.#inventory, machine, request) ? 1 : 0;
      entry = { shape, request, watchers: 0, eligible, fits: new Uint8Array(count), count: 0 };
      this.#known.set(shape, entry);
    }
    entry.count = markFitting(entry, this.#freeCpu, this.#freeMemory, this.#freeGpu, this.#freeSlots, this.#instances.state);
    return entry;
  }

  #fits(machine: number, request: Shape): boolean {
    return (
      this.#freeCpu[machine]! >= request.cpuMilli &&
      this.#freeMemory[machine]! >= request.memoryBytes &&
      this.#freeGpu[machine]! >= request.gpuCount * request.gpuMilli &&
      this.#freeSlots[machine]! >= 1 &&
      this.#instances.reachable(machine)
    );
  }
}

/** Marks the machines that fit now, and counts them. */
function markFitting(entry: Watched, freeCpu: Float64Array, freeMemory: Float64Array, freeGpu: Float64Array, freeSlots: Float64Array, state: Uint8Array): number {
  const { eligible, fits } = entry;
  const { cpuMilli, memoryBytes } = entry.request;
  const gpuMilli = entry.request.gpuCount * entry.request.gpuMilli;
  let count = 0;
  for (let machine = 0; machine < fits.length; machine++) {
    const now =
      eligible[machine] === 1 &&
      state[machine] === MachineState.up &&
      freeCpu[machine]! >= cpuMilli &&
      freeMemory[machine]! >= memoryBytes &&
      freeGpu[machine]! >= gpuMilli &&
      freeSlots[machine]! >= 1;
    fits[machine] = now ? 1 : 0;
    if (now) count++;
  }
  return count;
}
