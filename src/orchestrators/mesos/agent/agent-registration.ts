import { entityOf } from '../../../engine/random/keyed-random.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { MesosOptions } from '../mesos-options.ts';

const REGISTRATION = 42;

/** What registration needs of the agents. */
export interface RegistrationPort {
  serving(agent: number): boolean;
  /** Asks the master to be admitted. */
  send(agent: number, attempt: number): void;
  /** Time of the last ping that the master has sent by now. */
  lastPingUs(agent: number): number;
}

/** Whether each agent believes to be registered: it registers after a random back-off, and again when it has not been pinged for too long (Apache Mesos 1.12, src/slave/slave.cpp). */
export class AgentRegistration {
  readonly #context: OrchestratorContext;
  readonly #options: MesosOptions['agent'];
  readonly #port: RegistrationPort;
  readonly #pingTimeoutUs: number;
  /** The agent believes that it is registered. */
  readonly #isRegistered: Uint8Array;
  /** Pings arrive, as far as the agent knows. */
  readonly #pinged: Uint8Array;
  readonly #lastPingUs: Float64Array;
  readonly #attempt: Float64Array;
  readonly #attemptTimer: Float64Array;
  readonly #retryWaitUs: Float64Array;
  readonly #entity: Float64Array;
  readonly #pingDeadline: number;
  readonly #register: number;

  constructor(context: OrchestratorContext, { agent: options, master }: MesosOptions, port: RegistrationPort) {
    this.#context = context;
    this.#options = options;
    this.#port = port;
    this.#pingTimeoutUs = master.agentPingTimeout * master.maxAgentPingTimeouts;
    const { simulation, inventory } = context;
    const { count } = inventory;
    this.#isRegistered = new Uint8Array(count).fill(1);
    this.#pinged = new Uint8Array(count).fill(1);
    this.#lastPingUs = new Float64Array(count);
    this.#attempt = new Float64Array(count);
    this.#attemptTimer = new Float64Array(count).fill(-1);
    this.#retryWaitUs = new Float64Array(count);
    this.#entity = Float64Array.from(inventory.names, (name) => entityOf(name));
    this.#pingDeadline = simulation.on('mesos/agents', (agent) => this.checkPings(agent));
    this.#register = simulation.on('mesos/agents', (agent, attempt) => this.#tryRegister(agent, attempt));
  }

  isRegistered(agent: number): boolean {
    return this.#isRegistered[agent] === 1;
  }

  /** A ping of the master has arrived. */
  pinged(agent: number, timeUs: number): void {
    this.#pinged[agent] = 1;
    this.#lastPingUs[agent] = timeUs;
  }

  /** The agent's process has begun anew, or is gone. */
  lost(agent: number): void {
    this.#cancelAttempt(agent);
    this.#isRegistered[agent] = 0;
  }

  /** Pings do not come through: from now on the agent counts the time since the last one that it knows of. */
  silence(agent: number): void {
    if (this.#pinged[agent] === 0) return;
    const { simulation } = this.#context;
    this.#pinged[agent] = 0;
    this.#lastPingUs[agent] = Math.max(this.#lastPingUs[agent]!, this.#port.lastPingUs(agent));
    simulation.at(Math.max(simulation.nowUs, this.#lastPingUs[agent]! + this.#pingTimeoutUs), this.#pingDeadline, agent);
  }

  /** Registers anew if no ping has come for too long. */
  checkPings(agent: number): void {
    const { simulation } = this.#context;
    if (this.#pinged[agent] === 1 || this.#isRegistered[agent] === 0 || !this.#port.serving(agent)) return;
    if (simulation.nowUs < this.#lastPingUs[agent]! + this.#pingTimeoutUs) return;
    this.#isRegistered[agent] = 0;
    this.begin(agent);
  }

  begin(agent: number): void {
    this.#cancelAttempt(agent);
    this.#schedule(agent, this.#attempt[agent]! + 1, this.#options.registrationBackoff);
    this.#retryWaitUs[agent] = this.#options.registrationRetry;
  }

  #tryRegister(agent: number, attempt: number): void {
    this.#attemptTimer[agent] = -1;
    if (this.#attempt[agent] !== attempt || this.#isRegistered[agent] === 1) return;
    if (this.#port.serving(agent)) this.#port.send(agent, attempt);
    const waitUs = this.#retryWaitUs[agent]!;
    this.#retryWaitUs[agent] = Math.min(2 * waitUs, this.#options.registrationRetryMax);
    this.#schedule(agent, attempt + 1, waitUs);
  }

  /** An attempt after U[0, widthUs), keyed by (agent, attempt). */
  #schedule(agent: number, attempt: number, widthUs: number): void {
    const { simulation, random } = this.#context;
    this.#attempt[agent] = attempt;
    this.#attemptTimer[agent] = simulation.after(Math.floor(widthUs * random.u(this.#entity[agent]!, attempt, REGISTRATION)), this.#register, agent, attempt);
  }

  #cancelAttempt(agent: number): void {
    if (this.#attemptTimer[agent]! >= 0) this.#context.simulation.cancel(this.#attemptTimer[agent]!);
    this.#attemptTimer[agent] = -1;
  }

  /** The master has admitted the agent; false: it knew that already. */
  admitted(agent: number): boolean {
    if (this.#isRegistered[agent] === 1) return false;
    this.#cancelAttempt(agent);
    this.#isRegistered[agent] = 1;
    if (this.#pinged[agent] === 0) {
      const { simulation } = this.#context;
      this.#lastPingUs[agent] = simulation.nowUs;
      simulation.after(this.#pingTimeoutUs, this.#pingDeadline, agent);
    }
    return true;
  }
}
