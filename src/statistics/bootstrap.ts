import { standardNormal } from '../engine/random/distributions.ts';
import { SequentialRandom } from '../engine/random/sequential-random.ts';
import { CONFIDENCE, type Interval, NO_INTERVAL } from './interval.ts';
import { normalCdf } from './normal.ts';

/** How an interval is taken from resampled statistics. */
export interface BootstrapOptions {
  readonly confidence?: number;
  /** Resamples drawn. 2,000: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 14.3, for intervals of this kind. */
  readonly resamples?: number;
  /** Seed of the resampling: the same values and seed give the same interval. */
  readonly seed?: number;
}

const RESAMPLES = 2000;

/** A resampled interval with the two corrections that made it. */
export interface BootstrapInterval extends Interval {
  /** z0: how far the median of the resampled statistics lies from the statistic, in standard normal units. */
  readonly bias: number;
  /** How fast the standard error changes with the statistic, from the jackknife. */
  readonly acceleration: number;
}

/**
 * BCa interval (bias-corrected and accelerated) of a smooth statistic of independent values: Efron, Journal of the American Statistical Association 82, 1987. Needs no
 * law of the values; with few of them (below about ten) it is too short, as every bootstrap is. Not for medians: the jackknife fails there, use `medianInterval`.
 */
export function bootstrapInterval(values: readonly number[], statistic: (sample: Float64Array) => number, options: BootstrapOptions = {}): BootstrapInterval {
  const n = values.length;
  if (n < 2) return { ...NO_INTERVAL, bias: Number.NaN, acceleration: Number.NaN };
  const confidence = options.confidence ?? CONFIDENCE;
  const resamples = options.resamples ?? RESAMPLES;
  const original = statistic(Float64Array.from(values));
  const indices = resampleIndices(n, resamples, options.seed ?? 1);
  const replicates = new Float64Array(resamples);
  const sample = new Float64Array(n);
  for (let b = 0; b < resamples; b++) {
    for (let i = 0; i < n; i++) sample[i] = values[indices[b * n + i]!]!;
    replicates[b] = statistic(sample);
  }
  replicates.sort();
  if (replicates[0] === replicates[resamples - 1]) return { low: original, high: original, bias: 0, acceleration: 0 };
  let below = 0;
  for (const replicate of replicates) below += replicate < original ? 1 : replicate === original ? 0.5 : 0;
  // With the statistic outside of all resampled ones there is no finite correction: kept half a resample inside.
  const bias = standardNormal(Math.min(Math.max(below, 0.5), resamples - 0.5) / resamples);
  const acceleration = accelerationOf(values, statistic);
  const end = (alpha: number): number => {
    const z = bias + standardNormal(alpha);
    return percentile(replicates, normalCdf(bias + z / (1 - acceleration * z)));
  };
  return { low: end((1 - confidence) / 2), high: end((1 + confidence) / 2), bias, acceleration };
}

/** Plain percentile interval of the same resamples. */
export function percentileInterval(values: readonly number[], statistic: (sample: Float64Array) => number, options: BootstrapOptions = {}): Interval {
  const n = values.length;
  if (n < 2) return NO_INTERVAL;
  const resamples = options.resamples ?? RESAMPLES;
  const tail = (1 - (options.confidence ?? CONFIDENCE)) / 2;
  const indices = resampleIndices(n, resamples, options.seed ?? 1);
  const replicates = new Float64Array(resamples);
  const sample = new Float64Array(n);
  for (let b = 0; b < resamples; b++) {
    for (let i = 0; i < n; i++) sample[i] = values[indices[b * n + i]!]!;
    replicates[b] = statistic(sample);
  }
  replicates.sort();
  return { low: percentile(replicates, tail), high: percentile(replicates, 1 - tail) };
}

/** The alpha quantile of sorted replicates: the k-th with k = alpha (B + 1), within the sample (Efron and Tibshirani 1993, section 12.5). */
function percentile(sorted: Float64Array, alpha: number): number {
  const k = Math.round(alpha * (sorted.length + 1));
  return sorted[Math.min(Math.max(k, 1), sorted.length) - 1]!;
}

/** Acceleration from the jackknife: Efron and Tibshirani 1993, equation 14.15. */
function accelerationOf(values: readonly number[], statistic: (sample: Float64Array) => number): number {
  const n = values.length;
  const left = new Float64Array(n - 1);
  const points = values.map((_, leftOut) => {
    for (let i = 0, j = 0; i < n; i++) if (i !== leftOut) left[j++] = values[i]!;
    return statistic(left);
  });
  let sum = 0;
  for (const point of points) sum += point;
  const centre = sum / n;
  let cubes = 0;
  let squares = 0;
  for (const point of points) {
    const difference = centre - point;
    squares += difference * difference;
    cubes += difference * difference * difference;
  }
  return squares === 0 ? 0 : cubes / (6 * squares * Math.sqrt(squares));
}

let lastKey = '';
let lastIndices = new Uint32Array(0);

/** Which values each resample holds. They depend on counts and seed alone, so the next table of the same size has them at hand. */
function resampleIndices(n: number, resamples: number, seed: number): Uint32Array {
  const key = `${n}/${resamples}/${seed}`;
  if (key === lastKey) return lastIndices;
  const random = new SequentialRandom(seed, `bootstrap/${n}`);
  lastIndices = Uint32Array.from({ length: n * resamples }, () => random.below(n));
  lastKey = key;
  return lastIndices;
}
