import { Loop } from '../../../engine/loop.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import type { AllocatorState } from './allocator-state.ts';
import { GeneralCycle } from './general-cycle.ts';
import type { InverseOffers } from './inverse-offers.ts';
import type { Offers } from './offers.ts';
import { PlainCycle } from './plain-cycle.ts';

/**
 * When allocation cycles run and over which agents: a batch cycle each interval, and cycles set off by events, whose requests are gathered until one starts (Apache Mesos
 * 1.12, src/master/allocator/mesos/hierarchical.cpp, `batch`, `generateOffers`). Batch ticks are events only while some active framework may receive something.
 */
export class CycleLoop {
  readonly #state: AllocatorState;
  readonly #inverse: InverseOffers;
  readonly #plainCycle: PlainCycle;
  readonly #generalCycle: GeneralCycle;
  readonly #loop: Loop;
  readonly #cycleOp: number;
  #pending = false;
  #requestedAll = false;
  #requestedAgents: number[] = [];
  #plain: boolean;
  /** For configurations that are not plain: something has changed since the last cycle without offers. */
  #changed = false;

  constructor(state: AllocatorState, inverse: InverseOffers) {
    this.#state = state;
    this.#inverse = inverse;
    this.#plain = state.plain();
    this.#plainCycle = new PlainCycle(state);
    this.#generalCycle = new GeneralCycle(state);
    const { simulation, options } = state.parts;
    this.#cycleOp = simulation.on('mesos/allocator', () => this.#eventCycle());
    this.#loop = new Loop(simulation, 'mesos/allocator', () => {
      this.#cycle(null);
      return this.#mayOffer() || this.#mayAsk();
    });
    this.#loop.start(new FixedSchedule(options.allocationIntervalUs, options.allocationIntervalUs), false);
  }

  requestAll(): void {
    this.#requestedAll = true;
    this.#request();
  }

  requestAgent(agent: number): void {
    this.#requestedAgents.push(agent);
    this.consider(agent);
    this.#request();
  }

  /** Something has changed that a batch cycle may have to consider. */
  touch(): void {
    this.#changed = true;
    if (this.#mayOffer() || this.#mayAsk()) this.#loop.wake();
  }

  /** An agent may have become offerable to anybody. */
  consider(agent: number): void {
    this.#state.consider(agent);
    this.touch();
  }

  /** A setting has changed that decides who may have what. */
  reconsider(): void {
    this.#plain = this.#state.plain();
    for (const subscription of this.#state.subscriptions) if (subscription.active) subscription.reopen();
    this.touch();
  }

  /** A framework may be asked again for an agent from `timeUs` on. */
  askAgainAt(timeUs: number): void {
    this.#loop.wakeAt(timeUs);
  }

  /** Requests made before the cycle starts join it. */
  #request(): void {
    this.touch();
    if (this.#pending) return;
    this.#pending = true;
    this.#state.parts.simulation.after(0, this.#cycleOp);
  }

  #eventCycle(): void {
    this.#pending = false;
    const agents = this.#requestedAll ? null : [...new Set(this.#requestedAgents)];
    this.#requestedAll = false;
    this.#requestedAgents = [];
    this.#cycle(agents);
  }

  /** Whether a batch cycle may offer anything to anybody. */
  #mayOffer(): boolean {
    if (!this.#plain) return this.#changed;
    const recent = this.#state.recent.length > 0;
    for (const subscription of this.#state.subscriptions) if (subscription.active && (recent || subscription.open || subscription.maybe.length > 0)) return true;
    return false;
  }

  /** Whether the next batch cycle would ask a framework to give something back. */
  #mayAsk(): boolean {
    return this.#inverse.due(this.#state.parts.simulation.nowUs + this.#state.parts.options.allocationIntervalUs);
  }

  #cycle(agents: readonly number[] | null): void {
    const { parts, outstanding } = this.#state;
    if (this.#mayOffer()) {
      const results: Offers[] = [];
      const order = parts.keepsStandings === true ? this.#state.roleShares() : null;
      if (this.#plain) this.#plainCycle.run(agents, results);
      else {
        const offered = this.#generalCycle.run(agents, results);
        if (agents === null || offered) this.#changed = offered;
      }
      parts.cycled(agents, results);
      // The real order is that of a hash map.
      results.sort((a, b) => a.framework - b.framework || (a.role < b.role ? -1 : 1));
      for (const offers of results) {
        outstanding.add(offers);
        if (order !== null) this.#state.keepStanding(offers, order);
        parts.deliver(offers);
      }
    }
    this.#inverse.cycle(agents);
    if (this.#mayOffer() || this.#mayAsk()) this.#loop.wake();
  }
}
