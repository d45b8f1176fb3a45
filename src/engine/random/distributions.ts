import { exp, ln, pow } from '../numeric.ts';

/*
 * Distributions as inverse functions of one uniform value u in [0, 1): one draw per value, so keyed and sequential streams stay aligned.
 * All are pinned by golden draws.
 */

/** Exponential with the given mean. */
export function exponential(u: number, mean: number): number {
  return -mean * ln(1 - u);
}

/** Uniform in [low, high). */
export function uniform(u: number, low: number, high: number): number {
  return low + (high - low) * u;
}

/** Weibull: scale * (-ln(1-u))^(1/shape). */
export function weibull(u: number, shape: number, scale: number): number {
  return scale * pow(-ln(1 - u), 1 / shape);
}

/** Log-normal by its median and the standard deviation of its logarithm. */
export function logNormal(u: number, median: number, sigma: number): number {
  return median * exp(sigma * standardNormal(u));
}

/** Pareto with density from `minimum` up to `maximum` (bounded), exponent `alpha`. */
export function boundedPareto(u: number, alpha: number, minimum: number, maximum: number): number {
  const ratio = pow(minimum / maximum, alpha);
  return minimum * pow(1 - u * (1 - ratio), -1 / alpha);
}

/** Standard normal: algorithm AS 241 (Wichura 1988, PPND16), relative error about 1e-16. */
export function standardNormal(u: number): number {
  const p = u <= 0 ? 5.551115123125783e-17 : u;
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(r, CENTRE_A)) / polynomial(r, CENTRE_B);
  }
  let r = Math.sqrt(-ln(q < 0 ? p : 1 - p));
  let value: number;
  if (r <= 5) {
    r -= 1.6;
    value = polynomial(r, MIDDLE_C) / polynomial(r, MIDDLE_D);
  } else {
    r -= 5;
    value = polynomial(r, TAIL_E) / polynomial(r, TAIL_F);
  }
  return q < 0 ? -value : value;
}

function polynomial(x: number, coefficients: readonly number[]): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + coefficients[i]!;
  return sum;
}

const CENTRE_A = [3.3871328727963666080, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3];
const CENTRE_B = [1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3];
const MIDDLE_C = [1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504, 1.27045825245236838258, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4];
const MIDDLE_D = [1, 2.05319162663775882187, 1.67638483018380384940, 6.89767334985100004550e-1, 1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9];
const TAIL_E = [6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7];
const TAIL_F = [1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2, 7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15];
