import { Loop } from '../../../engine/loop.ts';
import type { Simulation } from '../../../engine/simulation.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import { Condition, type Instance } from './instance.ts';

/** What becomes of instances that stay out of sight. */
export interface UnreachablePort {
  /** To be replaced; it is still remembered. */
  inactive(instance: Instance): void;
  /** To be forgotten. */
  expunge(instance: Instance): void;
}

/**
 * Instances whose agents are out of sight for longer than an instant: a sweep replaces and forgets them when their time has come (mesosphere/marathon 1.11,
 * src/main/scala/mesosphere/marathon/core/task/jobs/impl/ExpungeOverdueLostTasksActor.scala, state/UnreachableStrategy.scala).
 */
export class UnreachableInstances {
  readonly #simulation: Simulation;
  readonly #port: UnreachablePort;
  readonly #instances = new Set<Instance>();
  readonly #loop: Loop;

  constructor(simulation: Simulation, component: string, firstUs: number, intervalUs: number, port: UnreachablePort) {
    this.#simulation = simulation;
    this.#port = port;
    this.#loop = new Loop(simulation, component, () => this.#tick());
    this.#loop.start(new FixedSchedule(firstUs, intervalUs), false);
  }

  add(instance: Instance): void {
    this.#instances.add(instance);
    this.#wakeFor(instance);
  }

  delete(instance: Instance): void {
    this.#instances.delete(instance);
  }

  #wakeFor(instance: Instance): void {
    const dueUs = this.#dueUs(instance);
    if (dueUs !== Infinity) this.#loop.wakeAt(dueUs);
  }

  #dueUs({ condition, unreachableSinceUs, app }: Instance): number {
    const { inactiveAfterUs, expungeAfterUs } = app.spec;
    return unreachableSinceUs + (condition === Condition.unreachable ? Math.min(inactiveAfterUs, expungeAfterUs) : expungeAfterUs);
  }

  #tick(): boolean {
    const { nowUs } = this.#simulation;
    for (const instance of Array.from(this.#instances)) {
      if (this.#dueUs(instance) > nowUs) {
        this.#wakeFor(instance);
        continue;
      }
      if (instance.unreachableSinceUs + instance.app.spec.expungeAfterUs <= nowUs) {
        this.#instances.delete(instance);
        this.#port.expunge(instance);
        continue;
      }
      this.#port.inactive(instance);
      this.#wakeFor(instance);
    }
    return false;
  }
}
