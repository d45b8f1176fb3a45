import type { Network } from '../engine/network.ts';
import type { Simulation } from '../engine/simulation.ts';

/** What the program of a process does when it starts and dies. Shared by all processes of one kind; `process` tells which. */
export interface Program {
  /** The process runs (again): volatile state is empty, {@link Processes.store} is what it left on disk. */
  started?(process: number): void;
  /** The process died; its volatile state is gone. Nothing may be sent. */
  died?(process: number): void;
  /** The process was continued after a hang: what it missed it finds out by itself. */
  continued?(process: number): void;
}

export interface ProcessSpec {
  /** Stable name, such as `mesos/master-0` or `kubelet/node-17`. */
  readonly role: string;
  /** Machine index, or {@link DEDICATED} for a control-plane host of its own that machine faults do not hit. */
  readonly machine: number;
  readonly program: Program;
  /** Time from machine boot (or from `restart`) until the process serves, in microseconds. */
  readonly startupUs: number;
  /** Whether containers go on when this process, their supervisor, dies. */
  readonly containersSurvive?: boolean;
}

export const DEDICATED = -1;

/**
 * Processes of the world: each has a host, an incarnation, a durable store and an endpoint on the network. All are running when spawned.
 * Components of one real process call each other directly; what crosses processes is a message.
 */
export class Processes {
  /** Network endpoint per process. */
  readonly endpoint: number[] = [];
  readonly machine: number[] = [];
  readonly role: string[] = [];
  /** Counts starts; what belongs to an earlier incarnation is void. */
  readonly incarnation: number[] = [];
  readonly containersSurvive: boolean[] = [];
  readonly #simulation: Simulation;
  readonly #network: Network;
  readonly #program: Program[] = [];
  readonly #startupUs: number[] = [];
  readonly #running: boolean[] = [];
  /** Stopped by itself, apart from its machine. */
  readonly #hung: boolean[] = [];
  /** On its way up: the start is an event to come, void if the incarnation changes. */
  readonly #starting: boolean[] = [];
  /** The start-up was over while the machine was frozen. */
  readonly #overdue: boolean[] = [];
  readonly #powered: Uint8Array;
  readonly #frozen: Uint8Array;
  readonly #stores = new Map<number, Map<string, unknown>>();
  readonly #watchers: ((() => void)[] | undefined)[] = [];
  readonly #onMachine: number[][];
  readonly #machineHosts: readonly number[];
  readonly #start: number;
  /** Called when a process that takes its containers along dies; set by the world. */
  supervisorLost: (process: number) => void = () => {};

  constructor(simulation: Simulation, network: Network, machineHosts: readonly number[]) {
    this.#simulation = simulation;
    this.#network = network;
    this.#machineHosts = machineHosts;
    this.#onMachine = machineHosts.map(() => []);
    this.#powered = new Uint8Array(machineHosts.length).fill(1);
    this.#frozen = new Uint8Array(machineHosts.length);
    this.#start = simulation.on('world', (process, incarnation) => {
      if (this.incarnation[process] !== incarnation || !this.#starting[process]) return;
      if (this.#machineFrozen(process)) this.#overdue[process] = true;
      else this.#begin(process);
    });
  }

  spawn(spec: ProcessSpec): number {
    const process = this.role.length;
    const host = spec.machine === DEDICATED ? this.#network.addHost() : this.#machineHosts[spec.machine]!;
    this.role.push(spec.role);
    this.machine.push(spec.machine);
    this.#program.push(spec.program);
    this.#startupUs.push(spec.startupUs);
    this.incarnation.push(0);
    this.containersSurvive.push(spec.containersSurvive ?? true);
    this.#running.push(true);
    this.#hung.push(false);
    this.#starting.push(false);
    this.#overdue.push(false);
    this.#watchers.push(undefined);
    this.endpoint.push(this.#network.addEndpoint(spec.role, host));
    if (spec.machine !== DEDICATED) this.#onMachine[spec.machine]!.push(process);
    return process;
  }

  /** Whether the process runs and neither it nor its machine is hung. */
  serving(process: number): boolean {
    return this.#running[process]! && !this.#hung[process]! && !this.#machineFrozen(process);
  }

  /** What the process keeps on disk; survives its death, not the loss of a disk (which no fault here causes). */
  store(process: number): Map<string, unknown> {
    let store = this.#stores.get(process);
    if (store === undefined) this.#stores.set(process, (store = new Map()));
    return store;
  }

  /**
   * Calls `wake` whenever the process dies, starts, hangs or is continued, or its machine's network changes. For loops of *other* components that watch
   * this process: only to materialise their next tick. What the tick finds out, it must find out by messages or {@link Network.reachable}.
   */
  watch(process: number, wake: () => void): void {
    (this.#watchers[process] ??= []).push(wake);
  }

  /** The process dies, or its start is broken off. */
  kill(process: number): void {
    if (this.#starting[process]!) {
      this.#starting[process] = false;
      this.#overdue[process] = false;
      this.incarnation[process]!++;
      return;
    }
    if (!this.#running[process]) return;
    this.#running[process] = false;
    this.#hung[process] = false;
    this.incarnation[process]!++;
    this.#network.setListening(this.endpoint[process]!, false);
    this.#program[process]!.died?.(process);
    if (!this.containersSurvive[process]) this.supervisorLost(process);
    this.#wakeWatchers(process);
  }

  /** Starts a dead process; it serves after its start-up time. On a machine that is down nothing happens: it will be started at boot. */
  restart(process: number): void {
    if (this.#running[process] || this.#starting[process] || !this.#machinePowered(process)) return;
    this.#starting[process] = true;
    this.#simulation.after(this.#startupUs[process]!, this.#start, process, this.incarnation[process]!);
  }

  /** Stops the process in its tracks (SIGSTOP): it neither answers nor acts. */
  hang(process: number): void {
    if (!this.#running[process] || this.#hung[process]) return;
    const served = this.serving(process);
    this.#hung[process] = true;
    if (served) this.#stopServing(process);
  }

  /** Lets a process go on that was hung by itself; one on a frozen machine goes on with the machine. */
  continue(process: number): void {
    if (!this.#hung[process]) return;
    this.#hung[process] = false;
    if (this.serving(process)) this.#serveAgain(process);
  }

  /** For the world: the machine freezes or goes on, and with it all its processes. */
  setFrozen(machine: number, frozen: boolean): void {
    if ((this.#frozen[machine] === 1) === frozen) return;
    const processes = this.#onMachine[machine]!;
    const serve = processes.map((process) => this.#running[process]! && !this.#hung[process]!);
    this.#frozen[machine] = frozen ? 1 : 0;
    processes.forEach((process, i) => {
      if (!frozen && this.#overdue[process]) this.#begin(process);
      else if (!serve[i]) this.#wakeWatchers(process);
      else if (frozen) this.#stopServing(process);
      else if (this.serving(process)) this.#serveAgain(process);
    });
  }

  /** For the world: power off kills all processes of the machine (a freeze is over with it), power on starts them. */
  setPowered(machine: number, powered: boolean): void {
    this.#powered[machine] = powered ? 1 : 0;
    this.#frozen[machine] = 0;
    for (const process of this.#onMachine[machine]!) {
      if (powered) this.restart(process);
      else this.kill(process);
    }
  }

  /** Processes hosted by a machine, in order of creation. */
  on(machine: number): readonly number[] {
    return this.#onMachine[machine]!;
  }

  /** For the world: the network of the process's machine changed. */
  networkChanged(process: number): void {
    this.#wakeWatchers(process);
  }

  #begin(process: number): void {
    this.#starting[process] = false;
    this.#overdue[process] = false;
    this.#running[process] = true;
    this.#network.setListening(this.endpoint[process]!, true);
    this.#program[process]!.started?.(process);
    this.#wakeWatchers(process);
  }

  #stopServing(process: number): void {
    this.#network.setListening(this.endpoint[process]!, false);
    this.#wakeWatchers(process);
  }

  #serveAgain(process: number): void {
    this.#network.setListening(this.endpoint[process]!, true);
    this.#program[process]!.continued?.(process);
    this.#wakeWatchers(process);
  }

  #machineFrozen(process: number): boolean {
    const machine = this.machine[process]!;
    return machine !== DEDICATED && this.#frozen[machine] === 1;
  }

  #machinePowered(process: number): boolean {
    const machine = this.machine[process]!;
    return machine === DEDICATED || this.#powered[machine] === 1;
  }

  #wakeWatchers(process: number): void {
    const watchers = this.#watchers[process];
    if (watchers !== undefined) for (const wake of watchers) wake();
  }
}
