import { Counter } from '../../../metrics/log.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { Architecture } from './architecture.ts';
import type { OmegaCluster } from './omega-cluster.ts';
import { decisionTimeOf, type OmegaTimes } from './omega-options.ts';
import type { PendingJob } from './pending-job.ts';
import { randomFit, wholePool } from './random-fit.ts';
import { SerialScheduler } from './serial-scheduler.ts';

/**
 * One scheduler for all jobs (section 4.1 of the paper). With the same decision time for all it is the *single-path* one, with a time of its own for services the
 * *multi-path* one: still one thread, so that batch jobs wait behind services.
 */
export class Monolithic implements Architecture {
  readonly #scheduler: SerialScheduler;

  constructor(context: OrchestratorContext, cluster: OmegaCluster, times: OmegaTimes) {
    const pool = wholePool(cluster.cell.machineCount);
    const random = context.stream('monolithic');
    const { cell } = cluster;
    this.#scheduler = new SerialScheduler(context, cluster, 'monolithic', (job) => decisionTimeOf(times, job), {
      begin: () => {},
      commit: ({ tasks, cpuMilli, memoryBytes }) => {
        const placed: number[] = [];
        context.log.count(Counter.machinesScored, randomFit(pool, random, cell, tasks.length, cpuMilli, memoryBytes, placed));
        return { placed, conflicts: 0 };
      },
    });
  }

  arrive(job: PendingJob): void {
    this.#scheduler.arrive(job);
  }

  freed(): void {}

  explain(job: number): string {
    const ahead = this.#scheduler.ahead(job);
    return ahead === 0 ? 'its job is being decided' : `waits behind ${ahead} jobs in the scheduler's queue`;
  }

  invariants(): string[] {
    return [];
  }
}
