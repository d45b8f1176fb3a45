/** Where the start-up of a series ends. */
export interface WarmUp {
  /** Observations to leave out at the beginning. */
  readonly cut: number;
  /** Whether what is left looks steady: the best cut is not the latest one allowed. */
  readonly steady: boolean;
}

/** Observations per batch: the 5 of MSER-5. */
const BATCH = 5;

/**
 * Warm-up by MSER-5: of batch means of five, cut where the squared standard error of the mean of what is left is smallest (White, Simulation 69, 1997; batches of five:
 * White, Cobb and Spratt, Proceedings of the Winter Simulation Conference 2000). Cuts up to half of the series are looked at: the few values at the end are alike by
 * chance (Pasupathy and Schmeiser, Winter Simulation Conference 2010); where the smallest is at that half, the series is too short, or not steady. Growth that quickens towards the end
 * can escape it.
 */
export function warmUp(series: ArrayLike<number>): WarmUp {
  const batches = Math.floor(series.length / BATCH);
  if (batches < 2) return { cut: 0, steady: false };
  const latest = Math.floor(batches / 2);
  let smallest = Infinity;
  let best = 0;
  let count = 0;
  let centre = 0;
  let squares = 0;
  // From the end, one batch more at a time (Welford 1962), so that one pass sees every cut.
  for (let batch = batches - 1; batch >= 0; batch--) {
    let sum = 0;
    for (let i = 0; i < BATCH; i++) sum += series[batch * BATCH + i]!;
    const value = sum / BATCH;
    count++;
    const before = value - centre;
    centre += before / count;
    squares += before * (value - centre);
    const error = squares / (count * count);
    if (batch <= latest && error <= smallest) {
      smallest = error;
      best = batch;
    }
  }
  return { cut: best * BATCH, steady: best < latest };
}
