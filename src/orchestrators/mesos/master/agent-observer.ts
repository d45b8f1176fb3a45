import { Loop } from '../../../engine/loop.ts';
import { entityOf } from '../../../engine/random/keyed-random.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { Agents } from '../agent/agents.ts';
import type { MesosOptions } from '../mesos-options.ts';
import { RemovalLimiter } from './removal-limiter.ts';

const PING_PHASE = 51;

/**
 * Pings every agent at a phase of its own and gives up those that leave too many pings in a row unanswered, at a limited rate if so configured; an answer in the meantime
 * calls it off (Apache Mesos 1.12, src/master/master.cpp, `SlaveObserver`).
 */
export class AgentObserver {
  readonly #context: OrchestratorContext;
  readonly #options: MesosOptions['master'];
  readonly #agents: Agents;
  readonly #endpoint: number;
  readonly #lost: (agent: number) => void;
  readonly #loops: readonly Loop[];
  readonly #limiter: RemovalLimiter;
  readonly #pinged: Uint8Array;
  readonly #timeouts: Uint32Array;
  /** Waits for a permit to be given up. */
  readonly #waits: Uint8Array;

  /**
   * @param endpoint the master's
   * @param lost the agent is to be marked unreachable
   */
  constructor(context: OrchestratorContext, options: MesosOptions['master'], agents: Agents, endpoint: number, lost: (agent: number) => void) {
    this.#context = context;
    this.#options = options;
    this.#agents = agents;
    this.#endpoint = endpoint;
    this.#lost = lost;
    const { simulation, inventory, processes, random } = context;
    this.#pinged = new Uint8Array(inventory.count);
    this.#timeouts = new Uint32Array(inventory.count);
    this.#waits = new Uint8Array(inventory.count);
    const rate = options.agentRemovalRate;
    this.#limiter = new RemovalLimiter(simulation, rate && { permits: rate.permits, perUs: rate.per }, (agent) => this.#giveUp(agent));
    this.#loops = inventory.names.map((name, agent) => {
      const loop = new Loop(simulation, 'mesos/master', () => this.#ping(agent));
      const phaseUs = Math.floor(random.u(entityOf(name), 0, PING_PHASE) * options.agentPingTimeout);
      loop.start(new FixedSchedule(phaseUs, options.agentPingTimeout), false);
      processes.watch(agents.process[agent]!, () => {
        if (!context.network.reachable(endpoint, agents.endpoint(agent))) loop.wake();
      });
      return loop;
    });
  }

  /** Time of the last ping sent to an agent by now; `-Infinity` = it is not pinged. */
  lastPingUs(agent: number): number {
    const loop = this.#loops[agent]!;
    return loop.running ? Math.max(0, loop.lastTickUs()) : -Infinity;
  }

  /** Pings an agent that was admitted (again), from now on. */
  begin(agent: number): void {
    this.#pinged[agent] = 0;
    this.#timeouts[agent] = 0;
    this.#loops[agent]!.start(new FixedSchedule(this.#context.simulation.nowUs, this.#options.agentPingTimeout), true);
  }

  /** Does not ping an agent any more. */
  end(agent: number): void {
    this.#callOff(agent);
    this.#loops[agent]!.stop();
  }

  /** One round: has the last ping been answered? Then the next one. */
  #ping(agent: number): boolean {
    if (this.#pinged[agent] === 1) {
      this.#timeouts[agent]!++;
      if (this.#timeouts[agent]! >= this.#options.maxAgentPingTimeouts && this.#waits[agent] === 0) {
        if (this.#limiter.acquire(agent)) {
          this.#giveUp(agent);
          return false;
        }
        this.#waits[agent] = 1;
      }
    }
    if (this.#context.network.reachable(this.#endpoint, this.#agents.endpoint(agent))) {
      this.#pinged[agent] = 0;
      this.#timeouts[agent] = 0;
      this.#callOff(agent);
      this.#agents.pingArrived(agent, this.#context.simulation.nowUs);
      return false;
    }
    this.#pinged[agent] = 1;
    return true;
  }

  #giveUp(agent: number): void {
    this.#waits[agent] = 0;
    this.#loops[agent]!.stop();
    this.#lost(agent);
  }

  #callOff(agent: number): void {
    if (this.#waits[agent] === 0) return;
    this.#waits[agent] = 0;
    this.#limiter.callOff(agent);
  }
}
