import { baselineOf, type Cell, cellsOf, type Cells, labelOf, settingOf } from './cells.ts';
import { type Contrast, contrasts, type SameInputs } from './contrast.ts';
import { headlineMeasures, type Measure, measuresIn } from './measures.ts';
import { ReportInputError } from './report-input-error.ts';
import { type CsvRow, readRunTables, type Results } from './results.ts';

/** One of the result folders that are compared. */
export interface ComparedFolder {
  readonly folder: string;
  readonly name: string;
  /** `0.1.0, model 303ec6bd5ba1`; empty where the folder has no manifest. */
  readonly version: string;
  readonly runs: number;
  readonly seeds: number;
}

/** One folder, or one orchestrator, against the baseline. */
export interface ComparedSide {
  /** What is compared with the baseline: a folder, or a label within one. */
  readonly name: string;
  readonly contrasts: readonly Contrast[];
  /** Cells without counterpart. */
  readonly onlyInBaseline: readonly string[];
  readonly onlyHere: readonly string[];
}

export interface Comparison {
  readonly folders: readonly ComparedFolder[];
  /** What everything is compared with: the first folder, or a label. */
  readonly baseline: string;
  readonly sides: readonly ComparedSide[];
  /** Things a reader has to know: versions or inputs that differ, runs left out. */
  readonly notes: readonly string[];
}

export interface ComparisonOptions {
  /** Of one folder: label of the orchestrator that the others are compared with; default the first. */
  readonly baseline?: string | undefined;
  /** Columns of runs.csv; default: the main ones. */
  readonly columns?: readonly string[] | undefined;
}

/** What a comparison needs of a folder. */
export type RunTables = Pick<Results, 'runs' | 'parameters' | 'plan' | 'manifest'>;

/** Compares folders with the first, or the orchestrators of one folder with one of them. Throws {@link ReportInputError} where they do not fit. */
export function compareFolders(folders: readonly string[], options: ComparisonOptions = {}): Comparison {
  return compareResults(folders.map((folder) => ({ folder, results: readRunTables(folder) })), options);
}

/** As {@link compareFolders}, of results that were read. */
export function compareResults(given: readonly { readonly folder: string; readonly results: RunTables }[], options: ComparisonOptions = {}): Comparison {
  const measures = measuresOf(given, options.columns);
  const folders = given.map(({ folder, results }): ComparedFolder => ({ folder, name: results.runs[0]!['scenario'] ?? '', version: versionOf(results), runs: results.runs.length, seeds: new Set(results.runs.map((run) => run['seed'])).size }));
  const first = given[0]!;
  const cells = cellsOf(first.results);
  if (given.length === 1) {
    const baseline = options.baseline ?? cells.labels[0]!;
    if (!cells.labels.includes(baseline)) throw new ReportInputError(`${first.folder}: there is no orchestrator '${baseline}' to compare with; there are: ${cells.labels.join(', ')}`);
    if (cells.labels.length === 1) throw new ReportInputError(`${first.folder}: holds one orchestrator (${baseline}); expected a second one, or a second folder to compare with`);
    return { folders, baseline, sides: labelsAgainst(cells, baseline, measures, sameInputsIn(first.results, first.results)), notes: notesOn(given) };
  }
  if (options.baseline !== undefined) throw new ReportInputError(`a baseline is an orchestrator within one folder; of several folders the first (${first.folder}) is what the others are compared with`);
  const sides = foldersAgainst(given.slice(1).map(({ folder, results }) => ({ folder, cells: cellsOf(results), sameInputs: sameInputsIn(first.results, results) })), first.folder, cells, measures);
  return { folders, baseline: first.folder, sides, notes: notesOn(given) };
}

/** The orchestrators of one folder against one of them. */
function labelsAgainst(cells: Cells, baseline: string, measures: readonly Measure[], sameInputs: SameInputs): readonly ComparedSide[] {
  const groups = cells.labels.filter((label) => label !== baseline).map((label) => {
    const own = cells.cells.filter((cell) => cell.label === label);
    const pairs = own.flatMap((cell): (readonly [Cell, Cell])[] => {
      const other = baselineOf(cells, cell, baseline);
      return other === undefined ? [] : [[other, cell]];
    });
    return { label, own, pairs, sameInputs };
  });
  const all = contrasts(groups, measures);
  return groups.map(({ label, own, pairs }, i) => ({ name: label, contrasts: all[i]!, onlyInBaseline: [], onlyHere: own.flatMap((cell) => (pairs.some(([, after]) => after === cell) ? [] : [cell.name])) }));
}

function foldersAgainst(others: readonly { readonly folder: string; readonly cells: Cells; readonly sameInputs: SameInputs }[], baseFolder: string, base: Cells, measures: readonly Measure[]): readonly ComparedSide[] {
  const byName = new Map(base.cells.map((cell) => [cell.name, cell]));
  const groups = others.map((other) => {
    const pairs = other.cells.cells.flatMap((cell): (readonly [Cell, Cell])[] => (byName.has(cell.name) ? [[byName.get(cell.name)!, cell]] : []));
    if (pairs.length === 0) {
      throw new ReportInputError(`${other.folder} and ${baseFolder} have no cell in common:\n  ${baseFolder}: ${namesOf(base.cells)}\n  ${other.folder}: ${namesOf(other.cells.cells)}\nfolders fit when their orchestrators have the same labels and they vary the same things`);
    }
    return { ...other, pairs };
  });
  const all = contrasts(groups, measures);
  return groups.map(({ folder, cells, pairs }, i) => {
    const both = new Set(pairs.map(([cell]) => cell.name));
    const missing = (one: Cells): readonly string[] => one.cells.flatMap((cell) => (both.has(cell.name) ? [] : [cell.name]));
    return { name: folder, contrasts: all[i]!, onlyInBaseline: missing(base), onlyHere: missing(cells) };
  });
}

const MOST_NAMES = 8;

function namesOf(cells: readonly Cell[]): string {
  const names = cells.slice(0, MOST_NAMES).map((cell) => `"${cell.name}"`);
  return `${names.join(', ')}${cells.length > MOST_NAMES ? ` and ${cells.length - MOST_NAMES} more` : ''}`;
}

function measuresOf(given: readonly { readonly folder: string; readonly results: RunTables }[], columns: readonly string[] | undefined): readonly Measure[] {
  const runs = given.flatMap(({ results }) => results.runs);
  // Each folder has its own header: a column of any of them can be asked for.
  const there = given.map(({ results }) => measuresIn(results.runs));
  if (columns === undefined) {
    const columnsThere = new Set(there.flat().map((measure) => measure.column));
    const main = headlineMeasures(runs).filter((measure) => columnsThere.has(measure.column));
    return main.length > 0 ? main : there[0]!;
  }
  return columns.map((column) => {
    const found = there.flat().find((measure) => measure.column === column);
    if (found === undefined) throw new ReportInputError(`column '${column}': no numeric column of runs.csv in ${given.map(({ folder }) => folder).join(', ')}; there are: ${[...new Set(there.flat().map((measure) => measure.column))].join(', ')}`);
    return found;
  });
}

/** Tells by the hashes in plan.json whether two runs met the same work, machines and faults. */
export function sameInputsIn(before: Pick<Results, 'plan'>, after: Pick<Results, 'plan'>): SameInputs {
  const [a, b] = [inputsByRun(before.plan), inputsByRun(after.plan)];
  return (one, other) => {
    const inputs = a.get(one['run']!);
    return inputs !== undefined && inputs === b.get(other['run']!);
  };
}

function inputsByRun(plan: unknown): ReadonlyMap<string, string> {
  const runs = listAt(plan, 'runs');
  return new Map(
    runs.flatMap((run): (readonly [string, string])[] => {
      const [id, ...inputs] = ['id', 'workload', 'machines', 'faults', 'fromUs', 'toUs'].map((key) => memberOf(run, key));
      return typeof id === 'string' && inputs.every((input) => input !== undefined) ? [[id, inputs.join(' ')]] : [];
    }),
  );
}

function notesOn(given: readonly { readonly folder: string; readonly results: RunTables }[]): readonly string[] {
  const notes: string[] = [];
  const versions = new Set(given.map(({ results }) => versionOf(results)));
  if (versions.size > 1) notes.push(`The folders come from different versions: ${given.map(({ folder, results }) => `${folder} ${versionOf(results) || 'unknown'}`).join('; ')}.`);
  const names = new Set(given.map(({ results }) => results.runs[0]!['scenario'] ?? ''));
  for (const { folder, results } of given) {
    const planned = listAt(results.plan, 'runs').length;
    if (planned > results.runs.length) notes.push(`${folder} holds ${results.runs.length} of ${planned} planned runs.`);
  }
  const [first, ...others] = given;
  for (const { folder, results } of others) {
    const before = new Map(first!.results.runs.map((run) => [keyOf(run, first!.results.parameters), run['digest']]));
    const both = results.runs.filter((run) => before.has(keyOf(run, results.parameters)));
    const equal = both.filter((run) => run['digest'] !== undefined && before.get(keyOf(run, results.parameters)) === run['digest']).length;
    if (both.length > 0) notes.push(`${folder}: ${equal} of ${both.length} runs have the digest that they have in ${first!.folder}${equal === both.length ? ': the same, record by record' : ''}.`);
  }
  if (names.size > 1) notes.push(`The folders come from different scenarios: ${[...names].join(', ')}.`);
  return notes;
}

/** Tells runs of different folders apart by what they are, not by their ids, which change with the version. */
function keyOf(run: CsvRow, parameters: readonly string[]): string {
  return [labelOf(run), settingOf(run, parameters), run['seed']].join('\n');
}

function versionOf({ manifest, plan }: RunTables): string {
  const versions = memberOf(manifest, 'versions') ?? memberOf(plan, 'version');
  const [version, model] = [memberOf(versions, 'seatrial') ?? memberOf(versions, 'package'), memberOf(versions, 'model')];
  return [version, model === undefined ? undefined : `model ${String(model)}`].flatMap((part) => (part === undefined ? [] : [String(part)])).join(', ');
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

function listAt(value: unknown, key: string): readonly unknown[] {
  const found = memberOf(value, key);
  return Array.isArray(found) ? (found as unknown[]) : [];
}
