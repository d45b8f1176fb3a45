import { parentPort, workerData } from 'node:worker_threads';
import { InputError } from '../engine/input-error.ts';
import type { RunInputs } from '../scenario/expand.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import { runTwice } from './divergence.ts';
import { loadPlugins } from './plugins.ts';
import { run } from './run.ts';
import { Store } from './store.ts';
import { timed } from './timed.ts';

/** What the pool hands to a worker at its start. */
export interface WorkerStart {
  readonly inputs: RunInputs;
  /** Result folder. */
  readonly folder: string;
  /** Make each run twice and compare. */
  readonly twice: boolean;
  /** Keep a row per task attempt. */
  readonly tasks: boolean;
  /** Files of plugins. */
  readonly plugins: readonly string[];
}

/** What a worker says of each run as soon as it is over. */
export interface RunOver {
  readonly id: string;
  /** What broke; `null` = the run is in the store. */
  readonly error: string | null;
  /** The input is at fault, as the orchestrator found when it was put together: an option that names a machine or job that is not there. */
  readonly input?: boolean;
}

const { inputs, folder, twice, tasks, plugins } = workerData as WorkerStart;
await loadPlugins(plugins);
const store = new Store(folder);

/** Runs, one after the other, in a worker thread. Results are written here: the thread that leads the sweep only counts. The answer tells of those that were not told of before. */
export default function work(specs: readonly RunSpec[]): RunOver[] {
  let untold: RunOver[] = [];
  let toldMs = performance.now();
  for (const spec of specs) {
    const over = { id: spec.id, ...made(spec) };
    untold.push(over);
    const nowMs = performance.now();
    if (over.error === null && nowMs - toldMs < TELL_EVERY_MS) continue;
    toldMs = nowMs;
    parentPort?.postMessage(untold);
    untold = [];
  }
  return untold;
}

/** A message per short run would cost more than it is worth: of what went well is told as often as people look. */
const TELL_EVERY_MS = 200;

function made(spec: RunSpec): Pick<RunOver, 'error' | 'input'> {
  try {
    const { record, timing } = timed(() => (twice ? runTwice(spec, inputs, { tasks }) : run(spec, inputs, { tasks })));
    store.write(record, timing);
    return { error: null };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error), input: error instanceof InputError };
  }
}
