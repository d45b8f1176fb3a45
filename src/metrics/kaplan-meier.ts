/** A duration, or a lower bound of one. */
export interface Duration {
  readonly us: number;
  readonly censored: boolean;
}

/** A quantile, or how far it is known to lie beyond. */
export interface SurvivalQuantile {
  readonly us: number;
  readonly determined: boolean;
}

/**
 * Quantile of durations some of which are censored: product-limit estimate (Kaplan and Meier, Journal of the American Statistical Association 53, 1958). The smallest
 * duration at which the estimated share of longer ones is at most 1 - q; not determined where the curve does not come down so far. `null` without durations.
 */
export function survivalQuantile(durations: readonly Duration[], q: number): SurvivalQuantile | null {
  if (durations.length === 0) return null;
  // At equal times events come before censorings, as is usual.
  const ordered = [...durations].sort((a, b) => a.us - b.us || Number(a.censored) - Number(b.censored));
  let atRisk = ordered.length;
  let surviving = 1;
  for (let i = 0; i < ordered.length; ) {
    const { us } = ordered[i]!;
    let ended = 0;
    let left = 0;
    for (; i < ordered.length && ordered[i]!.us === us; i++) {
      left++;
      if (!ordered[i]!.censored) ended++;
    }
    surviving *= (atRisk - ended) / atRisk;
    atRisk -= left;
    // Products of fractions: half of them gone must count as half.
    if (ended > 0 && surviving <= 1 - q + 1e-12) return { us, determined: true };
  }
  return { us: ordered.at(-1)!.us, determined: false };
}
