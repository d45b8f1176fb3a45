import { Loop } from '../../../engine/loop.ts';
import type { Simulation } from '../../../engine/simulation.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import type { Instance } from './instance.ts';

/** Times of the sweep, microseconds. */
export interface OverdueTimes {
  readonly timeoutUs: number;
  readonly firstUs: number;
  readonly intervalUs: number;
}

/** Ends instances that take too long to run (mesosphere/marathon 1.11, src/main/scala/mesosphere/marathon/core/task/jobs/impl/OverdueTasksActor.scala). */
export class OverdueLaunches {
  readonly #simulation: Simulation;
  readonly #timeoutUs: number;
  readonly #overdue: (instance: Instance) => void;
  /** In order of launch. */
  readonly #staging = new Set<Instance>();
  readonly #loop: Loop;

  constructor(simulation: Simulation, component: string, times: OverdueTimes, overdue: (instance: Instance) => void) {
    this.#simulation = simulation;
    this.#timeoutUs = times.timeoutUs;
    this.#overdue = overdue;
    this.#loop = new Loop(simulation, component, () => this.#tick());
    this.#loop.start(new FixedSchedule(times.firstUs, times.intervalUs), false);
  }

  add(instance: Instance): void {
    this.#staging.add(instance);
    if (this.#staging.size === 1) this.#loop.wakeAt(instance.launchedUs + this.#timeoutUs);
  }

  delete(instance: Instance): void {
    this.#staging.delete(instance);
  }

  #tick(): boolean {
    for (const instance of this.#staging) {
      const dueUs = instance.launchedUs + this.#timeoutUs;
      if (dueUs > this.#simulation.nowUs) {
        this.#loop.wakeAt(dueUs);
        break;
      }
      this.#staging.delete(instance);
      this.#overdue(instance);
    }
    return false;
  }
}
