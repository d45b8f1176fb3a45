import { grown64 } from '../engine/columns.ts';
import { sortedDoubles } from '../engine/sorted-doubles.ts';

/** Up to here values are kept as they are. */
const EXACT_VALUES = 262_144;
/** Log-linear bins: 1,024 in each doubling, so that the middle of a bin is within 0.05 % of what fell into it. */
const BITS = 10;
const SMALLEST_EXPONENT = -20;
const DOUBLINGS = 84;
const OFFSET = (1023 + SMALLEST_EXPONENT) << BITS;
const bits = new DataView(new ArrayBuffer(8));

/** Distinct values in ascending order, and how many there are up to and including each. */
export interface Table {
  readonly values: Float64Array;
  readonly upTo: Float64Array;
}

/**
 * A distribution of values >= 0 in constant memory: exact up to 262,144 values, from there on log-linear bins (0.05 %). Values below 2^-20 other than zero do
 * not occur here (whole microseconds, ratios).
 */
export class Distribution {
  count = 0;
  #values = new Float64Array(64);
  #bins: Float64Array | null = null;
  #zeros = 0;

  add(value: number): void {
    this.count++;
    if (this.#bins !== null) {
      this.#bin(value);
      return;
    }
    if (this.count > EXACT_VALUES) {
      this.#bins = new Float64Array(DOUBLINGS << BITS);
      for (let i = 0; i < this.count - 1; i++) this.#bin(this.#values[i]!);
      this.#bin(value);
      this.#values = new Float64Array(0);
      return;
    }
    if (this.count > this.#values.length) this.#values = grown64(this.#values);
    this.#values[this.count - 1] = value;
  }

  table(): Table {
    return this.#bins === null ? this.#exactTable() : this.#binnedTable(this.#bins);
  }

  #exactTable(): Table {
    const values = sortedDoubles(this.#values.subarray(0, this.count));
    const upTo = new Float64Array(values.length);
    let distinct = 0;
    for (let i = 0; i < values.length; i++) {
      if (i + 1 < values.length && values[i + 1] === values[i]) continue;
      values[distinct] = values[i]!;
      upTo[distinct++] = i + 1;
    }
    return { values: values.subarray(0, distinct), upTo: upTo.subarray(0, distinct) };
  }

  #binnedTable(bins: Float64Array): Table {
    const values: number[] = this.#zeros > 0 ? [0] : [];
    const upTo: number[] = this.#zeros > 0 ? [this.#zeros] : [];
    let count = this.#zeros;
    for (let bin = 0; bin < bins.length; bin++) {
      if (bins[bin] === 0) continue;
      count += bins[bin]!;
      values.push(middle(bin));
      upTo.push(count);
    }
    return { values: Float64Array.from(values), upTo: Float64Array.from(upTo) };
  }

  #bin(value: number): void {
    if (value === 0) {
      this.#zeros++;
      return;
    }
    bits.setFloat64(0, value);
    const bin = (bits.getUint32(0) >>> (20 - BITS)) - OFFSET;
    this.#bins![Math.max(0, Math.min(this.#bins!.length - 1, bin))]!++;
  }
}

function middle(bin: number): number {
  bits.setUint32(0, (bin + OFFSET) << (20 - BITS));
  bits.setUint32(4, 0);
  const low = bits.getFloat64(0);
  bits.setUint32(0, (bin + OFFSET + 1) << (20 - BITS));
  return (low + bits.getFloat64(0)) / 2;
}

/** Rank of a quantile among `count` values, from 1: the smallest value that at least the share `q` of all does not exceed. */
export function rankOf(q: number, count: number): number {
  return Math.max(1, Math.ceil(q * count - 1e-9));
}

/** Number of values in a table. */
export function countOf(table: Table): number {
  return table.upTo.at(-1) ?? 0;
}

/** The n-th smallest value of a table, n from 1. */
export function nth(table: Table, n: number): number {
  if (!(n >= 1 && n <= countOf(table))) throw new RangeError(`there are ${countOf(table)} values, no ${n}th`);
  let low = 0;
  let high = table.upTo.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (table.upTo[middle]! < n) low = middle + 1;
    else high = middle;
  }
  return table.values[low]!;
}

/** The values of both tables together. */
export function merged(a: Table, b: Table): Table {
  if (a.values.length === 0) return b;
  if (b.values.length === 0) return a;
  const values = new Float64Array(a.values.length + b.values.length);
  const upTo = new Float64Array(values.length);
  let distinct = 0;
  for (let i = 0, j = 0; i < a.values.length || j < b.values.length; ) {
    const fromA = i < a.values.length ? a.values[i]! : Infinity;
    const fromB = j < b.values.length ? b.values[j]! : Infinity;
    if (fromA <= fromB) i++;
    if (fromB <= fromA) j++;
    values[distinct] = fromA < fromB ? fromA : fromB;
    upTo[distinct++] = (i > 0 ? a.upTo[i - 1]! : 0) + (j > 0 ? b.upTo[j - 1]! : 0);
  }
  return { values: values.subarray(0, distinct), upTo: upTo.subarray(0, distinct) };
}
