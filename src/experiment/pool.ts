import { getCompileCacheDir } from 'node:module';
import { availableParallelism, totalmem } from 'node:os';
import { dirname } from 'node:path';
import type { Piscina as WorkerPool } from 'piscina';
import type { RunInputs } from '../scenario/expand.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import { loadedPlugins } from './plugins.ts';
import { estimatedCost } from './run-cost.ts';
import { RunQueue } from './run-queue.ts';
import type { RunFailure } from './run-record.ts';
import { Store } from './store.ts';
import type { RunOver, WorkerStart } from './worker.ts';

export interface PoolOptions {
  /** Result folder; workers write runs into it. */
  readonly folder: string;
  /** Worker threads; default: as many as the machine has cores. */
  readonly jobs?: number | undefined;
  /** Make each run twice; a run that differs from itself counts as failed. */
  readonly twice?: boolean;
  readonly tasks?: boolean;
  /** Seconds of wall-clock time after which a run is given up; default: none. */
  readonly timeoutS?: number | undefined;
  /** Most that the heap of a worker may take, MiB; default: {@link MOST_OLD_GENERATION_MB}, or less where the machine has less. */
  readonly memoryMb?: number | undefined;
  /** When aborted, no further run is begun; those under way are finished. */
  readonly drain?: AbortSignal | undefined;
  readonly finished: (spec: RunSpec) => void;
  readonly failed: (failure: RunFailure) => void;
  /** Hears of worker threads as they begin, for tests that end them. */
  readonly started?: (terminate: () => Promise<unknown>) => void;
}

/** Young generation of a worker that makes many runs: object-heavy ones on two workers were 1.7 times faster with it than with V8's default. */
const YOUNG_GENERATION_MB = 64;

/** The same of a worker that makes few: it is over before so much is filled to any use, and four replays of OpenB take a hundred megabytes less and no more time. */
const SMALL_YOUNG_GENERATION_MB = 12;

/** Most runs of a worker that are few. */
const FEW_RUNS = 8;

/** Most of the machine's memory that the heaps of all workers may take together: a run that needs more fails alone, before the system ends the whole process. */
const MEMORY_SHARE = 0.75;

/** V8's own default for the old generation on machines with much memory, in MB. */
const MOST_OLD_GENERATION_MB = 4096;

/** Most runs of one message. */
const MOST_GROUPED = 16;

/**
 * Makes runs in worker threads, in the order of {@link RunQueue}. Inputs are handed over once, columns as shared memory. Results are written by the workers, in any
 * order; a run that throws, takes its worker down, outgrows its memory or its time costs that run only.
 */
export async function runAll(runs: readonly RunSpec[], inputs: RunInputs, options: PoolOptions): Promise<void> {
  if (runs.length === 0) return;
  const { Piscina } = await import('piscina');
  const threads = Math.max(1, Math.min(options.jobs ?? availableParallelism(), runs.length));
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const start: WorkerStart = { inputs, folder: options.folder, twice: options.twice ?? false, tasks: options.tasks ?? false, plugins: loadedPlugins() };
  // Threads do not share what has been compiled but through the cache on disk, where there is one.
  const compiled = getCompileCacheDir();
  const newPool = (): WorkerPool<readonly RunSpec[], RunOver[]> => new Piscina<readonly RunSpec[], RunOver[]>({
    filename: new URL(`./worker.${extension}`, import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Infinity,
    concurrentTasksPerWorker: 1,
    workerData: start,
    ...(compiled !== undefined && { env: { ...process.env, NODE_COMPILE_CACHE: dirname(compiled) } }),
    resourceLimits: { maxYoungGenerationSizeMb: runs.length / threads > FEW_RUNS ? YOUNG_GENERATION_MB : SMALL_YOUNG_GENERATION_MB, maxOldGenerationSizeMb: options.memoryMb ?? Math.min(MOST_OLD_GENERATION_MB, Math.floor((totalmem() / 1_048_576) * (MEMORY_SHARE / threads))) },
  });
  const store = new Store(options.folder);
  const specs = new Map(runs.map((spec) => [spec.id, spec]));
  const open = new Set(specs.keys());
  let made = 0;
  const over = ({ id, error, input = false }: RunOver): void => {
    if (!open.delete(id)) return;
    if (error === null) {
      made++;
      options.finished(specs.get(id)!);
    } else options.failed({ spec: specs.get(id)!, error, input });
  };
  const queue = new RunQueue(runs, { lanes: threads, mostGrouped: options.timeoutS === undefined ? MOST_GROUPED : 1, cost: (spec) => estimatedCost(spec, inputs) });
  // A pool whose workers die between runs, when they are started above all, starts no further ones and would keep its tasks waiting for ever.
  let broken: unknown;
  const makeRuns = async (pool: WorkerPool<readonly RunSpec[], RunOver[]>): Promise<void> => {
    const death = Promise.withResolvers<never>();
    death.promise.catch(() => undefined);
    pool.on('error', (error: unknown) => {
      broken ??= error;
      death.reject(error);
    });
    pool.on('message', (told: readonly RunOver[]) => told.forEach(over));
    pool.on('workerCreate', (worker: { readonly worker?: { terminate(): Promise<unknown> } }) => options.started?.(async () => worker.worker?.terminate()));
    for (const thread of pool.threads) options.started?.(() => thread.terminate());
    const lane = async (_: unknown, number: number): Promise<void> => {
      while (options.drain?.aborted !== true && broken === undefined) {
        const group = queue.take(number);
        if (group === undefined) return;
        const limit = options.timeoutS === undefined ? undefined : AbortSignal.timeout(Math.ceil(options.timeoutS * 1000));
        try {
          for (const each of await Promise.race([pool.run(group, limit === undefined ? {} : { signal: limit }), death.promise])) over(each);
        } catch (error) {
          // The worker is gone. What it had written is there; of the rest, each is tried alone, so that the one to blame costs nobody else.
          const left = group.filter(({ id }) => open.has(id));
          for (const { id } of left) if (store.isFinished(id, options.tasks)) over({ id, error: null });
          const undone = left.filter(({ id }) => open.has(id));
          if (group.length === 1 && broken === undefined) for (const { id } of undone) over({ id, error: limit?.aborted === true ? `took longer than ${options.timeoutS} s` : messageOf(error) });
          else queue.giveBack(undone);
        }
      }
    };
    try {
      await Promise.all(Array.from({ length: threads }, lane));
    } finally {
      await pool.destroy();
    }
  };
  // Once more with a new one, as long as that makes a run.
  for (let before = -1; made > before; ) {
    before = made;
    broken = undefined;
    await makeRuns(newPool());
    if (broken === undefined || options.drain?.aborted === true) return;
  }
  const error = isOutOfMemory(broken) ? 'no worker could be started in the memory that it may have' : `no worker could be started: ${messageOf(broken)}`;
  for (const id of open) over({ id, error });
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isOutOfMemory(error)) return 'the run needed more memory than its worker may have';
  return error.message;
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
}
