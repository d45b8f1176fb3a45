import type { Simulation } from '../../../engine/simulation.ts';
import type { Instance } from './instance.ts';

/**
 * Orders to end are repeated until the end is known (mesosphere/marathon 1.11, src/main/scala/mesosphere/marathon/core/task/termination/impl/KillServiceActor.scala). One event for all that are
 * outstanding.
 */
export class KillRetries {
  readonly #simulation: Simulation;
  readonly #retryUs: number;
  readonly #kill: (instance: Instance) => void;
  /** When the order is repeated, soonest first. */
  readonly #dueUs = new Map<Instance, number>();
  #scheduled = false;
  readonly #operation: number;

  constructor(simulation: Simulation, component: string, retryUs: number, kill: (instance: Instance) => void) {
    this.#simulation = simulation;
    this.#retryUs = retryUs;
    this.#kill = kill;
    this.#operation = simulation.on(component, () => this.#repeat());
  }

  /** Tells an instance to end, now and again. */
  add(instance: Instance): void {
    this.#kill(instance);
    this.#dueUs.delete(instance);
    this.#dueUs.set(instance, this.#simulation.nowUs + this.#retryUs);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#simulation.after(this.#retryUs, this.#operation);
  }

  delete(instance: Instance): void {
    this.#dueUs.delete(instance);
  }

  #repeat(): void {
    this.#scheduled = false;
    for (const [instance, dueUs] of this.#dueUs) {
      if (dueUs > this.#simulation.nowUs) {
        this.#scheduled = true;
        this.#simulation.at(dueUs, this.#operation);
        return;
      }
      this.#dueUs.delete(instance);
      this.add(instance);
    }
  }
}
