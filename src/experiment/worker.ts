import { workerData } from 'node:worker_threads';
import type { RunInputs } from '../scenario/expand.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import { runTwice } from './divergence.ts';
import { run } from './run.ts';
import type { RunRecord, RunTiming } from './run-record.ts';
import { timed } from './timed.ts';

/** What the pool hands to a worker at its start. */
export interface WorkerStart {
  readonly inputs: RunInputs;
  /** Make each run twice and compare. */
  readonly twice: boolean;
  /** Keep a row per task attempt. */
  readonly tasks: boolean;
}

const { inputs, twice, tasks } = workerData as WorkerStart;

/** One run, in a worker thread. */
export default function work(spec: RunSpec): { record: RunRecord; timing: RunTiming } {
  return timed(() => (twice ? runTwice(spec, inputs, { tasks }) : run(spec, inputs, { tasks })));
}
