import { Counter } from '../../../metrics/log.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { Architecture } from './architecture.ts';
import type { Cell } from './cell.ts';
import type { OmegaCluster } from './omega-cluster.ts';
import { decisionTimeOf, type OmegaTimes, type SharedStateOptions } from './omega-options.ts';
import type { PendingJob } from './pending-job.ts';
import { PrivateCell } from './private-cell.ts';
import { randomFit, wholePool } from './random-fit.ts';
import { type Attempt, SerialScheduler } from './serial-scheduler.ts';

/**
 * Omega proper (section 3.4 of the paper): each scheduler copies the cell at the start of a decision, chooses on its copy, and commits the result as a transaction. What others
 * claimed meanwhile shows as conflict: fine-grained = the machine has no room left, coarse = it was claimed at all since the copy; an incremental transaction
 * loses only what conflicts, a gang loses everything.
 */
export class SharedState implements Architecture {
  readonly #batch: SerialScheduler[];
  readonly #service: SerialScheduler[];
  #nextBatch = 0;
  #nextService = 0;

  constructor(context: OrchestratorContext, cluster: OmegaCluster, times: OmegaTimes, options: SharedStateOptions) {
    const scheduler = (name: string) => {
      const pool = wholePool(cluster.cell.machineCount);
      const random = context.stream(name);
      const view = new PrivateCell(cluster.cell);
      return new SerialScheduler(context, cluster, name, (job) => decisionTimeOf(times, job), {
        begin: () => view.sync(),
        commit: (job) => {
          const planned: number[] = [];
          const claims: number[] = [];
          const seen = options.conflicts === 'coarse' ? counting(view, claims) : view;
          context.log.count(Counter.machinesScored, randomFit(pool, random, seen, job.tasks.length, job.cpuMilli, job.memoryBytes, planned));
          view.drop();
          return commit(cluster.cell, job, planned, claims, options);
        },
      });
    };
    this.#batch = Array.from({ length: options.batchSchedulers }, (_, i) => scheduler(`batch-${i}`));
    this.#service = Array.from({ length: options.serviceSchedulers }, (_, i) => scheduler(`service-${i}`));
  }

  /** Jobs of a kind go to its schedulers in turn: `getSchedulerForWorkloadName` of cluster-scheduler-simulator. */
  arrive(job: PendingJob): void {
    if (job.service) this.#service[this.#nextService++ % this.#service.length]!.arrive(job);
    else this.#batch[this.#nextBatch++ % this.#batch.length]!.arrive(job);
  }

  freed(): void {}

  explain(job: number): string {
    for (const scheduler of [...this.#batch, ...this.#service]) {
      const ahead = scheduler.ahead(job);
      if (ahead >= 0) return ahead === 0 ? `its job is being decided by ${scheduler.component.name}` : `waits behind ${ahead} jobs in the queue of ${scheduler.component.name}`;
    }
    return 'in no queue';
  }

  invariants(): string[] {
    return [];
  }
}

/** A view that also writes down how often each machine taken had been claimed before, as far as the view knows. */
function counting(view: PrivateCell, claims: number[]): Pick<PrivateCell, 'fits' | 'take'> {
  return {
    fits: (machine, cpuMilli, memoryBytes) => view.fits(machine, cpuMilli, memoryBytes),
    take: (machine, cpuMilli, memoryBytes) => {
      claims.push(view.claims(machine));
      view.take(machine, cpuMilli, memoryBytes);
    },
  };
}

/** Plays the claims against the cell, in order. */
function commit(cell: Cell, { cpuMilli, memoryBytes }: PendingJob, planned: readonly number[], claims: readonly number[], options: SharedStateOptions): Attempt {
  const placed: number[] = [];
  let conflicts = 0;
  for (let i = 0; i < planned.length; i++) {
    const machine = planned[i]!;
    const conflict = (options.conflicts === 'coarse' && cell.claims[machine] !== claims[i]) || !cell.fits(machine, cpuMilli, memoryBytes);
    if (!conflict) {
      cell.take(machine, cpuMilli, memoryBytes);
      placed.push(machine);
      continue;
    }
    conflicts++;
    if (options.commit === 'gang') {
      for (const taken of placed) cell.give(taken, cpuMilli, memoryBytes);
      return { placed: [], conflicts };
    }
  }
  return { placed, conflicts };
}
