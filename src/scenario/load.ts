import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { parseBytes, parseCpuMilli, parseDurationUs, QuantityError } from '../engine/quantity.ts';
import { columnsOf } from '../metrics/columns.ts';
import type { OrchestratorDefinition } from '../orchestrators/orchestrator.ts';
import { suggestion } from '../engine/nearest.ts';
import { applyOverride, type Override } from './override.ts';
import { settleParameters, substituteParameters } from './parameters.ts';
import { type Problem, ScenarioError } from './problem.ts';
import { allowedKeys } from './schema-keys.ts';
import { SCENARIO, type Scenario } from './schema.ts';
import { type PathSegment, readYaml, type YamlDocument } from './yaml-document.ts';

export interface LoadOptions {
  readonly overrides?: readonly Override[];
  readonly parameters?: ReadonlyMap<string, string>;
  /** Orchestrators that can be named. */
  readonly orchestrators: readonly OrchestratorDefinition[];
}

/** A valid scenario and what it was made of. */
export interface LoadedScenario {
  readonly scenario: Scenario;
  /** The data as written, overrides applied, parameters still as names (they may be paths of one machine): what is printed. */
  readonly written: unknown;
  /** The `faults` as written, with parameters filled in and shares of the window still as shares. */
  readonly faults: unknown;
  /** As given on the command line. */
  readonly file: string;
  /** SHA-256 of the file's text. */
  readonly sha256: string;
  /** Paths in the scenario are relative to this. */
  readonly folder: string;
  /** Per orchestrator of the scenario. */
  readonly cells: readonly Cell[];
}

/** One orchestrator of a scenario, resolved. */
export interface Cell {
  readonly label: string;
  readonly definition: OrchestratorDefinition;
  /** As the definition's schema takes them: units read into numbers. */
  readonly options: Readonly<Record<string, unknown>>;
  /** With all defaults filled in, for the plan. */
  readonly effectiveOptions: unknown;
}

/** Reads and checks a scenario file. @throws ScenarioError with every problem found */
export function loadScenario(file: string, options: LoadOptions): LoadedScenario {
  return checkScenario(readYaml(file), options);
}

/** As {@link loadScenario}, from a parsed document. */
export function checkScenario(document: YamlDocument, options: LoadOptions): LoadedScenario {
  const overridden: { path: readonly PathSegment[]; text: string }[] = [];
  let data = document.value;
  if (data === null || typeof data !== 'object' || Array.isArray(data)) {
    throw new ScenarioError([{ path: '', where: document.where([]), message: 'expected a mapping with the keys name, question, workload, cluster and orchestrators' }]);
  }
  for (const override of options.overrides ?? []) {
    const applied = applyOverride(data, override);
    data = applied.data;
    overridden.push({ path: applied.path, text: override.text });
  }
  const where = (path: readonly PathSegment[]): string => overriddenAt(overridden, path) ?? document.where(path);
  const whereKey = (path: readonly PathSegment[], key: string): string => overriddenAt(overridden, [...path, key]) ?? document.whereKey(path, key);

  const parameters = settleParameters((data as Record<string, unknown>)['parameters'], options.parameters ?? new Map(), where);
  const substituted = substituteParameters(data, parameters, where);
  const problems: Problem[] = [...parameters.problems, ...substituted.problems];
  const source = substituted.data as Record<string, unknown>;

  const parsed = SCENARIO.safeParse(source);
  // While a parameter is missing, texts that need it are not what they will be: only the missing parameter is reported.
  if (!parsed.success && problems.length === 0) problems.push(...problemsOf(parsed.error.issues, { schema: SCENARIO, data: source, prefix: [], where, whereKey }));
  const cells = cellsOf(source['orchestrators'], options.orchestrators, problems, where, whereKey);
  if (parsed.success) problems.push(...furtherProblems(parsed.data, where, whereKey));
  if (problems.length > 0 || !parsed.success) throw new ScenarioError(inFileOrder(withoutEchoes(problems)));
  return { scenario: parsed.data, written: data, faults: source['faults'] ?? [], file: document.file, sha256: document.sha256, folder: dirname(resolve(document.file)), cells };
}

/** Data under a schema, and where it stands in the scenario. */
interface Checked {
  readonly schema: z.ZodType;
  readonly data: unknown;
  /** Path of the data in the scenario. */
  readonly prefix: readonly PathSegment[];
  readonly where: (path: readonly PathSegment[]) => string;
  readonly whereKey: (path: readonly PathSegment[], key: string) => string;
}

/** Turns schema issues into problems: position, path, message, nearest valid key. @param base path inside the data that the issues' paths start from */
function problemsOf(issues: readonly z.core.$ZodIssue[], checked: Checked, base: readonly PathSegment[] = []): Problem[] {
  const { schema, data, prefix, where, whereKey } = checked;
  const problems: Problem[] = [];
  for (const issue of issues) {
    const inner = [...base, ...(issue.path as PathSegment[])];
    const path = [...prefix, ...inner];
    if (issue.code === 'unrecognized_keys') {
      const valid = allowedKeys(schema, data, inner);
      for (const key of issue.keys) problems.push({ path: [...path, key].join('.'), where: whereKey(path, key), message: `unknown key "${key}"${suggestion(key, valid)}` });
    } else if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      problems.push(...problemsOf(likeliest(issue.errors), checked, inner));
    } else problems.push({ path: path.join('.'), where: where(path), message: messageOf(issue, valueAt(data, inner)) });
  }
  return problems;
}

function cellsOf(
  list: unknown,
  definitions: readonly OrchestratorDefinition[],
  problems: Problem[],
  where: (path: readonly PathSegment[]) => string,
  whereKey: (path: readonly PathSegment[], key: string) => string,
): Cell[] {
  const cells: Cell[] = [];
  if (!Array.isArray(list)) return cells;
  const labels = new Set<string>();
  list.forEach((element: unknown, i) => {
    const entry = (typeof element === 'string' ? { use: element } : element) as { use?: unknown; label?: unknown; options?: unknown } | null;
    if (entry === null || typeof entry !== 'object' || typeof entry.use !== 'string') return;
    const path: PathSegment[] = typeof element === 'string' ? ['orchestrators', i] : ['orchestrators', i, 'use'];
    const definition = definitions.find((candidate) => candidate.name === entry.use);
    if (definition === undefined) {
      const names = definitions.map((candidate) => candidate.name);
      problems.push({ path: path.join('.'), where: where(path), message: `unknown orchestrator "${entry.use}"${suggestion(entry.use, names)}` });
      return;
    }
    const label = typeof entry.label === 'string' ? entry.label : definition.name;
    if (labels.has(label)) problems.push({ path: path.join('.'), where: where(path), message: `two orchestrators are called "${label}"; give each a label of its own` });
    labels.add(label);
    const optionsPath = ['orchestrators', i, 'options'];
    const given = entry.options ?? {};
    if (typeof given !== 'object' || Array.isArray(given)) return;
    const options = withUnits(given, optionsPath, problems, where) as Record<string, unknown>;
    const parsed = definition.options.safeParse(options);
    if (!parsed.success) problems.push(...problemsOf(parsed.error.issues, { schema: definition.options, data: options, prefix: optionsPath, where, whereKey }));
    else cells.push({ label, definition, options, effectiveOptions: parsed.data });
  });
  return cells;
}

/** Reads texts with units under keys that end in the name of a unit: `startLatencyUs: 500ms`. */
function withUnits(value: unknown, path: readonly PathSegment[], problems: Problem[], where: (path: readonly PathSegment[]) => string): unknown {
  if (Array.isArray(value)) return value.map((element, i) => withUnits(element, [...path, i], problems, where));
  if (value === null || typeof value !== 'object') {
    const key = path.findLast((segment) => typeof segment === 'string') as string;
    const parse = key.endsWith('Us') ? parseDurationUs : key.endsWith('Bytes') ? parseBytes : key.endsWith('CpuMilli') || key === 'cpuMilli' ? parseCpuMilli : null;
    if (parse === null || typeof value !== 'string') return value;
    try {
      return parse(value);
    } catch (error) {
      if (!(error instanceof QuantityError)) throw error;
      problems.push({ path: path.join('.'), where: where(path), message: error.message });
      return 0;
    }
  }
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withUnits(child, [...path, key], problems, where)]));
}

function furtherProblems(scenario: Scenario, where: (path: readonly PathSegment[]) => string, whereKey: (path: readonly PathSegment[], key: string) => string): Problem[] {
  const problems: Problem[] = [];
  if (scenario.seed !== undefined && scenario.seeds !== undefined) {
    problems.push({ path: 'seeds', where: whereKey([], 'seeds'), message: 'expected one of seed and seeds, not both' });
  }
  const { from, to } = scenario.window;
  if (to !== undefined && to <= from) problems.push({ path: 'window.to', where: where(['window', 'to']), message: 'the window ends before it begins' });
  const prefixes = new Set<string>();
  scenario.cluster.machines?.forEach((group, i) => {
    if (prefixes.has(group.name)) problems.push({ path: `cluster.machines.${i}.name`, where: where(['cluster', 'machines', i, 'name']), message: `two groups of machines are called "${group.name}"; give each a name of its own` });
    prefixes.add(group.name);
  });
  const columns = columnsOf('runs.csv').map((column) => column.name);
  for (const name of Object.keys(scenario.expect)) {
    const condition = scenario.expect[name]!.where?.column;
    if (condition !== undefined && !columns.includes(condition)) problems.push({ path: `expect.${name}`, where: where(['expect', name]), message: `runs.csv has no column "${condition}"${suggestion(condition, columns)}` });
    if (!columns.includes(name)) problems.push({ path: `expect.${name}`, where: whereKey(['expect'], name), message: `runs.csv has no column "${name}"${suggestion(name, columns)}` });
  }
  return problems;
}

function messageOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined && issue.code === 'invalid_type') return 'is missing';
  if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue['options'])) {
    const valid = issue['options'].map(String);
    return typeof value === 'string' ? `unknown value "${value}"${suggestion(value, valid)}` : `is missing; expected one of ${valid.join(', ')}`;
  }
  if (issue.code === 'invalid_value') {
    const valid = issue.values.map(String);
    return `unknown value ${JSON.stringify(value) ?? 'nothing'}${typeof value === 'string' ? suggestion(value, valid) : `; valid: ${valid.join(', ')}`}`;
  }
  return issue.message.replace(/^Invalid input: /, '');
}

/** The branch of a union that was most likely meant: the one whose errors lie deepest, then the one with the fewest. */
function likeliest(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] {
  const depth = (issues: readonly z.core.$ZodIssue[]): number => Math.max(...issues.map((issue) => issue.path.length + (issue.code === 'unrecognized_keys' ? 1 : 0)));
  return branches.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length)[0]!;
}

function valueAt(data: unknown, path: readonly PathSegment[]): unknown {
  let value = data;
  for (const segment of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<PathSegment, unknown>)[segment];
  }
  return value;
}

function overriddenAt(overridden: readonly { path: readonly PathSegment[]; text: string }[], path: readonly PathSegment[]): string | undefined {
  const hit = overridden.findLast((entry) => entry.path.length <= path.length && entry.path.every((segment, i) => String(segment) === String(path[i])));
  return hit === undefined ? undefined : `--set ${hit.text}`;
}

/** One mistake, one message: only the first problem of a path, and nothing that a misspelt key leads to: about the key that was meant, or about its mapping as a whole. */
function withoutEchoes(problems: readonly Problem[]): Problem[] {
  const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('.') + 1);
  const misspelt = new Set(problems.flatMap(({ path, message }) => {
    const meant = /^unknown key .*; did you mean "([^"]+)"\?$/.exec(message)?.[1];
    return meant === undefined ? [] : [`${parentOf(path)}${meant}`, parentOf(path).slice(0, -1)];
  }));
  const seen = new Set<string>();
  return problems.filter(({ path }) => {
    if (misspelt.has(path)) return false;
    return path === '' || (!seen.has(path) && seen.add(path));
  });
}

function inFileOrder(problems: readonly Problem[]): Problem[] {
  const line = (problem: Problem): number => Number(/:(\d+):\d+$/.exec(problem.where)?.[1] ?? 0);
  return problems.map((problem, i) => ({ problem, i })).sort((a, b) => line(a.problem) - line(b.problem) || a.i - b.i).map(({ problem }) => problem);
}
