/** A mean over independent runs with its two-sided 95 % Student-t interval. */
export interface MeanInterval {
  readonly count: number;
  readonly mean: number;
  /** Half width of the interval; NaN for fewer than two values. */
  readonly halfWidth: number;
}

/** Mean and interval of finite values; values are summed in the order given. NaN mean for none. */
export function meanInterval(values: readonly number[]): MeanInterval {
  const count = values.length;
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / count;
  if (count < 2) return { count, mean, halfWidth: Number.NaN };
  let squares = 0;
  for (const value of values) squares += (value - mean) * (value - mean);
  return { count, mean, halfWidth: studentT975(count - 1) * Math.sqrt(squares / (count - 1) / count) };
}

/** Upper 2.5 % points of Student's t for 1..30 degrees of freedom (Fisher and Yates, table III). */
const T975 = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281, 2.201, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.093, 2.086, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423];

/** 97.5 % quantile of Student's t. Above 30 degrees of freedom by the Cornish-Fisher expansion around the normal quantile (error below 1e-5). */
export function studentT975(degreesOfFreedom: number): number {
  const tabled = T975[degreesOfFreedom - 1];
  if (tabled !== undefined) return tabled;
  const z = 1.959963985;
  const z3 = z * z * z;
  const z5 = z3 * z * z;
  const z7 = z5 * z * z;
  const n = degreesOfFreedom;
  return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n) + (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n);
}
