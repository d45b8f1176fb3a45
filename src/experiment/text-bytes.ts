import type { CellValue } from '../metrics/cell-value.ts';
import { formatCell, TIME_DECIMALS } from '../metrics/format-cell.ts';

const ZERO = 48;
const POINT = 46;
const MINUS = 45;

/** Powers of ten by number of decimals: exact. */
const SCALES = [1, 10, 100, 1e3, 1e4, 1e5, 1e6];

/** Below this, times a scale, whole and fraction are told apart without error. */
const MOST_SCALED = 2 ** 42;

/** A value as large as this, times a scale, may be off by as much after the multiplication. */
const PRODUCT_ERROR = 2 ** -52;

/** Texts up to this length are written character by character. */
const SHORT = 64;

/** Bytes beyond which memory is given back after use. */
const KEPT_BYTES = 16_777_216;

/** Text that grows at its end, as the bytes of a file. Figures are written digit by digit: thousands of them per run, as strings, cost more than all else that a run leaves behind. */
export class TextBytes {
  #bytes = Buffer.allocUnsafe(65_536);
  #length = 0;

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
    if (value === null || !Number.isFinite(value)) return;
    const places = decimals ?? TIME_DECIMALS;
    const scale = SCALES[places];
    const scaled = Math.abs(value) * (scale ?? 1);
    const down = Math.floor(scaled);
    const rest = scaled - down;
    // Too near the middle between two decimals for the product to decide, or too large for it to be exact.
    if (scale === undefined || scaled >= MOST_SCALED || Math.abs(rest - 0.5) <= scaled * PRODUCT_ERROR) {
      this.text(formatCell(value, decimals));
      return;
    }
    const units = rest > 0.5 ? down + 1 : down;
    this.#makeRoom(32);
    if (value < 0 && units > 0) this.#bytes[this.#length++] = MINUS;
    const whole = Math.floor(units / scale);
    this.#whole(whole);
    this.#fraction(units - whole * scale, places);
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

  #whole(value: number): void {
    let width = 1;
    for (let limit = 10; limit <= value; limit *= 10) width++;
    let at = this.#length += width;
    let left = value;
    for (; width > 0; width--) {
      const tenth = Math.floor(left / 10);
      this.#bytes[--at] = ZERO + left - tenth * 10;
      left = tenth;
    }
  }

  /** What follows the point, without zeros at the end. */
  #fraction(units: number, places: number): void {
    if (units === 0) return;
    let width = places;
    let left = units;
    while (left % 10 === 0) {
      left = left / 10;
      width--;
    }
    this.#bytes[this.#length] = POINT;
    let at = (this.#length += width + 1);
    for (; width > 0; width--) {
      const tenth = Math.floor(left / 10);
      this.#bytes[--at] = ZERO + left - tenth * 10;
      left = tenth;
    }
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + bytes));
    larger.set(this.bytes);
    this.#bytes = larger;
  }
}
