import { exp, ln } from '../engine/numeric.ts';
import { standardNormal } from '../engine/random/distributions.ts';
import { CONFIDENCE, type Interval, NO_INTERVAL } from './interval.ts';

/** A duration, or how long something was watched that had not ended by then. */
export interface Watched {
  readonly duration: number;
  readonly censored: boolean;
}

/** The curve from one time on. */
export interface SurvivalStep extends Interval {
  readonly time: number;
  /** Estimated share that lasts longer. */
  readonly share: number;
  /** Greenwood's standard error of the share. */
  readonly standardError: number;
  readonly atRisk: number;
  readonly ended: number;
}

/**
 * Product-limit curve (Kaplan and Meier, Journal of the American Statistical Association 53, 1958), a step per time at which something ended. Standard errors after
 * Greenwood 1926; intervals on the log-log scale (Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data, 1980), which stay between 0 and 1. Where the
 * curve has come down to zero nobody is left to estimate an error from: no interval there, as in R's `survfit`.
 */
export function survivalCurve(watched: readonly Watched[], confidence = CONFIDENCE): readonly SurvivalStep[] {
  const ordered = watched.toSorted((a, b) => a.duration - b.duration || Number(a.censored) - Number(b.censored));
  const z = standardNormal((1 + confidence) / 2);
  const steps: SurvivalStep[] = [];
  let atRisk = ordered.length;
  let share = 1;
  let greenwood = 0;
  for (let i = 0; i < ordered.length; ) {
    const time = ordered[i]!.duration;
    let ended = 0;
    let left = 0;
    for (; i < ordered.length && ordered[i]!.duration === time; i++) {
      left++;
      if (!ordered[i]!.censored) ended++;
    }
    if (ended > 0) {
      share *= (atRisk - ended) / atRisk;
      greenwood += ended / (atRisk * (atRisk - ended));
      const width = (z * Math.sqrt(greenwood)) / -ln(share);
      const interval = share > 0 ? { low: exp(ln(share) * exp(width)), high: exp(ln(share) * exp(-width)) } : NO_INTERVAL;
      steps.push({ time, share, standardError: share > 0 ? share * Math.sqrt(greenwood) : 0, ...interval, atRisk, ended });
    }
    atRisk -= left;
  }
  return steps;
}

/**
 * Time by which the share `q` has ended, with its interval (Brookmeyer and Crowley, Biometrics 38, 1982); Infinity where the curve, or the limit, does not come down so far. The
 * lower end is NaN where only the last step, which has no interval, comes down: after one ending alone, say.
 */
export function survivalTime(curve: readonly SurvivalStep[], q: number): Interval & { readonly time: number } {
  const first = (share: (step: SurvivalStep) => number): number => curve.find((step) => share(step) <= 1 - q + 1e-12)?.time ?? Infinity;
  const low = first((step) => step.low);
  return { time: first((step) => step.share), low: low === Infinity && curve.at(-1)?.share === 0 ? Number.NaN : low, high: first((step) => step.high) };
}
