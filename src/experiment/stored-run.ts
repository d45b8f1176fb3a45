import { columnsOf } from '../metrics/columns.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import { csvLines } from './csv-lines.ts';
import { type CellValue, type RunRecord, TABLE_NAMES, type TableName } from './run-record.ts';
import type { Trail } from './trail.ts';

/** Tables that are kept as text, ready to be put together. */
export type TextTable = Exclude<TableName, 'runs'>;

/** Tables in the order of their files. */
export const TEXT_TABLES = TABLE_NAMES.filter((name): name is TextTable => name !== 'runs');

/** A finished run as it stands in `runs/<run id>.json`. */
export interface StoredRun {
  readonly spec: RunSpec;
  readonly digest: string;
  readonly checkpoints: readonly string[];
  readonly eventCount: number;
  readonly recordCount: number;
  readonly trail: Trail;
  /** Its row of runs.csv, without the columns of axes. */
  readonly row: readonly CellValue[];
  /** Its lines of the other tables. */
  readonly tables: Readonly<Record<TextTable, string>>;
}

/** What is kept of a record, tables as text: made where the run was made, so that putting many runs together is copying. */
export function storedRunOf({ spec, digest, checkpoints, eventCount, recordCount, trail, tables }: RunRecord): StoredRun {
  const texts = Object.fromEntries(TEXT_TABLES.map((name) => [name, csvLines(columnsOf(`${name}.csv`), tables[name])])) as Record<TextTable, string>;
  return { spec, digest, checkpoints, eventCount, recordCount, trail, row: tables.runs[0]!, tables: texts };
}
