import type { Simulation } from '../../../engine/simulation.ts';
import { type Component, Counter, type Log } from '../../../metrics/log.ts';

/** How a client goes on after a conflict: `steps` tries in all, each after reading the object again. */
export interface ConflictPolicy {
  readonly steps: number;
  /** Pause before the next try; `u` is a draw from 0 to 1. */
  delayUs(u: number): number;
}

/** One update of an object that its writer has read before. */
export interface ConditionalUpdate {
  /** State of the store that the writer has read: what was written after this time it has not seen. */
  readonly readUs: number;
  /** When the update comes to the store. */
  readonly storedUs: number;
  /** Whether anybody wrote the object after a time, up to now. */
  changedSince(timeUs: number): boolean;
  /** When a further request about the object that is sent at a time is answered. */
  request(sentUs: number): number;
  /** A draw from 0 to 1 for the pause. */
  draw(): number;
  /** The update is stored, after so many conflicts. */
  apply(tries: number): void;
  /** The last try was in conflict too. */
  givenUp?(): void;
}

/**
 * Optimistic concurrency (metadata.resourceVersion): an update of an object that somebody else has written since it was read is refused with 409 Conflict. Patches without a resourceVersion, as kubelets and
 * users send them, never are; they make others conflict.
 *
 * Each client keeps books under its name: updates that came to the store, those that went through, those that lost.
 */
export class ConditionalUpdates {
  readonly #simulation: Simulation;
  readonly #log: Log;
  readonly #books: Component;
  readonly #policy: ConflictPolicy;
  readonly #pending = new Map<number, { update: ConditionalUpdate; readUs: number; tries: number }>();
  readonly #arrive: number;
  #next = 0;

  constructor(simulation: Simulation, log: Log, component: string, policy: ConflictPolicy) {
    this.#simulation = simulation;
    this.#log = log;
    this.#books = log.component(component);
    this.#policy = policy;
    this.#arrive = simulation.on(component, (id) => this.#arrived(id));
  }

  send(update: ConditionalUpdate): void {
    const id = this.#next++;
    this.#pending.set(id, { update, readUs: update.readUs, tries: 0 });
    this.#simulation.at(update.storedUs, this.#arrive, id);
  }

  #arrived(id: number): void {
    const pending = this.#pending.get(id)!;
    const { update, readUs } = pending;
    this.#books.decisions++;
    if (!update.changedSince(readUs)) {
      this.#pending.delete(id);
      this.#books.commits++;
      update.apply(pending.tries);
      return;
    }
    this.#books.conflicts++;
    this.#log.count(Counter.conflicts);
    if (++pending.tries >= this.#policy.steps) {
      this.#pending.delete(id);
      update.givenUp?.();
      return;
    }
    pending.readUs = update.request(this.#simulation.nowUs + Math.floor(this.#policy.delayUs(update.draw())));
    this.#simulation.at(update.request(pending.readUs), this.#arrive, id);
  }
}

/** Times at which an object was or will be written; those long past are forgotten. */
export class WriteTimes {
  #times: number[] = [];

  add(timeUs: number, nowUs: number): void {
    if (this.#times.length > 16) this.#times = this.#times.filter((other) => other > nowUs - REMEMBERED_US);
    this.#times.push(timeUs);
  }

  /** Whether any lies behind `fromUs` and not behind `toUs`. */
  anyWithin(fromUs: number, toUs: number): boolean {
    return this.#times.some((timeUs) => timeUs > fromUs && timeUs <= toUs);
  }
}

/** Far longer than any request takes from being prepared until it is stored. */
const REMEMBERED_US = 120_000_000;
