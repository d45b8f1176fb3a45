import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { ReportInputError } from './report-input-error.ts';

/** One row of a result table: text by column name, empty = not defined. */
export type CsvRow = Readonly<Record<string, string>>;

/** What a result folder holds, as text; see docs/outputs.md for the columns. */
export interface Results {
  /** One row per run; never empty. */
  readonly runs: readonly CsvRow[];
  /** Names of swept parameters: the columns of runs.csv between `seed` and `machines`. */
  readonly parameters: readonly string[];
  readonly timeline: readonly CsvRow[];
  readonly waits: readonly CsvRow[];
  readonly recoveries: readonly CsvRow[];
  readonly translations: readonly CsvRow[];
  readonly failures: readonly CsvRow[];
  /** plan.json and manifest.json as parsed; undefined when absent. */
  readonly plan: unknown;
  readonly manifest: unknown;
}

const RUN_COLUMNS = ['run', 'cell', 'orchestrator', 'seed', 'machines'];
const SERIES_COLUMNS = ['run'];

/** Reads a result folder. Only runs.csv must be there; other tables count as empty when absent. Throws {@link ReportInputError}. */
export function readResults(folder: string): Results {
  const runs = readRuns(folder);
  return {
    runs,
    parameters: parametersOf(runs),
    timeline: readTable(folder, 'timeline.csv', [...SERIES_COLUMNS, 'timeS']) ?? [],
    waits: readTable(folder, 'waits.csv', [...SERIES_COLUMNS, 'kind', 'waitS', 'shareLonger']) ?? [],
    recoveries: readTable(folder, 'recoveries.csv', [...SERIES_COLUMNS, 'fault', 'injectedS']) ?? [],
    translations: readTable(folder, 'translations.csv', [...SERIES_COLUMNS, 'rule']) ?? [],
    failures: readTable(folder, 'failures.csv', [...SERIES_COLUMNS]) ?? [],
    plan: readJson(folder, 'plan.json'),
    manifest: readJson(folder, 'manifest.json'),
  };
}

/** As {@link readResults}, but of the tables runs.csv alone. */
export function readRunTables(folder: string): Pick<Results, 'runs' | 'parameters' | 'plan' | 'manifest'> {
  const runs = readRuns(folder);
  return { runs, parameters: parametersOf(runs), plan: readJson(folder, 'plan.json'), manifest: readJson(folder, 'manifest.json') };
}

/** Names of swept parameters: the columns of runs.csv between `seed` and `machines`. */
export function parametersOf(runs: readonly CsvRow[]): readonly string[] {
  const header = Object.keys(runs[0] ?? {});
  return header.slice(header.indexOf('seed') + 1, header.indexOf('machines'));
}

/** The rows of runs.csv. Throws {@link ReportInputError} when there are none. */
export function readRuns(folder: string): readonly CsvRow[] {
  const runs = readTable(folder, 'runs.csv', RUN_COLUMNS);
  if (runs === undefined) throw new ReportInputError(`${join(folder, 'runs.csv')}: not found. A report needs the result folder of a run; is this one?`);
  if (runs.length === 0) throw new ReportInputError(`${join(folder, 'runs.csv')}: holds no run, only the header; nothing to report on`);
  return runs;
}

function readTable(folder: string, file: string, expected: readonly string[]): readonly CsvRow[] | undefined {
  const text = readText(join(folder, file));
  if (text === undefined) return undefined;
  let rows: CsvRow[];
  let header: readonly string[] = [];
  try {
    rows = parse(text, {
      columns: (names: string[]) => {
        header = names;
        return names;
      },
      bom: true,
      skip_empty_lines: true,
    });
  } catch (error) {
    throw new ReportInputError(`${join(folder, file)}: not a readable CSV file: ${(error as Error).message}`);
  }
  for (const column of expected) {
    if (!header.includes(column) && header.length > 0) throw new ReportInputError(`${join(folder, file)}:1: column '${column}' is missing; the header has: ${header.join(', ')}`);
  }
  return rows;
}

function readJson(folder: string, file: string): unknown {
  const text = readText(join(folder, file));
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ReportInputError(`${join(folder, file)}: not readable as JSON: ${(error as Error).message}`);
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ReportInputError(`${path}: cannot be read: ${(error as Error).message}`);
  }
}
