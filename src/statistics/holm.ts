/**
 * p-values corrected for being several (Holm, Scandinavian Journal of Statistics 6, 1979): of all that stay below alpha, the chance that even one is a false alarm is at
 * most alpha, whatever their dependence. NaN (not tested) stays NaN and does not count.
 */
export function holm(pValues: readonly number[]): number[] {
  const tested = pValues.flatMap((p, i) => (Number.isNaN(p) ? [] : [i])).toSorted((a, b) => pValues[a]! - pValues[b]! || a - b);
  const adjusted = pValues.map(() => Number.NaN);
  let largest = 0;
  tested.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, (tested.length - rank) * pValues[index]!));
    adjusted[index] = largest;
  });
  return adjusted;
}
