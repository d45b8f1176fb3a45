import type { KeyedRandom } from '../engine/random/keyed-random.ts';
import type { Simulation } from '../engine/simulation.ts';
import { ContainerRows, COOKIE, GPU_MASK, MACHINE, PROCESS, PROSPECT, REAL, REMAINING, SHAPE, SINCE, SUPERVISOR, TASK, TIMER, WHOLE } from './container-rows.ts';
import { ContainerState } from './container-state.ts';
import { ContainerUse } from './container-use.ts';
import { ExitOutcome } from './exit-outcome.ts';
import { GpuUse } from './gpu-use.ts';
import { type ImageProfile, Images } from './images.ts';
import type { MachineInventory } from './machine-inventory.ts';
import type { TaskFacts } from './task-facts.ts';
import type { WorldObserver } from './world-observer.ts';

/** Hears what happens to its containers, at once (same machine) and only while its process serves. */
export interface Supervisor {
  /** A container that was to be held has its image and waits for {@link Containers.start}. Not called when the image was there at once. */
  containerCreated?(container: number, cookie: number): void;
  containerRunning(container: number, cookie: number): void;
  containerExited(container: number, outcome: ExitOutcome, cookie: number): void;
}

export interface RunOptions {
  readonly machine: number;
  /** Process that supervises the container. */
  readonly process: number;
  readonly supervisor: Supervisor;
  readonly task: number;
  /** Shape that the container has; default: the one its task was submitted with. Another one has the same requests (a new image, a new version). */
  readonly shape?: number;
  /** Whatever the supervisor needs to find its own record again, a whole number of 32 bits. */
  readonly cookie: number;
  /** Time from image present to work begun, in microseconds. */
  readonly startLatencyUs: number;
  /** Pull one image at a time on this machine. */
  readonly serialPull: boolean;
  /** Most pulls at a time on this machine where they are not serial; default: no limit. */
  readonly parallelPulls?: number;
  /** Devices taken, bit i = device i. */
  readonly gpuMask: number;
  /** Added to the badness of the out-of-memory rule, -1000..1000. */
  readonly oomScoreAdj: number;
  /** Memory beyond which the container's own control group kills it, bytes; default: no limit. */
  readonly memoryLimitBytes?: number;
  /** Do not start by itself once the image is present: wait for {@link Containers.start}. */
  readonly held?: boolean;
}

/**
 * Containers on machines: pull, start, work, exit. Over-commit has effects: CPU above capacity is shared in proportion and stretches work; memory above
 * capacity kills the container with the highest badness until the rest fits (Linux mm/oom_kill.c, oom_badness(): memory plus oom_score_adj thousandths of all).
 * Rows are recycled after {@link remove}.
 */
export class Containers {
  readonly images: Images;
  /** What tasks and containers use. */
  readonly use: ContainerUse;
  /** Physical use per machine by running containers. */
  readonly cpuUsedMilli: Float64Array;
  readonly memoryUsedBytes: Float64Array;
  /** Physical use per GPU device in milli-GPU by running containers. */
  readonly gpuUse: GpuUse;
  /** Starts of each task so far: the occurrence in keyed draws. */
  readonly starts: Uint16Array;
  readonly #rows: ContainerRows;
  /** By number, from 1 on: a run has a few. */
  readonly #supervisors: (Supervisor | undefined)[] = [undefined];
  readonly #running: Int32Array;
  /** How many times as long as on an undisturbed machine things take: `Infinity` = frozen. */
  readonly #frozen: Uint8Array;
  readonly #slowness: Float64Array;
  /** Work takes this many times as long: slowness times over-commit of the CPU. Start-up only knows slowness. */
  readonly #stretch: Float64Array;
  readonly #simulation: Simulation;
  readonly #inventory: MachineInventory;
  readonly #facts: TaskFacts;
  readonly #random: KeyedRandom;
  readonly #observer: WorldObserver;
  readonly #serving: (process: number) => boolean;
  readonly #startDone: number;
  readonly #workDone: number;

  constructor(
    simulation: Simulation,
    inventory: MachineInventory,
    facts: TaskFacts,
    random: KeyedRandom,
    images: ImageProfile,
    observer: WorldObserver,
    serving: (process: number) => boolean,
  ) {
    this.#simulation = simulation;
    this.#inventory = inventory;
    this.#facts = facts;
    this.#random = random;
    this.#observer = observer;
    this.#serving = serving;
    this.cpuUsedMilli = new Float64Array(inventory.count);
    this.memoryUsedBytes = new Float64Array(inventory.count);
    this.starts = new Uint16Array(facts.taskCount);
    this.#rows = new ContainerRows(inventory.count);
    this.gpuUse = new GpuUse(inventory);
    this.#running = new Int32Array(inventory.count);
    this.#frozen = new Uint8Array(inventory.count);
    this.#slowness = new Float64Array(inventory.count).fill(1);
    this.#stretch = new Float64Array(inventory.count).fill(1);
    this.#startDone = simulation.on('world', (container) => this.#begin(container));
    this.use = new ContainerUse({ simulation, inventory, facts, random, rows: this.#rows, memoryUsedBytes: this.memoryUsedBytes, frozen: this.#frozen, kill: (container) => this.#exit(container, ExitOutcome.outOfMemory) });
    this.#workDone = simulation.on('world', (container) => this.#exit(container, this.#rows.whole[container * WHOLE + PROSPECT] as ExitOutcome));
    this.images = new Images(simulation, random, images, facts.imageNames, inventory.count, (container) => this.#imageReady(container));
  }

  /** {@link ContainerState} per container. */
  get state(): Uint8Array {
    return this.#rows.state;
  }

  get task(): Int32Array {
    return this.#rows.task;
  }

  /** Shape index: that of the task unless it was run as another. */
  get shape(): Int32Array {
    return this.#rows.shape;
  }

  get machine(): Int32Array {
    return this.#rows.machine;
  }

  get process(): Int32Array {
    return this.#rows.process;
  }

  get cookie(): Float64Array {
    return this.#rows.cookie;
  }

  /** How it ended ({@link ExitOutcome}); valid once `exited`. A supervisor that did not serve at that moment finds out here. */
  get outcome(): Uint8Array {
    return this.#rows.outcome;
  }

  /** Time at which work began in microseconds; valid from `running` on. */
  get runningSinceUs(): Float64Array {
    return this.#rows.runningSinceUs;
  }

  /** What a running container uses now, milli-cores. */
  get cpuUseMilli(): Float64Array {
    return this.#rows.cpuUseMilli;
  }

  /** What a running container uses now, bytes. */
  get memoryUseBytes(): Float64Array {
    return this.#rows.memoryUseBytes;
  }

  /** Creates a container and sets it going: pull if needed, start, work. The supervisor hears the rest. */
  run(options: RunOptions): number {
    const { machine, task, process } = options;
    const shape = options.shape ?? this.#facts.shapeOf(task);
    const rows = this.#rows;
    const container = rows.add(machine);
    rows.state[container] = ContainerState.pulling;
    rows.task[container] = task;
    rows.shape[container] = shape;
    rows.machine[container] = machine;
    rows.process[container] = process;
    rows.cookie[container] = options.cookie;
    rows.oomScoreAdj[container] = options.oomScoreAdj;
    rows.memoryLimitBytes[container] = options.memoryLimitBytes ?? Infinity;
    rows.startNumber[container] = ++this.starts[task]!;
    const { whole, real } = rows;
    const at = container * WHOLE;
    whole[at + TASK] = task;
    whole[at + MACHINE] = machine;
    whole[at + SHAPE] = shape;
    whole[at + PROCESS] = process;
    whole[at + SUPERVISOR] = this.#numberOf(options.supervisor);
    whole[at + GPU_MASK] = options.gpuMask;
    whole[at + PROSPECT] = options.held === true ? HELD : 0;
    whole[at + COOKIE] = options.cookie;
    real[container * REAL + REMAINING] = options.startLatencyUs;
    real[container * REAL + TIMER] = -1;
    const image = this.#facts.image[shape]!;
    if (this.images.present(machine, image)) this.#start(container);
    else this.images.pull(machine, image, container, options.serialPull ? 1 : (options.parallelPulls ?? Infinity));
    return container;
  }

  /** Starts a container that was held back, or lets one that is still pulling start by itself. */
  start(container: number): void {
    if (this.state[container] === ContainerState.pulling) this.#rows.whole[container * WHOLE + PROSPECT] = 0;
    else if (this.state[container] === ContainerState.created) {
      this.#rows.whole[container * WHOLE + PROSPECT] = 0;
      this.state[container] = ContainerState.pulling;
      this.#start(container);
    }
  }

  /** Ends a container that has not ended. The supervisor that calls hears of the exit like of any other. */
  stop(container: number): void {
    if (this.state[container] !== ContainerState.exited) this.#exit(container, ExitOutcome.stopped);
  }

  /** Forgets a container; one that has not exited is stopped first, without telling the supervisor. */
  remove(container: number): void {
    if (this.state[container] !== ContainerState.exited) {
      this.#rows.whole[container * WHOLE + SUPERVISOR] = 0;
      this.#exit(container, ExitOutcome.stopped);
    }
    this.state[container] = ContainerState.free;
    this.#rows.remove(container);
  }

  /** Containers of a machine, latest first, exited ones included until removed. */
  on(machine: number): number[] {
    const found: number[] = [];
    for (let c = this.#rows.first(machine); c >= 0; c = this.#rows.next(c)) found.push(c);
    return found;
  }

  /** A frozen machine computes nothing: what runs or starts there stays where it is until it goes on. */
  setFrozen(machine: number, frozen: boolean): void {
    if ((this.#frozen[machine] === 1) === frozen) return;
    this.#settle(machine);
    this.#frozen[machine] = frozen ? 1 : 0;
    this.#reschedule(machine);
  }

  /** Whether a machine computes nothing at present: what runs there answers nobody. */
  isFrozen(machine: number): boolean {
    return this.#frozen[machine] === 1;
  }

  /** Work and start-up on a machine take `factor` times as long; 1 = normal. */
  setSlowness(machine: number, factor: number): void {
    if (this.#slowness[machine] === factor) return;
    this.#settle(machine);
    this.#slowness[machine] = factor;
    this.#stretch[machine] = this.#stretchOf(machine);
    this.#reschedule(machine);
  }

  /** Broken invariants of the physical books, in words; empty when all is well. */
  invariants(): string[] {
    const { names, count } = this.#inventory;
    const broken: string[] = [];
    for (let machine = 0; machine < count; machine++) {
      let cpuMilli = 0;
      let memoryBytes = 0;
      let running = 0;
      for (let c = this.#rows.first(machine); c >= 0; c = this.#rows.next(c)) {
        if (this.state[c] !== ContainerState.running) continue;
        running++;
        cpuMilli += this.cpuUseMilli[c]!;
        memoryBytes += this.memoryUseBytes[c]!;
      }
      if (running !== this.#running[machine]) broken.push(`${names[machine]}: ${running} containers run, ${this.#running[machine]} are counted`);
      if (Math.abs(cpuMilli - this.cpuUsedMilli[machine]!) > 1e-6) broken.push(`${names[machine]}: running containers use ${cpuMilli} milli-cores, ${this.cpuUsedMilli[machine]} are counted`);
      if (Math.abs(memoryBytes - this.memoryUsedBytes[machine]!) > 1) broken.push(`${names[machine]}: running containers use ${memoryBytes} bytes, ${this.memoryUsedBytes[machine]} are counted`);
    }
    return [...broken, ...this.gpuUse.invariants()];
  }

  /** Everything on the machine ends; nobody is told (the machine is gone). */
  machineLost(machine: number): void {
    this.images.machineLost(machine);
    this.#endAll(machine, ExitOutcome.machineLost, -1);
  }

  /** Everything supervised by the process ends with it. */
  supervisorLost(process: number, machine: number): void {
    this.#endAll(machine, ExitOutcome.supervisorLost, process);
  }

  #endAll(machine: number, outcome: ExitOutcome, process: number): void {
    for (const container of this.on(machine)) {
      if (process >= 0 && this.process[container] !== process) continue;
      if (this.state[container] !== ContainerState.exited) {
        this.#rows.whole[container * WHOLE + SUPERVISOR] = 0;
        this.#exit(container, outcome);
      }
    }
  }

  #imageReady(container: number): void {
    this.#start(container);
    if (this.state[container] !== ContainerState.created) return;
    this.#served(container)?.containerCreated?.(container, this.#rows.whole[container * WHOLE + COOKIE]!);
  }

  #start(container: number): void {
    if (this.state[container] !== ContainerState.pulling) return;
    if (this.#rows.whole[container * WHOLE + PROSPECT] === HELD) {
      this.state[container] = ContainerState.created;
      return;
    }
    this.state[container] = ContainerState.starting;
    this.#schedule(container);
  }

  #begin(container: number): void {
    const rows = this.#rows;
    const { whole, real } = rows;
    const at = container * WHOLE;
    const task = whole[at + TASK]!;
    const machine = whole[at + MACHINE]!;
    const shape = whole[at + SHAPE]!;
    const gpuMask = whole[at + GPU_MASK]!;
    const { nowUs } = this.#simulation;
    rows.state[container] = ContainerState.running;
    rows.runningSinceUs[container] = nowUs;
    real[container * REAL + TIMER] = -1;
    this.#drawWork(container, task, shape);
    this.use.begin(container, shape);
    this.cpuUsedMilli[machine]! += rows.cpuUseMilli[container]!;
    const beforeBytes = this.memoryUsedBytes[machine]!;
    this.memoryUsedBytes[machine] = beforeBytes + rows.memoryUseBytes[container]!;
    this.#running[machine]!++;
    if (this.#facts.gpuCount[shape]! > 0) this.gpuUse.add(machine, gpuMask, this.#facts.gpuMilli[shape]!);
    this.#observer.containerRunning(task, machine, container, gpuMask);
    real[container * REAL + SINCE] = nowUs;
    if (!this.#cpuUseChanged(machine)) this.#schedule(container);
    this.#served(container)?.containerRunning(container, whole[at + COOKIE]!);
    this.use.memoryRose(container, machine, beforeBytes);
  }

  /** How long the attempt works and how it ends: a matter of (task, n-th start) alone. */
  #drawWork(container: number, task: number, shape: number): void {
    const workUs = this.#facts.workUs(task);
    const failureShare = this.#facts.failureShare[shape]!;
    const { whole, real, startNumber } = this.#rows;
    real[container * REAL + REMAINING] = workUs;
    whole[container * WHOLE + PROSPECT] = ExitOutcome.finished;
    if (failureShare === 0) return;
    const entity = this.#facts.entityOf(task);
    const start = startNumber[container]!;
    if (this.#random.u(entity, start, FAILS) >= failureShare) return;
    whole[container * WHOLE + PROSPECT] = ExitOutcome.failed;
    real[container * REAL + REMAINING] = Math.floor((workUs === Infinity ? SERVICE_CRASH_WITHIN_US : workUs) * this.#random.u(entity, start, CRASH_POINT));
  }

  #exit(container: number, outcome: ExitOutcome): void {
    const rows = this.#rows;
    const { whole, real } = rows;
    const at = container * WHOLE;
    const machine = whole[at + MACHINE]!;
    const task = whole[at + TASK]!;
    const shape = whole[at + SHAPE]!;
    const before = rows.state[container]!;
    const ran = before === ContainerState.running;
    const timer = real[container * REAL + TIMER]!;
    if (timer >= 0) this.#simulation.cancel(timer);
    real[container * REAL + TIMER] = -1;
    rows.outcome[container] = outcome;
    rows.state[container] = ContainerState.exited;
    if (before === ContainerState.pulling) this.images.forget(machine, this.#facts.image[shape]!, container);
    else if (ran) {
      this.#running[machine]!--;
      // Empty machines start from exact zero again: sums of fractions may have left dust.
      if (this.#running[machine] === 0) {
        this.cpuUsedMilli[machine] = 0;
        this.memoryUsedBytes[machine] = 0;
      } else {
        // What uses its request has that in its shape.
        const asked = (this.#facts.use?.[shape] ?? null) === null;
        this.cpuUsedMilli[machine]! -= asked ? this.#facts.cpuMilli[shape]! : rows.cpuUseMilli[container]!;
        this.memoryUsedBytes[machine]! -= asked ? this.#facts.memoryBytes[shape]! : rows.memoryUseBytes[container]!;
      }
      if (rows.growthLeft[container]! > 0) this.use.end(container);
      if (this.#facts.gpuCount[shape]! > 0) this.gpuUse.add(machine, whole[at + GPU_MASK]!, -this.#facts.gpuMilli[shape]!);
      this.#cpuUseChanged(machine);
    }
    this.#observer.containerEnded(task, machine, container, outcome, ran);
    this.#served(container)?.containerExited(container, outcome, whole[at + COOKIE]!);
  }

  /** The supervisor, if there is one and its process serves. */
  #served(container: number): Supervisor | undefined {
    const { whole } = this.#rows;
    const supervisor = whole[container * WHOLE + SUPERVISOR]!;
    return supervisor > 0 && this.#serving(whole[container * WHOLE + PROCESS]!) ? this.#supervisors[supervisor] : undefined;
  }

  #numberOf(supervisor: Supervisor): number {
    const number = this.#supervisors.indexOf(supervisor);
    return number > 0 ? number : this.#supervisors.push(supervisor) - 1;
  }

  #stretchOf(machine: number): number {
    const used = this.cpuUsedMilli[machine]!;
    const capacity = this.#inventory.cpuMilli[machine]!;
    // Dust of fractional requests is no over-commit.
    return used > capacity * (1 + 1e-9) ? (this.#slowness[machine]! * used) / capacity : this.#slowness[machine]!;
  }

  /** Adapts the pace of work on the machine; true if that changed and its containers were rescheduled. */
  #cpuUseChanged(machine: number): boolean {
    const stretch = this.#stretchOf(machine);
    if (stretch === this.#stretch[machine]) return false;
    this.#settle(machine);
    this.#stretch[machine] = stretch;
    this.#reschedule(machine);
    this.#observer.paceChanged?.(machine, this.#slowness[machine]! / stretch);
    return true;
  }

  /** Writes down what is left of everything on the machine that goes on, at the pace so far. */
  #settle(machine: number): void {
    const { nowUs } = this.#simulation;
    const { real } = this.#rows;
    const frozen = this.#frozen[machine] === 1;
    for (let c = this.#rows.first(machine); c >= 0; c = this.#rows.next(c)) {
      const state = this.state[c]!;
      if (state !== ContainerState.running && state !== ContainerState.starting) continue;
      const stretch = state === ContainerState.running ? this.#stretch[machine]! : this.#slowness[machine]!;
      const at = c * REAL;
      if (!frozen) real[at + REMAINING] = Math.max(0, real[at + REMAINING]! - (nowUs - real[at + SINCE]!) / stretch);
      real[at + SINCE] = nowUs;
    }
  }

  #reschedule(machine: number): void {
    for (let c = this.#rows.first(machine); c >= 0; c = this.#rows.next(c)) {
      if (this.state[c] === ContainerState.running || this.state[c] === ContainerState.starting) this.#schedule(c);
    }
  }

  /** Sets the timer for the end of the container's current stage at the present pace. */
  #schedule(container: number): void {
    const { whole, real } = this.#rows;
    const at = container * REAL;
    if (real[at + TIMER]! >= 0) this.#simulation.cancel(real[at + TIMER]!);
    real[at + TIMER] = -1;
    real[at + SINCE] = this.#simulation.nowUs;
    const machine = whole[container * WHOLE + MACHINE]!;
    const remainingUs = real[at + REMAINING]!;
    if (this.#frozen[machine] === 1 || remainingUs === Infinity) return;
    if (this.state[container] === ContainerState.running) real[at + TIMER] = this.#simulation.after(Math.round(remainingUs * this.#stretch[machine]!), this.#workDone, container);
    else real[at + TIMER] = this.#simulation.after(Math.round(remainingUs * this.#slowness[machine]!), this.#startDone, container);
  }

}

/** In PROSPECT: not to start by itself. */
const HELD = 1;
const FAILS = 11;
const CRASH_POINT = 12;
/** An attempt of a service that fails does so within this of its start, uniformly: a broken version shows at once. An assumption of ours. */
const SERVICE_CRASH_WITHIN_US = 60_000_000;
