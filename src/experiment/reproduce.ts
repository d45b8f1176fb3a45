import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from '../engine/input-error.ts';
import type { Plan } from '../scenario/expand.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import { codeVersion } from '../scenario/version.ts';
import { recordsOf } from './divergence.ts';
import type { Manifest } from './manifest.ts';
import { runAll } from './pool.ts';
import type { RunFailure } from './run-record.ts';
import { Store } from './store.ts';
import { parting } from './trail.ts';

/** A run whose digest is not that of the manifest. */
export interface DifferentRun {
  readonly spec: RunSpec;
  readonly before: string;
  readonly now: string;
  /** Where the two part, in words. */
  readonly where: string;
}

/** What came of making the runs of a manifest again. */
export interface Reproduction {
  readonly runs: number;
  readonly same: number;
  readonly different: readonly DifferentRun[];
  readonly failures: readonly RunFailure[];
  /** Runs of the manifest that the plan of today does not have, and the other way round. */
  readonly unmatched: readonly string[];
  /** What else is not as it was: version, scenario, inputs. Digests may agree all the same. */
  readonly notes: readonly string[];
}

export interface ReproduceOptions {
  /** Folder for the runs made now; holds no other results. */
  readonly folder: string;
  readonly jobs?: number | undefined;
  readonly drain?: AbortSignal | undefined;
  readonly progress?: (made: number, total: number) => void;
}

/** Reads a manifest. @throws InputError */
export function readManifest(file: string): Manifest {
  if (!existsSync(file)) throw new InputError(`${file}: there is no such file`);
  let manifest: Partial<Manifest> | null;
  try {
    manifest = JSON.parse(readFileSync(file, 'utf8')) as Partial<Manifest> | null;
  } catch (error) {
    throw new InputError(`${file}: not JSON: ${(error as Error).message}`);
  }
  if (manifest === null || typeof manifest !== 'object' || !Array.isArray(manifest.command) || !Array.isArray(manifest.digests) || manifest.versions === undefined || manifest.hashes === undefined || !Array.isArray(manifest.inputs)) {
    throw new InputError(`${file}: no manifest of Seatrial; expected manifest.json of a result folder`);
  }
  return manifest as Manifest;
}

/**
 * Makes the runs of a manifest again and compares digests. Runs are matched by cell and seed, so that another version can be compared; where the result folder of the manifest is at
 * hand, the trails of its runs say at which record a run parts from what it was.
 * @param file of the manifest
 */
export async function reproduce(file: string, manifest: Manifest, loaded: LoadedScenario, plan: Plan, options: ReproduceOptions): Promise<Reproduction> {
  const keyOf = (cell: string, seed: number): string => `${cell}, seed ${seed}`;
  const then = new Map(manifest.digests.map((entry) => [keyOf(entry.cell, entry.seed), entry]));
  const wanted = plan.runs.filter(({ cell, seed }) => then.has(keyOf(cell, seed)));
  const now = new Set(plan.runs.map(({ cell, seed }) => keyOf(cell, seed)));
  const unmatched = [
    ...[...then.keys()].filter((key) => !now.has(key)).map((key) => `${key}: in the manifest, not in the plan of now`),
    // A stopping rule leaves seeds of the plan unmade.
    ...(manifest.command.includes('--until') ? [] : [...now].filter((key) => !then.has(key))).map((key) => `${key}: in the plan of now, not in the manifest`),
  ];
  const store = new Store(options.folder);
  store.open();
  const failures: RunFailure[] = [];
  let made = 0;
  await runAll(wanted, plan.inputs, {
    folder: options.folder,
    jobs: options.jobs,
    drain: options.drain,
    finished: () => options.progress?.(++made, wanted.length),
    failed: (failure) => {
      failures.push(failure);
      options.progress?.(++made, wanted.length);
    },
  });
  const original = new Store(dirname(file));
  const different: DifferentRun[] = [];
  let same = 0;
  for (const spec of wanted) {
    if (!store.isFinished(spec.id)) continue;
    const entry = then.get(keyOf(spec.cell, spec.seed))!;
    const { digest } = store.read(spec.id);
    if (digest === entry.digest) same++;
    else different.push({ spec, before: entry.digest, now: digest, where: partingOf(original, entry.run, store, spec, plan) });
  }
  return { runs: wanted.length, same, different, failures, unmatched, notes: notesOf(manifest, loaded, plan) };
}

function partingOf(original: Store, id: string, store: Store, spec: RunSpec, plan: Plan): string {
  if (!original.isFinished(id)) return `runs/${id}.json is not beside the manifest, so that the record cannot be named`;
  const before = original.read(id);
  const after = store.read(spec.id);
  const part = parting(before.trail, after.trail);
  if (before.digest === after.digest) return `runs/${id}.json beside the manifest has the digest of now: the manifest is not the one of its runs`;
  if (part === null) return `the trails of ${before.recordCount} and ${after.recordCount} records agree as far as they go`;
  const [first] = recordsOf(spec, plan.inputs, part.from - 1, 1);
  const what = first === undefined ? 'now there is no such record' : `now it is ${first}`;
  return part.from === part.to ? `they part at record ${part.from}: ${what}` : `they part between record ${part.from} and ${part.to}; the first of them: ${what}`;
}

function notesOf(manifest: Manifest, loaded: LoadedScenario, plan: Plan): string[] {
  const notes: string[] = [];
  const version = codeVersion();
  const compare = (what: string, before: string, now: string): void => {
    if (before !== now) notes.push(`${what}: then ${before}, now ${now}`);
  };
  compare('version', manifest.versions.seatrial, version.package);
  compare('code of the models', manifest.versions.model, version.model);
  compare('plugins', (manifest.versions.plugins ?? []).map(({ name, sha256 }) => `${name} ${sha256}`).join(', ') || 'none', (version.plugins ?? []).map(({ name, sha256 }) => `${name} ${sha256}`).join(', ') || 'none');
  compare('node', manifest.versions.node, process.versions.node);
  compare('scenario file (SHA-256)', manifest.hashes.scenario.slice(0, 12), loaded.sha256.slice(0, 12));
  manifest.inputs.forEach((input, i) => {
    const other = plan.seeds[i];
    if (other === undefined) return;
    for (const part of ['workload', 'machines', 'faults'] as const) compare(`${part} of seed ${input.seed}`, input[part].slice(0, 12), other[part].slice(0, 12));
  });
  return notes;
}
