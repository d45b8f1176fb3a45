import { incompleteGamma, lnGamma } from '../gamma.ts';
import { exp, ln, pow } from '../numeric.ts';

/*
 * Distributions as inverse functions of one uniform value u in [0, 1): one draw per value, so keyed and sequential streams stay aligned.
 * All are pinned by golden draws.
 */

/** Exponential with the given mean. */
export function exponential(u: number, mean: number): number {
  // Not a negation: the quantile at 0 is 0, not -0.
  return 0 - mean * ln(1 - u);
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

/**
 * Gamma by its shape and mean (a whole shape k is Erlang's law of k phases): the root of the incomplete gamma function by Halley's steps from the approximation of Wilson and Hilferty (1931), for shapes
 * of at most 1 from the power law near zero and the exponential tail.
 */
export function gamma(u: number, shape: number, mean: number): number {
  if (u <= 0) return 0;
  const lnGammaOfShape = lnGamma(shape);
  let x: number;
  if (shape > 1) {
    const root = 1 - 1 / (9 * shape) + standardNormal(u) / (3 * Math.sqrt(shape));
    x = Math.max(1e-3, shape * root * root * root);
  } else {
    const nearZero = 1 - shape * (0.253 + shape * 0.12);
    x = u < nearZero ? pow(u / nearZero, 1 / shape) : 1 - ln(1 - (u - nearZero) / (1 - nearZero));
  }
  // Three or four steps as a rule; near u = 1 rounding may keep the last digits moving.
  for (let i = 0; i < 20 && x > 0; i++) {
    const newton = (incompleteGamma(shape, x) - u) / exp((shape - 1) * ln(x) - x - lnGammaOfShape);
    const step = newton / (1 - 0.5 * Math.min(1, newton * ((shape - 1) / x - 1)));
    if (!Number.isFinite(step)) break;
    const next = x - step;
    x = next > 0 ? next : x / 2;
    if (Math.abs(step) < 1e-13 * x) break;
  }
  return (x * mean) / shape;
}

/** Normal, given that it is above zero: by mean and standard deviation before the cut. */
export function positiveNormal(u: number, mean: number, deviation: number): number {
  if (deviation === 0) return mean;
  const below = normalShare(-mean / deviation);
  // The largest double below 1: rounding must not reach the end of the law.
  return Math.max(0, mean + deviation * standardNormal(Math.min(1 - 1.1102230246251565e-16, below + u * (1 - below))));
}

/** Distribution function of the standard normal law. */
export function normalShare(x: number): number {
  const inner = incompleteGamma(0.5, (x * x) / 2) / 2;
  return x < 0 ? 0.5 - inner : 0.5 + inner;
}

/** Pareto with density from `minimum` up to `maximum` (bounded), exponent `alpha`. */
export function boundedPareto(u: number, alpha: number, minimum: number, maximum: number): number {
  const ratio = pow(minimum / maximum, alpha);
  return minimum * pow(1 - u * (1 - ratio), -1 / alpha);
}

/** Standard normal: algorithm AS 241 (Wichura 1988, PPND16), relative error about 1e-16; constants as the shortest decimals of the published values. */
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

const CENTRE_A = [3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087, 33430.57558358813, 2509.0809287301227];
const CENTRE_B = [1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271, 28729.085735721943, 5226.495278852854];
const MIDDLE_C = [1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684, 0.2417807251774506, 0.022723844989269184, 0.0007745450142783414];
const MIDDLE_D = [1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-9];
const TAIL_E = [6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124, 0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7];
const TAIL_F = [1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 0.000018463183175100548, 1.421511758316446e-7, 2.0442631033899397e-15];
