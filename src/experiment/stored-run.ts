import { type Column, columnsOf } from '../metrics/columns.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import { quoted } from './csv-lines.ts';
import { type CellValue, type RunRecord, TABLE_NAMES, type TableName } from './run-record.ts';
import type { TextBytes } from './text-bytes.ts';
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

/** Writes what is kept of a record, as the JSON of a {@link StoredRun}. Tables are text already: made where the run was made, so that putting many runs together is copying. */
export function writeStoredRun({ spec, digest, checkpoints, eventCount, recordCount, trail, tables }: RunRecord, into: TextBytes): void {
  into.text(JSON.stringify({ spec, digest, checkpoints, eventCount, recordCount, trail, row: tables.runs[0]! }).slice(0, -1));
  TEXT_TABLES.forEach((name, i) => {
    into.text(`${i === 0 ? ',"tables":{' : ','}"${name}":"`);
    writeLines(columnsOf(`${name}.csv`), tables[name], into);
    into.text('"');
  });
  into.text('}}');
}

const COMMA = 44;
const BACKSLASH = 92;
const N = 110;

/** Lines of CSV within a text of JSON. */
function writeLines(columns: readonly Column[], rows: readonly (readonly CellValue[])[], into: TextBytes): void {
  const decimals = columns.map((column) => column.decimals);
  const last = decimals.length - 1;
  // What lines begin with, mostly all of a run alike: the run, its cell, its orchestrator.
  let texts: readonly CellValue[] = [];
  let from = 0;
  let to = 0;
  for (const row of rows) {
    let i = 0;
    while (i < texts.length && row[i] === texts[i]) i++;
    if (i > 0 && i === texts.length) into.again(from, to);
    else {
      from = into.length;
      for (i = 0; i < last && typeof row[i] === 'string'; i++) {
        into.text(escaped(row[i] as string));
        into.byte(COMMA);
      }
      texts = row.slice(0, i);
      to = into.length;
    }
    for (; i <= last; i++) {
      const value = row[i];
      if (typeof value === 'string') into.text(escaped(value));
      else if (value !== undefined) into.cell(value, decimals[i]!);
      if (i < last) into.byte(COMMA);
    }
    into.byte(BACKSLASH);
    into.byte(N);
  }
}

/** Texts that were escaped before: the names of cells come in every line of a run. */
const known = new Map<string, string>();

const MOST_KNOWN = 1000;

/** A text as it stands in CSV within JSON. */
function escaped(text: string): string {
  let result = known.get(text);
  if (result === undefined) {
    result = JSON.stringify(quoted(text)).slice(1, -1);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(text, result);
  }
  return result;
}
