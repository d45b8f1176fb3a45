import { dirname, resolve } from 'node:path';
import { nearest, suggestion } from '../engine/nearest.ts';
import type { OrchestratorDefinition } from '../orchestrators/orchestrator.ts';
import { AxisError, axisOf, type Axis, LABEL_COLUMN, textOf } from './axis.ts';
import { type Cell, checkData, type Places } from './check-data.ts';
import { type Combination, combinationsOf, isOver } from './combinations.ts';
import { applyOverride, type Override } from './override.ts';
import { type ParameterValues, settleParameters, substituteParameters } from './parameters.ts';
import { type Problem, ScenarioError } from './problem.ts';
import { type Scenario, SCENARIO } from './schema.ts';
import { SWEEP, type SweepSection } from './sweep-schema.ts';
import { type PathSegment, readYaml, type YamlDocument } from './yaml-document.ts';

export interface LoadOptions {
  readonly overrides?: readonly Override[];
  readonly parameters?: ReadonlyMap<string, string>;
  /** Orchestrators that can be named. */
  readonly orchestrators: readonly OrchestratorDefinition[];
}

/** One combination of a sweep's axes, checked; a scenario without a sweep has one. */
export interface Variant {
  readonly scenario: Scenario;
  /** The `faults` as written, with parameters filled in and shares of the window still as shares. */
  readonly faults: unknown;
  /** Per orchestrator. */
  readonly cells: readonly VariantCell[];
}

/** One orchestrator of one combination. */
export interface VariantCell extends Cell {
  /** Identifies the combination, but for the seed: the label, and the values of the axes that matter for it. */
  readonly cell: string;
  /** Value per axis but for the labels, in order; `null` where an axis is about other orchestrators. */
  readonly axes: readonly (readonly [column: string, text: string | null])[];
}

/** An axis as results tell of it. */
export interface AxisColumn {
  /** Column of runs.csv. */
  readonly column: string;
  /** Paths of the scenario that it sets. */
  readonly paths: readonly string[];
  /** Values in order, as they stand in the column. */
  readonly values: readonly string[];
}

/** A valid scenario and what it was made of. */
export interface LoadedScenario {
  /** Of the first combination. */
  readonly scenario: Scenario;
  /** The data as written, overrides applied, parameters still as names (they may be paths of one machine): what is printed. */
  readonly written: unknown;
  /** As given on the command line. */
  readonly file: string;
  /** SHA-256 of the file's text. */
  readonly sha256: string;
  /** Paths in the scenario are relative to this. */
  readonly folder: string;
  readonly seeds: readonly number[];
  /** The orchestrators' labels first, then what the sweep varies. */
  readonly axes: readonly AxisColumn[];
  /** Combinations of the axes, in order. */
  readonly variants: readonly Variant[];
  /** Orchestrators of the first combination. */
  readonly cells: readonly VariantCell[];
  /** Whether anything but orchestrators and seeds is varied, or a section `sweep` says so. */
  readonly isSweep: boolean;
  /** `file:line:column`, or the option of the command line, where the value at a path is said. */
  where(path: readonly PathSegment[]): string;
}

/** Reads and checks a scenario file. @throws ScenarioError with every problem found */
export function loadScenario(file: string, options: LoadOptions): LoadedScenario {
  return checkScenario(readYaml(file), options);
}

/** As {@link loadScenario}, from a parsed document. */
export function checkScenario(document: YamlDocument, options: LoadOptions): LoadedScenario {
  const overridden: { path: readonly PathSegment[]; where: string }[] = [];
  let data = document.value;
  if (data === null || typeof data !== 'object' || Array.isArray(data)) {
    throw new ScenarioError([{ path: '', where: document.where([]), message: 'expected a mapping with the keys name, question, workload, cluster and orchestrators' }]);
  }
  const swept: Override[] = [];
  const names = axisNames((data as Record<string, unknown>)['sweep']);
  for (const override of options.overrides ?? []) {
    refuseMisspeltAxis(override, names);
    if (override.values !== null || names.some((axis) => isOver(axis, override.path.join('.')))) {
      swept.push(override);
      continue;
    }
    const applied = applyOverride(data, override);
    data = applied.data;
    overridden.push({ path: applied.path, where: `--set ${override.text}` });
  }
  const places: Places = placesOf(document, overridden);
  const base = data as Record<string, unknown>;
  const parameters = settleParameters(base['parameters'], options.parameters ?? new Map(), places.where);

  const written = base['sweep'];
  const section = written === undefined ? null : SWEEP.safeParse(written);
  if ((section === null || !section.success) && swept.length === 0) {
    // Nothing is varied; or what is varied cannot be read, which the check of the whole says.
    const { scenario, cells, faults } = checkedWhole(base, parameters, places, options);
    return loadedOf(document, places, base, [{ scenario, faults, cells: cells.map((cell) => ({ ...cell, cell: cell.label, axes: [] })) }], [], [...(scenario.seeds ?? [scenario.seed ?? 1])], false);
  }
  if (section !== null && !section.success) checkedWhole(base, parameters, places, options);
  return sweepOf(document, base, section?.data ?? {}, swept, parameters, overridden, options);
}

function sweepOf(
  document: YamlDocument,
  base: Readonly<Record<string, unknown>>,
  section: SweepSection,
  swept: readonly Override[],
  parameters: ParameterValues,
  overridden: readonly { path: readonly PathSegment[]; where: string }[],
  options: LoadOptions,
): LoadedScenario {
  const places = placesOf(document, overridden);
  const axesOfCommandLine = swept.map((override) => axisOfCommandLine(override));
  const { axes, combinations, orchestrators, problems } = combinationsOf(section, axesOfCommandLine, places.where);
  if (problems.length > 0) throw new ScenarioError(inFileOrder(problems));
  const fixed = new Map(Object.entries(base));
  fixed.delete('sweep');
  const entries = Array.isArray(base['orchestrators']) ? (base['orchestrators'] as unknown[]) : [];
  if (orchestrators !== null) fixed.set('orchestrators', orchestrators.map((entry) => entryNamed(entries, entry)));
  const unvaried = Object.fromEntries(fixed);
  if (section.seeds !== undefined && (base['seeds'] !== undefined || base['seed'] !== undefined)) {
    throw new ScenarioError([{ path: 'sweep.seeds', where: places.where(['sweep', 'seeds']), message: 'the scenario gives seeds already; expected them in one place' }]);
  }

  const labelsThere = new Set<string>();
  const checkOne = (combination: Combination): Variant | Problem[] => {
    let data: unknown = unvaried;
    const set = [...overridden];
    const clashes: Problem[] = [];
    combination.values.forEach((value, i) => {
      if (value === null) return;
      const axis = axes[i]!;
      const where = typeof value.source === 'string' ? value.source : places.where(value.source);
      const before = [...set];
      for (const path of axis.paths) {
        const isEntry = axis.column === LABEL_COLUMN;
        const applied = applyOverride(data, { path, value: isEntry ? [entryNamed(entries, value.value)] : value.value, where });
        data = applied.data;
        // Its column would go on naming a value that no run has.
        const lost = isEntry ? undefined : before.find((other) => applied.path.length <= other.path.length && applied.path.every((segment, depth) => segment === other.path[depth]));
        if (lost !== undefined) clashes.push({ path: path.join('.'), where, message: `takes away what ${lost.where} sets at ${lost.path.join('.')}; expected one of them, or the larger one before the smaller` });
        set.push({ path: applied.path, where });
      }
    });
    if (clashes.length > 0) return clashes;
    const checked = checkedOf(data as Record<string, unknown>, parameters, placesOf(document, set), options);
    if (checked.scenario === null) return [...checked.problems];
    for (const { label } of checked.cells) labelsThere.add(label);
    const cells = checked.cells.filter(({ label }) => !combination.without.has(label)).map((cell): VariantCell => {
      const texts = axes.flatMap((axis, i): [string, string | null][] => {
        if (axis.column === LABEL_COLUMN) return [];
        if (!axis.paths.some((path) => isAbout(path, checked.cells, cell.label))) return [[axis.column, null]];
        return [[axis.column, combination.values[i]?.text ?? textAt(data, axis.paths[0]!)]];
      });
      return { ...cell, axes: texts, cell: [cell.label, ...texts.flatMap(([column, text]) => (text === null ? [] : [`${column}=${text}`]))].join(', ') };
    });
    return { scenario: checked.scenario, faults: checked.faults, cells };
  };

  const found = new Map<string, Problem>();
  const variants: Variant[] = [];
  const gather = (result: Variant | Problem[]): void => {
    if (Array.isArray(result)) for (const problem of result) found.set(`${problem.where} ${problem.path} ${problem.message}`, problem);
    else variants.push(result);
  };
  const failWhereFound = (): void => {
    if (found.size > 0) throw new ScenarioError(inFileOrder(withoutEchoes([...found.values()])));
  };
  // Every value once, so that all that is wrong is said at once; then every combination.
  for (const combination of covering(combinations)) gather(checkOne(combination));
  failWhereFound();
  variants.length = 0;
  for (const combination of combinations) {
    gather(checkOne(combination));
    if (found.size > MOST_PROBLEMS) break;
  }
  failWhereFound();
  // Where the command line names other orchestrators, those of the scenario need not be there.
  const areOthers = [...overridden, ...swept].some(({ path }) => path[0] === 'orchestrators' && path.length === 1);
  const unknown = (section.exclude ?? []).flatMap(({ orchestrators: label }, i): Problem[] => {
    if (label === undefined || areOthers || labelsThere.has(textOf(label))) return [];
    return [{ path: `sweep.exclude.${i}.orchestrators`, where: places.where(['sweep', 'exclude', i, 'orchestrators']), message: `there is no orchestrator labelled "${textOf(label)}"${suggestion(textOf(label), [...labelsThere])}` }];
  });
  if (unknown.length > 0) throw new ScenarioError(inFileOrder(unknown));
  const labels = [...new Set(variants.flatMap(({ cells }) => cells.map(({ label }) => label)))];
  const columns = axes.filter(({ column }) => column !== LABEL_COLUMN).map(({ column, paths }, i): AxisColumn => {
    const order = axes.filter((axis) => axis.column !== LABEL_COLUMN)[i]!.values.map(({ text }) => text);
    const seen = new Set(variants.flatMap(({ cells }) => cells.map((cell) => cell.axes[i]![1])).filter((text) => text !== null));
    return { column, paths: paths.map((path) => path.join('.')), values: [...order.filter((text) => seen.has(text)), ...[...seen].filter((text) => !order.includes(text))] };
  });
  if (labels.length === 0) throw new ScenarioError([{ path: 'sweep.exclude', where: places.where(['sweep', 'exclude']), message: 'every run is left out' }]);
  const first = variants[0]!.scenario;
  return loadedOf(document, places, base, variants, columns, section.seeds ?? first.seeds ?? [first.seed ?? 1], true);
}

const MOST_PROBLEMS = 50;

function loadedOf(document: YamlDocument, places: Places, written: unknown, variants: readonly Variant[], columns: readonly AxisColumn[], seeds: readonly number[], isSweep: boolean): LoadedScenario {
  const labels = [...new Set(variants.flatMap(({ cells }) => cells.map(({ label }) => label)))];
  return {
    scenario: variants[0]!.scenario,
    written,
    file: document.file,
    sha256: document.sha256,
    folder: dirname(resolve(document.file)),
    seeds,
    axes: [{ column: LABEL_COLUMN, paths: ['orchestrators'], values: labels }, ...columns],
    variants,
    cells: variants[0]!.cells,
    isSweep,
    where: places.where,
  };
}

function placesOf(document: YamlDocument, overridden: readonly { path: readonly PathSegment[]; where: string }[]): Places {
  return {
    where: (path) => overriddenAt(overridden, path) ?? document.where(path),
    whereKey: (path, key) => overriddenAt(overridden, [...path, key]) ?? document.whereKey(path, key),
    folder: dirname(resolve(document.file)),
  };
}

/** Checks data with parameters filled in. */
function checkedOf(data: Readonly<Record<string, unknown>>, parameters: ParameterValues, places: Places, options: LoadOptions): ReturnType<typeof checkData> & { readonly faults: unknown } {
  const substituted = substituteParameters(data, parameters, places.where);
  const source = substituted.data as Record<string, unknown>;
  return { ...checkData(source, options.orchestrators, places, [...parameters.problems, ...substituted.problems]), faults: source['faults'] ?? [] };
}

/** As {@link checkedOf}. @throws ScenarioError */
function checkedWhole(data: Readonly<Record<string, unknown>>, parameters: ParameterValues, places: Places, options: LoadOptions): { scenario: Scenario; cells: readonly Cell[]; faults: unknown } {
  const { scenario, cells, problems, faults } = checkedOf(data, parameters, places, options);
  if (scenario === null) throw new ScenarioError(inFileOrder(withoutEchoes(problems)));
  return { scenario, cells, faults };
}

/** Axes that a scenario names, as far as they can be read. */
/** A name that is neither an axis nor a key, but nearly an axis. @throws ScenarioError */
function refuseMisspeltAxis({ path, text }: Override, axes: readonly Axis[]): void {
  const name = path.join('.');
  if (path.length !== 1 || Object.hasOwn(SCENARIO.shape, name) || axes.some((axis) => isOver(axis, name))) return;
  const meant = nearest(name, axes.map(({ column }) => column));
  if (meant !== undefined) throw new ScenarioError([{ path: name, where: `--set ${text}`, message: `unknown key "${name}"; did you mean the axis "${meant}"?` }]);
}

function axisNames(section: unknown): Axis[] {
  const parsed = SWEEP.safeParse(section);
  if (!parsed.success) return [];
  const { matrix = {}, zip = [] } = parsed.data;
  return [matrix, ...(Array.isArray(zip) ? zip : [zip])].flatMap((group) =>
    Object.entries(group).flatMap(([name, written]) => {
      try {
        return [axisOf(name, written, '')];
      } catch (error) {
        if (error instanceof AxisError) return [];
        throw error;
      }
    }),
  );
}

function axisOfCommandLine(override: Override): Axis {
  try {
    return axisOf(override.path.join('.'), override.values ?? [override.value], `--set ${override.text}`);
  } catch (error) {
    if (!(error instanceof AxisError)) throw error;
    throw new ScenarioError([{ path: override.path.join('.'), where: `--set ${override.text}`, message: error.message }]);
  }
}

/** An entry of the scenario's list of orchestrators by its label or name; what it does not hold stands for itself. */
function entryNamed(entries: readonly unknown[], wanted: unknown): unknown {
  if (typeof wanted !== 'string') return wanted;
  return entries.find((entry) => entry !== null && typeof entry === 'object' && ((entry as { label?: unknown }).label ?? (entry as { use?: unknown }).use) === wanted) ?? wanted;
}

/** Whether a path is about an orchestrator: all are, but for those into the options of another. */
function isAbout(path: readonly string[], cells: readonly Cell[], label: string): boolean {
  if (path[0] !== 'orchestrators' || path.length < 2) return true;
  const index = /^\d+$/.test(path[1]!) ? Number(path[1]) : cells.findIndex((cell) => cell.label === path[1] || cell.definition.name === path[1]);
  return cells[index]?.label === label;
}

/** What the scenario says at a path, in words; empty where it says nothing. */
function textAt(data: unknown, path: readonly string[]): string | null {
  let value = data;
  for (const segment of path) {
    if (value === null || typeof value !== 'object') return null;
    const list: readonly unknown[] | null = Array.isArray(value) ? value : null;
    value = list === null ? (Object.hasOwn(value, segment) ? (value as Record<string, unknown>)[segment] : undefined) : (list[Number(segment)] ?? list.find((element) => element !== null && typeof element === 'object' && Object.values(element).includes(segment)));
  }
  return value === undefined ? null : textOf(value);
}

/** Few combinations in which every value of every axis occurs. */
function covering(combinations: readonly Combination[]): Combination[] {
  const seen = new Set<unknown>();
  return combinations.filter(({ values }) => {
    const isNew = values.some((value) => !seen.has(value));
    for (const value of values) seen.add(value);
    return isNew;
  });
}

function overriddenAt(overridden: readonly { path: readonly PathSegment[]; where: string }[], path: readonly PathSegment[]): string | undefined {
  const hit = overridden.findLast((entry) => entry.path.length <= path.length && entry.path.every((segment, i) => String(segment) === String(path[i])));
  return hit?.where;
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
