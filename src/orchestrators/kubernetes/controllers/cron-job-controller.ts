import type { NativeObject } from '../../../workload/readers/kubernetes-manifests/native-object.ts';
import type { Shape } from '../../../workload/shape.ts';

/** What the controller asks of its surroundings. */
export interface CronJobPort {
  /** Creates the Job of a run now. */
  create(job: number): void;
  /** Deletes the Job of a run. */
  remove(job: number): void;
  /** The run will not happen. */
  skip(job: number): void;
}

interface CronJob {
  readonly policy: 'Allow' | 'Forbid' | 'Replace';
  /** `startingDeadlineSeconds` in microseconds; `Infinity` = none. */
  readonly deadlineUs: number;
  readonly active: Set<number>;
  /** Latest run that had to wait for the one before, and its time; -1 = none. */
  missed: number;
  missedUs: number;
}

/**
 * CronJob controller (pkg/controller/cronjob/cronjob_controllerv2.go, v1.35): whether a run whose time has come begins. `Forbid`: not while another is active; once that has ended, the latest
 * missed run begins late unless its starting deadline is over. `Replace`: the active one is deleted. Runs come from the workload at their times.
 */
export class CronJobController {
  readonly #port: CronJobPort;
  /** By shape: all runs of a CronJob have one. */
  readonly #cronJobs = new Map<number, CronJob>();

  constructor(shapes: readonly (Shape | null)[], port: CronJobPort) {
    this.#port = port;
    shapes.forEach((shape, index) => {
      if (shape?.native?.format !== 'kubernetes') return;
      const { kind, spec } = shape.native.spec as unknown as NativeObject;
      if (kind !== 'CronJob') return;
      const { concurrencyPolicy, startingDeadlineSeconds } = spec as { readonly concurrencyPolicy?: CronJob['policy']; readonly startingDeadlineSeconds?: number };
      this.#cronJobs.set(index, { policy: concurrencyPolicy ?? 'Allow', deadlineUs: (startingDeadlineSeconds ?? Infinity) * 1_000_000, active: new Set(), missed: -1, missedUs: 0 });
    });
  }

  /** Whether the shape is that of a CronJob's runs. */
  owns(shape: number): boolean {
    return this.#cronJobs.has(shape);
  }

  /** The time of a run has come. */
  due(shape: number, job: number, nowUs: number): void {
    const cron = this.#cronJobs.get(shape)!;
    if (cron.policy === 'Forbid' && cron.active.size > 0) {
      if (cron.missed >= 0) this.#port.skip(cron.missed);
      cron.missed = job;
      cron.missedUs = nowUs;
      return;
    }
    if (cron.policy === 'Replace') {
      for (const active of cron.active) this.#port.remove(active);
      cron.active.clear();
    }
    cron.active.add(job);
    this.#port.create(job);
  }

  /** The Job of a run is over. */
  ended(shape: number, job: number, nowUs: number): void {
    const cron = this.#cronJobs.get(shape);
    if (cron === undefined || !cron.active.delete(job) || cron.missed < 0) return;
    const missed = cron.missed;
    cron.missed = -1;
    if (nowUs - cron.missedUs > cron.deadlineUs) this.#port.skip(missed);
    else {
      cron.active.add(missed);
      this.#port.create(missed);
    }
  }
}
