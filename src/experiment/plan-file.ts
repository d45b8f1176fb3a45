import type { AxisColumn, LoadedScenario } from '../scenario/load.ts';
import type { Plan, SeedInputs } from '../scenario/expand.ts';
import { canonicalJson, hashOf } from '../scenario/canonical.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import { type CodeVersion, codeVersion } from '../scenario/version.ts';

/** `plan.json`: what a result folder is the result of. */
export interface PlanFile {
  readonly name: string;
  readonly question: string;
  /** Hash over all run ids. */
  readonly plan: string;
  readonly version: CodeVersion;
  /** The scenario as written, overrides applied, parameters as names. */
  readonly scenario: unknown;
  /** Options of each orchestrator with all defaults filled in. */
  readonly cells: readonly { readonly label: string; readonly orchestrator: string; readonly models: string; readonly options: unknown }[];
  /** What is varied besides the seed: columns of runs.csv with their values in order, the labels of the orchestrators first. */
  readonly axes: readonly AxisColumn[];
  readonly seeds: readonly SeedInputs[];
  readonly runs: readonly RunSpec[];
}

/** What `plan.json` says of a plan. */
export function planFileOf(loaded: LoadedScenario, plan: Plan): PlanFile {
  return {
    name: loaded.scenario.name,
    question: loaded.scenario.question,
    plan: hashOf(plan.runs.map((run) => run.id)).slice(0, 16),
    version: codeVersion(),
    scenario: loaded.written,
    cells: loaded.variants.flatMap(({ cells }) => cells).map(({ cell, definition, effectiveOptions }) => ({ label: cell, orchestrator: definition.name, models: definition.models, options: effectiveOptions })),
    axes: loaded.axes,
    seeds: plan.seeds,
    // Through canonical text, so that what JSON cannot say (Infinity) is said in words.
    runs: JSON.parse(canonicalJson(plan.runs)) as RunSpec[],
  };
}

/** In what two plans differ, line by line; empty when their runs are the same. */
export function planDifference(before: PlanFile, now: PlanFile): string[] {
  if (before.plan === now.plan) return [];
  const lines: string[] = [];
  const compare = (path: string, a: unknown, b: unknown): void => {
    if (canonicalJson(a) === canonicalJson(b) || lines.length >= MOST_LINES) return;
    if (isMapping(a) && isMapping(b)) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) compare(path === '' ? key : `${path}.${key}`, a[key], b[key]);
    } else if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) a.forEach((element, i) => compare(`${path}.${i}`, element, b[i]));
    else lines.push(`${path}: there ${shown(a)}, now ${shown(b)}`);
  };
  compare('version', before.version, now.version);
  compare('scenario', before.scenario, now.scenario);
  for (const key of ['seed', 'cell', 'permuteTiesSeed', 'explicitTicks'] as const) {
    const values = (plan: PlanFile): string => [...new Set(plan.runs.map((run) => String(run[key])))].join(', ');
    if (values(before) !== values(now)) lines.push(`${key}: there ${values(before)}, now ${values(now)}`);
  }
  if (lines.length === 0) compare('seeds', before.seeds, now.seeds);
  if (lines.length === 0) compare('runs', before.runs, now.runs);
  if (lines.length === 0) lines.push(`plan: there ${before.plan}, now ${now.plan}`);
  return lines;
}

const MOST_LINES = 12;

function isMapping(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function shown(value: unknown): string {
  if (value === undefined) return 'absent';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
