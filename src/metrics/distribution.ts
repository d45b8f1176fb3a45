import { grown64 } from '../engine/columns.ts';

/** Up to here values are kept as they are. */
const EXACT_VALUES = 262_144;
/** Log-linear bins: 1,024 in each doubling, so that the middle of a bin is within 0.05 % of what fell into it. */
const BITS = 10;
const SMALLEST_EXPONENT = -20;
const DOUBLINGS = 84;
const OFFSET = (1023 + SMALLEST_EXPONENT) << BITS;
const bits = new DataView(new ArrayBuffer(8));

/**
 * A distribution of values >= 0 in constant memory: exact up to 262,144 values, from there on log-linear bins (0.05 %). Values below 2^-20 other than zero do
 * not occur here (whole microseconds, ratios).
 */
export class Distribution {
  count = 0;
  #values = new Float64Array(1024);
  #sorted = true;
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
    this.#sorted = false;
  }

  /** The n-th smallest value, n from 1 to {@link count}. */
  nth(n: number): number {
    if (!(n >= 1 && n <= this.count)) throw new RangeError(`there are ${this.count} values, no ${n}th`);
    if (this.#bins === null) return this.#inOrder()[n - 1]!;
    let left = n - this.#zeros;
    if (left <= 0) return 0;
    for (let bin = 0; bin < this.#bins.length; bin++) {
      left -= this.#bins[bin]!;
      if (left <= 0) return middle(bin);
    }
    return middle(this.#bins.length - 1);
  }

  /** Distinct values in ascending order with how many there are up to and including each. */
  *steps(): Generator<{ readonly value: number; readonly upTo: number }> {
    if (this.#bins === null) {
      const values = this.#inOrder();
      for (let i = 0; i < values.length; i++) {
        if (i + 1 === values.length || values[i + 1] !== values[i]) yield { value: values[i]!, upTo: i + 1 };
      }
      return;
    }
    let upTo = this.#zeros;
    if (upTo > 0) yield { value: 0, upTo };
    for (let bin = 0; bin < this.#bins.length; bin++) {
      if (this.#bins[bin] === 0) continue;
      upTo += this.#bins[bin]!;
      yield { value: middle(bin), upTo };
    }
  }

  #inOrder(): Float64Array {
    const used = this.#values.subarray(0, this.count);
    if (!this.#sorted) {
      used.sort();
      this.#sorted = true;
    }
    return used;
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
