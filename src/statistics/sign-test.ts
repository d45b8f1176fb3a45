import { incompleteBeta } from './incomplete-beta.ts';

/**
 * Two-sided sign test (Arbuthnot 1710; Conover, Practical Nonparametric Statistics, 3rd edition 1999, section 3.4) for pairs of which only the order is known.
 * Pairs without an order count on the side of the fewer: that can only raise the p-value.
 */
export function signTest(higher: number, lower: number, pairs: number): number {
  const more = Math.max(higher, lower);
  if (pairs === 0 || more * 2 <= pairs) return 1;
  // P(B >= more) for B binomial(pairs, 1/2).
  return Math.min(1, 2 * incompleteBeta(0.5, more, pairs - more + 1));
}
