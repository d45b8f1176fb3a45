/**
 * Sums as pairs of doubles: what rounding takes from the high part is kept in the low one beside it (two-sum, D. Knuth, The Art of Computer Programming,
 * volume 2, section 4.2.2, theorem B). Sums of integers stay exact far beyond 2^53; the order of additions is that of the log.
 */
export class ExactSums {
  readonly #pairs: Float64Array;

  constructor(count: number) {
    this.#pairs = new Float64Array(2 * count);
  }

  add(i: number, x: number): void {
    const pairs = this.#pairs;
    const high = pairs[2 * i]!;
    const sum = high + x;
    const added = sum - high;
    pairs[2 * i + 1]! += high - (sum - added) + (x - added);
    pairs[2 * i] = sum;
  }

  /** The sum, rounded once. */
  value(i: number): number {
    return this.#pairs[2 * i]! + this.#pairs[2 * i + 1]!;
  }
}
