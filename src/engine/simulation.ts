import { CANCELLED, EventQueue, ROW } from './event-queue.ts';
import { mix32 } from './random/mix.ts';

/** What an event does. The operands are whatever the scheduling side put in. */
export type Handler = (a: number, b: number, c: number) => void;

/** Limits of one run; passing one is a reported outcome, not a hang. */
export interface Bounds {
  /** Events executed in the whole run. */
  readonly events: number;
  /** Events executed at one instant: a loop of zero-delay events ends here. */
  readonly eventsPerInstant: number;
}

export interface SimulationOptions {
  readonly bounds?: Partial<Bounds>;
  /** Materialise every tick of every loop instead of only those that matter. Same digest, more events. */
  readonly explicitTicks?: boolean;
  /** Permute same-instant events of different components by this seed; `undefined` keeps scheduling order. */
  readonly permuteTiesSeed?: number | undefined;
}

/** A run passed one of its {@link Bounds}. The run ends; its record says so. */
export class BoundExceeded extends Error {
  readonly bound: keyof Bounds;
  readonly limit: number;
  constructor(bound: keyof Bounds, limit: number, nowUs: number) {
    super(`the run passed its bound of ${limit} ${bound === 'events' ? 'events' : 'events at one instant'} at simulated time ${nowUs} us`);
    this.name = 'BoundExceeded';
    this.bound = bound;
    this.limit = limit;
  }
}

/** Keys at or above this belong to loop ticks: at one instant they come after all ordinary events, by loop id. */
export const TICK_KEY_BASE = 4_503_599_627_370_496;
const PERMUTED_SEQUENCES = 68_719_476_736;
const DEFAULT_BOUNDS: Bounds = { events: 2e9, eventsPerInstant: 2e7 };

/**
 * The clock and the one loop of a run. Time is a whole number of microseconds.
 *
 * Order is total: time, then sorted sources in the order they were added, then ordinary events in the order they were scheduled, then loop ticks by loop id.
 */
export class Simulation {
  /** Current simulated time in microseconds. */
  nowUs = 0;
  /** Events executed so far. */
  eventCount = 0;
  readonly explicitTicks: boolean;
  readonly #queue = new EventQueue();
  readonly #handlers: Handler[] = [];
  readonly #component: number[] = [];
  readonly #components = new Map<string, number>();
  readonly #sources: Source[] = [];
  /** The source that is next, and its time; `Infinity` = all are exhausted. */
  #source: Source | undefined;
  #sourceTimeUs = Infinity;
  readonly #bounds: Bounds;
  readonly #permuteTiesSeed: number | undefined;
  #sequence = 1;
  /** Highest key of a tick executed at this instant; `Infinity` once the instant is over. */
  #tickFrontier = -1;
  #loopCount = 0;
  #stopped = false;

  constructor(options: SimulationOptions = {}) {
    this.#bounds = { ...DEFAULT_BOUNDS, ...options.bounds };
    this.explicitTicks = options.explicitTicks ?? false;
    this.#permuteTiesSeed = options.permuteTiesSeed;
  }

  /**
   * Registers a handler and returns its operation code for {@link at}.
   * @param component who reacts (`mesos/allocator`); events of one component at one instant always keep their order
   */
  on(component: string, handler: Handler): number {
    let id = this.#components.get(component);
    if (id === undefined) {
      id = this.#components.size;
      this.#components.set(component, id);
    }
    this.#component.push(id);
    return this.#handlers.push(handler) - 1;
  }

  /** Schedules an event at an absolute time (whole microseconds, not in the past) and returns a handle for {@link cancel}. */
  at(timeUs: number, operation: number, a = 0, b = 0, c = 0): number {
    if (!(timeUs >= this.nowUs) || Math.floor(timeUs) !== timeUs || timeUs === Infinity) throw new Error(this.#badTime('event', timeUs));
    const sequence = this.#sequence++;
    const key = this.#permuteTiesSeed === undefined ? sequence : this.#permutedKey(operation, timeUs, sequence);
    return this.#queue.push(timeUs, key, operation, a, b, c);
  }

  /** Schedules an event `delayUs` from now. */
  after(delayUs: number, operation: number, a = 0, b = 0, c = 0): number {
    return this.at(this.nowUs + delayUs, operation, a, b, c);
  }

  /** Cancels an event; false when it has already happened. */
  cancel(handle: number): boolean {
    return this.#queue.cancel(handle);
  }

  /**
   * Adds a sorted list of times (trace arrivals, fault plan); element i calls the operation with (i, 0, 0).
   * Sorted input stays out of the queue, which is fast when it is small.
   */
  addSource(timesUs: Float64Array, operation: number): void {
    let previousUs = this.nowUs;
    for (let i = 0; i < timesUs.length; i++) {
      const timeUs = timesUs[i]!;
      if (!(timeUs >= previousUs)) throw new Error(i === 0 ? this.#badTime('source', timeUs) : `source is not sorted at element ${i}`);
      if (Math.floor(timeUs) !== timeUs || timeUs === Infinity) throw new Error(this.#badTime('source', timeUs));
      previousUs = timeUs;
    }
    this.#sources.push({ timesUs, operation, next: 0 });
    this.#advanceSources();
  }

  /** For loops, and for what must come behind a loop's ticks: a stable id, in order of creation. */
  nextLoopId(): number {
    return this.#loopCount++;
  }

  /** Schedules the tick of such an id: it comes after the ordinary events of its instant and after the ticks of smaller ids. */
  atTick(timeUs: number, loopId: number, operation: number, a: number, b: number): number {
    if (!(timeUs >= this.nowUs) || Math.floor(timeUs) !== timeUs || timeUs === Infinity) throw new Error(this.#badTime('tick', timeUs));
    return this.#queue.push(timeUs, TICK_KEY_BASE + loopId, operation, a, b, 0);
  }

  /**
   * For loops only: whether the loop's turn at this instant is over or is just now. Ordinary events that ticks of this instant have scheduled for this very
   * instant come after those ticks, so this is not a matter of the event being executed alone.
   */
  tickPassed(loopId: number): boolean {
    return this.#tickFrontier >= TICK_KEY_BASE + loopId;
  }

  /** Runs an operation now, as part of the current event: a message that has arrived. */
  dispatch(operation: number, a: number, b: number, c: number): void {
    this.#handlers[operation]!(a, b, c);
  }

  /** Ends {@link run} after the current event. */
  stop(): void {
    this.#stopped = true;
  }

  /** Executes everything up to and including `untilUs`, then sets the clock there. Can be called again to go on. */
  run(untilUs: number): void {
    const queue = this.#queue;
    const handlers = this.#handlers;
    const { events, eventsPerInstant } = this.#bounds;
    let instantStart = this.eventCount;
    this.#stopped = false;
    while (!this.#stopped) {
      const sourceTimeUs = this.#sourceTimeUs;
      const queueTimeUs = queue.headTimeUs;
      const timeUs = sourceTimeUs <= queueTimeUs ? sourceTimeUs : queueTimeUs;
      if (timeUs > untilUs || timeUs === Infinity) break;
      if (sourceTimeUs <= queueTimeUs) {
        const source = this.#source!;
        if (timeUs !== this.nowUs) {
          this.nowUs = timeUs;
          this.#tickFrontier = -1;
          instantStart = this.eventCount;
        }
        this.eventCount++;
        const element = source.next++;
        this.#advanceSources();
        handlers[source.operation]!(element, 0, 0);
      } else {
        const key = queue.headKey;
        const slot = queue.pop();
        const operation = queue.operation[slot]!;
        const { row } = queue;
        const at = slot * ROW;
        const a = row[at]!;
        const b = row[at + 1]!;
        const c = row[at + 2]!;
        queue.release(slot);
        if (operation === CANCELLED) continue;
        if (timeUs !== this.nowUs) {
          this.nowUs = timeUs;
          this.#tickFrontier = -1;
          instantStart = this.eventCount;
        }
        if (key > this.#tickFrontier && key >= TICK_KEY_BASE) this.#tickFrontier = key;
        this.eventCount++;
        handlers[operation]!(a, b, c);
      }
      if (this.eventCount > events) throw new BoundExceeded('events', events, timeUs);
      if (this.eventCount - instantStart > eventsPerInstant) throw new BoundExceeded('eventsPerInstant', eventsPerInstant, timeUs);
    }
    if (this.#stopped) return;
    if (untilUs !== Infinity && this.nowUs < untilUs) this.nowUs = untilUs;
    // All ticks of this instant have had their turn, materialised or not.
    if (untilUs >= this.nowUs) this.#tickFrontier = Infinity;
  }

  #badTime(what: string, timeUs: number): string {
    return timeUs < this.nowUs ? `${what} scheduled at ${timeUs} us, before now (${this.nowUs} us)` : `${what} scheduled at ${timeUs} us, which is no whole number of microseconds`;
  }

  /** Finds the source that is next: the earliest, among equals the one added first. */
  #advanceSources(): void {
    this.#source = undefined;
    this.#sourceTimeUs = Infinity;
    for (const source of this.#sources) {
      if (source.next >= source.timesUs.length || source.timesUs[source.next]! >= this.#sourceTimeUs) continue;
      this.#source = source;
      this.#sourceTimeUs = source.timesUs[source.next]!;
    }
  }

  #permutedKey(operation: number, timeUs: number, sequence: number): number {
    const component = this.#component[operation]!;
    const rank = mix32(mix32(this.#permuteTiesSeed! | 0, component), mix32(timeUs % 4294967296 | 0, (timeUs / 4294967296) | 0)) >>> 17;
    return rank * PERMUTED_SEQUENCES + (sequence % PERMUTED_SEQUENCES);
  }
}

interface Source {
  readonly timesUs: Float64Array;
  readonly operation: number;
  next: number;
}
