import type { CellValue } from '../metrics/cell-value.ts';
import { formatCell, TIME_DECIMALS } from '../metrics/format-cell.ts';

const ZERO = 48;
const POINT = 46;
const MINUS = 45;

/** Powers of ten by number of decimals: exact. */
const SCALES = [1, 10, 100, 1e3, 1e4, 1e5, 1e6];

/** Below this, times any scale, whole and fraction are told apart without error. */
const MOST_WHOLE = 4_000_000;

/** Twice the share by which a product may be off. */
const PRODUCT_ERROR = 2 ** -52;

/** Texts up to this length are written character by character. */
const SHORT = 64;

/** Bytes beyond which memory is given back after use. */
const KEPT_BYTES = 16_777_216;

/** Text that grows at its end, as the bytes of a file. Figures are written digit by digit: thousands of them per run, as strings, cost more than all else that a run leaves behind. */
export class TextBytes {
  #bytes = Buffer.allocUnsafe(65_536);
  #length = 0;

  /** Bytes written. */
  get length(): number {
    return this.#length;
  }

  /** What has been written, until the next change. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Starts anew. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = Buffer.allocUnsafe(65_536);
  }

  text(text: string): void {
    // A character takes three bytes at most.
    this.#makeRoom(text.length * 3);
    if (text.length > SHORT || !this.#ascii(text)) this.#length += this.#bytes.write(text, this.#length);
  }

  /** One byte. */
  byte(value: number): void {
    this.#makeRoom(1);
    this.#bytes[this.#length++] = value;
  }

  /** A value as {@link formatCell} writes it. */
  cell(value: Exclude<CellValue, string>, decimals: number | null): void {
    if (value === null) return;
    this.#makeRoom(32);
    if ((value | 0) === value && value >= 0) {
      this.#length = writeWhole(this.#bytes, this.#length, value | 0);
      return;
    }
    if (!Number.isFinite(value)) return;
    const places = decimals ?? TIME_DECIMALS;
    const scale = places < SCALES.length ? SCALES[places]! : 0;
    const size = Math.abs(value);
    const scaled = size * scale;
    const down = Math.floor(scaled);
    const rest = scaled - down;
    // Too near the middle between two decimals for the product to decide, or too large for it to be exact.
    if (scale === 0 || size >= MOST_WHOLE || Math.abs(rest - 0.5) <= scaled * PRODUCT_ERROR) {
      this.text(formatCell(value, decimals));
      return;
    }
    const units = rest > 0.5 ? down + 1 : down;
    if (value < 0 && units > 0) this.#bytes[this.#length++] = MINUS;
    const whole = Math.floor(units / scale) | 0;
    const at = writeWhole(this.#bytes, this.#length, whole);
    const fraction = (units - whole * scale) | 0;
    this.#length = fraction === 0 ? at : writeFraction(this.#bytes, at, fraction, places | 0);
  }

  /** Writes bytes once more that were written before. @param from position of the first @param to of the one after the last */
  again(from: number, to: number): void {
    this.#makeRoom(to - from);
    this.#bytes.copyWithin(this.#length, from, to);
    this.#length += to - from;
  }

  /** Writes a short text without leaving JavaScript; false = it holds other characters, and nothing was written. */
  #ascii(text: string): boolean {
    const bytes = this.#bytes;
    const from = this.#length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      bytes[from + i] = code;
    }
    this.#length = from + text.length;
    return true;
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + bytes));
    larger.set(this.bytes);
    this.#bytes = larger;
  }
}

// With arguments of 32 bits the divisions below are multiplications.

/** Writes a whole number from 0 on. @returns the position after it */
function writeWhole(bytes: Uint8Array, from: number, value: number): number {
  if (value < 10) {
    bytes[from] = ZERO + value;
    return from + 1;
  }
  let to = from + 2;
  for (let rest = (value / 100) | 0; rest > 0; rest = (rest / 10) | 0) to++;
  writeDigits(bytes, from, to, value);
  return to;
}

/** Writes the point and what follows it, without zeros at the end. @returns the position after it */
function writeFraction(bytes: Uint8Array, from: number, units: number, places: number): number {
  bytes[from] = POINT;
  let to = from + 1 + places;
  writeDigits(bytes, from + 1, to, units);
  while (bytes[to - 1] === ZERO) to--;
  return to;
}

/** Fills a field with the digits of a number, zeros in front. */
function writeDigits(bytes: Uint8Array, from: number, to: number, value: number): void {
  let left = value;
  for (let at = to - 1; at >= from; at--) {
    const tenth = (left / 10) | 0;
    bytes[at] = ZERO + left - tenth * 10;
    left = tenth;
  }
}
