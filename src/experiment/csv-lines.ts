import { stringify } from 'csv-stringify/sync';
import type { Column } from '../metrics/columns.ts';
import { formatCell } from '../metrics/format-cell.ts';
import type { CellValue } from './run-record.ts';

/** Rows as lines of CSV (RFC 4180 but for LF), each value with the decimals of its column. */
export function csvLines(columns: readonly Pick<Column, 'decimals'>[], rows: readonly (readonly CellValue[])[]): string {
  const decimals = columns.map((column) => column.decimals);
  let text = '';
  for (const row of rows) {
    for (let i = 0; i < decimals.length; i++) {
      const value = row[i];
      // Figures need no quotes.
      const cell = typeof value === 'string' ? quoted(value) : formatCell(value, decimals[i]!);
      text += i === 0 ? cell : `,${cell}`;
    }
    text += '\n';
  }
  return text;
}

/** One line of CSV. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(quoted).join(',')}\n`;
}

const SPECIAL = /[",\n\r]/;

/** Texts that were quoted before: the names of cells come in every line of a run. */
const known = new Map<string, string>();

const MOST_KNOWN = 1000;

/** A text as csv-stringify writes it. */
export function quoted(text: string): string {
  if (!SPECIAL.test(text)) return text;
  let result = known.get(text);
  if (result === undefined) {
    result = stringify([[text]]).slice(0, -1);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(text, result);
  }
  return result;
}
