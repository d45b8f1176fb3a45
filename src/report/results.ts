import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { settingOf } from './cells.ts';
import { type CsvTable, csvTable } from './csv-rows.ts';
import { MOST_SLICES } from './most-slices.ts';
import { ReportInputError } from './report-input-error.ts';

/** One row of a result table: text by column name, empty = not defined. */
export type CsvRow = Readonly<Record<string, string>>;

/** What a result folder holds, as text; see docs/outputs.md for the columns. */
export interface Results {
  /** One row per run; never empty. */
  readonly runs: readonly CsvRow[];
  /** Names of swept parameters: the columns of runs.csv between `seed` and `machines`. */
  readonly parameters: readonly string[];
  /** Rows of the runs of the first {@link MOST_SLICES} settings. */
  readonly timeline: readonly CsvRow[];
  /** As {@link timeline}. */
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
  const drawn = drawnRuns(runs);
  return {
    runs,
    parameters: parametersOf(runs),
    timeline: readTable(folder, 'timeline.csv', [...SERIES_COLUMNS, 'timeS'], drawn) ?? [],
    waits: readTable(folder, 'waits.csv', [...SERIES_COLUMNS, 'kind', 'waitS', 'shareLonger'], drawn) ?? [],
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
  if (runs === undefined) throw new ReportInputError(`${join(folder, 'runs.csv')}: not found; expected a result folder, as seatrial run and sweep write it`);
  if (runs.length === 0) throw new ReportInputError(`${join(folder, 'runs.csv')}: holds no run, only the header; nothing to report on`);
  return runs;
}

/** Ids of the runs of the first settings; undefined = all. Tables over time of a large sweep are larger than any text can be. */
function drawnRuns(runs: readonly CsvRow[]): ReadonlySet<string> | undefined {
  const parameters = parametersOf(runs);
  const settings = [...Map.groupBy(runs, (run) => settingOf(run, parameters)).values()];
  return settings.length <= MOST_SLICES ? undefined : new Set(settings.slice(0, MOST_SLICES).flatMap((own) => own.map((run) => run['run']!)));
}

function readTable(folder: string, file: string, expected: readonly string[], only?: ReadonlySet<string>): readonly CsvRow[] | undefined {
  const text = only === undefined ? readText(join(folder, file)) : readLinesOf(join(folder, file), only);
  if (text === undefined) return undefined;
  let table: CsvTable;
  try {
    table = csvTable(text);
  } catch (error) {
    throw new ReportInputError(`${join(folder, file)}: not a readable CSV file: ${(error as Error).message}`);
  }
  const { header, rows } = table;
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

const CHUNK_BYTES = 1 << 20;

/** The header and the lines that begin with one of these run ids, without holding the whole file. Ids are plain (docs/outputs.md), so a line tells its own by the first comma. */
function readLinesOf(path: string, only: ReadonlySet<string>): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ReportInputError(`${path}: cannot be read: ${(error as Error).message}`);
  }
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const decoder = new StringDecoder('utf8');
    const kept: string[] = [];
    let rest = '';
    for (let length = readSync(file, chunk); length > 0; length = readSync(file, chunk)) {
      const lines = (rest + decoder.write(chunk.subarray(0, length))).split('\n');
      rest = lines.pop()!;
      for (const line of lines) if (kept.length === 0 || only.has(line.slice(0, Math.max(0, line.indexOf(','))))) kept.push(line);
    }
    if (rest !== '' && only.has(rest.slice(0, Math.max(0, rest.indexOf(','))))) kept.push(rest);
    return kept.join('\n');
  } finally {
    closeSync(file);
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
