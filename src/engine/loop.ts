import type { Simulation } from './simulation.ts';
import type { TickSchedule } from './tick-schedule.ts';

/**
 * Recurring work as a value. Its tick times are a pure function of its schedule; a tick becomes an event only while it could change something.
 *
 * The owner's `onTick` does the work and answers whether the *next* tick may change something too. After `false` the loop is parked until {@link wake} or
 * {@link wakeAt}. A parked loop's ticks must be no-ops: explicit-tick mode executes them all, and the digest must be the same.
 * A tick at the same instant as ordinary events comes after them; among ticks, the loop created first comes first.
 */
export class Loop {
  readonly #simulation: Simulation;
  readonly #id: number;
  readonly #operation: number;
  readonly #onTick: (timeUs: number) => boolean;
  #schedule: TickSchedule | null = null;
  #pending = -1;
  #pendingTimeUs = Infinity;

  constructor(simulation: Simulation, component: string, onTick: (timeUs: number) => boolean) {
    this.#simulation = simulation;
    this.#id = simulation.nextLoopId();
    this.#onTick = onTick;
    this.#operation = simulation.on(component, () => this.#tick());
  }

  /** Starts (or restarts) the loop on a schedule; it is parked unless `awake`. */
  start(schedule: TickSchedule, awake: boolean): void {
    this.stop();
    this.#schedule = schedule;
    if (awake || this.#simulation.explicitTicks) this.wake();
  }

  /** Ends the loop: no tick happens until the next {@link start}. */
  stop(): void {
    this.#unschedule();
    this.#schedule = null;
  }

  get running(): boolean {
    return this.#schedule !== null;
  }

  /** The next tick may change something: make it happen. */
  wake(): void {
    this.wakeAt(this.#simulation.nowUs);
  }

  /** The first tick at or after `timeUs` may change something. An earlier wake stays in force. */
  wakeAt(timeUs: number): void {
    if (this.#schedule === null) return;
    const earliestUs = this.#earliestTickUs(this.#simulation.explicitTicks ? this.#simulation.nowUs : timeUs);
    if (earliestUs >= this.#pendingTimeUs) return;
    this.#unschedule();
    if (earliestUs === Infinity) return;
    this.#pendingTimeUs = earliestUs;
    this.#pending = this.#simulation.atTick(earliestUs, this.#id, this.#operation, 0, 0);
  }

  /** Time of the latest tick that has happened by now in simulated order, whether or not it was materialised; `-Infinity` if none. */
  lastTickUs(): number {
    if (this.#schedule === null) return -Infinity;
    const nowUs = this.#simulation.nowUs;
    // This instant's tick has happened only if its turn among the ticks of this instant is over (or is just now).
    return this.#simulation.tickPassed(this.#id) ? this.#schedule.lastAtOrBefore(nowUs) : this.#schedule.lastAtOrBefore(nowUs - 1);
  }

  #earliestTickUs(fromUs: number): number {
    const simulation = this.#simulation;
    const passed = fromUs <= simulation.nowUs && simulation.tickPassed(this.#id);
    return this.#schedule!.firstAtOrAfter(passed ? simulation.nowUs + 1 : Math.max(fromUs, simulation.nowUs));
  }

  #tick(): void {
    this.#pending = -1;
    this.#pendingTimeUs = Infinity;
    const stayAwake = this.#onTick(this.#simulation.nowUs);
    if (stayAwake || this.#simulation.explicitTicks) this.wake();
  }

  #unschedule(): void {
    if (this.#pending >= 0) this.#simulation.cancel(this.#pending);
    this.#pending = -1;
    this.#pendingTimeUs = Infinity;
  }
}
