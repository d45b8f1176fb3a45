import { type LatencyProfile, Network } from '../engine/network.ts';
import { KeyedRandom } from '../engine/random/keyed-random.ts';
import type { Simulation } from '../engine/simulation.ts';
import { Containers } from './containers.ts';
import { DEFAULT_IMAGES, type ImageProfile } from './images.ts';
import type { MachineInventory } from './machine-inventory.ts';
import { Processes } from './processes.ts';
import type { TaskFacts } from './task-facts.ts';
import { MachineState, type WorldObserver } from './world-observer.ts';

export interface WorldOptions {
  readonly simulation: Simulation;
  readonly inventory: MachineInventory;
  readonly facts: TaskFacts;
  readonly seed: number | string;
  readonly observer: WorldObserver;
  readonly images?: ImageProfile;
  readonly latency?: LatencyProfile;
}

/**
 * What physically is and happens: machines, processes, containers, network. Faults act here and nowhere else; orchestrators know only what their
 * components have been told.
 */
export class World {
  readonly simulation: Simulation;
  readonly inventory: MachineInventory;
  readonly network: Network;
  readonly processes: Processes;
  readonly containers: Containers;
  /** Network host per machine. */
  readonly hosts: readonly number[];
  readonly #observer: WorldObserver;
  readonly #state: Uint8Array;
  #segments = 0;

  constructor(options: WorldOptions) {
    this.simulation = options.simulation;
    this.inventory = options.inventory;
    this.#observer = options.observer;
    this.network = new Network(options.simulation, options.latency);
    this.hosts = options.inventory.names.map(() => this.network.addHost());
    this.processes = new Processes(options.simulation, this.network, this.hosts);
    this.containers = new Containers(
      options.simulation,
      options.inventory,
      options.facts,
      new KeyedRandom(options.seed, 'containers'),
      options.images ?? DEFAULT_IMAGES,
      options.observer,
      (process) => this.processes.serving(process),
    );
    this.processes.supervisorLost = (process) => this.containers.supervisorLost(process, this.processes.machine[process]!);
    this.#state = new Uint8Array(options.inventory.count);
  }

  machineState(machine: number): MachineState {
    return this.#state[machine] as MachineState;
  }

  /** Power off: processes and containers end, the network is silent. */
  crash(machine: number): void {
    if (this.#state[machine] === MachineState.down) return;
    this.network.setHostUp(this.hosts[machine]!, false);
    this.network.setSegment(this.hosts[machine]!, 0);
    this.#set(machine, MachineState.down);
    this.containers.machineLost(machine);
    this.containers.setSpeed(machine, 1);
    for (const process of this.processes.on(machine)) this.processes.kill(process);
    this.#networkChanged(machine);
  }

  /** Power on after a crash: the operating system is up now, each process serves after its own start-up time. Caches and durable stores are intact. */
  boot(machine: number): void {
    if (this.#state[machine] !== MachineState.down) return;
    this.network.setHostUp(this.hosts[machine]!, true);
    this.#set(machine, MachineState.up);
    for (const process of this.processes.on(machine)) this.processes.restart(process);
    this.#networkChanged(machine);
  }

  /** The machine freezes: nothing is computed, nothing answered, nothing ends. */
  hang(machine: number): void {
    if (this.#state[machine] !== MachineState.up) return;
    this.network.setHostUp(this.hosts[machine]!, false);
    this.#set(machine, MachineState.hung);
    this.containers.setSpeed(machine, 0);
    for (const process of this.processes.on(machine)) this.processes.hang(process);
  }

  continue(machine: number): void {
    if (this.#state[machine] !== MachineState.hung) return;
    this.network.setHostUp(this.hosts[machine]!, true);
    this.#set(machine, MachineState.up);
    this.containers.setSpeed(machine, 1);
    for (const process of this.processes.on(machine)) this.processes.continue(process);
  }

  /** Cuts machines off from all others; they go on working and reach each other. Undo with {@link heal}. */
  partition(machines: readonly number[]): void {
    const segment = ++this.#segments;
    for (const machine of machines) {
      if (this.#state[machine] !== MachineState.up) continue;
      this.network.setSegment(this.hosts[machine]!, segment);
      this.#set(machine, MachineState.cutOff);
      this.#networkChanged(machine);
    }
  }

  heal(machine: number): void {
    if (this.#state[machine] !== MachineState.cutOff) return;
    this.network.setSegment(this.hosts[machine]!, 0);
    this.#set(machine, MachineState.up);
    this.#networkChanged(machine);
  }

  /** Work on the machine takes `factor` times as long and its network delays grow alike; 1 = normal again. */
  slow(machine: number, factor: number): void {
    this.containers.setSpeed(machine, 1 / factor);
    this.network.setDelayFactor(this.hosts[machine]!, factor);
  }

  #set(machine: number, state: MachineState): void {
    this.#state[machine] = state;
    this.#observer.machineChanged(machine, state);
  }

  #networkChanged(machine: number): void {
    for (const process of this.processes.on(machine)) this.processes.networkChanged(process);
  }
}
