import type { KeyedRandom } from '../engine/random/keyed-random.ts';
import type { Simulation } from '../engine/simulation.ts';
import { cpuUse, GROWTH_STEPS, memoryUse } from './actual-use.ts';
import type { ContainerRows } from './container-rows.ts';
import { ContainerState } from './container-state.ts';
import type { MachineInventory } from './machine-inventory.ts';
import type { TaskFacts } from './task-facts.ts';

/** What the use of containers is made of and acts on. */
export interface ContainerUseParts {
  readonly simulation: Simulation;
  readonly inventory: MachineInventory;
  readonly facts: TaskFacts;
  readonly random: KeyedRandom;
  readonly rows: ContainerRows;
  /** Per machine, by running containers: followed while memory grows. */
  readonly memoryUsedBytes: Float64Array;
  readonly frozen: Uint8Array;
  /** Ends a container for want of memory. */
  readonly kill: (container: number) => void;
}

/**
 * What containers use of CPU and memory: their request unless the workload says otherwise; memory may grow over time, up to the limit of the container or what the machine has. Then the
 * kernel kills (Linux mm/oom_kill.c, oom_badness(): memory plus oom_score_adj thousandths of all).
 */
export class ContainerUse {
  readonly #simulation: Simulation;
  readonly #inventory: MachineInventory;
  readonly #facts: TaskFacts;
  readonly #random: KeyedRandom;
  readonly #rows: ContainerRows;
  readonly #memoryUsedBytes: Float64Array;
  readonly #frozen: Uint8Array;
  readonly #kill: (container: number) => void;
  readonly #memoryGrows: number;
  #watched: { readonly thresholdBytes: Float64Array; readonly crossed: (machine: number) => void } | null = null;

  constructor({ simulation, inventory, facts, random, rows, memoryUsedBytes, frozen, kill }: ContainerUseParts) {
    this.#simulation = simulation;
    this.#inventory = inventory;
    this.#facts = facts;
    this.#random = random;
    this.#rows = rows;
    this.#memoryUsedBytes = memoryUsedBytes;
    this.#frozen = frozen;
    this.#kill = kill;
    this.#memoryGrows = simulation.on('world', (container) => this.#growMemory(container));
  }

  /** What a task uses as a shape: CPU and memory in the end, and while a container of its is given and its memory grows, what that has come to. */
  of(task: number, shape: number, container = -1): { readonly cpuMilli: number; readonly memoryBytes: number; readonly growing: boolean } {
    const range = this.#facts.use?.[shape] ?? null;
    if (range === null) return { cpuMilli: this.#facts.cpuMilli[shape]!, memoryBytes: this.#facts.memoryBytes[shape]!, growing: false };
    const entity = this.#facts.entityOf(task);
    // A container that is not running yet will grow.
    const growing = range.growthUs > 0 && (container < 0 || this.#rows.state[container] !== ContainerState.running || this.#rows.growthLeft[container]! > 0);
    const memoryBytes = range.growthUs > 0 && container >= 0 && this.#rows.state[container] === ContainerState.running ? this.#rows.memoryUseBytes[container]! : memoryUse(range, this.#random, entity);
    return { cpuMilli: cpuUse(range, this.#random, entity), memoryBytes, growing };
  }

  /** Calls `crossed` whenever the memory in use on a machine rises above its threshold: what a component on the machine can read there at any time, without asking all the time. */
  watch(thresholdBytes: Float64Array, crossed: (machine: number) => void): void {
    this.#watched = { thresholdBytes, crossed };
  }

  /** What the attempt will use: its request unless the workload says otherwise. */
  begin(container: number, shape: number): void {
    const range = this.#facts.use?.[shape] ?? null;
    const rows = this.#rows;
    rows.growthLeft[container] = 0;
    if (range === null) {
      rows.cpuUseMilli[container] = this.#facts.cpuMilli[shape]!;
      rows.memoryUseBytes[container] = this.#facts.memoryBytes[shape]!;
      return;
    }
    const entity = this.#facts.entityOf(this.#rows.task[container]!);
    this.#rows.cpuUseMilli[container] = cpuUse(range, this.#random, entity);
    this.#rows.memoryUseBytes[container] = range.growthUs === 0 ? memoryUse(range, this.#random, entity) : 0;
    if (range.growthUs === 0) return;
    this.#rows.growthLeft[container] = GROWTH_STEPS;
    this.#rows.growthTimer[container] = this.#simulation.after(Math.ceil(range.growthUs / GROWTH_STEPS), this.#memoryGrows, container);
  }

  /** One step of a container's memory; on a frozen machine it waits. */
  #growMemory(container: number): void {
    const shape = this.#rows.shape[container]!;
    const range = this.#facts.use![shape]!;
    this.#rows.growthTimer[container] = -1;
    if (this.#frozen[this.#rows.machine[container]!] === 0) this.#rows.growthLeft[container]!--;
    const wholeBytes = memoryUse(range, this.#random, this.#facts.entityOf(this.#rows.task[container]!));
    const bytes = Math.floor((wholeBytes * (GROWTH_STEPS - this.#rows.growthLeft[container]!)) / GROWTH_STEPS);
    const machine = this.#rows.machine[container]!;
    const beforeBytes = this.#memoryUsedBytes[machine]!;
    this.#memoryUsedBytes[machine]! += bytes - this.#rows.memoryUseBytes[container]!;
    this.#rows.memoryUseBytes[container] = bytes;
    if (this.#rows.growthLeft[container]! > 0) this.#rows.growthTimer[container] = this.#simulation.after(Math.ceil(range.growthUs / GROWTH_STEPS), this.#memoryGrows, container);
    this.memoryRose(container, machine, beforeBytes);
  }

  /** A container's memory has become more: its limit, the machine's capacity and whoever watches that have their say. */
  memoryRose(container: number, machine: number, beforeBytes: number): void {
    // Whoever heard of the start may have ended it.
    if (this.#rows.state[container] === ContainerState.running && this.#rows.memoryUseBytes[container]! > this.#rows.memoryLimitBytes[container]!) this.#kill(container);
    while (this.#memoryUsedBytes[machine]! > this.#inventory.memoryBytes[machine]! && this.#killForMemory(machine));
    const watch = this.#watched;
    if (watch !== null && beforeBytes <= watch.thresholdBytes[machine]! && this.#memoryUsedBytes[machine]! > watch.thresholdBytes[machine]!) watch.crossed(machine);
  }

  /** A container has ended: its memory grows no more. */
  end(container: number): void {
    const { growthTimer } = this.#rows;
    if (growthTimer[container]! < 0) return;
    this.#simulation.cancel(growthTimer[container]!);
    growthTimer[container] = -1;
  }

  /** The out-of-memory killer: the container with the highest badness dies, the youngest of equals. False if none may be killed. */
  #killForMemory(machine: number): boolean {
    const capacity = this.#inventory.memoryBytes[machine]!;
    let victim = -1;
    let worst = -Infinity;
    for (let c = this.#rows.first(machine); c >= 0; c = this.#rows.next(c)) {
      const adjustment = this.#rows.oomScoreAdj[c]!;
      if (this.#rows.state[c] !== ContainerState.running || adjustment === OOM_SCORE_ADJ_MIN) continue;
      const badness = this.#rows.memoryUseBytes[c]! + (adjustment * capacity) / 1000;
      if (badness > worst) {
        worst = badness;
        victim = c;
      }
    }
    if (victim < 0) return false;
    this.#kill(victim);
    return true;
  }
}

/** Never chosen: OOM_SCORE_ADJ_MIN, Linux include/uapi/linux/oom.h. */
const OOM_SCORE_ADJ_MIN = -1000;
