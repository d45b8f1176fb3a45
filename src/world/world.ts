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
  readonly #powered: Uint8Array;
  readonly #frozen: Uint8Array;
  /** Partitions that cut the machine off, ascending; absent = none. */
  readonly #cuts = new Map<number, number[]>();
  /** Machines per partition in force. */
  readonly #partitions = new Map<number, readonly number[]>();
  /** Network segment per set of partitions: hosts reach each other if the same partitions cut them off. */
  readonly #segments = new Map<string, number>([['', 0]]);
  #partitionCount = 0;

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
    this.#powered = new Uint8Array(options.inventory.count).fill(1);
    this.#frozen = new Uint8Array(options.inventory.count);
  }

  /** Condition of a machine; where several hold, the gravest: down, hung, cut off. */
  machineState(machine: number): MachineState {
    return this.#state[machine] as MachineState;
  }

  /** Power off: processes and containers end, the network is silent. Ends a hang; a partition of the network and slowness stay. */
  crash(machine: number): void {
    if (this.#powered[machine] === 0) return;
    this.#powered[machine] = 0;
    this.#frozen[machine] = 0;
    this.network.setHostUp(this.hosts[machine]!, false);
    this.#refresh(machine);
    this.containers.machineLost(machine);
    this.containers.setFrozen(machine, false);
    this.processes.setPowered(machine, false);
    this.#networkChanged(machine);
  }

  /** Power on after a crash: the operating system is up now, each process serves after its own start-up time. Caches and durable stores are intact. */
  boot(machine: number): void {
    if (this.#powered[machine] === 1) return;
    this.#powered[machine] = 1;
    this.network.setHostUp(this.hosts[machine]!, true);
    this.#refresh(machine);
    this.processes.setPowered(machine, true);
    this.#networkChanged(machine);
  }

  /** The machine freezes: nothing is computed, nothing answered, nothing ends. Nothing happens to one that is down. */
  hang(machine: number): void {
    if (this.#powered[machine] === 0 || this.#frozen[machine] === 1) return;
    this.#frozen[machine] = 1;
    this.network.setHostUp(this.hosts[machine]!, false);
    this.#refresh(machine);
    this.containers.setFrozen(machine, true);
    this.processes.setFrozen(machine, true);
  }

  /** The machine goes on where it stopped. */
  continue(machine: number): void {
    if (this.#frozen[machine] === 0) return;
    this.#frozen[machine] = 0;
    this.network.setHostUp(this.hosts[machine]!, true);
    this.#refresh(machine);
    this.containers.setFrozen(machine, false);
    this.processes.setFrozen(machine, false);
  }

  /**
   * Cuts machines off from all others; they go on working and reach each other. Partitions overlap: two machines reach each other when every partition in force
   * has both inside or both outside.
   * @returns the partition, for {@link endPartition}
   */
  partition(machines: readonly number[]): number {
    const partition = ++this.#partitionCount;
    this.#partitions.set(partition, machines);
    for (const machine of machines) this.#setCuts(machine, [...(this.#cuts.get(machine) ?? []), partition]);
    return partition;
  }

  /** Ends one partition for all its machines. */
  endPartition(partition: number): void {
    for (const machine of this.#partitions.get(partition) ?? []) {
      const cuts = this.#cuts.get(machine);
      if (cuts?.includes(partition)) this.#setCuts(machine, cuts.filter((cut) => cut !== partition));
    }
    this.#partitions.delete(partition);
  }

  /** Reconnects one machine, whatever partitions it is in. */
  heal(machine: number): void {
    if (this.#cuts.has(machine)) this.#setCuts(machine, []);
  }

  /** Work on the machine takes `factor` times as long and its network delays grow alike; 1 = normal again. */
  slow(machine: number, factor: number): void {
    if (!(factor >= 1)) throw new RangeError(`a machine can be slowed down by a factor of at least 1, not ${factor}`);
    this.containers.setSlowness(machine, factor);
    this.network.setDelayFactor(this.hosts[machine]!, factor);
  }

  /** Broken invariants of physics, in words; empty when all is well. */
  invariants(): string[] {
    return this.containers.invariants();
  }

  #setCuts(machine: number, cuts: number[]): void {
    if (cuts.length === 0) this.#cuts.delete(machine);
    else this.#cuts.set(machine, cuts);
    const key = cuts.join();
    let segment = this.#segments.get(key);
    if (segment === undefined) this.#segments.set(key, (segment = this.#segments.size));
    this.network.setSegment(this.hosts[machine]!, segment);
    this.#refresh(machine);
    this.#networkChanged(machine);
  }

  #refresh(machine: number): void {
    const state =
      this.#powered[machine] === 0 ? MachineState.down : this.#frozen[machine] === 1 ? MachineState.hung : this.#cuts.has(machine) ? MachineState.cutOff : MachineState.up;
    if (state === this.#state[machine]) return;
    this.#state[machine] = state;
    this.#observer.machineChanged(machine, state);
  }

  #networkChanged(machine: number): void {
    for (const process of this.processes.on(machine)) this.processes.networkChanged(process);
  }
}
