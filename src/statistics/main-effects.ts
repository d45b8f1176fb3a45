/** One point of a factorial design: a level of every factor, and the response. */
export interface DesignPoint {
  readonly levels: readonly string[];
  readonly value: number;
}

/** What a factor does by itself. */
export interface MainEffect {
  /** Mean response per level, over all points that have it. */
  readonly means: readonly (readonly [level: string, mean: number])[];
  /** Largest less smallest of these means. */
  readonly range: number;
  /** Part of the variance over all points that the factor explains alone: the correlation ratio, which is the first-order Sobol index of a balanced design (Saltelli et al., Global Sensitivity Analysis, 2008, section 4.5). */
  readonly explained: number;
}

/** Main effects of each factor, in the order of the factors. */
export function mainEffects(points: readonly DesignPoint[], factors: number): readonly MainEffect[] {
  let sum = 0;
  for (const point of points) sum += point.value;
  const centre = sum / points.length;
  let total = 0;
  for (const point of points) total += (point.value - centre) * (point.value - centre);
  return Array.from({ length: factors }, (_, factor) => {
    const groups = Map.groupBy(points, (point) => point.levels[factor]!);
    let between = 0;
    const means = [...groups].map(([level, group]): readonly [string, number] => {
      let own = 0;
      for (const point of group) own += point.value;
      const mean = own / group.length;
      between += group.length * (mean - centre) * (mean - centre);
      return [level, mean];
    });
    const values = means.map(([, mean]) => mean);
    return { means, range: Math.max(...values) - Math.min(...values), explained: total > 0 ? between / total : 0 };
  });
}
