import { availableParallelism } from 'node:os';
import type { RunInputs } from '../scenario/expand.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import type { RunFailure, RunRecord, RunTiming } from './run-record.ts';
import type { WorkerStart } from './worker.ts';

export interface PoolOptions {
  /** Worker threads; default: as many as the machine has cores. */
  readonly jobs?: number | undefined;
  /** Make each run twice; a run that differs from itself counts as failed. */
  readonly twice?: boolean;
  readonly tasks?: boolean;
  /** When aborted, no further run is begun; those under way are finished. */
  readonly drain?: AbortSignal;
  readonly finished: (record: RunRecord, timing: RunTiming) => void;
  readonly failed: (failure: RunFailure) => void;
}

/** Young generation of a worker: object-heavy runs on two workers were 1.7 times faster with it than with V8's default. */
const YOUNG_GENERATION_MB = 64;

/**
 * Makes runs in worker threads, one per thread at a time. Inputs are handed over once, columns as shared memory. Results arrive in any order; a run that throws or takes its
 * worker down costs that run only.
 */
export async function runAll(runs: readonly RunSpec[], inputs: RunInputs, options: PoolOptions): Promise<void> {
  if (runs.length === 0) return;
  const { Piscina } = await import('piscina');
  const threads = Math.max(1, Math.min(options.jobs ?? availableParallelism(), runs.length));
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const start: WorkerStart = { inputs, twice: options.twice ?? false, tasks: options.tasks ?? false };
  const pool = new Piscina<RunSpec, { record: RunRecord; timing: RunTiming }>({
    filename: new URL(`./worker.${extension}`, import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Infinity,
    concurrentTasksPerWorker: 1,
    workerData: start,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < runs.length && options.drain?.aborted !== true) {
      const spec = runs[next++]!;
      try {
        const { record, timing } = await pool.run(spec);
        options.finished(record, timing);
      } catch (error) {
        options.failed({ spec, error: messageOf(error) });
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: threads }, lane));
  } finally {
    await pool.destroy();
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY') return 'the run needed more memory than its worker may have';
  return error.message;
}
