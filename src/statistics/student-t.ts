import { incompleteBeta } from './incomplete-beta.ts';

/** P(T > t) of Student's t with `degreesOfFreedom` > 0 (not necessarily whole). */
export function studentTTail(t: number, degreesOfFreedom: number): number {
  if (t === Infinity) return 0;
  if (t === -Infinity) return 1;
  const half = incompleteBeta(degreesOfFreedom / (degreesOfFreedom + t * t), degreesOfFreedom / 2, 0.5) / 2;
  return t >= 0 ? half : 1 - half;
}

const known = new Map<string, number>();

/** Quantile of Student's t: the t that it does not exceed with probability `p` in (0, 1). Found by bisection of the distribution function, to the last digits of a double. */
export function studentTQuantile(p: number, degreesOfFreedom: number): number {
  if (!(p > 0 && p < 1) || !(degreesOfFreedom > 0)) return Number.NaN;
  if (p === 0.5) return 0;
  if (p < 0.5) return -studentTQuantile(1 - p, degreesOfFreedom);
  const key = `${p}/${degreesOfFreedom}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const tail = 1 - p;
  let low = 0;
  let high = 1;
  while (studentTTail(high, degreesOfFreedom) > tail) {
    low = high;
    high *= 2;
  }
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    if (studentTTail(middle, degreesOfFreedom) > tail) low = middle;
    else high = middle;
  }
  known.set(key, high);
  return high;
}
