/** Settings of a sweep with sentences of their own, and of which tables over time are read; the others are in the charts of the whole sweep and in the tables. */
export const MOST_SLICES = 12;

/** Settings with charts of their own unless all are asked for: the two ends of what is varied, in the order of the plan. What lies between is in the charts of the whole sweep. */
export function drawnSlices<T>(slices: readonly T[]): readonly T[] {
  const known = slices.slice(0, MOST_SLICES);
  return known.length <= 2 ? known : [known[0]!, known.at(-1)!];
}
