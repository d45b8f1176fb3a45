import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InputError } from '../engine/input-error.ts';
import { writeAtomically } from './atomic-file.ts';
import { type FailureRow, readFailures, writeFailures } from './failures.ts';
import type { Manifest } from './manifest.ts';
import { merge } from './merge.ts';
import { type PlanFile, planDifference } from './plan-file.ts';
import { refuseFile, Store } from './store.ts';

export interface MergeOutcome {
  readonly total: number;
  readonly finished: number;
  readonly failures: readonly FailureRow[];
  /** Runs that no folder has, and that are not known to have failed. */
  readonly missing: readonly string[];
}

/**
 * Puts the results of shards together, as one sweep would have written them: same plan, same version of the code, every run once, and where two folders have the same run, the
 * same digest.
 * @param partial accept that runs are missing
 * @throws InputError if the folders do not fit together, or runs are missing; nothing is written then
 */
export function mergeFolders(folders: readonly string[], out: string, partial: boolean): MergeOutcome {
  const stores = folders.map((folder) => new Store(folder));
  const plans = stores.map((store) => store.plan());
  const [plan] = plans as [PlanFile];
  plans.forEach((other, i) => {
    if (other.version.model !== plan.version.model || other.version.package !== plan.version.package) {
      throw new InputError(`${folders[i]} was made by version ${shown(other)}, ${folders[0]} by version ${shown(plan)}; shards of one sweep are made by one version`);
    }
    const difference = planDifference(plan, other);
    if (difference.length > 0) throw new InputError(`${folders[i]} holds shards of another plan than ${folders[0]}:\n${difference.map((line) => `  ${line}`).join('\n')}`);
  });

  const target = new Store(out);
  const isInPlace = folders.some((folder) => resolve(folder) === resolve(out));
  const holders = new Map<string, Store>();
  const digests = new Map<string, string>();
  const failed = new Map<string, FailureRow>();
  for (const store of stores) {
    for (const { id, cell, seed } of plan.runs) {
      if (!store.isFinished(id)) continue;
      const { digest } = store.read(id);
      const known = digests.get(id);
      if (known !== undefined && known !== digest) {
        throw new InputError(`run ${id} (${cell}, seed ${seed}) has digest ${known} in ${holders.get(id)!.folder} and ${digest} in ${store.folder}; one of them was made by a machine or a version that cannot be trusted`);
      }
      if (known === undefined) holders.set(id, store);
      digests.set(id, digest);
    }
    for (const row of readFailures(store.folder)) failed.set(row.run, row);
  }
  const failures = plan.runs.flatMap(({ id }) => (digests.has(id) || !failed.has(id) ? [] : [failed.get(id)!]));
  const missing = plan.runs.filter(({ id }) => !digests.has(id) && !failed.has(id)).map(({ id }) => id);
  if (missing.length > 0 && !partial) {
    const some = plan.runs.map(({ id, cell, seed }, i) => ({ id, text: `  ${id} (${cell}, seed ${seed}; number ${i + 1} of the plan)` })).filter(({ id }) => missing.includes(id)).slice(0, 10).map(({ text }) => text);
    throw new InputError(`${missing.length} of ${plan.runs.length} runs are in none of the folders:\n${some.join('\n')}${missing.length > some.length ? '\n  ...' : ''}\nmake the shards that are missing, or merge what is there with --partial`);
  }

  refuseFile(out);
  if (!isInPlace && existsSync(out)) {
    if (!existsSync(join(out, 'plan.json')) && readdirSync(out).some((name) => name !== '.gitkeep')) throw new InputError(`${out} is not empty and holds no results of an earlier run; choose another folder with --out`);
    if (existsSync(join(out, 'plan.json')) && planDifference(target.plan(), plan).length > 0) throw new InputError(`${out} holds the results of another plan; choose another folder with --out`);
  }
  mkdirSync(out, { recursive: true });
  target.claim(plan, false);
  for (const store of stores) if (resolve(store.folder) !== resolve(out)) target.copyFrom(store, plan.runs.flatMap(({ id }) => (holders.get(id) === store ? [id] : [])));
  const finished = plan.runs.filter(({ id }) => digests.has(id));
  const tasks = finished.length > 0 && finished.every(({ id }) => target.isFinished(id, true));
  const merged = merge(target, plan.runs, tasks);
  writeFailures(out, failures);
  copyFaults(stores, out);
  const manifest = readManifest(stores);
  if (manifest !== null) {
    writeAtomically(join(out, 'manifest.json'), [`${JSON.stringify({ ...manifest, digests: merged.map(({ spec, digest }) => ({ run: spec.id, cell: spec.cell, seed: spec.seed, digest })) }, null, 2)}\n`]);
  } else rmSync(join(out, 'manifest.json'), { force: true });
  return { total: plan.runs.length, finished: merged.length, failures, missing };
}

function shown({ version }: PlanFile): string {
  return `${version.package} (${version.model})`;
}

/** Every shard has the fault plans of all seeds. */
function copyFaults(stores: readonly Store[], out: string): void {
  for (const { folder } of stores) {
    if (resolve(folder) === resolve(out)) continue;
    for (const name of readdirSync(folder)) if (/^faults(?:-[0-9a-f-]+)?\.csv$/.test(name)) writeAtomically(join(out, name), [readFileSync(join(folder, name), 'utf8')]);
  }
}

function readManifest(stores: readonly Store[]): Manifest | null {
  for (const { folder } of stores) {
    const file = join(folder, 'manifest.json');
    if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  }
  return null;
}
