import { CONFIDENCE, type Interval, NO_INTERVAL } from './interval.ts';
import { meanInterval } from './mean-interval.ts';
import { mean, variance } from './moments.ts';
import { studentTQuantile, studentTTail } from './student-t.ts';

/** A difference of means with its interval and the two-sided p-value of "there is none". */
export interface Difference extends Interval {
  /** Values on the two sides, or pairs. */
  readonly count: number;
  readonly mean: number;
  /** NaN where undetermined (fewer than two values, or no spread at all). */
  readonly pValue: number;
}

/** A difference of pairs, and what pairing was worth. */
export interface PairedDifference extends Difference {
  /**
   * 1 - Var(b - a) / (Var a + Var b): the part of the variance that common random numbers took away against independent runs (Law, Simulation Modeling and Analysis,
   * 5th edition 2015, section 11.2). Negative where pairing did harm; NaN where neither side varies.
   */
  readonly varianceReduction: number;
  /** Every pair is equal. */
  readonly identical: boolean;
}

/** Relative size of differences that are rounding of doubles and nothing else. */
const ROUNDING = 1e-12;

/** b - a over pairs in the order given: paired Student t (Student 1908). @throws RangeError if the lists differ in length */
export function pairedDifference(a: readonly number[], b: readonly number[], confidence = CONFIDENCE): PairedDifference {
  if (a.length !== b.length) throw new RangeError(`${a.length} values cannot be paired with ${b.length}`);
  const differences = b.map((value, i) => value - a[i]!);
  const estimate = meanInterval(differences, confidence);
  // Equal differences of decimal numbers differ in the last bits of a double: that is no spread.
  const largest = Math.max(...a.map(Math.abs), ...b.map(Math.abs));
  const computed = variance(differences);
  const spread = computed <= ROUNDING * ROUNDING * largest * largest ? 0 : computed;
  const separate = variance(a) + variance(b);
  const t = estimate.mean / Math.sqrt(spread / differences.length);
  return {
    count: estimate.count,
    mean: estimate.mean,
    low: spread === 0 ? estimate.mean : estimate.low,
    high: spread === 0 ? estimate.mean : estimate.high,
    pValue: spread > 0 ? 2 * studentTTail(Math.abs(t), differences.length - 1) : Number.NaN,
    varianceReduction: separate > 0 ? 1 - spread / separate : Number.NaN,
    identical: differences.length > 0 && differences.every((difference) => difference === 0),
  };
}

/** b - a of independent values with unequal variances: Welch, Biometrika 34, 1947. */
export function independentDifference(a: readonly number[], b: readonly number[], confidence = CONFIDENCE): Difference & { readonly degreesOfFreedom: number } {
  const difference = mean(b) - mean(a);
  const count = Math.min(a.length, b.length);
  if (count < 2) return { count, mean: difference, ...NO_INTERVAL, pValue: Number.NaN, degreesOfFreedom: Number.NaN };
  const ofA = variance(a) / a.length;
  const ofB = variance(b) / b.length;
  const squared = ofA + ofB;
  if (!(squared > 0)) return { count, mean: difference, low: difference, high: difference, pValue: Number.NaN, degreesOfFreedom: Number.NaN };
  const degreesOfFreedom = (squared * squared) / ((ofA * ofA) / (a.length - 1) + (ofB * ofB) / (b.length - 1));
  const halfWidth = studentTQuantile((1 + confidence) / 2, degreesOfFreedom) * Math.sqrt(squared);
  return { count, mean: difference, low: difference - halfWidth, high: difference + halfWidth, pValue: 2 * studentTTail(Math.abs(difference) / Math.sqrt(squared), degreesOfFreedom), degreesOfFreedom };
}
