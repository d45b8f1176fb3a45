import type { Workload } from '../workload/workload.ts';
import type { MachineInventory } from '../world/machine-inventory.ts';
import type { CellValue } from './cell-value.ts';
import { ExactSums } from './exact-sum.ts';
import type { Moment } from './moment.ts';
import type { Window } from './window.ts';

/**
 * The family *fairness*. A user's dominant share is the largest of its held shares of the cluster's CPU, memory and GPU (Ghodsi et al., "Dominant Resource
 * Fairness", NSDI 2011, section 4); it is followed over time. Jain's index (Jain, Chiu, Hawe, DEC-TR-301, 1984) over the users' mean dominant shares: 1 = all alike,
 * 1/n = one has all. Users are those of whom a task was submitted.
 */
export class Fairness {
  readonly #window: Window;
  readonly #moment: Moment;
  readonly #user: Int32Array;
  /** Per shape: shares of CPU, memory and GPU that a task takes. */
  readonly #shares: Float64Array;
  /** Per user, side by side: running instances, their shares, and the largest of these. */
  readonly #held: Float64Array;
  readonly #integral: ExactSums;
  readonly #active: Uint8Array;

  constructor(workload: Workload, inventory: MachineInventory, window: Window, moment: Moment) {
    this.#window = window;
    this.#moment = moment;
    const users = new Map<string, number>();
    this.#user = Int32Array.from(workload.shapes, ({ user }) => {
      if (!users.has(user)) users.set(user, users.size);
      return users.get(user)!;
    });
    const share = (asked: number, total: number): number => (total === 0 ? 0 : asked / total);
    const cpuMilli = inventory.total('cpuMilli');
    const memoryBytes = inventory.total('memoryBytes');
    const gpuMilli = inventory.total('gpuMilli');
    this.#shares = Float64Array.from(
      workload.shapes.flatMap((shape) => [share(shape.cpuMilli, cpuMilli), share(shape.memoryBytes, memoryBytes), share(shape.gpuCount * shape.gpuMilli, gpuMilli)]),
    );
    this.#held = new Float64Array(users.size * ROW);
    this.#integral = new ExactSums(users.size);
    this.#active = new Uint8Array(users.size);
  }

  submit(shape: number): void {
    this.#active[this.#user[shape]!] = 1;
  }

  start(shape: number): void {
    this.#change(shape, 1);
  }

  /** Of an instance that had begun to work. */
  end(shape: number): void {
    this.#change(shape, -1);
  }

  /** Mean dominant share over the window, of each user that submitted something. */
  meanShares(): number[] {
    const lengthUs = this.#window.toUs - this.#window.fromUs;
    const means: number[] = [];
    for (let user = 0; user < this.#active.length; user++) {
      if (this.#active[user] === 1) means.push(Math.max(0, this.#integral.value(user)) / lengthUs);
    }
    return means;
  }

  /** `null` = nobody held anything. */
  jain(): CellValue {
    const means = this.meanShares();
    let sum = 0;
    let squares = 0;
    for (const mean of means) {
      sum += mean;
      squares += mean * mean;
    }
    return squares === 0 ? null : (sum * sum) / (means.length * squares);
  }

  /** Largest mean dominant share of any user. */
  largest(): CellValue {
    const means = this.meanShares();
    return means.length === 0 ? null : means.reduce((a, b) => (a > b ? a : b));
  }

  #change(shape: number, sign: number): void {
    const user = this.#user[shape]!;
    const held = this.#held;
    const shares = this.#shares;
    const at = user * ROW;
    const of = shape * RESOURCES;
    let cpu = 0;
    let memory = 0;
    let gpu = 0;
    // Nothing is exactly nothing: sums of fractions may have left dust.
    if ((held[at]! += sign) !== 0) {
      cpu = held[at + 1]! + sign * shares[of]!;
      memory = held[at + 2]! + sign * shares[of + 1]!;
      gpu = held[at + 3]! + sign * shares[of + 2]!;
    }
    held[at + 1] = cpu;
    held[at + 2] = memory;
    held[at + 3] = gpu;
    const larger = cpu > memory ? cpu : memory;
    const dominant = larger > gpu ? larger : gpu;
    const before = held[at + DOMINANT]!;
    if (dominant === before) return;
    held[at + DOMINANT] = dominant;
    this.#integral.add(user, (dominant - before) * this.#moment.remainingUs);
  }
}

const RESOURCES = 3;
/** Numbers per user. */
const ROW = 5;
const DOMINANT = 4;
