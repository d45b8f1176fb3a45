import type { Simulation } from '../../../engine/simulation.ts';

/** So many removals in so long. */
export interface RemovalRate {
  readonly permits: number;
  readonly perUs: number;
}

/**
 * Lets agents be removed at a limited rate: a permit each `perUs / permits`, without saving up (`--agent_removal_rate_limit`; libprocess, include/process/limiter.hpp,
 * `RateLimiterProcess`). Who waits for a permit may be called off.
 */
export class RemovalLimiter {
  readonly #simulation: Simulation;
  readonly #gapUs: number;
  readonly #granted: (agent: number) => void;
  readonly #waiting: number[] = [];
  readonly #permitOp: number;
  #nextUs = -Infinity;
  #scheduled = false;

  /** @param granted called for an agent that had to wait, once it may be removed */
  constructor(simulation: Simulation, rate: RemovalRate | undefined, granted: (agent: number) => void) {
    this.#simulation = simulation;
    this.#gapUs = rate === undefined ? 0 : Math.ceil(rate.perUs / rate.permits);
    this.#granted = granted;
    this.#permitOp = simulation.on('mesos/master', () => this.#permit());
  }

  /** True: the agent may be removed at once. False: `granted` will be called, unless it is called off. */
  acquire(agent: number): boolean {
    const { nowUs } = this.#simulation;
    if (this.#waiting.length === 0 && this.#nextUs <= nowUs) {
      this.#nextUs = nowUs + this.#gapUs;
      return true;
    }
    this.#waiting.push(agent);
    this.#schedule();
    return false;
  }

  /** The agent has answered in the meantime. */
  callOff(agent: number): void {
    const at = this.#waiting.indexOf(agent);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    this.#simulation.at(Math.max(this.#nextUs, this.#simulation.nowUs), this.#permitOp);
  }

  #permit(): void {
    this.#scheduled = false;
    const agent = this.#waiting.shift();
    // Everybody who waited was called off.
    if (agent === undefined) return;
    this.#nextUs = this.#simulation.nowUs + this.#gapUs;
    this.#schedule();
    this.#granted(agent);
  }
}
