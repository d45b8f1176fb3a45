import { CONFIDENCE, type Interval } from './interval.ts';
import { mean, variance } from './moments.ts';
import { studentTQuantile } from './student-t.ts';

/** A mean over independent runs with its two-sided Student-t interval (Student, Biometrika 6, 1908). */
export interface MeanInterval extends Interval {
  readonly count: number;
  readonly mean: number;
  /** Half width of the interval; NaN for fewer than two values. */
  readonly halfWidth: number;
}

/** Mean and interval of finite values; values are summed in the order given. NaN mean for none. */
export function meanInterval(values: readonly number[], confidence = CONFIDENCE): MeanInterval {
  const count = values.length;
  const centre = mean(values);
  const halfWidth = count < 2 ? Number.NaN : studentTQuantile((1 + confidence) / 2, count - 1) * Math.sqrt(variance(values) / count);
  return { count, mean: centre, halfWidth, low: centre - halfWidth, high: centre + halfWidth };
}
