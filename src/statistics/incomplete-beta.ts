import { exp, ln } from '../engine/numeric.ts';

/** Lanczos coefficients for g = 7, n = 9 (Godfrey 2001, "A note on the computation of the convergent Lanczos complex Gamma approximation"), as shortest decimals. */
const LANCZOS = [0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905, -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7] as const;
const HALF_LN_2PI = 0.9189385332046727;

/** Natural logarithm of the gamma function for x > 0; relative error below 1e-13. */
export function lnGamma(x: number): number {
  if (x < 0.5) return lnGamma(x + 1) - ln(x);
  const z = x - 1;
  const t = z + 7.5;
  let sum: number = LANCZOS[0];
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i]! / (z + i);
  return HALF_LN_2PI + (z + 0.5) * ln(t) - t + ln(sum);
}

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
