import { Loop } from '../../../engine/loop.ts';
import type { Simulation } from '../../../engine/simulation.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import type { HealthCheck } from './app-spec.ts';
import { Condition, type Instance } from './instance.ts';

/** What comes back from a check: `silent` = nothing, until it times out. */
export type Probe = 'answers' | 'refuses' | 'silent';

/** What health checks need of their app. */
export interface HealthPort {
  instances(): Iterable<Instance>;
  probe(instance: Instance): Probe;
  /** An instance that was not healthy has passed. */
  passed(instance: Instance): void;
  /** An instance has failed a check that counts. */
  failed(instance: Instance): void;
  /** Failed once more than allowed: it has to go. */
  overdue(instance: Instance): void;
}

/** First check of an app comes after this at most (mesosphere/marathon 1.11, src/main/scala/mesosphere/marathon/core/health/impl/HealthCheckActor.scala). */
const FIRST_CHECK_WITHIN_US = 5_000_000;

/**
 * Checks that Marathon itself makes of the instances of one app, all at each tick, not aligned to their starts (core/health/impl/HealthCheckActor.scala). The count of failures is looked at
 * before it is raised: three allowed failures mean that the fourth kills. Failures before the first success are ignored until the grace period is over.
 */
export class HealthChecks {
  readonly #simulation: Simulation;
  readonly #check: HealthCheck;
  readonly #port: HealthPort;
  readonly #loop: Loop;
  readonly #failedOp: number;
  /** Checks without an answer yet, by number. */
  readonly #open = new Map<number, { readonly instance: Instance; readonly row: number }>();
  #serial = 0;
  #stopped = false;

  constructor(simulation: Simulation, component: string, check: HealthCheck, port: HealthPort) {
    this.#simulation = simulation;
    this.#check = check;
    this.#port = port;
    this.#loop = new Loop(simulation, component, () => this.#tick());
    this.#failedOp = simulation.on(component, (serial) => this.#unanswered(serial));
    this.#loop.start(new FixedSchedule(simulation.nowUs + Math.min(check.intervalUs, FIRST_CHECK_WITHIN_US), check.intervalUs), false);
  }

  /** Something has changed that a check may notice. */
  wake(): void {
    if (!this.#stopped) this.#loop.wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#loop.stop();
  }

  #tick(): boolean {
    let open = false;
    for (const instance of this.#port.instances()) {
      if (instance.condition !== Condition.running || instance.decommissioned) continue;
      const probe = this.#port.probe(instance);
      if (probe === 'answers') {
        if (!instance.healthy || instance.failures > 0) this.#port.passed(instance);
        continue;
      }
      open = true;
      this.#open.set(++this.#serial, { instance, row: instance.row });
      if (probe === 'refuses') this.#unanswered(this.#serial);
      else this.#simulation.after(this.#check.timeoutUs, this.#failedOp, this.#serial);
    }
    return open;
  }

  #unanswered(serial: number): void {
    const { instance, row } = this.#open.get(serial)!;
    this.#open.delete(serial);
    if (this.#stopped || instance.row !== row || instance.condition !== Condition.running || instance.decommissioned) return;
    const { graceUs, maxConsecutiveFailures } = this.#check;
    if (!instance.everHealthy && this.#simulation.nowUs < instance.runningSinceUs + graceUs) return;
    if (maxConsecutiveFailures > 0 && instance.failures >= maxConsecutiveFailures) {
      this.#port.overdue(instance);
      return;
    }
    instance.failures++;
    this.#port.failed(instance);
    this.wake();
  }
}
