/** A two-sided interval; both ends NaN where the data do not determine one. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Confidence of every interval unless another is asked for. */
export const CONFIDENCE = 0.95;

export const NO_INTERVAL: Interval = { low: Number.NaN, high: Number.NaN };
