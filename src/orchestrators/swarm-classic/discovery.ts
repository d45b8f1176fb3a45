import { Loop } from '../../engine/loop.ts';
import { entityOf } from '../../engine/random/keyed-random.ts';
import { FixedSchedule } from '../../engine/tick-schedule.ts';
import { DEDICATED } from '../../world/processes.ts';
import type { OrchestratorContext } from '../orchestrator.ts';
import { DISCOVERY_BACKENDS, type DiscoveryBackend, ZOOKEEPER_PING_US } from './discovery-backend.ts';
import type { SwarmClassicOptions } from './options.ts';

/** Hears of changes of the list of machines. */
export interface DiscoveryWatcher {
  entryAdded(machine: number): void;
  /** @param byOperator taken out on purpose, not expired */
  entryRemoved(machine: number, byOperator: boolean): void;
}

/**
 * The discovery store and the `swarm join` agent of each machine (docker/classicswarm 1.2.9, cli/join.go; vendored docker/docker/pkg/discovery): an agent renews its machine's entry every
 * heartbeat, the entry outlives it as the backend says, and the manager learns of a change at once (watch), with its next poll, or never.
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
  readonly #backend: DiscoveryBackend;
  /** What the manager holds to be in the list. */
  readonly #listed: Uint8Array;
  readonly #polls: FixedSchedule;
  readonly #pollOp: number;
  /** Incarnation of the agent whose session owns the entry. */
  readonly #owner: Int32Array;
  /** Pings of each agent's session, where sessions matter. */
  readonly #pings: readonly FixedSchedule[];

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
    this.#backend = DISCOVERY_BACKENDS[options.discovery];
    this.#listed = new Uint8Array(inventory.count).fill(1);
    this.#owner = new Int32Array(inventory.count);
    this.#polls = new FixedSchedule(-Math.floor(options.heartbeat * context.random.u(entityOf('swarm-classic/manager-0'), 0, POLL_PHASE)), options.heartbeat);
    this.#pings = !this.#backend.ownedBySession ? [] : inventory.names.map((name) => new FixedSchedule(-Math.floor(ZOOKEEPER_PING_US * context.random.u(entityOf(name), 0, PING_PHASE)), ZOOKEEPER_PING_US));
    this.#pollOp = simulation.on('swarm-classic/manager', (machine, byOperator) => this.#polled(machine, byOperator, watcher));
    this.#notifyOp = simulation.on('swarm-classic/manager', (machine, present, byOperator) => {
      if (present === 1) watcher.entryAdded(machine);
      else watcher.entryRemoved(machine, byOperator === 1);
    });
    this.#expireOp = simulation.on('swarm-classic/discovery', (machine, version) => {
      if (this.#version[machine] !== version || this.#present[machine] === 0) return;
      this.#set(machine, false, false);
      // An agent that is there writes the entry anew with its next heartbeat.
      if (this.#reachable[machine] === 1) this.#loops[machine]!.wake();
    });
    this.#loops = inventory.names.map((name, machine) => {
      const loop = new Loop(simulation, 'swarm-classic/agent', () => {
        this.#beat(machine);
        return false;
      });
      // The agents have been running for ever: the last renewal lies anywhere within the last heartbeat.
      const phaseUs = -Math.floor(options.heartbeat * context.random.u(entityOf(name), 0, BEAT_PHASE));
      this.#lastBeatUs[machine] = phaseUs;
      if (!this.#backend.registers) return loop;
      loop.start(new FixedSchedule(phaseUs, options.heartbeat), false);
      processes.watch(this.#agents[machine]!, () => this.#agentChanged(machine));
      return loop;
    });
  }

  /** The operator stops the machine's agent and deletes its entry, or starts the agent again; without agents, edits the list. A manager that reads its list once learns nothing. */
  drain(machine: number, drained: boolean): void {
    if ((this.#drained[machine] === 1) === drained || this.#backend.learns === 'once') return;
    this.#drained[machine] = drained ? 1 : 0;
    if (!this.#backend.registers) {
      this.#set(machine, !drained, drained);
      return;
    }
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
    const incarnation = this.#incarnation[machine]!;
    if (this.#present[machine] === 0) this.#owner[machine] = incarnation;
    else if (this.#backend.ownedBySession && this.#owner[machine] !== incarnation) return;
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
      const touchedUs = Math.max(this.#lastBeatUs[machine]!, this.#reachableSinceUs[machine]!, this.#pings[machine]?.lastAtOrBefore(simulation.nowUs) ?? -Infinity);
      const expiryUs = this.#backend.expiryUs(this.#lastBeatUs[machine]!, touchedUs, this.#options.ttl);
      const version = ++this.#version[machine]!;
      if (this.#present[machine] === 1) simulation.at(Math.max(expiryUs, simulation.nowUs), this.#expireOp, machine, version);
    } else if (reachable && this.#reachable[machine] === 0) {
      this.#reachable[machine] = 1;
      this.#reachableSinceUs[machine] = simulation.nowUs;
      this.#incarnation[machine] = incarnation;
      // The session goes on where it is still known.
      if (this.#backend.ownedBySession && this.#owner[machine] === incarnation) this.#version[machine]!++;
      if (restarted) this.#restartLoop(machine);
      else this.#loops[machine]!.wake();
    }
  }

  /** An agent registers when it starts, then every heartbeat. */
  #restartLoop(machine: number): void {
    this.#loops[machine]!.start(new FixedSchedule(this.#context.simulation.nowUs, this.#options.heartbeat), true);
  }

  #set(machine: number, present: boolean, byOperator: boolean): void {
    const { network, processes, simulation } = this.#context;
    this.#present[machine] = present ? 1 : 0;
    if (this.#backend.learns === 'poll') simulation.at(this.#polls.firstAtOrAfter(simulation.nowUs), this.#pollOp, machine, byOperator ? 1 : 0);
    else network.send(processes.endpoint[this.#store]!, this.#managerEndpoint, this.#notifyOp, machine, present ? 1 : 0, byOperator ? 1 : 0);
  }

  /** The manager's poll finds a change, if it has not been taken back since. A poll that fails changes nothing. */
  #polled(machine: number, byOperator: number, watcher: DiscoveryWatcher): void {
    const { network, processes, simulation } = this.#context;
    if (this.#listed[machine] === this.#present[machine]) return;
    if (!network.reachable(this.#managerEndpoint, processes.endpoint[this.#store]!)) {
      simulation.at(this.#polls.firstAtOrAfter(simulation.nowUs + 1), this.#pollOp, machine, byOperator);
      return;
    }
    this.#listed[machine] = this.#present[machine]!;
    if (this.#present[machine] === 1) watcher.entryAdded(machine);
    else watcher.entryRemoved(machine, byOperator === 1);
  }
}

const BEAT_PHASE = 1;
const POLL_PHASE = 4;
const PING_PHASE = 5;
