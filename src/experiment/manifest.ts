import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, isAbsolute } from 'node:path';
import type { Plan } from '../scenario/expand.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import { type CodeVersion, codeVersion } from '../scenario/version.ts';
import type { PlanFile } from './plan-file.ts';

/** `manifest.json`: versions, hashes and digests by which a result can be made again and compared. No names of people or machines, no dates. */
export interface Manifest {
  readonly name: string;
  /** The arguments of the command; absolute paths as their last part. */
  readonly command: readonly string[];
  readonly versions: { readonly seatrial: string; readonly model: string; readonly node: string; readonly v8: string; readonly plugins?: NonNullable<CodeVersion['plugins']> };
  /** SHA-256. */
  readonly hashes: { readonly scenario: string; readonly plan: string; readonly lockfile: string | null };
  /** Hashes of the inputs per seed. */
  readonly inputs: readonly { readonly seed: number; readonly workload: string; readonly machines: string; readonly faults: string; readonly sources: Plan['seeds'][number]['sources'] }[];
  /** Digest per run id, in plan order. */
  readonly digests: readonly { readonly run: string; readonly cell: string; readonly seed: number; readonly digest: string }[];
}

/** Gathers the manifest of finished runs. @param digests in plan order */
export function manifestOf(loaded: LoadedScenario, plan: Plan, planFile: PlanFile, command: readonly string[], digests: Manifest['digests']): Manifest {
  const version = codeVersion();
  return {
    name: loaded.scenario.name,
    command: command.map(withoutPlace),
    versions: { seatrial: version.package, model: version.model, node: process.versions.node, v8: process.versions.v8, ...(version.plugins !== undefined && { plugins: version.plugins }) },
    hashes: { scenario: loaded.sha256, plan: planFile.plan, lockfile: lockfileHash() },
    inputs: plan.seeds.map(({ seed, workload, machines, faults, sources }) => ({ seed, workload, machines, faults, sources })),
    digests,
  };
}

/** An argument without the folders that an absolute path names: they may hold the name of a user. */
function withoutPlace(argument: string): string {
  const equals = argument.indexOf('=');
  const value = argument.slice(equals + 1);
  return isAbsolute(value) ? `${argument.slice(0, equals + 1)}.../${basename(value)}` : argument;
}

function lockfileHash(): string | null {
  const file = new URL('../../package-lock.json', import.meta.url);
  return existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : null;
}
