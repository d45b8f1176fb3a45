import { nearest } from '../engine/nearest.ts';
import type { CsvRows } from './csv-rows.ts';
import { TraceInputError } from './trace-input-error.ts';

/** Which field holds which column: from the header row of a CSV file. */
export class CsvHeader<Column extends string> {
  readonly #rows: CsvRows;
  readonly #fields = new Map<Column, number>();
  /** Fields that a row must have. */
  readonly count: number;

  /**
   * Reads the header.
   * @param strict whether a column that is in neither list is an error (foreign traces may carry more columns than are used)
   * @throws TraceInputError naming the column that is missing, named twice or unknown
   */
  constructor(rows: CsvRows, required: readonly Column[], optional: readonly Column[], strict: boolean) {
    this.#rows = rows;
    if (!rows.next()) throw new TraceInputError({ file: rows.file, line: 1, problem: 'the file is empty', expected: `a header with the columns ${required.join(', ')}` });
    const known = new Set<string>([...required, ...optional]);
    this.count = rows.count;
    const unused: string[] = [];
    for (let field = 0; field < rows.count; field++) {
      const name = rows.text(field).trim();
      if (!known.has(name)) {
        if (strict) throw new TraceInputError({ file: rows.file, line: rows.line, path: name, problem: 'is no column of this format', expected: `columns from ${[...known].join(', ')}`, ...meant(name, known) });
        unused.push(name);
        continue;
      }
      if (this.#fields.has(name as Column)) throw new TraceInputError({ file: rows.file, line: rows.line, path: name, problem: 'the column is named twice' });
      this.#fields.set(name as Column, field);
    }
    for (const name of required) {
      if (!this.#fields.has(name)) {
        throw new TraceInputError({ file: rows.file, line: rows.line, path: name, problem: 'the header lacks this column', expected: `a header with the columns ${required.join(', ')}`, ...misspelt(name, unused) });
      }
    }
  }

  /** Field index of a column; -1 if the file does not have it. */
  field(column: Column): number {
    return this.#fields.get(column) ?? -1;
  }

  /** Text of the current row in a column; '' if the file does not have it. */
  text(column: Column): string {
    const field = this.field(column);
    return field < 0 ? '' : this.#rows.text(field);
  }
}

function meant(name: string, others: Iterable<string>): { hint?: string } {
  const closest = nearest(name, others);
  return closest === undefined ? {} : { hint: `did you mean "${closest}"?` };
}

function misspelt(name: string, unused: readonly string[]): { hint?: string } {
  const closest = nearest(name, unused);
  return closest === undefined ? {} : { hint: `it has "${closest}"` };
}
