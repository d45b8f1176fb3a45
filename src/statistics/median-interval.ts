import { incompleteBeta } from './incomplete-beta.ts';
import { CONFIDENCE, type Interval, NO_INTERVAL } from './interval.ts';

/** More than the error of the binomial probabilities, which are sums of powers of a half. */
const ROUNDING = 1e-11;

/**
 * Distribution-free interval of a median: the innermost pair of order statistics x(k), x(n+1-k) that holds it with at least the confidence asked for, whatever the
 * law (David and Nagaraja, Order Statistics, 3rd edition 2003, section 7.1; the count below the median is binomial). For 95 % it needs six values.
 */
export function medianInterval(values: readonly number[], confidence = CONFIDENCE): Interval {
  const n = values.length;
  // P(B < k) for B binomial(n, 1/2) grows with k: the largest k that leaves enough between the two ends.
  let chosen = 0;
  let above = Math.floor(n / 2) + 1;
  while (above - chosen > 1) {
    const k = Math.floor((chosen + above) / 2);
    if (1 - 2 * incompleteBeta(0.5, n - k + 1, k) < confidence - ROUNDING) above = k;
    else chosen = k;
  }
  if (chosen === 0) return NO_INTERVAL;
  const sorted = values.toSorted((a, b) => a - b);
  return { low: sorted[chosen - 1]!, high: sorted[n - chosen]! };
}
