import { exp, ln } from './numeric.ts';

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

/** More than any shape below 10^5 needs. */
const MOST_TERMS = 10_000;
const TINY = 1e-300;

/**
 * Regularised lower incomplete gamma function P(shape, x), the distribution function of the gamma law of scale 1: its series below the mean (DLMF 8.11.4), one less the continued fraction of the upper
 * function above it (DLMF 8.9.2, evaluated after Lentz and Thompson-Barnett); absolute error below 1e-12.
 */
export function incompleteGamma(shape: number, x: number): number {
  if (!(x > 0)) return x <= 0 ? 0 : Number.NaN;
  if (x === Infinity) return 1;
  const factor = exp(shape * ln(x) - x - lnGamma(shape));
  if (x < shape + 1) {
    let term = 1 / shape;
    let sum = term;
    for (let n = 1; n <= MOST_TERMS && term > sum * 1e-17; n++) {
      term *= x / (shape + n);
      sum += term;
    }
    return sum * factor;
  }
  let b = x + 1 - shape;
  let c = 1 / TINY;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n <= MOST_TERMS; n++) {
    const a = n * (shape - n);
    b += 2;
    d = 1 / apart(b + a * d);
    c = apart(b + a / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return 1 - factor * fraction;
}

function apart(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}
