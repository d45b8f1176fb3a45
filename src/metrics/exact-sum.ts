/**
 * Sums as pairs of doubles in two columns: what rounding takes from the high part is kept in the low one (two-sum, D. Knuth, The Art of Computer Programming,
 * volume 2, section 4.2.2, theorem B). Sums of integers stay exact far beyond 2^53; the order of additions is that of the log.
 */
export class ExactSums {
  readonly #high: Float64Array;
  readonly #low: Float64Array;

  constructor(count: number) {
    this.#high = new Float64Array(count);
    this.#low = new Float64Array(count);
  }

  add(i: number, x: number): void {
    const high = this.#high[i]!;
    const sum = high + x;
    const added = sum - high;
    this.#low[i]! += high - (sum - added) + (x - added);
    this.#high[i] = sum;
  }

  /** The sum, rounded once. */
  value(i: number): number {
    return this.#high[i]! + this.#low[i]!;
  }
}
