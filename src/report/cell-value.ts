import type { CsvRow } from './results.ts';
import { ReportInputError } from './report-input-error.ts';

/** A number of a result table; `atLeast` when only a lower bound is known (written `>3600`: censored). */
export interface CellValue {
  readonly value: number;
  readonly atLeast: boolean;
}

/** The number in a column; undefined when the cell is empty or the column absent. Throws {@link ReportInputError} on other text. */
export function cellValue(row: CsvRow, column: string): CellValue | undefined {
  const text = row[column];
  if (text === undefined || text === '') return undefined;
  const atLeast = text.startsWith('>');
  const digits = atLeast ? text.slice(1) : text;
  const value = Number(digits);
  if (digits === '' || !Number.isFinite(value)) throw new ReportInputError(`column '${column}' of run ${row['run'] ?? '?'}: expected a number, found '${text}'`);
  return { value, atLeast };
}

/** As {@link cellValue}, but bounds count as their value and empty cells as NaN. */
export function cellNumber(row: CsvRow, column: string): number {
  return cellValue(row, column)?.value ?? Number.NaN;
}
