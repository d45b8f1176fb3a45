import { type ByteSource, openBytes } from './byte-source.ts';
import { decimal } from './decimal.ts';
import type { TraceFile } from './reader.ts';
import { TraceInputError } from './trace-input-error.ts';

const BLOCK = 1 << 20;
/** Longest row; a longer one is a binary file or an open quote, not a trace. */
const MAX_ROW = 16 * BLOCK;
const MAX_FIELDS = 1024;
const QUOTE = 0x22;
const COMMA = 0x2c;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * Rows of a CSV file (RFC 4180; UTF-8 with or without byte order mark; either line end; blank lines skipped), split in one pass over 1 MiB blocks. The fields of the current row are read
 * straight from the block; nothing is allocated per row but the texts asked for.
 */
export class CsvRows {
  readonly file: string;
  /** Line on which the current row begins, from 1. */
  line = 0;
  /** Fields in the current row. */
  count = 0;
  readonly #source: ByteSource;
  readonly #starts = new Int32Array(MAX_FIELDS);
  readonly #ends = new Int32Array(MAX_FIELDS);
  #bytes = Buffer.allocUnsafe(BLOCK);
  #filled = 0;
  #position = 0;
  #nextLine = 1;
  #ended = false;
  #ascii = true;

  /** @throws TraceInputError if the file cannot be opened; also from {@link next}, if it cannot be read or is not text in UTF-8 */
  constructor(file: TraceFile) {
    this.file = file.label;
    this.#source = openBytes(file);
  }

  close(): void {
    this.#source.close();
  }

  /** Steps to the next row; false at the end. */
  next(): boolean {
    do {
      if (!this.#split()) return false;
    } while (this.count === 1 && this.#starts[0] === this.#ends[0]);
    return true;
  }

  isEmpty(field: number): boolean {
    return this.#starts[field] === this.#ends[field];
  }

  text(field: number): string {
    return this.#bytes.toString(this.#ascii ? 'latin1' : 'utf8', this.#starts[field]!, this.#ends[field]!);
  }

  /** Number in a field times 10^shift; `NaN` when it is none. */
  number(field: number, shift = 0): number {
    return decimal(this.#bytes, this.#starts[field]!, this.#ends[field]!, shift);
  }

  #split(): boolean {
    for (;;) {
      const found = this.#scan();
      if (found) return true;
      if (this.#ended) return false;
      this.#refill();
    }
  }

  /** Splits the row at the position; false when the block ends before the row does. */
  #scan(): boolean {
    const bytes = this.#bytes;
    const filled = this.#filled;
    const start = this.#position;
    if (start >= filled) return false;
    let seen = 0;
    let fields = 0;
    let i = start;
    let lines = 1;
    for (;;) {
      if (fields === MAX_FIELDS) throw this.#error(this.#nextLine, `has more than ${MAX_FIELDS} fields`, 'is it a CSV file?');
      if (i < filled && bytes[i] === QUOTE) {
        // Quoted: the text is moved together in place, since the row is read only once.
        let to = i + 1;
        const from = to;
        let closed = false;
        let j = i + 1;
        for (; j < filled; j++) {
          const byte = bytes[j]!;
          if (byte === QUOTE) {
            if (j + 1 >= filled && !this.#ended) return false;
            if (bytes[j + 1] !== QUOTE || j + 1 >= filled) {
              closed = true;
              j++;
              break;
            }
            j++;
          }
        }
        if (!closed) {
          if (!this.#ended) return false;
          throw this.#error(this.#nextLine, 'a quoted field is not closed', undefined);
        }
        // The end of the field must be in the block before anything is moved.
        if (j >= filled && !this.#ended) return false;
        if (j < filled && bytes[j] !== COMMA && bytes[j] !== NEWLINE && bytes[j] !== RETURN) throw this.#error(this.#nextLine, 'text follows a closing quote', 'a quote inside a quoted field is written twice');
        if (!this.#rowEndsBeyond(j)) return false;
        for (let k = i + 1; k < j - 1; k++) {
          const byte = bytes[k]!;
          if (byte === QUOTE) k++;
          if (byte === NEWLINE) lines++;
          seen |= byte;
          if (byte === 0) seen |= 0x100;
          bytes[to++] = byte;
        }
        this.#starts[fields] = from;
        this.#ends[fields++] = to;
        i = j;
      } else {
        const from = i;
        while (i < filled) {
          const byte = bytes[i]!;
          if (byte === COMMA || byte === NEWLINE) break;
          seen |= byte;
          if (byte === 0) seen |= 0x100;
          i++;
        }
        if (i >= filled && !this.#ended) return false;
        this.#starts[fields] = from;
        this.#ends[fields++] = i > from && bytes[i - 1] === RETURN && (i >= filled || bytes[i] === NEWLINE) ? i - 1 : i;
      }
      if (i < filled && bytes[i] === RETURN) i++;
      if (i >= filled || bytes[i] === NEWLINE) break;
      i++;
      // A comma at the very end of the file is followed by one more, empty field.
      if (i >= filled && !this.#ended) return false;
    }
    this.line = this.#nextLine;
    this.#nextLine += lines;
    this.count = fields;
    this.#position = Math.min(i + 1, filled);
    this.#ascii = seen < 0x80;
    if ((seen & 0x100) !== 0) throw this.#error(this.line, 'holds a zero byte, so it is not text in UTF-8', 'UTF-16 and binary files must be converted');
    if (!this.#ascii) this.#checkUtf8();
    return true;
  }

  /** Whether the row that goes on at `from` ends inside the block: quoted fields are unescaped in place, which must not happen twice. */
  #rowEndsBeyond(from: number): boolean {
    if (this.#ended) return true;
    let quoted = false;
    for (let i = from; i < this.#filled; i++) {
      const byte = this.#bytes[i]!;
      if (byte === QUOTE) quoted = !quoted;
      else if (byte === NEWLINE && !quoted) return true;
    }
    return false;
  }

  /** Moves the partial row to the front and reads on behind it. */
  #refill(): void {
    const rest = this.#filled - this.#position;
    if (rest === this.#bytes.length) {
      if (rest >= MAX_ROW) throw this.#error(this.#nextLine, `is longer than ${MAX_ROW} bytes`, 'a quote that is never closed, or no CSV file?');
      const larger = Buffer.allocUnsafe(rest * 2);
      this.#bytes.copy(larger, 0, this.#position, this.#filled);
      this.#bytes = larger;
    } else this.#bytes.copyWithin(0, this.#position, this.#filled);
    const first = this.#nextLine === 1 && this.#filled === 0;
    this.#position = 0;
    this.#filled = rest;
    const length = this.#source.read(this.#bytes, rest);
    if (length === 0) this.#ended = true;
    this.#filled += length;
    if (first) this.#skipByteOrderMark();
  }

  #skipByteOrderMark(): void {
    while (this.#filled < 3 && !this.#ended) {
      const length = this.#source.read(this.#bytes, this.#filled);
      if (length === 0) this.#ended = true;
      this.#filled += length;
    }
    if (this.#filled >= 3 && this.#bytes[0] === 0xef && this.#bytes[1] === 0xbb && this.#bytes[2] === 0xbf) this.#position = 3;
  }

  /** Field by field, since unescaping leaves torn characters between fields. The column is exact in rows without quotes. */
  #checkUtf8(): void {
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    let column = 1;
    for (let field = 0; field < this.count; field++) {
      try {
        strict.decode(this.#bytes.subarray(this.#starts[field]!, this.#ends[field]!));
      } catch {
        column += this.text(field).indexOf('\ufffd');
        throw new TraceInputError({ file: this.file, line: this.line, column, problem: 'not UTF-8', expected: 'text in UTF-8', hint: 'convert it, for instance with iconv' });
      }
      column += this.text(field).length + 1;
    }
  }

  #error(line: number, problem: string, hint: string | undefined): TraceInputError {
    return new TraceInputError({ file: this.file, line, problem, ...(hint === undefined ? {} : { hint }) });
  }
}
