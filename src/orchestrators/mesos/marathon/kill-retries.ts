import type { Simulation } from '../../../engine/simulation.ts';
import type { Instance } from './instance.ts';

/**
 * Orders to end: so many at a time, each repeated until its end is known (mesosphere/marathon 1.11, src/main/scala/mesosphere/marathon/core/task/termination/impl/KillServiceActor.scala). One event for all that are
 * outstanding.
 */
export class KillRetries {
  readonly #simulation: Simulation;
  readonly #retryUs: number;
  readonly #atOnce: number;
  readonly #kill: (instance: Instance) => void;
  /** When the order is repeated, soonest first. */
  readonly #dueUs = new Map<Instance, number>();
  /** Instances that wait for one of the orders that are out to be over, in order. */
  readonly #waiting = new Set<Instance>();
  #scheduled = false;
  readonly #operation: number;

  /** @param atOnce most orders that are out at a time */
  constructor(simulation: Simulation, component: string, retryUs: number, atOnce: number, kill: (instance: Instance) => void) {
    this.#simulation = simulation;
    this.#retryUs = retryUs;
    this.#atOnce = atOnce;
    this.#kill = kill;
    this.#operation = simulation.on(component, () => this.#repeat());
  }

  /** Tells an instance to end, as soon as there is room and then now and again. */
  add(instance: Instance): void {
    if (this.#dueUs.has(instance) || this.#dueUs.size < this.#atOnce) this.#order(instance);
    else this.#waiting.add(instance);
  }

  /** It has ended, or is out of sight. */
  delete(instance: Instance): void {
    this.#waiting.delete(instance);
    if (!this.#dueUs.delete(instance)) return;
    for (const next of this.#waiting) {
      if (this.#dueUs.size >= this.#atOnce) break;
      this.#waiting.delete(next);
      this.#order(next);
    }
  }

  #order(instance: Instance): void {
    this.#kill(instance);
    this.#dueUs.delete(instance);
    this.#dueUs.set(instance, this.#simulation.nowUs + this.#retryUs);
    this.#schedule();
  }

  #repeat(): void {
    const due = [...this.#dueUs].filter(([, dueUs]) => dueUs <= this.#simulation.nowUs);
    for (const [instance] of due) this.#order(instance);
    this.#scheduled = false;
    this.#schedule();
  }

  #schedule(): void {
    const [soonest] = this.#dueUs.values();
    if (this.#scheduled || soonest === undefined) return;
    this.#scheduled = true;
    this.#simulation.at(soonest, this.#operation);
  }
}
