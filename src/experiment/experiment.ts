/*
 * What a result folder holds, for everything that reads one (reports, statistics, comparison):
 *
 * - `plan.json`: what the folder is the result of. `axes` names what is varied besides the seed: `[{ column, paths, values }, ...]`. The first is `label`, the labels of the
 *   orchestrators; the others are the axes of the sweep, each a column of runs.csv, with its values in order as texts. A scenario without a sweep has the first alone. `cells` has
 *   options and models per cell; `runs` lists every run in the order of all tables: cells within seeds, so that complete blocks of seeds are a prefix.
 * - `runs.csv`: one row per finished run. `cell` identifies the combination of all axes without the seed (`kubernetes, mtbf=50h, size=100 machines`), `label` the orchestrator's label,
 *   and after `seed` stands one column per further axis. An axis that is about the options of another orchestrator is empty.
 * - `timeline.csv`, `recoveries.csv`, `waits.csv`, `translations.csv`, `elections.csv`, `timing.csv`: rows of a run carry its `run` id; the values of its axes are in runs.csv.
 * - `failures.csv`: one row per run that came to no result, with the command that repeats it. Such a run is in no other table.
 * - `manifest.json`: versions, hashes and digests. `runs/<run id>.json`: one finished run.
 */
import { join } from 'node:path';
import { writeFaultPlan } from '../faults/write-fault-plan.ts';
import type { Plan } from '../scenario/expand.ts';
import { hashOf } from '../scenario/canonical.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import { MachineInventory } from '../world/machine-inventory.ts';
import { writeAtomically } from './atomic-file.ts';
import { type Unmet, unmetExpectations } from './expectations.ts';
import { manifestOf } from './manifest.ts';
import { readFailures, writeFailures } from './failures.ts';
import { merge } from './merge.ts';
import { planFileOf } from './plan-file.ts';
import { runAll } from './pool.ts';
import type { RunFailure } from './run-record.ts';
import { makeUntil, seedBlocks, type Stopping } from './seed-blocks.ts';
import type { PrecisionTarget } from '../statistics/precision.ts';
import { Store } from './store.ts';

export interface ExperimentOptions {
  /** Result folder. */
  readonly folder: string;
  readonly force: boolean;
  readonly jobs?: number | undefined;
  readonly tasks: boolean;
  /** Make each run twice and compare digests. */
  readonly twice: boolean;
  /** When aborted, no further run is begun. */
  readonly drain?: AbortSignal;
  /** The part of the plan to make now, by position and spec; default: all. Other parts may be made elsewhere, or into the same folder at the same time. */
  readonly selected?: (position: number, spec: RunSpec) => boolean;
  /** Seconds after which a run is given up. */
  readonly timeoutS?: number | undefined;
  /** Most that the heap of a worker may take, MiB. */
  readonly memoryMb?: number | undefined;
  /** Begin no further run once one has failed. */
  readonly failFast?: boolean;
  /** Make seeds of the plan until this is known so well; those after are left out of the tables. Not together with `selected`. */
  readonly until?: PrecisionTarget | undefined;
  /** The command as typed, for the manifest. */
  readonly command: readonly string[];
  /** The command that repeats one run. */
  readonly repeat: (spec: RunSpec) => string;
  readonly progress?: (progress: Progress) => void;
}

export interface Progress {
  /** Runs asked for, and how many of them were there before this call. */
  readonly total: number;
  readonly before: number;
  readonly finished: number;
  readonly failed: number;
}

export interface Outcome {
  readonly total: number;
  /** Runs asked for that an earlier call had finished. */
  readonly before: number;
  readonly failures: readonly RunFailure[];
  readonly unmet: readonly Unmet[];
  /** Stopped before all runs were made: nothing was merged. */
  readonly interrupted: boolean;
  /** Runs of the plan that are in the folder. */
  readonly inFolder: number;
  /** Of a call that went on until something was known well enough: how that ended; `null` where runs failed or were interrupted. */
  readonly stopping: Stopping | null;
}

/** Makes the runs of a plan that are not there yet, and writes the result files. @throws InputError if the folder belongs to something else */
export async function conduct(loaded: LoadedScenario, plan: Plan, options: ExperimentOptions): Promise<Outcome> {
  const store = new Store(options.folder);
  const planFile = planFileOf(loaded, plan);
  let wanted = options.selected === undefined ? plan.runs : plan.runs.filter((spec, i) => options.selected!(i, spec));
  const isPart = wanted.length < plan.runs.length;
  store.claim(planFile, options.force, isPart ? wanted : null);
  const isMissing = (run: RunSpec): boolean => !store.isFinished(run.id, options.tasks);
  let total = wanted.length;
  let before = total - wanted.filter(isMissing).length;
  let asked = 0;
  const failures: RunFailure[] = [];
  let finished = 0;
  const report = (): void => options.progress?.({ total, before, finished, failed: failures.length });
  report();
  const stop = new AbortController();
  const drain = options.drain === undefined ? stop.signal : AbortSignal.any([stop.signal, options.drain]);
  const makeAll = (missing: readonly RunSpec[]): Promise<void> => runAll(missing, plan.inputs, {
    folder: options.folder,
    jobs: options.jobs,
    twice: options.twice,
    tasks: options.tasks,
    timeoutS: options.timeoutS,
    memoryMb: options.memoryMb,
    drain,
    finished: () => {
      finished++;
      report();
    },
    failed: (failure) => {
      failures.push(failure);
      if (options.failFast === true) stop.abort();
      report();
    },
  });
  const make = async (runs: readonly RunSpec[]): Promise<boolean> => {
    const missing = runs.filter((run) => isMissing(run) && !failures.some(({ spec }) => spec.id === run.id));
    asked += missing.length;
    total = runs.length;
    before = total - asked;
    report();
    if (missing.length > 0) await makeAll(missing);
    return failures.length === 0 && finished === asked;
  };
  let stopping: Stopping | null = null;
  if (options.until === undefined) await make(wanted);
  else {
    stopping = await makeUntil(options.until, wanted, store, make);
    if (stopping !== null) wanted = seedBlocks(wanted).slice(0, stopping.seeds).flat();
  }
  const order = new Map(plan.runs.map((run, i) => [run.id, i]));
  failures.sort((a, b) => order.get(a.spec.id)! - order.get(b.spec.id)!);
  const wantedIds = new Set(wanted.map(({ id }) => id));
  const others = isPart ? readFailures(options.folder).filter(({ run }) => order.has(run) && !wantedIds.has(run) && !store.isFinished(run)) : [];
  writeFailures(options.folder, [
    ...others,
    ...failures.map(({ spec, error }) => ({ run: spec.id, cell: spec.cell, orchestrator: spec.orchestrator, seed: String(spec.seed), error, command: options.repeat(spec) })),
  ]);
  const interrupted = finished + failures.length < asked;
  // What was made beyond the seeds that the rule asked for is in no table.
  const shown = stopping === null ? plan.runs : wanted;
  const inFolder = shown.filter((run) => store.isFinished(run.id)).length;
  if (interrupted) return { total, before, failures, unmet: [], interrupted, inFolder, stopping };

  const merged = merge(store, shown, options.tasks);
  writeFaults(options.folder, plan);
  const digests = merged.map(({ spec, digest }) => ({ run: spec.id, cell: spec.cell, seed: spec.seed, digest }));
  writeAtomically(join(options.folder, 'manifest.json'), [`${JSON.stringify(manifestOf(loaded, plan, planFile, options.command, digests), null, 2)}\n`]);
  const unmet = merged.flatMap((run) => unmetExpectations(loaded.scenario.expect, run));
  return { total, before, failures, unmet, interrupted, inFolder, stopping };
}

/** `faults.csv`; `faults-<seed>.csv` where there are several seeds, `faults-<seed>-<hash>.csv` where plans differ within a seed (of the plan and its machines). They follow from the scenario: nothing waits for the disk. */
function writeFaults(folder: string, plan: Plan): void {
  const distinct = new Map(plan.seeds.map((entry) => [`${entry.seed} ${entry.faults} ${entry.machines}`, entry]));
  const plans = [...distinct.values()];
  for (const { seed, faults, machines } of plans) {
    const isAlone = plans.filter((entry) => entry.seed === seed).length === 1;
    const name = plans.length === 1 ? 'faults.csv' : isAlone ? `faults-${seed}.csv` : `faults-${seed}-${hashOf([faults, machines]).slice(0, 8)}.csv`;
    writeAtomically(join(folder, name), [writeFaultPlan(plan.inputs.faults.get(faults)!, new MachineInventory(plan.inputs.machines.get(machines)!))], false);
  }
}
