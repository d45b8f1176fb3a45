import { ExitOutcome } from '../world/exit-outcome.ts';
import type { MachineInventory } from '../world/machine-inventory.ts';
import { MachineState } from '../world/world-observer.ts';
import { TaskCount, TaskFlag, type TaskRows } from './task-rows.ts';

/** Integers per row, after the time of the start, which takes the first two. */
const ROW = 8;
const TASK = 2;
const MACHINE = 3;
const NEXT = 4;
const PREVIOUS = 5;
const ALIVE = 6;

/**
 * Which instances of tasks physically run where: what several families ask. It must hear each record before they do. Rows are container indices, which the
 * world recycles; a row keeps its values through the record that ends it. What belongs to a row lies side by side, like {@link TaskRows}.
 */
export class Instances {
  /** {@link MachineState} per machine, and the one before. */
  readonly state: Uint8Array;
  readonly previousState: Uint8Array;
  /** The `end` record that is being handled is the first that finished its task. */
  firstFinish = false;
  /** What cannot be true of a world, in words; at most a few. */
  readonly problems: string[] = [];
  readonly #tasks: TaskRows;
  #rows = new Int32Array(256 * ROW);
  /** The same bytes: start of work at the begin of each row. */
  #times = new Float64Array(this.#rows.buffer);
  // Instances of one machine: doubly linked.
  readonly #head: Int32Array;

  constructor(tasks: TaskRows, inventory: MachineInventory) {
    this.#tasks = tasks;
    this.state = new Uint8Array(inventory.count);
    this.previousState = new Uint8Array(inventory.count);
    this.#head = new Int32Array(inventory.count).fill(-1);
  }

  /** Rows that there are room for. */
  get rowCount(): number {
    return this.#rows.length / ROW;
  }

  alive(row: number): boolean {
    return this.#rows[row * ROW + ALIVE] === 1;
  }

  taskOf(row: number): number {
    return this.#rows[row * ROW + TASK]!;
  }

  machineOf(row: number): number {
    return this.#rows[row * ROW + MACHINE]!;
  }

  /** When the row's instance began to work, microseconds. */
  startedUs(row: number): number {
    return this.#times[row * (ROW / 2)]!;
  }

  /** First running instance on a machine; -1 = none. Go on with {@link next}. */
  first(machine: number): number {
    return this.#head[machine]!;
  }

  next(row: number): number {
    return this.#rows[row * ROW + NEXT]!;
  }

  /** Whether what runs on the machine makes progress. */
  serving(machine: number): boolean {
    return isServing(this.state[machine]!);
  }

  /** Whether the machine is up and the others can reach it. */
  reachable(machine: number): boolean {
    return this.state[machine] === MachineState.up;
  }

  start(timeUs: number, task: number, machine: number, row: number): void {
    while (row >= this.rowCount) this.#grow();
    const rows = this.#rows;
    const at = row * ROW;
    if (rows[at + ALIVE] === 1) this.#problem(`container ${row} of task ${task} began to work twice`);
    const head = this.#head[machine]!;
    this.#times[row * (ROW / 2)] = timeUs;
    rows[at + TASK] = task;
    rows[at + MACHINE] = machine;
    rows[at + NEXT] = head;
    rows[at + PREVIOUS] = -1;
    rows[at + ALIVE] = 1;
    if (head >= 0) rows[head * ROW + PREVIOUS] = row;
    this.#head[machine] = row;
    this.#tasks.add(task, TaskCount.live, 1);
  }

  /** Of an instance that had begun to work. */
  end(task: number, machine: number, outcome: number, row: number): void {
    this.firstFinish = false;
    const rows = this.#rows;
    const at = row * ROW;
    if (rows[at + ALIVE] !== 1 || rows[at + TASK] !== task || rows[at + MACHINE] !== machine) {
      this.#problem(`container ${row} of task ${task} ended without having begun`);
      return;
    }
    rows[at + ALIVE] = 0;
    const next = rows[at + NEXT]!;
    const previous = rows[at + PREVIOUS]!;
    if (previous >= 0) rows[previous * ROW + NEXT] = next;
    else this.#head[machine] = next;
    if (next >= 0) rows[next * ROW + PREVIOUS] = previous;
    this.#tasks.add(task, TaskCount.live, -1);
    if (outcome === ExitOutcome.finished && this.#tasks.flag(task, TaskFlag.finished) === 0) {
      this.#tasks.setFlag(task, TaskFlag.finished, 1);
      this.firstFinish = true;
    }
  }

  machineChanged(machine: number, state: number): void {
    this.previousState[machine] = this.state[machine]!;
    this.state[machine] = state;
  }

  #problem(what: string): void {
    if (this.problems.length < MOST_PROBLEMS) this.problems.push(what);
  }

  #grow(): void {
    const rows = new Int32Array(this.#rows.length * 2);
    rows.set(this.#rows);
    this.#rows = rows;
    this.#times = new Float64Array(rows.buffer);
  }
}

/** One contradiction tends to repeat for every task: enough to see it. */
const MOST_PROBLEMS = 20;

/** Whether a machine in this state does work: one that is cut off does. */
export function isServing(state: number): boolean {
  return state === MachineState.up || state === MachineState.cutOff;
}
