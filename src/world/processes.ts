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
  readonly #hung: boolean[] = [];
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
    this.#start = simulation.on('world', (process, incarnation) => {
      if (this.incarnation[process] === incarnation && !this.#running[process]) this.#begin(process);
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
    this.#watchers.push(undefined);
    this.endpoint.push(this.#network.addEndpoint(spec.role, host));
    if (spec.machine !== DEDICATED) this.#onMachine[spec.machine]!.push(process);
    return process;
  }

  /** Whether the process runs and is not hung. */
  serving(process: number): boolean {
    return this.#running[process]! && !this.#hung[process]!;
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

  kill(process: number): void {
    if (!this.#running[process]) return;
    this.#running[process] = false;
    this.#hung[process] = false;
    this.incarnation[process]!++;
    this.#network.setListening(this.endpoint[process]!, false);
    this.#program[process]!.died?.(process);
    if (!this.containersSurvive[process]) this.supervisorLost(process);
    this.#wakeWatchers(process);
  }

  /** Starts a dead process; it serves after its start-up time. */
  restart(process: number): void {
    if (this.#running[process]) return;
    this.#simulation.after(this.#startupUs[process]!, this.#start, process, this.incarnation[process]!);
  }

  /** Stops the process in its tracks (SIGSTOP): it neither answers nor acts. */
  hang(process: number): void {
    if (!this.serving(process)) return;
    this.#hung[process] = true;
    this.#network.setListening(this.endpoint[process]!, false);
    this.#wakeWatchers(process);
  }

  continue(process: number): void {
    if (!this.#hung[process]) return;
    this.#hung[process] = false;
    this.#network.setListening(this.endpoint[process]!, true);
    this.#program[process]!.continued?.(process);
    this.#wakeWatchers(process);
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
    this.#running[process] = true;
    this.#network.setListening(this.endpoint[process]!, true);
    this.#program[process]!.started?.(process);
    this.#wakeWatchers(process);
  }

  #wakeWatchers(process: number): void {
    const watchers = this.#watchers[process];
    if (watchers !== undefined) for (const wake of watchers) wake();
  }
}
