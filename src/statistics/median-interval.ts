import { CONFIDENCE, type Interval, NO_INTERVAL } from './interval.ts';

/**
 * Distribution-free interval of a median: the innermost pair of order statistics x(k), x(n+1-k) that holds it with at least the confidence asked for, whatever the
 * law (David and Nagaraja, Order Statistics, 3rd edition 2003, section 7.1; the count below the median is binomial). For 95 % it needs six values.
 */
export function medianInterval(values: readonly number[], confidence = CONFIDENCE): Interval {
  const n = values.length;
  let chosen = 0;
  // P(B < k) for B binomial(n, 1/2), built up term by term.
  let term = halved(n);
  let below = 0;
  for (let k = 1; 2 * k <= n; k++) {
    below += term;
    if (1 - 2 * below < confidence) break;
    chosen = k;
    term *= (n - k + 1) / k;
  }
  if (chosen === 0) return NO_INTERVAL;
  const sorted = values.toSorted((a, b) => a - b);
  return { low: sorted[chosen - 1]!, high: sorted[n - chosen]! };
}

/** 2^-n. */
function halved(n: number): number {
  let value = 1;
  for (let i = 0; i < n; i++) value /= 2;
  return value;
}
