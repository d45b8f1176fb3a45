import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { columnsOf } from '../metrics/columns.ts';
import { writeAtomically } from './atomic-file.ts';
import { csvLine } from './csv-lines.ts';

/** A row of failures.csv. */
export type FailureRow = Readonly<Record<'run' | 'cell' | 'orchestrator' | 'seed' | 'error' | 'command', string>>;

const FILE = 'failures.csv';

/** The runs of a folder that came to no result; none where nothing was written yet. */
export function readFailures(folder: string): FailureRow[] {
  const file = join(folder, FILE);
  return existsSync(file) ? (parse(readFileSync(file, 'utf8'), { columns: true }) as FailureRow[]) : [];
}

/** Writes failures.csv; the header alone when nothing failed. */
export function writeFailures(folder: string, rows: readonly FailureRow[]): void {
  const columns = columnsOf(FILE).map(({ name }) => name);
  writeAtomically(join(folder, FILE), [csvLine(columns), ...rows.map((row) => csvLine(columns.map((name) => row[name as keyof FailureRow])))]);
}
