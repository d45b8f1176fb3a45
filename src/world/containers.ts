import { grown32, grown64, grown8 } from '../engine/columns.ts';
import type { KeyedRandom } from '../engine/random/keyed-random.ts';
import type { Simulation } from '../engine/simulation.ts';
import { ExitOutcome } from './exit-outcome.ts';
import { type ImageProfile, Images } from './images.ts';
import type { MachineInventory } from './machine-inventory.ts';
import type { TaskFacts } from './task-facts.ts';
import type { WorldObserver } from './world-observer.ts';

/** Stage of a container. An exited one stays until its supervisor removes it. */
export const ContainerState = { free: 0, pulling: 1, starting: 2, running: 3, exited: 4 } as const;

/** Hears what happens to its containers, at once (same machine) and only while its process serves. */
export interface Supervisor {
  containerRunning(container: number): void;
  containerExited(container: number, outcome: ExitOutcome): void;
}

export interface RunOptions {
  readonly machine: number;
  /** Process that supervises the container. */
  readonly process: number;
  readonly supervisor: Supervisor;
  readonly task: number;
  /** Whatever the supervisor needs to find its own record again. */
  readonly cookie: number;
  /** Time from image present to work begun, in microseconds. */
  readonly startLatencyUs: number;
  /** Pull one image at a time on this machine. */
  readonly serialPull: boolean;
  /** Devices taken, bit i = device i. */
  readonly gpuMask: number;
  /** Added to the badness of the out-of-memory rule, -1000..1000. */
  readonly oomScoreAdj: number;
}

/**
 * Containers on machines: pull, start, work, exit. Over-commit has effects: CPU above capacity is shared in proportion and stretches work; memory above
 * capacity kills the container with the highest badness (Linux mm/oom_kill.c: share of memory in thousandths plus oom_score_adj).
 * Rows are recycled after {@link remove}.
 */
export class Containers {
  state = new Uint8Array(256);
  task = new Int32Array(256);
  machine = new Int32Array(256);
  process = new Int32Array(256);
  cookie = new Float64Array(256);
  /** Time at which work began in microseconds; valid from `running` on. */
  runningSinceUs = new Float64Array(256);
  readonly images: Images;
  /** Physical use per machine by running containers. */
  readonly cpuUsedMilli: Float64Array;
  readonly memoryUsedBytes: Float64Array;
  /** Starts of each task so far: the occurrence in keyed draws. */
  readonly starts: Uint16Array;
  #gpuMask = new Int32Array(256);
  #oomScoreAdj = new Int32Array(256);
  #startLatencyUs = new Float64Array(256);
  #remainingUs = new Float64Array(256);
  #rateSinceUs = new Float64Array(256);
  #timer = new Float64Array(256);
  #supervisor: (Supervisor | undefined)[] = [];
  // Containers of one machine: doubly linked through these.
  #next = new Int32Array(256);
  #previous = new Int32Array(256);
  #head: Int32Array;
  #rate: Float64Array;
  #speed: Float64Array;
  #free: number[] = [];
  #used = 0;
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
    this.#head = new Int32Array(inventory.count).fill(-1);
    this.#rate = new Float64Array(inventory.count).fill(1);
    this.#speed = new Float64Array(inventory.count).fill(1);
    this.#startDone = simulation.on('world', (container) => this.#begin(container));
    this.#workDone = simulation.on('world', (container, outcome) => this.#exit(container, outcome as ExitOutcome));
    this.images = new Images(simulation, random, images, facts.imageNames, inventory.count, (container) => this.#start(container));
  }

  /** Creates a container and sets it going: pull if needed, start, work. The supervisor hears the rest. */
  run(options: RunOptions): number {
    const container = this.#free.length > 0 ? this.#free.pop()! : this.#add();
    const { machine, task } = options;
    this.state[container] = ContainerState.pulling;
    this.task[container] = task;
    this.machine[container] = machine;
    this.process[container] = options.process;
    this.cookie[container] = options.cookie;
    this.#supervisor[container] = options.supervisor;
    this.#gpuMask[container] = options.gpuMask;
    this.#oomScoreAdj[container] = options.oomScoreAdj;
    this.#startLatencyUs[container] = options.startLatencyUs;
    this.#timer[container] = -1;
    const head = this.#head[machine]!;
    this.#next[container] = head;
    this.#previous[container] = -1;
    if (head >= 0) this.#previous[head] = container;
    this.#head[machine] = container;
    this.starts[task]!++;
    const image = this.#facts.image[this.#facts.shapeOf(task)]!;
    if (this.images.present(machine, image)) this.#start(container);
    else this.images.pull(machine, image, container, options.serialPull);
    return container;
  }

  /** Ends a container that has not ended. The supervisor that calls hears of the exit like of any other. */
  stop(container: number): void {
    if (this.state[container] !== ContainerState.exited) this.#exit(container, ExitOutcome.stopped);
  }

  /** Forgets a container; one that has not exited is stopped first, without telling the supervisor. */
  remove(container: number): void {
    if (this.state[container] !== ContainerState.exited) {
      this.#supervisor[container] = undefined;
      this.#exit(container, ExitOutcome.stopped);
    }
    const machine = this.machine[container]!;
    const next = this.#next[container]!;
    const previous = this.#previous[container]!;
    if (previous >= 0) this.#next[previous] = next;
    else this.#head[machine] = next;
    if (next >= 0) this.#previous[next] = previous;
    this.state[container] = ContainerState.free;
    this.#supervisor[container] = undefined;
    this.#free.push(container);
  }

  /** Containers of a machine, latest first, exited ones included until removed. */
  on(machine: number): number[] {
    const found: number[] = [];
    for (let c = this.#head[machine]!; c >= 0; c = this.#next[c]!) found.push(c);
    return found;
  }

  /** Sets how fast work goes on a machine: 1 normal, 0 hung. */
  setSpeed(machine: number, speed: number): void {
    this.#speed[machine] = speed;
    this.#updateRate(machine);
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
        this.#supervisor[container] = undefined;
        this.#exit(container, outcome);
      }
    }
  }

  #start(container: number): void {
    if (this.state[container] !== ContainerState.pulling) return;
    this.state[container] = ContainerState.starting;
    this.#timer[container] = this.#simulation.after(this.#startLatencyUs[container]!, this.#startDone, container);
  }

  #begin(container: number): void {
    const task = this.task[container]!;
    const machine = this.machine[container]!;
    const shape = this.#facts.shapeOf(task);
    this.state[container] = ContainerState.running;
    this.runningSinceUs[container] = this.#simulation.nowUs;
    this.#rateSinceUs[container] = this.#simulation.nowUs;
    this.#remainingUs[container] = this.#facts.workUs(task);
    this.#timer[container] = -1;
    this.cpuUsedMilli[machine]! += this.#facts.cpuMilli[shape]!;
    this.memoryUsedBytes[machine]! += this.#facts.memoryBytes[shape]!;
    this.#observer.containerRunning(task, machine, container);
    if (!this.#updateRate(machine)) this.#schedule(container);
    if (this.#serving(this.process[container]!)) this.#supervisor[container]?.containerRunning(container);
    if (this.memoryUsedBytes[machine]! > this.#inventory.memoryBytes[machine]!) this.#outOfMemory(machine);
  }

  #exit(container: number, outcome: ExitOutcome): void {
    const machine = this.machine[container]!;
    const ran = this.state[container] === ContainerState.running;
    if (this.state[container] === ContainerState.pulling) this.images.forget(machine, this.#facts.image[this.#facts.shapeOf(this.task[container]!)]!, container);
    if (this.#timer[container]! >= 0) this.#simulation.cancel(this.#timer[container]!);
    this.#timer[container] = -1;
    this.state[container] = ContainerState.exited;
    const task = this.task[container]!;
    if (ran) {
      const shape = this.#facts.shapeOf(task);
      this.cpuUsedMilli[machine]! -= this.#facts.cpuMilli[shape]!;
      this.memoryUsedBytes[machine]! -= this.#facts.memoryBytes[shape]!;
      this.#updateRate(machine);
    }
    this.#observer.containerEnded(task, machine, container, outcome, ran);
    const supervisor = this.#supervisor[container];
    if (supervisor !== undefined && this.#serving(this.process[container]!)) supervisor.containerExited(container, outcome);
  }

  /** Recomputes how fast work goes on the machine; true if that changed and its containers were rescheduled. */
  #updateRate(machine: number): boolean {
    const used = this.cpuUsedMilli[machine]!;
    const capacity = this.#inventory.cpuMilli[machine]!;
    const rate = this.#speed[machine]! * (used > capacity ? capacity / used : 1);
    const before = this.#rate[machine]!;
    if (rate === before) return false;
    const nowUs = this.#simulation.nowUs;
    this.#rate[machine] = rate;
    for (let c = this.#head[machine]!; c >= 0; c = this.#next[c]!) {
      if (this.state[c] !== ContainerState.running) continue;
      this.#remainingUs[c] = Math.max(0, this.#remainingUs[c]! - (nowUs - this.#rateSinceUs[c]!) * before);
      this.#rateSinceUs[c] = nowUs;
      this.#schedule(c);
    }
    return true;
  }

  #schedule(container: number): void {
    if (this.#timer[container]! >= 0) this.#simulation.cancel(this.#timer[container]!);
    this.#timer[container] = -1;
    const rate = this.#rate[this.machine[container]!]!;
    const task = this.task[container]!;
    const workUs = this.#facts.workUs(task);
    let remainingUs = this.#remainingUs[container]!;
    let outcome: ExitOutcome = ExitOutcome.finished;
    const failureShare = this.#facts.failureShare[this.#facts.shapeOf(task)]!;
    if (failureShare > 0 && workUs !== Infinity) {
      const entity = this.#facts.entityOf(task);
      const start = this.starts[task]!;
      if (this.#random.u(entity, start, FAILS) < failureShare) {
        outcome = ExitOutcome.failed;
        remainingUs -= workUs * (1 - this.#random.u(entity, start, CRASH_POINT));
      }
    }
    if (rate === 0 || remainingUs === Infinity) return;
    this.#timer[container] = this.#simulation.after(Math.max(0, Math.ceil(remainingUs / rate)), this.#workDone, container, outcome);
  }

  #outOfMemory(machine: number): void {
    let victim = -1;
    let worst = -Infinity;
    for (let c = this.#head[machine]!; c >= 0; c = this.#next[c]!) {
      if (this.state[c] !== ContainerState.running) continue;
      const memory = this.#facts.memoryBytes[this.#facts.shapeOf(this.task[c]!)]!;
      const badness = Math.floor((memory * 1000) / this.#inventory.memoryBytes[machine]!) + this.#oomScoreAdj[c]!;
      if (badness > worst) {
        worst = badness;
        victim = c;
      }
    }
    if (victim >= 0) this.#exit(victim, ExitOutcome.outOfMemory);
  }

  #add(): number {
    if (this.#used === this.state.length) {
      this.state = grown8(this.state);
      this.task = grown32(this.task);
      this.machine = grown32(this.machine);
      this.process = grown32(this.process);
      this.cookie = grown64(this.cookie);
      this.runningSinceUs = grown64(this.runningSinceUs);
      this.#gpuMask = grown32(this.#gpuMask);
      this.#oomScoreAdj = grown32(this.#oomScoreAdj);
      this.#startLatencyUs = grown64(this.#startLatencyUs);
      this.#remainingUs = grown64(this.#remainingUs);
      this.#rateSinceUs = grown64(this.#rateSinceUs);
      this.#timer = grown64(this.#timer);
      this.#next = grown32(this.#next);
      this.#previous = grown32(this.#previous);
    }
    return this.#used++;
  }
}

const FAILS = 11;
const CRASH_POINT = 12;
