import { availableParallelism } from 'node:os';
import type { RunInputs } from '../scenario/expand.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import { estimatedCost, warmUpCost } from './run-cost.ts';
import { Store } from './store.ts';

/** What is to be expected of making runs. */
export interface Outlook {
  readonly runs: number;
  /** Of these, runs that the folder has. */
  readonly finished: number;
  /** Of the runs that are missing. */
  readonly processorS: number;
  readonly wallS: number;
  readonly workers: number;
  /** How many of the runs that the folder has were timed, and scale the estimate. */
  readonly timed: number;
  /** All inputs together. */
  readonly inputBytes: number;
}

/** Estimates what runs cost: from a table of processor time per task and warm-up per worker; the former scaled by the runs of the same folder that were timed. */
export function outlookOf(runs: readonly RunSpec[], inputs: RunInputs, folder: string, jobs: number | undefined): Outlook {
  const store = new Store(folder);
  const workers = Math.max(1, jobs ?? availableParallelism());
  const timings = store.readTimings();
  let estimated = 0;
  let measured = 0;
  let timed = 0;
  let finished = 0;
  let rest = 0;
  const missing: RunSpec[] = [];
  for (const spec of runs) {
    const cost = estimatedCost(spec, inputs);
    if (!store.isFinished(spec.id)) {
      rest += cost;
      missing.push(spec);
      continue;
    }
    finished++;
    const timing = timings.get(spec.id);
    if (timing === undefined) continue;
    timed++;
    estimated += cost;
    measured += timing.cpuS;
  }
  const processorS = rest * (estimated > 0 && measured > 0 ? measured / estimated : 1) + warmUpCost(missing, workers);
  let inputBytes = 0;
  for (const columns of inputs.workloads.values()) {
    for (const value of Object.values(columns)) if (ArrayBuffer.isView(value)) inputBytes += value.byteLength;
  }
  return { runs: runs.length, finished, processorS, wallS: processorS / Math.min(workers, Math.max(1, runs.length - finished)), workers, timed, inputBytes };
}
