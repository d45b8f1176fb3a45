/**
 * Sample quantile by linear interpolation between order statistics: definition 7 of Hyndman and Fan (The American Statistician 50, 1996), the default of R and NumPy.
 * NaN for no values.
 */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  // Equal neighbours stay exactly what they are.
  return low === high ? low : low + (position - below) * (high - low);
}

/** The middle value, or the mean of the two middle ones; NaN for none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
