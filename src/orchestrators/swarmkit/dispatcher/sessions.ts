import { Loop } from '../../../engine/loop.ts';
import { entityOf } from '../../../engine/random/keyed-random.ts';
import { RedrawnSchedule } from '../../../engine/tick-schedule.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { Agents } from '../agent/agents.ts';
import type { SwarmkitOptions } from '../options.ts';

/** What the dispatcher does about sessions. */
export interface SessionEvents {
  /** No heartbeat came in time. */
  expired(node: number): void;
  /** A node asks for a session; {@link Sessions.granted} follows once it is marked READY in the store. */
  registering(node: number, arrivalUs: number): void;
  /** The node has its session: all assignments are sent, all states reported. */
  established(node: number): void;
  /** The link or the agent is back and the session goes on: what could not be sent is sent now. */
  resumed(node: number): void;
}

/** Next back-off = first + 2 x previous, at most the last (agent/agent.go: initialSessionFailureBackoff, maxSessionFailureBackoff). */
const INITIAL_BACKOFF_US = 100_000;
const MAX_BACKOFF_US = 8_000_000;
/** agent/session.go, dispatcherRPCTimeout. */
export const RPC_TIMEOUT_US = 5_000_000;
/** Registrations of one node beyond this many, none more than the period after the one before, are refused (manager/dispatcher/nodes.go, rateLimitCount; dispatcher.go, defaultRateLimitPeriod). */
const RATE_LIMIT_COUNT = 3;
const RATE_LIMIT_PERIOD_US = 8_000_000;

const BACKOFF = 1;

/**
 * Sessions between agents and dispatcher, both ends (agent/session.go, manager/dispatcher/nodes.go). A healthy session is a loop of heartbeats: the manager draws each period anew and returns
 * it, so that the time until the next heartbeat is also a third of the time that it waits for one. Heartbeats are executed only while one may be missed.
 */
export class Sessions {
  readonly #context: OrchestratorContext;
  readonly #options: SwarmkitOptions;
  readonly #agents: Agents;
  readonly #manager: number;
  readonly #events: SessionEvents;
  readonly #loops: readonly Loop[];
  readonly #schedules: RedrawnSchedule[];
  /** Session that the manager holds, 0 = none; and the one that the agent believes in. */
  readonly #held: Int32Array;
  readonly #believed: Int32Array;
  readonly #count: Int32Array;
  readonly #open: Uint8Array;
  /** The expiry that is set, -1 = none, and the last heartbeat before it. */
  readonly #expiry: Float64Array;
  readonly #lastBeatUs: Float64Array;
  /** 1 = a heartbeat got no answer so far. */
  readonly #unanswered: Uint8Array;
  /** The agent's attempts at a new session: what belongs to an earlier number is void. */
  readonly #attempt: Int32Array;
  readonly #backoffUs: Float64Array;
  readonly #attempts: Int32Array;
  readonly #registeredUs: Float64Array;
  readonly #expireOp: number;
  readonly #unansweredOp: number;
  readonly #attemptOp: number;
  readonly #failedOp: number;
  readonly #establishOp: number;

  constructor(context: OrchestratorContext, options: SwarmkitOptions, agents: Agents, manager: number, events: SessionEvents) {
    this.#context = context;
    this.#options = options;
    this.#agents = agents;
    this.#manager = manager;
    this.#events = events;
    const { simulation, inventory, processes } = context;
    const { count } = inventory;
    this.#held = new Int32Array(count).fill(1);
    this.#believed = new Int32Array(count).fill(1);
    this.#count = new Int32Array(count).fill(1);
    this.#open = new Uint8Array(count).fill(1);
    this.#expiry = new Float64Array(count).fill(-1);
    this.#lastBeatUs = new Float64Array(count);
    this.#unanswered = new Uint8Array(count);
    this.#attempt = new Int32Array(count);
    this.#backoffUs = new Float64Array(count);
    this.#attempts = new Int32Array(count);
    this.#registeredUs = new Float64Array(count).fill(-Infinity);
    this.#expireOp = simulation.on('swarmkit/manager', (node, session) => this.#expire(node, session));
    this.#unansweredOp = simulation.on('swarmkit/agent', (node, session) => this.#stillUnanswered(node, session));
    this.#attemptOp = simulation.on('swarmkit/agent', (node, attempt) => this.#tryRegister(node, attempt));
    this.#failedOp = simulation.on('swarmkit/agent', (node, attempt) => this.#attemptFailed(node, attempt));
    this.#establishOp = simulation.on('swarmkit/agent', (node, session, attempt) => this.#establish(node, session, attempt));
    this.#schedules = inventory.names.map((_, node) => this.#schedule(node, true));
    this.#loops = inventory.names.map((_, node) => new Loop(simulation, 'swarmkit/agent', () => this.#heartbeat(node)));
    this.#loops.forEach((loop, node) => loop.start(this.#schedules[node]!, false));
    agents.processes.forEach((process, node) => processes.watch(process, () => this.#disturbed(node)));
  }

  /** Whether messages pass between the manager and the agent within their session. */
  open(node: number): boolean {
    return this.#open[node] === 1;
  }

  /** To be called whenever one of the things that it depends on may have changed: they rarely do, but it is asked for every message. */
  #refreshOpen(node: number): void {
    this.#open[node] = this.#held[node] !== 0 && this.#held[node] === this.#believed[node] && this.#alive(node) ? 1 : 0;
  }

  /** The agent's process has started: it asks for a session at once. */
  agentStarted(node: number): void {
    this.#end(node);
    this.#backoffUs[node] = 0;
    this.#tryAgain(node);
  }

  /** The node is READY in the store: its agent gets the session. */
  granted(node: number): void {
    const { simulation, network } = this.#context;
    const session = ++this.#count[node]!;
    this.#held[node] = session;
    this.#refreshOpen(node);
    this.#disarm(node);
    // As if the registration had been a heartbeat, until the first real one.
    this.#arm(node, simulation.nowUs, this.#options.heartbeatPeriod);
    simulation.after(network.delayUs(this.#manager, this.#agents.endpoint(node)), this.#establishOp, node, session, this.#attempt[node]!);
  }

  #alive(node: number): boolean {
    return this.#agents.serves(node) && this.#context.network.reachable(this.#agents.endpoint(node), this.#manager);
  }

  #schedule(node: number, stationary: boolean): RedrawnSchedule {
    const { simulation, inventory, random } = this.#context;
    const { heartbeatPeriod, heartbeatEpsilon } = this.#options;
    return new RedrawnSchedule({
      random,
      entity: entityOf(`${inventory.names[node]}/${this.#count[node]}`),
      originUs: simulation.nowUs,
      minUs: heartbeatPeriod - heartbeatEpsilon,
      widthUs: 2 * heartbeatEpsilon,
      stationary,
    });
  }

  /** Something about the agent's process, machine or link changed: from now on heartbeats matter. */
  #disturbed(node: number): void {
    const loop = this.#loops[node]!;
    loop.wake();
    this.#refreshOpen(node);
    if (this.#alive(node)) {
      const session = this.#believed[node]!;
      // After a hang the timer is overdue: the heartbeat that was missed is sent at once.
      const awaited = this.#expiry[node]! >= 0 || this.#held[node] !== session;
      if (session !== 0 && loop.running && awaited && loop.lastTickUs() > this.#lastBeatUs[node]! && this.#unanswered[node] === 0) this.#beat(node);
      if (this.open(node)) this.#events.resumed(node);
    } else if (this.#held[node] !== 0 && this.#expiry[node]! < 0 && loop.running) {
      const lastUs = Math.max(loop.lastTickUs(), 0);
      const gapUs = this.#schedules[node]!.firstAtOrAfter(lastUs + 1) - lastUs;
      const { heartbeatPeriod, heartbeatEpsilon } = this.#options;
      this.#arm(node, lastUs, Math.min(heartbeatPeriod + heartbeatEpsilon, Math.max(heartbeatPeriod - heartbeatEpsilon, gapUs)));
    }
  }

  #arm(node: number, lastBeatUs: number, periodUs: number): void {
    const { simulation } = this.#context;
    this.#lastBeatUs[node] = lastBeatUs;
    const atUs = Math.max(simulation.nowUs, lastBeatUs + this.#options.gracePeriodMultiplier * periodUs);
    this.#expiry[node] = simulation.at(atUs, this.#expireOp, node, this.#held[node]!);
  }

  #disarm(node: number): void {
    if (this.#expiry[node]! >= 0) this.#context.simulation.cancel(this.#expiry[node]!);
    this.#expiry[node] = -1;
  }

  #expire(node: number, session: number): void {
    this.#expiry[node] = -1;
    if (this.#held[node] !== session) return;
    this.#held[node] = 0;
    this.#refreshOpen(node);
    this.#loops[node]!.wake();
    this.#events.expired(node);
  }

  /** A heartbeat is due. Nothing changes if it arrives within a session that both hold. @returns whether the next one matters as well */
  #heartbeat(node: number): boolean {
    if (!this.#agents.serves(node) || this.#unanswered[node] === 1) return false;
    if (this.#context.network.reachable(this.#agents.endpoint(node), this.#manager)) this.#beat(node);
    else {
      this.#unanswered[node] = 1;
      this.#context.simulation.after(RPC_TIMEOUT_US, this.#unansweredOp, node, this.#believed[node]!);
    }
    return false;
  }

  #beat(node: number): void {
    if (this.#held[node] === this.#believed[node]) this.#disarm(node);
    else this.#lost(node);
  }

  #stillUnanswered(node: number, session: number): void {
    if (this.#believed[node] !== session) return;
    this.#unanswered[node] = 0;
    if (!this.#agents.serves(node)) return;
    // TCP has sent it again if packets pass by now.
    if (this.#alive(node)) this.#beat(node);
    else this.#lost(node);
  }

  /** The agent gives its session up and looks for another; its tasks go on. */
  #lost(node: number): void {
    this.#end(node);
    this.#nextBackoff(node);
    this.#tryAgain(node);
  }

  #end(node: number): void {
    // The manager may still hold it, and waits for heartbeats in vain.
    if (this.#held[node] !== 0 && this.#expiry[node]! < 0 && this.#loops[node]!.running) {
      const lastUs = Math.max(this.#loops[node]!.lastTickUs(), 0);
      this.#arm(node, lastUs, this.#options.heartbeatPeriod);
    }
    this.#loops[node]!.stop();
    this.#believed[node] = 0;
    this.#refreshOpen(node);
    this.#unanswered[node] = 0;
  }

  #nextBackoff(node: number): void {
    this.#backoffUs[node] = Math.min(INITIAL_BACKOFF_US + 2 * this.#backoffUs[node]!, MAX_BACKOFF_US);
  }

  #tryAgain(node: number): void {
    const { simulation, random, inventory } = this.#context;
    const attempt = ++this.#attempt[node]!;
    const delayUs = Math.floor(this.#backoffUs[node]! * random.u(entityOf(inventory.names[node]!), attempt, BACKOFF));
    simulation.after(delayUs, this.#attemptOp, node, attempt);
  }

  #tryRegister(node: number, attempt: number): void {
    // A start or a continuation begins anew.
    if (this.#attempt[node] !== attempt || !this.#agents.serves(node)) return;
    const { simulation, network } = this.#context;
    const endpoint = this.#agents.endpoint(node);
    if (!network.connected(endpoint, this.#manager)) simulation.after(RPC_TIMEOUT_US, this.#failedOp, node, attempt);
    else if (this.#limited(node)) simulation.after(2 * network.delayUs(endpoint, this.#manager), this.#failedOp, node, attempt);
    else this.#events.registering(node, simulation.nowUs + network.delayUs(endpoint, this.#manager));
  }

  /** An attempt that waited while the agent hung goes on. */
  agentContinued(node: number): void {
    if (this.#believed[node] === 0) this.#tryAgain(node);
  }

  #limited(node: number): boolean {
    if (this.#held[node] === 0) return false;
    const { nowUs } = this.#context.simulation;
    if (nowUs - this.#registeredUs[node]! > RATE_LIMIT_PERIOD_US) this.#attempts[node] = 0;
    if (++this.#attempts[node]! > RATE_LIMIT_COUNT) return true;
    this.#registeredUs[node] = nowUs;
    return false;
  }

  #attemptFailed(node: number, attempt: number): void {
    if (this.#attempt[node] !== attempt || !this.#agents.serves(node)) return;
    this.#nextBackoff(node);
    this.#tryAgain(node);
  }

  #establish(node: number, session: number, attempt: number): void {
    if (this.#held[node] !== session || this.#attempt[node] !== attempt) return;
    if (!this.#alive(node)) {
      // The answer never came: the attempt has timed out.
      if (this.#agents.serves(node)) this.#context.simulation.after(RPC_TIMEOUT_US, this.#failedOp, node, attempt);
      return;
    }
    this.#believed[node] = session;
    this.#refreshOpen(node);
    this.#backoffUs[node] = 0;
    this.#disarm(node);
    this.#schedules[node] = this.#schedule(node, false);
    this.#loops[node]!.start(this.#schedules[node]!, false);
    this.#events.established(node);
  }
}
