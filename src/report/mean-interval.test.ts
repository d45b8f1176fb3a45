import { expect, test } from 'vitest';
import { meanInterval, studentT975 } from './mean-interval.ts';

test('mean and half width of a 95 % Student-t interval, by hand', () => {
  // Five values: mean 3, standard deviation sqrt(2.5), t(4) = 2.7764.
  const { mean, halfWidth, count } = meanInterval([1, 2, 3, 4, 5]);
  expect([count, mean]).toEqual([5, 3]);
  expect(halfWidth).toBeCloseTo((2.7764 * Math.sqrt(2.5)) / Math.sqrt(5), 4);
});

test('one value has no interval, none has no mean', () => {
  expect(meanInterval([7])).toEqual({ count: 1, mean: 7, halfWidth: Number.NaN });
  expect(meanInterval([]).mean).toBeNaN();
});

test('quantiles beyond the table agree with published ones', () => {
  // Fisher and Yates, table III.
  expect(studentT975(40)).toBeCloseTo(2.0211, 4);
  expect(studentT975(60)).toBeCloseTo(2.0003, 4);
  expect(studentT975(120)).toBeCloseTo(1.9799, 4);
});

test('quantiles fall with every degree of freedom, across the end of the table too', () => {
  for (let df = 1; df < 100; df++) expect(studentT975(df + 1)).toBeLessThan(studentT975(df));
});
