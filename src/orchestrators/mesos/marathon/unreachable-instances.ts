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
  /** The master is to be asked about it. */
  reconcile(instance: Instance): void;
}

/** Times of the loops, microseconds. */
export interface UnreachableTimes {
  readonly sweepFirstUs: number;
  readonly sweepIntervalUs: number;
  readonly reconcileFirstUs: number;
  readonly reconcileIntervalUs: number;
}

/**
 * Instances whose agents are out of sight for longer than an instant: a sweep replaces and forgets them when their time has come (mesosphere/marathon 1.11,
 * src/main/scala/mesosphere/marathon/core/task/jobs/impl/ExpungeOverdueLostTasksActor.scala, state/UnreachableStrategy.scala), and the master is asked about
 * them: those of an agent that came back without them are found out so.
 */
export class UnreachableInstances {
  readonly #simulation: Simulation;
  readonly #port: UnreachablePort;
  readonly #instances = new Set<Instance>();
  readonly #loop: Loop;
  readonly #reconciliation: Loop;

  constructor(simulation: Simulation, component: string, times: UnreachableTimes, port: UnreachablePort) {
    this.#simulation = simulation;
    this.#port = port;
    this.#loop = new Loop(simulation, component, () => this.#tick());
    this.#loop.start(new FixedSchedule(times.sweepFirstUs, times.sweepIntervalUs), false);
    this.#reconciliation = new Loop(simulation, component, () => {
      for (const instance of this.#instances) this.#port.reconcile(instance);
      return this.#instances.size > 0;
    });
    this.#reconciliation.start(new FixedSchedule(times.reconcileFirstUs, times.reconcileIntervalUs), false);
  }

  add(instance: Instance): void {
    this.#instances.add(instance);
    this.#reconciliation.wake();
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
