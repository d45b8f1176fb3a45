import { grown32, grown64, grown8 } from '../engine/columns.ts';
import { ExitOutcome } from '../world/exit-outcome.ts';
import type { MachineInventory } from '../world/machine-inventory.ts';
import { MachineState } from '../world/world-observer.ts';
import { type Collector, RAN, RecordKind } from './log.ts';

/**
 * Which instances of tasks physically run where: what several families ask. It must hear each record before they do. Rows are container indices, which the
 * world recycles; a row keeps its values through the record that ends it.
 */
export class Instances implements Collector {
  task = new Int32Array(256);
  machine = new Int32Array(256);
  startedUs = new Float64Array(256);
  /** 1 while the row's instance runs. */
  alive = new Uint8Array(256);
  /** Running instances per task. */
  readonly live: Uint16Array;
  /** 1 once an instance of the task has done its work. */
  readonly finished: Uint8Array;
  /** {@link MachineState} per machine, and the one before. */
  readonly state: Uint8Array;
  readonly previousState: Uint8Array;
  /** The `end` record that is being handled is the first that finished its task. */
  firstFinish = false;
  /** What cannot be true of a world, in words; at most a few. */
  readonly problems: string[] = [];
  // Instances of one machine: doubly linked.
  #next = new Int32Array(256);
  #previous = new Int32Array(256);
  readonly #head: Int32Array;

  constructor(taskCount: number, inventory: MachineInventory) {
    this.live = new Uint16Array(taskCount);
    this.finished = new Uint8Array(taskCount);
    this.state = new Uint8Array(inventory.count);
    this.previousState = new Uint8Array(inventory.count);
    this.#head = new Int32Array(inventory.count).fill(-1);
  }

  record(timeUs: number, kind: RecordKind, a: number, b: number, c: number, d = 0): void {
    if (kind === RecordKind.start) this.#start(timeUs, a, b, c);
    else if (kind === RecordKind.end) {
      this.firstFinish = false;
      if (c >= RAN) this.#end(a, b, c - RAN, d);
    } else if (kind === RecordKind.machine) {
      this.previousState[a] = this.state[a]!;
      this.state[a] = b;
    }
  }

  /** First running instance on a machine; -1 = none. Go on with {@link next}. */
  first(machine: number): number {
    return this.#head[machine]!;
  }

  next(row: number): number {
    return this.#next[row]!;
  }

  /** Whether what runs on the machine makes progress. */
  serving(machine: number): boolean {
    return isServing(this.state[machine]!);
  }

  /** Whether the machine is up and the others can reach it. */
  reachable(machine: number): boolean {
    return this.state[machine] === MachineState.up;
  }

  #start(timeUs: number, task: number, machine: number, row: number): void {
    while (row >= this.task.length) this.#grow();
    if (this.alive[row] === 1) this.#problem(`container ${row} of task ${task} began to work twice`);
    this.alive[row] = 1;
    this.task[row] = task;
    this.machine[row] = machine;
    this.startedUs[row] = timeUs;
    const head = this.#head[machine]!;
    this.#next[row] = head;
    this.#previous[row] = -1;
    if (head >= 0) this.#previous[head] = row;
    this.#head[machine] = row;
    this.live[task]!++;
  }

  #end(task: number, machine: number, outcome: number, row: number): void {
    if (this.alive[row] !== 1 || this.task[row] !== task || this.machine[row] !== machine) {
      this.#problem(`container ${row} of task ${task} ended without having begun`);
      return;
    }
    this.alive[row] = 0;
    const next = this.#next[row]!;
    const previous = this.#previous[row]!;
    if (previous >= 0) this.#next[previous] = next;
    else this.#head[machine] = next;
    if (next >= 0) this.#previous[next] = previous;
    this.live[task]!--;
    if (outcome === ExitOutcome.finished && this.finished[task] === 0) {
      this.finished[task] = 1;
      this.firstFinish = true;
    }
  }

  #problem(what: string): void {
    if (this.problems.length < MOST_PROBLEMS) this.problems.push(what);
  }

  #grow(): void {
    this.task = grown32(this.task);
    this.machine = grown32(this.machine);
    this.startedUs = grown64(this.startedUs);
    this.alive = grown8(this.alive);
    this.#next = grown32(this.#next);
    this.#previous = grown32(this.#previous);
  }
}

/** One contradiction tends to repeat for every task: enough to see it. */
const MOST_PROBLEMS = 20;

/** Whether a machine in this state does work: one that is cut off does. */
export function isServing(state: number): boolean {
  return state === MachineState.up || state === MachineState.cutOff;
}
