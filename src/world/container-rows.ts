import { grown16, grown32, grown64, grown8 } from '../engine/columns.ts';

/**
 * Columns of containers that others read one at a time, and beside them a row of 64 bytes per container with all that its own life needs: tens of thousands of containers are alive at a time, so what
 * happens to one of them waits for memory, and one row is fetched at once. Keeps the lists of containers per machine and recycles rows.
 */
export class ContainerRows {
  state = new Uint8Array(CAPACITY);
  task = new Int32Array(CAPACITY);
  shape = new Int32Array(CAPACITY);
  machine = new Int32Array(CAPACITY);
  process = new Int32Array(CAPACITY);
  cookie = new Float64Array(CAPACITY);
  outcome = new Uint8Array(CAPACITY);
  runningSinceUs = new Float64Array(CAPACITY);
  cpuUseMilli = new Float64Array(CAPACITY);
  memoryUseBytes = new Float64Array(CAPACITY);
  memoryLimitBytes = new Float64Array(CAPACITY);
  /** Steps by which the container's memory has still to grow, and the timer of the next; -1 = none. */
  growthLeft = new Uint8Array(CAPACITY);
  growthTimer = new Float64Array(CAPACITY).fill(-1);
  /** Which start of its task the container is: the occurrence in keyed draws. */
  startNumber = new Uint16Array(CAPACITY);
  /** Added to the badness of the out-of-memory rule. */
  oomScoreAdj = new Int16Array(CAPACITY);
  /** Whole numbers of the rows, {@link WHOLE} per container. */
  whole: Int32Array;
  /** The same memory as {@link whole}: times of the rows, {@link REAL} per container. */
  real: Float64Array;
  readonly #head: Int32Array;
  #free = new Int32Array(CAPACITY);
  #freeCount = 0;
  #used = 0;

  constructor(machineCount: number) {
    this.#head = new Int32Array(machineCount).fill(-1);
    this.real = new Float64Array(CAPACITY * REAL);
    this.whole = new Int32Array(this.real.buffer);
  }

  /** A row at the head of its machine's list. */
  add(machine: number): number {
    let container: number;
    if (this.#freeCount > 0) container = this.#free[--this.#freeCount]!;
    else {
      if (this.#used === this.state.length) this.#grow();
      container = this.#used++;
    }
    const { whole } = this;
    const head = this.#head[machine]!;
    whole[container * WHOLE + NEXT] = head;
    whole[container * WHOLE + PREVIOUS] = -1;
    if (head >= 0) whole[head * WHOLE + PREVIOUS] = container;
    this.#head[machine] = container;
    return container;
  }

  remove(container: number): void {
    const { whole } = this;
    const at = container * WHOLE;
    const next = whole[at + NEXT]!;
    const previous = whole[at + PREVIOUS]!;
    if (previous >= 0) whole[previous * WHOLE + NEXT] = next;
    else this.#head[whole[at + MACHINE]!] = next;
    if (next >= 0) whole[next * WHOLE + PREVIOUS] = previous;
    this.#free[this.#freeCount++] = container;
  }

  /** The latest container of a machine; -1 = none. */
  first(machine: number): number {
    return this.#head[machine]!;
  }

  /** The one before it on the same machine. */
  next(container: number): number {
    return this.whole[container * WHOLE + NEXT]!;
  }

  #grow(): void {
    this.state = grown8(this.state);
    this.task = grown32(this.task);
    this.shape = grown32(this.shape);
    this.machine = grown32(this.machine);
    this.process = grown32(this.process);
    this.cookie = grown64(this.cookie);
    this.outcome = grown8(this.outcome);
    this.runningSinceUs = grown64(this.runningSinceUs);
    this.cpuUseMilli = grown64(this.cpuUseMilli);
    this.memoryUseBytes = grown64(this.memoryUseBytes);
    this.memoryLimitBytes = grown64(this.memoryLimitBytes);
    this.growthLeft = grown8(this.growthLeft);
    this.growthTimer = grown64(this.growthTimer).fill(-1, this.growthTimer.length);
    this.startNumber = grown16(this.startNumber);
    const oomScoreAdj = new Int16Array(this.oomScoreAdj.length * 2);
    oomScoreAdj.set(this.oomScoreAdj);
    this.oomScoreAdj = oomScoreAdj;
    const real = grown64(this.real);
    this.real = real;
    this.whole = new Int32Array(real.buffer);
    this.#free = grown32(this.#free);
  }
}

const CAPACITY = 256;

/** Numbers per container in {@link ContainerRows.whole}. */
export const WHOLE = 16;
export const TASK = 0;
export const MACHINE = 1;
export const SHAPE = 2;
export const PROCESS = 3;
/** Who is told, by number; 0 = nobody. */
export const SUPERVISOR = 4;
/** Devices taken, bit i = device i. */
export const GPU_MASK = 5;
/** Before work: 1 = not to start by itself. From then on: how the work will end if nothing else ends it. */
export const PROSPECT = 6;
/** The supervisor's own. */
export const COOKIE = 7;
// Containers of one machine: doubly linked through these.
const NEXT = 8;
const PREVIOUS = 9;

/** Numbers per container in {@link ContainerRows.real}; those below lie behind the whole ones. */
export const REAL = 8;
/** What is left of the current stage (start-up or work) on an undisturbed machine, as of {@link SINCE}, in microseconds; before the start, the whole start-up. */
export const REMAINING = 5;
export const SINCE = 6;
/** Handle of the event that ends the stage; -1 = none. */
export const TIMER = 7;
