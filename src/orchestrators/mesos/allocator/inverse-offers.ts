import type { AllocatorState } from './allocator-state.ts';

/** When an agent is planned to be out of service. Simulated microseconds; a window without end has `Infinity`. */
export interface Unavailability {
  readonly startUs: number;
  readonly durationUs: number;
}

/** What a framework has answered to an inverse offer. */
export type InverseAnswer = 'accepted' | 'declined';

interface Window {
  readonly unavailability: Unavailability;
  /** Frameworks that have been asked and have not answered. */
  readonly outstanding: Set<number>;
  readonly answers: Map<number, InverseAnswer>;
}

/**
 * Planned maintenance: in each cycle every active framework that holds anything on an agent with a window is asked to give it back, unless it has been asked already or has
 * refused for a while. Advisory: nothing is taken away (Apache Mesos 1.12, src/master/allocator/mesos/hierarchical.cpp, `deallocate`, `updateUnavailability`,
 * `updateInverseOffer`).
 */
export class InverseOffers {
  readonly #state: AllocatorState;
  readonly #windows = new Map<number, Window>();
  /** Per framework and agent, when a refusal ends. */
  readonly #refusedUntilUs = new Map<number, Map<number, number>>();

  constructor(state: AllocatorState) {
    this.#state = state;
  }

  /** Whether any window is planned. */
  get planned(): boolean {
    return this.#windows.size > 0;
  }

  unavailability(agent: number): Unavailability | undefined {
    return this.#windows.get(agent)?.unavailability;
  }

  /** What frameworks have answered about an agent. */
  answers(agent: number): ReadonlyMap<number, InverseAnswer> {
    return this.#windows.get(agent)?.answers ?? new Map();
  }

  /** Plans a window for an agent, or takes it back: answers and refusals that it has had so far are void. */
  plan(agent: number, unavailability: Unavailability | undefined): void {
    for (const refused of this.#refusedUntilUs.values()) refused.delete(agent);
    if (unavailability === undefined) this.#windows.delete(agent);
    else this.#windows.set(agent, { unavailability, outstanding: new Set(), answers: new Map() });
  }

  /** The framework is gone or disconnected: what it was asked is taken back. */
  forget(framework: number): void {
    this.#refusedUntilUs.delete(framework);
    for (const window of this.#windows.values()) window.outstanding.delete(framework);
  }

  /** Revive ends refusals. */
  clearRefusals(framework: number): void {
    this.#refusedUntilUs.delete(framework);
  }

  /** @param refuseUs the framework is not asked again for this long; 0 = it may be in the next cycle */
  answer(framework: number, agent: number, answer: InverseAnswer, refuseUs: number): void {
    const window = this.#windows.get(agent);
    if (window === undefined || !window.outstanding.delete(framework)) return;
    window.answers.set(framework, answer);
    if (refuseUs <= 0) return;
    let refused = this.#refusedUntilUs.get(framework);
    if (refused === undefined) this.#refusedUntilUs.set(framework, (refused = new Map()));
    refused.set(agent, this.#state.parts.simulation.nowUs + refuseUs);
  }

  /** Asks for the agents of a cycle (null = all). */
  cycle(agents: readonly number[] | null): void {
    if (this.#windows.size === 0) return;
    const { books, parts } = this.#state;
    for (const [agent, window] of this.#windows) {
      if (books.active[agent] === 0 || (agents !== null && !agents.includes(agent))) continue;
      for (const framework of this.#toAsk(agent, window)) {
        window.outstanding.add(framework);
        parts.ask?.(framework, agent, window.unavailability);
      }
    }
  }

  /** Whether a cycle at `atUs` would ask anybody. */
  due(atUs: number): boolean {
    for (const [agent, window] of this.#windows) if (this.#state.books.active[agent] === 1 && this.#toAsk(agent, window, atUs).length > 0) return true;
    return false;
  }

  /** When the first refusal ends that keeps a framework from being asked; Infinity = none does. */
  nextUs(): number {
    let nextUs = Infinity;
    for (const refused of this.#refusedUntilUs.values()) for (const untilUs of refused.values()) if (untilUs > this.#state.parts.simulation.nowUs && untilUs < nextUs) nextUs = untilUs;
    return nextUs;
  }

  #toAsk(agent: number, window: Window, atUs = this.#state.parts.simulation.nowUs): number[] {
    return this.#holders(agent).filter(
      (framework) => this.#state.frameworks[framework]?.active === true && !window.outstanding.has(framework) && !((this.#refusedUntilUs.get(framework)?.get(agent) ?? -1) > atUs),
    );
  }

  /** Frameworks that use something on an agent or have an offer of it. */
  #holders(agent: number): number[] {
    const holders = new Set<number>(this.#state.parts.users?.(agent) ?? []);
    for (const offers of this.#state.outstanding) if (offers.holds(agent)) holders.add(offers.framework);
    return [...holders].sort((a, b) => a - b);
  }
}
