import fc from 'fast-check';
import { expect, test } from 'vitest';
import { survivalQuantile } from './kaplan-meier.ts';

/** Freireich et al., Blood 21 (1963), remission under 6-MP in weeks, the standard worked example of the estimate: median 23. */
const EVENTS = [6, 6, 6, 7, 10, 13, 16, 22, 23];
const CENSORED = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35];

test('the classic example has its published median, and an upper quantile that is not determined', () => {
  const durations = [...EVENTS.map((us) => ({ us, censored: false })), ...CENSORED.map((us) => ({ us, censored: true }))];
  expect(survivalQuantile(durations, 0.5)).toEqual({ us: 23, determined: true });
  expect(survivalQuantile(durations, 0.25)).toEqual({ us: 13, determined: true });
  expect(survivalQuantile(durations, 0.9)).toEqual({ us: 35, determined: false });
  expect(survivalQuantile([], 0.5)).toBeNull();
});

test('without censoring it is the ordinary quantile', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 9 }), (values, tenths) => {
      const sorted = [...values].sort((a, b) => a - b);
      const expected = sorted[Math.ceil((tenths * values.length) / 10) - 1];
      expect(survivalQuantile(values.map((us) => ({ us, censored: false })), tenths / 10)).toEqual({ us: expected, determined: true });
    }),
  );
});
