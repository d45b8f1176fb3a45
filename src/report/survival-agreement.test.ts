import fc from 'fast-check';
import { expect, test } from 'vitest';
import { survivalQuantile } from '../metrics/kaplan-meier.ts';
import { survivalCurve, survivalTime } from '../statistics/survival-curve.ts';

test('quantiles of one run and the curve over all seeds are the same estimate', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ us: fc.integer({ min: 1, max: 20 }), censored: fc.boolean() }), { minLength: 1, maxLength: 25 }), fc.constantFrom(0.1, 0.5, 0.9), (durations, q) => {
      const { time } = survivalTime(survivalCurve(durations.map(({ us, censored }) => ({ duration: us, censored }))), q);
      const quantile = survivalQuantile(durations, q)!;
      expect(time).toBe(quantile.determined ? quantile.us : Infinity);
    }),
  );
});
