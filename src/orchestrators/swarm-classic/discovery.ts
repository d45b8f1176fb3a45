import { Loop } from '../../engine/loop.ts';
import { entityOf } from '../../engine/random/keyed-random.ts';
import { FixedSchedule } from '../../engine/tick-schedule.ts';
import { DEDICATED } from '../../world/processes.ts';
import type { OrchestratorContext } from '../orchestrator.ts';
import type { SwarmClassicOptions } from './options.ts';

/** Hears of changes of the list of machines. */
export interface DiscoveryWatcher {
  entryAdded(machine: number): void;
  /** @param byOperator taken out on purpose, not expired */
  entryRemoved(machine: number, byOperator: boolean): void;
}

/**
 * The discovery store and the `swarm join` agent of each machine (docker/classicswarm 1.2.9, cli/join.go; vendored docker/docker/pkg/discovery/kv with etcd): an agent
 * renews its machine's entry every heartbeat, the entry lives for the TTL after the last renewal, and the manager watches the list, so that it learns of a change at once.
 */
export class Discovery {
  readonly #context: OrchestratorContext;
  readonly #options: SwarmClassicOptions;
  readonly #agents: readonly number[];
  readonly #store: number;
  readonly #managerEndpoint: number;
  readonly #loops: readonly Loop[];
  readonly #notifyOp: number;
  readonly #expireOp: number;
  readonly #present: Uint8Array;
  readonly #drained: Uint8Array;
  readonly #reachable: Uint8Array;
  readonly #reachableSinceUs: Float64Array;
  readonly #lastBeatUs: Float64Array;
  /** Agent's incarnation when last looked at. */
  readonly #incarnation: Int32Array;
  /** Renewals and removals so far: what an expiry was set for earlier is void. */
  readonly #version: Int32Array;

  constructor(context: OrchestratorContext, options: SwarmClassicOptions, managerEndpoint: number, watcher: DiscoveryWatcher) {
    this.#context = context;
    this.#options = options;
    this.#managerEndpoint = managerEndpoint;
    const { inventory, processes, simulation } = context;
    this.#store = processes.spawn({ role: 'swarm-classic/discovery', machine: DEDICATED, program: {}, startupUs: 0 });
    this.#agents = inventory.names.map((name, machine) => processes.spawn({ role: `swarm-classic/agent-${name}`, machine, program: {}, startupUs: options.engineStartup }));
    this.#present = new Uint8Array(inventory.count).fill(1);
    this.#drained = new Uint8Array(inventory.count);
    this.#reachable = new Uint8Array(inventory.count).fill(1);
    this.#reachableSinceUs = new Float64Array(inventory.count).fill(-Infinity);
    this.#lastBeatUs = new Float64Array(inventory.count);
    this.#incarnation = new Int32Array(inventory.count);
    this.#version = new Int32Array(inventory.count);
    this.#notifyOp = simulation.on('swarm-classic/manager', (machine, present, byOperator) => {
      if (present === 1) watcher.entryAdded(machine);
      else watcher.entryRemoved(machine, byOperator === 1);
    });
    this.#expireOp = simulation.on('swarm-classic/discovery', (machine, version) => {
      if (this.#version[machine] === version && this.#present[machine] === 1) this.#set(machine, false, false);
    });
    this.#loops = inventory.names.map((name, machine) => {
      const loop = new Loop(simulation, 'swarm-classic/agent', () => {
        this.#beat(machine);
        return false;
      });
      // The agents have been running for ever: the last renewal lies anywhere within the last heartbeat.
      const phaseUs = -Math.floor(options.heartbeat * context.random.u(entityOf(name), 0, BEAT_PHASE));
      this.#lastBeatUs[machine] = phaseUs;
      loop.start(new FixedSchedule(phaseUs, options.heartbeat), false);
      processes.watch(this.#agents[machine]!, () => this.#agentChanged(machine));
      return loop;
    });
  }

  /** The operator stops the machine's agent and deletes its entry, or starts the agent again. */
  drain(machine: number, drained: boolean): void {
    if ((this.#drained[machine] === 1) === drained) return;
    this.#drained[machine] = drained ? 1 : 0;
    if (drained) {
      this.#version[machine]!++;
      if (this.#present[machine] === 1) this.#set(machine, false, true);
    }
    this.#agentChanged(machine);
    if (!drained) this.#restartLoop(machine);
  }

  #canBeat(machine: number): boolean {
    const { network, processes } = this.#context;
    const agent = this.#agents[machine]!;
    return this.#drained[machine] === 0 && processes.serving(agent) && network.reachable(processes.endpoint[agent]!, processes.endpoint[this.#store]!);
  }

  #beat(machine: number): void {
    if (!this.#canBeat(machine)) return;
    this.#lastBeatUs[machine] = this.#context.simulation.nowUs;
    this.#version[machine]!++;
    if (this.#present[machine] === 0) this.#set(machine, true, false);
  }

  /** Only a change between "every beat renews" and "no beat does" needs events. */
  #agentChanged(machine: number): void {
    const { processes, simulation } = this.#context;
    const reachable = this.#canBeat(machine);
    const incarnation = processes.incarnation[this.#agents[machine]!]!;
    const restarted = incarnation !== this.#incarnation[machine];
    if (!reachable && this.#reachable[machine] === 1) {
      this.#reachable[machine] = 0;
      const lastTickUs = this.#loops[machine]!.lastTickUs();
      if (lastTickUs >= this.#reachableSinceUs[machine]!) this.#lastBeatUs[machine] = lastTickUs;
      const expiryUs = this.#lastBeatUs[machine]! + this.#options.ttl;
      const version = ++this.#version[machine]!;
      if (this.#present[machine] === 1) simulation.at(Math.max(expiryUs, simulation.nowUs), this.#expireOp, machine, version);
    } else if (reachable && this.#reachable[machine] === 0) {
      this.#reachable[machine] = 1;
      this.#reachableSinceUs[machine] = simulation.nowUs;
      this.#incarnation[machine] = incarnation;
      if (restarted) this.#restartLoop(machine);
      else this.#loops[machine]!.wake();
    }
  }

  /** An agent registers when it starts, then every heartbeat. */
  #restartLoop(machine: number): void {
    this.#loops[machine]!.start(new FixedSchedule(this.#context.simulation.nowUs, this.#options.heartbeat), true);
  }

  #set(machine: number, present: boolean, byOperator: boolean): void {
    const { network, processes } = this.#context;
    this.#present[machine] = present ? 1 : 0;
    network.send(processes.endpoint[this.#store]!, this.#managerEndpoint, this.#notifyOp, machine, present ? 1 : 0, byOperator ? 1 : 0);
  }
}

const BEAT_PHASE = 1;
