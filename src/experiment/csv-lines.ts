import { stringify } from 'csv-stringify/sync';
import type { Column } from '../metrics/columns.ts';
import { formatCell } from '../metrics/format-cell.ts';
import type { CellValue } from './run-record.ts';

/** Rows as lines of CSV (RFC 4180 but for LF), each value with the decimals of its column. */
export function csvLines(columns: readonly Pick<Column, 'decimals'>[], rows: readonly (readonly CellValue[])[]): string {
  let text = '';
  for (const row of rows) text += csvLine(columns.map((column, i) => formatCell(row[i], column.decimals)));
  return text;
}

/** One line of CSV. Most hold nothing that needs quotes, and are joined; csv-stringify takes about six times as long. */
export function csvLine(cells: readonly string[]): string {
  return cells.some((cell) => SPECIAL.test(cell)) ? stringify([cells]) : `${cells.join(',')}\n`;
}

const SPECIAL = /[",\n\r]/;
