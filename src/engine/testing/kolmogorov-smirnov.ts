import { ln } from '../numeric.ts';

/** Largest distance between the empirical distribution of the samples and a distribution function, ties included. */
export function ksDistance(samples: readonly number[], cdf: (x: number) => number): number {
  const sorted = Float64Array.from(samples).sort();
  let distance = 0;
  for (let i = 0; i < sorted.length; i++) {
    const expected = cdf(sorted[i]!);
    distance = Math.max(distance, Math.abs(expected - i / sorted.length), Math.abs((i + 1) / sorted.length - expected));
  }
  return distance;
}

/** Distance that n samples of the right law exceed with probability `alpha` (asymptotic one-sample Kolmogorov-Smirnov test). */
export function ksCritical(n: number, alpha = 0.01): number {
  return Math.sqrt(-ln(alpha / 2) / (2 * n));
}
