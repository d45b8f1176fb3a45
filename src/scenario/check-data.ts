import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { firstBadByte } from '../engine/first-bad-byte.ts';
import { InputError } from '../engine/input-error.ts';
import { suggestion } from '../engine/nearest.ts';
import { parseBytes, parseCpuMilli, parseDurationUs, QuantityError } from '../engine/quantity.ts';
import { columnsOf } from '../metrics/columns.ts';
import type { OrchestratorDefinition } from '../orchestrators/orchestrator.ts';
import type { Problem } from './problem.ts';
import { allowedKeys } from './schema-keys.ts';
import { SCENARIO, type Scenario } from './schema.ts';
import type { PathSegment } from './yaml-document.ts';

/** One orchestrator of a scenario, resolved. */
export interface Cell {
  readonly label: string;
  readonly definition: OrchestratorDefinition;
  /** As the definition's schema takes them: units read into numbers. */
  readonly options: Readonly<Record<string, unknown>>;
  /** With all defaults filled in, for the plan. */
  readonly effectiveOptions: unknown;
}

/** Where values and keys of a scenario stand. */
export interface Places {
  readonly where: (path: readonly PathSegment[]) => string;
  readonly whereKey: (path: readonly PathSegment[], key: string) => string;
  /** Paths in the scenario are relative to this. */
  readonly folder: string;
}

/** What a check of data came to. */
export interface CheckedData {
  /** `null` when there are problems. */
  readonly scenario: Scenario | null;
  readonly cells: readonly Cell[];
  readonly problems: readonly Problem[];
}

/**
 * Checks the data of a scenario, its orchestrators' options included.
 * @param known problems found before: while a parameter is missing, texts that need it are not what they will be, and only the missing parameter is reported
 */
export function checkData(source: Readonly<Record<string, unknown>>, definitions: readonly OrchestratorDefinition[], { where, whereKey, folder }: Places, known: readonly Problem[] = []): CheckedData {
  const problems: Problem[] = [...known];
  const parsed = SCENARIO.safeParse(source);
  if (!parsed.success && problems.length === 0) problems.push(...problemsOf(parsed.error.issues, { schema: SCENARIO, data: source, prefix: [], where, whereKey }));
  const cells = cellsOf(source['orchestrators'], definitions, problems, where, whereKey, folder);
  if (parsed.success) problems.push(...furtherProblems(parsed.data, where, whereKey));
  return { scenario: parsed.success && problems.length === 0 ? parsed.data : null, cells, problems };
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

/** Unknown keys of one mapping that are told one by one. */
const MOST_KEYS = 20;

/** Turns schema issues into problems: position, path, message, nearest valid key. @param base path inside the data that the issues' paths start from */
function problemsOf(issues: readonly z.core.$ZodIssue[], checked: Checked, base: readonly PathSegment[] = []): Problem[] {
  const { schema, data, prefix, where, whereKey } = checked;
  const problems: Problem[] = [];
  for (const issue of issues) {
    const inner = [...base, ...(issue.path as PathSegment[])];
    const path = [...prefix, ...inner];
    if (issue.code === 'unrecognized_keys') {
      const valid = allowedKeys(schema, data, inner);
      for (const key of issue.keys.slice(0, MOST_KEYS)) problems.push({ path: [...path, key].join('.'), where: whereKey(path, key), message: `unknown key "${key}"${suggestion(key, valid)}` });
      if (issue.keys.length > MOST_KEYS) problems.push({ path: [...path, '...'].join('.'), where: whereKey(path, issue.keys[MOST_KEYS]!), message: `and ${issue.keys.length - MOST_KEYS} more unknown keys` });
    } else if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      const types = typesOf(issue.errors);
      // Of no type that could be meant: all that could are named.
      if (types.length > 1) problems.push({ path: path.join('.'), where: where(path), message: `expected ${types.slice(0, -1).join(', ')} or ${types.at(-1)!}, received ${typeName(valueAt(data, inner))}` });
      else problems.push(...problemsOf(likeliest(issue.errors), checked, inner));
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
  folder: string,
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
    if (!readOptionFiles(definition, options, folder, (option, message) => problems.push({ path: [...optionsPath, option].join('.'), where: where([...optionsPath, option]), message }))) return;
    const parsed = definition.options.safeParse(options);
    if (!parsed.success) problems.push(...problemsOf(parsed.error.issues, { schema: definition.options, data: options, prefix: optionsPath, where, whereKey }));
    else cells.push({ label, definition, options, effectiveOptions: parsed.data });
  });
  return cells;
}

/** Puts what stands in the files that options name in the place of their paths. False = a file cannot be used. */
function readOptionFiles(definition: OrchestratorDefinition, options: Record<string, unknown>, folder: string, complain: (option: string, message: string) => void): boolean {
  let good = true;
  for (const [option, read] of Object.entries(definition.optionFiles ?? {})) {
    const file = options[option];
    if (typeof file !== 'string') continue;
    try {
      options[option] = read(textOf(resolve(folder, file), file), file);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      complain(option, error.message);
      good = false;
    }
  }
  return good;
}

/** @throws InputError if the file is not there, or no text */
function textOf(path: string, file: string): string {
  let bytes;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new InputError(`${file}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message}`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const { line, column } = firstBadByte(bytes);
    throw new InputError(`${file}:${line}:${column}: is not UTF-8`);
  }
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

/** What the branches of a union expect, if all they say is that the type is another. */
function typesOf(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly string[] {
  const types = branches.flatMap(([issue, ...more]) => (issue?.code === 'invalid_type' && issue.path.length === 0 && more.length === 0 ? [issue.expected] : []));
  return types.length === branches.length ? [...new Set<string>(types)] : [];
}

function typeName(value: unknown): string {
  return value === null ? 'null' : value === undefined ? 'nothing' : Array.isArray(value) ? 'array' : typeof value === 'object' ? 'object' : typeof value;
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
