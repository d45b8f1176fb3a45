import type { Shape } from '../workload/shape.ts';
import { GPU_MILLI, type MachineInventory } from '../world/machine-inventory.ts';
import { MachineState } from '../world/world-observer.ts';
import type { Instances } from './instances.ts';
import { holders } from './machine-fit.ts';

/** A shape that somebody waits for. */
interface Watched {
  readonly shape: number;
  watchers: number;
  /** Per machine: could hold the shape when empty; does so now. */
  readonly eligible: Uint8Array;
  readonly fits: Uint8Array;
  /** Machines on which it fits now. */
  count: number;
}

/** Free capacity by a machine's books, side by side: CPU, memory, GPU, slots. Requests have the same. */
const ROW = 4;

/**
 * Whether some machine that is up could take a request now, by the orchestrator's own books. For each watched shape the machines that fit are counted, and each change of a
 * machine is compared with what was true of it before; without watched shapes only the books are kept.
 *
 * GPU capacity is taken per machine, not per device: a request for a whole device may count as feasible where only parts are free.
 */
export class Feasibility {
  /** Per shape. */
  readonly #requests: readonly (Shape | null)[];
  readonly #asked: Float64Array;
  readonly #inventory: MachineInventory;
  readonly #instances: Instances;
  /** Per machine. */
  readonly #free: Float64Array;
  readonly #watched: Watched[] = [];
  /** Shapes that were ever watched: what cannot change is not worked out again. */
  readonly #known = new Map<number, Watched>();
  readonly #changed: (timeUs: number, shape: number, feasible: boolean) => void;

  /** @param changed called when a watched shape becomes feasible or stops being so */
  constructor(
    requests: readonly (Shape | null)[],
    inventory: MachineInventory,
    instances: Instances,
    changed: (timeUs: number, shape: number, feasible: boolean) => void,
  ) {
    this.#requests = requests;
    this.#inventory = inventory;
    this.#instances = instances;
    this.#changed = changed;
    this.#asked = new Float64Array(requests.length * ROW);
    requests.forEach((request, shape) => {
      if (request !== null) this.#asked.set([request.cpuMilli, request.memoryBytes, request.gpuCount * request.gpuMilli, 1], shape * ROW);
    });
    this.#free = new Float64Array(inventory.count * ROW);
    for (let machine = 0; machine < inventory.count; machine++) {
      const at = machine * ROW;
      this.#free[at] = inventory.cpuMilli[machine]!;
      this.#free[at + 1] = inventory.memoryBytes[machine]!;
      this.#free[at + 2] = inventory.gpuCount[machine]! * GPU_MILLI;
      this.#free[at + 3] = inventory.slots[machine]!;
    }
  }

  bind(timeUs: number, machine: number, shape: number): void {
    this.#book(machine, shape, -1);
    if (this.#watched.length > 0) this.#reconsider(timeUs, machine, -1);
  }

  release(timeUs: number, machine: number, shape: number): void {
    this.#book(machine, shape, 1);
    if (this.#watched.length > 0) this.#reconsider(timeUs, machine, 1);
  }

  machineChanged(timeUs: number, machine: number): void {
    this.#reconsider(timeUs, machine, 0);
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

  #book(machine: number, shape: number, sign: number): void {
    const free = this.#free;
    const asked = this.#asked;
    const at = machine * ROW;
    const of = shape * ROW;
    free[at]! += sign * asked[of]!;
    free[at + 1]! += sign * asked[of + 1]!;
    free[at + 2]! += sign * asked[of + 2]!;
    free[at + 3]! += sign * asked[of + 3]!;
  }

  /** @param sign 1 = the machine has gained capacity, -1 = lost some, 0 = either may be */
  #reconsider(timeUs: number, machine: number, sign: number): void {
    for (let i = 0; i < this.#watched.length; i++) {
      const entry = this.#watched[i]!;
      const before = entry.fits[machine]!;
      if (entry.eligible[machine] === 0 || (sign > 0 && before === 1) || (sign < 0 && before === 0)) continue;
      const now = this.#fits(machine, entry.shape) ? 1 : 0;
      if (now === before) continue;
      entry.fits[machine] = now;
      entry.count += now - before;
      if (entry.count === now) this.#changed(timeUs, entry.shape, now === 1);
    }
  }

  #begin(shape: number, request: Shape): Watched {
    let entry = this.#known.get(shape);
    if (entry === undefined) {
      entry = { shape, watchers: 0, eligible: holders(this.#inventory, request), fits: new Uint8Array(this.#inventory.count), count: 0 };
      this.#known.set(shape, entry);
    }
    entry.count = markFitting(entry, this.#free, this.#asked, this.#instances.state);
    return entry;
  }

  #fits(machine: number, shape: number): boolean {
    const free = this.#free;
    const asked = this.#asked;
    const at = machine * ROW;
    const of = shape * ROW;
    return free[at]! >= asked[of]! && free[at + 1]! >= asked[of + 1]! && free[at + 2]! >= asked[of + 2]! && free[at + 3]! >= 1 && this.#instances.reachable(machine);
  }
}

/** Marks the machines that fit now, and counts them. */
function markFitting(entry: Watched, free: Float64Array, asked: Float64Array, state: Uint8Array): number {
  const { eligible, fits } = entry;
  const of = entry.shape * ROW;
  const cpuMilli = asked[of]!;
  const memoryBytes = asked[of + 1]!;
  const gpuMilli = asked[of + 2]!;
  let count = 0;
  for (let machine = 0, at = 0; machine < fits.length; machine++, at += ROW) {
    // Without branches: of a busy cluster's machines some fit and some do not, in no order.
    const now =
      eligible[machine]! & +(state[machine] === MachineState.up) & +(free[at]! >= cpuMilli) & +(free[at + 1]! >= memoryBytes) & +(free[at + 2]! >= gpuMilli) & +(free[at + 3]! >= 1);
    fits[machine] = now;
    count += now;
  }
  return count;
}
