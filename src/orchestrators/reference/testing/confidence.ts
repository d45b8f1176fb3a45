/** An estimate with the half-width of its 99 % confidence interval. */
export interface Interval {
  readonly mean: number;
  readonly halfWidth: number;
}

const Z = 2.5758293035489004;

/** The 0.995 quantile of Student's t with so many degrees of freedom (at least 8), by its expansion about the normal one: Abramowitz, Stegun 26.7.5. */
export function studentT(freedom: number): number {
  if (freedom < 8) throw new RangeError(`the expansion needs at least 8 degrees of freedom, not ${freedom}`);
  const z2 = Z * Z;
  const g1 = (Z * (z2 + 1)) / 4;
  const g2 = (Z * ((5 * z2 + 16) * z2 + 3)) / 96;
  const g3 = (Z * (((3 * z2 + 19) * z2 + 17) * z2 - 15)) / 384;
  const g4 = (Z * ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945)) / 92_160;
  return Z + (g1 + (g2 + (g3 + g4 / freedom) / freedom) / freedom) / freedom;
}

/**
 * Mean of independent replications, by regression on control variates: quantities of each replication whose expectation is zero. Without controls it is the plain
 * mean with Student's interval. S. S. Lavenberg, P. D. Welch, "A Perspective on the Use of Control Variables to Increase the Efficiency of Monte Carlo
 * Simulations", Management Science 27(3), 1981.
 * @param controls per replication, all of one length; one that says no more than those before it is left out
 */
export function controlledMean(values: readonly number[], controls: readonly (readonly number[])[] = []): Interval {
  const n = values.length;
  const mean = average(values);
  const residual = values.map((value) => value - mean);
  // Gram-Schmidt on centred columns; what is done to a column is done to its average, too.
  const columns: { readonly centred: number[]; readonly average: number; readonly size: number }[] = [];
  let estimate = mean;
  let spread = 1 / n;
  for (let j = 0; j < (controls[0]?.length ?? 0); j++) {
    const raw = controls.map((row) => row[j]!);
    let middle = average(raw);
    let centred = raw.map((value) => value - middle);
    const original = product(centred, centred);
    for (const column of columns) {
      const along = product(centred, column.centred) / column.size;
      centred = centred.map((value, i) => value - along * column.centred[i]!);
      middle -= along * column.average;
    }
    const size = product(centred, centred);
    if (size <= 1e-12 * original) continue;
    columns.push({ centred, average: middle, size });
    const beta = product(residual, centred) / size;
    for (let i = 0; i < n; i++) residual[i]! -= beta * centred[i]!;
    estimate -= beta * middle;
    spread += (middle * middle) / size;
  }
  const freedom = n - 1 - columns.length;
  return { mean: estimate, halfWidth: studentT(freedom) * Math.sqrt((product(residual, residual) / freedom) * spread) };
}

function average(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function product(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0);
}
