import type { Workload } from '../../../workload/workload.ts';
import type { App } from './app.ts';

/**
 * Apps that wait for others: an app is started once all apps that it depends on, or all apps of a group that it names, have been deployed
 * (mesosphere/marathon 1.11, src/main/scala/mesosphere/marathon/core/deployment/DeploymentPlan.scala). Later trouble of those apps does not hold it back.
 */
export class Dependencies {
  readonly #workload: Workload;
  readonly #isDeployed: (job: number) => boolean;
  readonly #start: (app: App) => void;
  readonly #waiting = new Map<App, readonly number[]>();
  #names: readonly string[] | undefined;

  constructor(workload: Workload, isDeployed: (job: number) => boolean, start: (app: App) => void) {
    this.#workload = workload;
    this.#isDeployed = isDeployed;
    this.#start = start;
  }

  /** Whether an app may start now; if not, it is started when it may. */
  ready(app: App): boolean {
    if (app.spec.dependencies.length === 0) return true;
    const jobs = this.#jobsOf(app);
    if (jobs.every(this.#isDeployed)) return true;
    this.#waiting.set(app, jobs);
    return false;
  }

  waits(app: App): boolean {
    return this.#waiting.has(app);
  }

  drop(app: App): void {
    this.#waiting.delete(app);
  }

  /** An app has been deployed. */
  deployed(): void {
    if (this.#waiting.size === 0) return;
    for (const [app, jobs] of Array.from(this.#waiting)) {
      if (!jobs.every(this.#isDeployed)) continue;
      this.#waiting.delete(app);
      this.#start(app);
    }
  }

  /** Jobs by id of an app, or of a group above apps. */
  #jobsOf(app: App): number[] {
    this.#names ??= Array.from({ length: this.#workload.jobCount }, (_, job) => this.#workload.jobName(job));
    const found: number[] = [];
    for (const id of app.spec.dependencies) {
      const prefix = id.endsWith('/') ? id : `${id}/`;
      for (const [job, name] of this.#names.entries()) if (job !== app.job && (name === id || name.startsWith(prefix))) found.push(job);
    }
    return found;
  }
}
