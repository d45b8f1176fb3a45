import { exp } from '../engine/numeric.ts';

const SQRT_2PI = 2.5066282746310002;

/** Standard normal distribution function, by its Taylor series times the density (Marsaglia, Journal of Statistical Software 11(4), 2004); absolute error below 1e-15. */
export function normalCdf(z: number): number {
  if (z < -8) return 0;
  if (z > 8) return 1;
  let term = z;
  let sum = z;
  for (let k = 3; Math.abs(term) > 1e-18; k += 2) {
    term *= (z * z) / k;
    sum += term;
  }
  return 0.5 + (sum * exp((-z * z) / 2)) / SQRT_2PI;
}
