import type { Simulation } from '../../../engine/simulation.ts';

/** Offers are asked for again when a job is queued, at most once in a while (mesos/chronos 3.0, scheduler/mesos/MesosOfferReviverActor.scala). */
export class NewJobRevives {
  readonly #simulation: Simulation;
  readonly #intervalUs: number;
  readonly #revive: () => void;
  readonly #operation: number;
  #lastUs = -Infinity;
  #scheduled = false;

  constructor(simulation: Simulation, component: string, intervalUs: number, revive: () => void) {
    this.#simulation = simulation;
    this.#intervalUs = intervalUs;
    this.#revive = revive;
    this.#operation = simulation.on(component, () => {
      this.#scheduled = false;
      this.#send();
    });
  }

  want(): void {
    if (this.#scheduled) return;
    const atUs = this.#lastUs + this.#intervalUs;
    if (atUs <= this.#simulation.nowUs) this.#send();
    else {
      this.#scheduled = true;
      this.#simulation.at(atUs, this.#operation);
    }
  }

  #send(): void {
    this.#lastUs = this.#simulation.nowUs;
    this.#revive();
  }
}
