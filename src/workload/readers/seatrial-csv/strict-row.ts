import { parseBytes, QuantityError } from '../../../engine/quantity.ts';
import type { CsvHeader } from '../../csv-header.ts';
import type { CsvRows } from '../../csv-rows.ts';
import { TraceInputError } from '../../trace-input-error.ts';

/** The current row of a file in Seatrial's own format, field by field. The format is ours, so a mistake is an error at its line and column and no row to be skipped. */
export class StrictRow<Column extends string> {
  readonly #rows: CsvRows;
  readonly #header: CsvHeader<Column>;
  readonly #bytesByText = new Map<string, number>();

  constructor(rows: CsvRows, header: CsvHeader<Column>) {
    this.#rows = rows;
    this.#header = header;
  }

  /** Steps to the next row; false at the end. */
  next(): boolean {
    if (!this.#rows.next()) return false;
    if (this.#rows.count !== this.#header.count) {
      throw new TraceInputError({ file: this.#rows.file, line: this.#rows.line, problem: `the row has ${this.#rows.count} fields`, expected: `${this.#header.count}, as in the header` });
    }
    return true;
  }

  get line(): number {
    return this.#rows.line;
  }

  text(column: Column): string {
    return this.#header.text(column).trim();
  }

  /** @throws TraceInputError when the field is empty or missing */
  name(column: Column): string {
    const name = this.text(column);
    if (name === '') throw this.fail(column, 'is empty', 'a name');
    return name;
  }

  /**
   * A number of 0 or more times 10^shift.
   * @param absent for an empty field; absent itself = the field must be filled
   */
  number(column: Column, what: string, shift = 0, absent?: number): number {
    const field = this.#header.field(column);
    if (field < 0 || this.#rows.isEmpty(field)) {
      if (absent === undefined) throw this.fail(column, 'is empty', what);
      return absent;
    }
    const value = this.#rows.number(field, shift);
    if (Number.isNaN(value) || value === Infinity) throw this.fail(column, `"${this.text(column)}" is no number`, what);
    if (value > Number.MAX_SAFE_INTEGER) throw this.fail(column, `"${this.text(column)}" is too large`, what);
    if (value < 0) throw this.fail(column, `negative ${column} "${this.text(column)}"`, what);
    return value;
  }

  /** As {@link number}, whole. */
  whole(column: Column, what: string, absent: number): number {
    const value = this.number(column, what, 0, absent);
    if (value !== Infinity && !Number.isSafeInteger(value)) throw this.fail(column, `"${this.text(column)}" is not whole`, what);
    return value;
  }

  /** Cores, rounded to thousandths; more than nothing does not become nothing. */
  cpuMilli(column: Column): number {
    const milli = this.number(column, 'a number of cores', 3);
    const rounded = Math.round(milli);
    if (rounded === 0 && milli > 0) throw this.fail(column, `"${this.text(column)}" is less than half a thousandth of a core`, 'a number of cores, up to three decimals');
    return rounded;
  }

  /** Bytes, plain or with a unit. */
  bytes(column: Column): number {
    const text = this.name(column);
    const known = this.#bytesByText.get(text);
    if (known !== undefined) return known;
    if (/^-\d/.test(text)) throw this.fail(column, `negative ${column} "${text}"`, 'bytes, or an amount such as 512MiB');
    let value: number;
    try {
      value = /^\d+$/.test(text) ? Number(text) : parseBytes(text);
    } catch (error) {
      if (!(error instanceof QuantityError)) throw error;
      throw this.fail(column, error.message);
    }
    this.#bytesByText.set(text, value);
    return value;
  }

  fail(column: Column, problem: string, expected?: string): TraceInputError {
    return new TraceInputError({ file: this.#rows.file, line: this.#rows.line, path: column, problem, ...(expected === undefined ? {} : { expected }) });
  }
}
