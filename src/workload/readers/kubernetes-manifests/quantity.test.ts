import { expect, test } from 'vitest';
import { parseQuantity } from './quantity.ts';

test.each([
  ['100m', 1000, 100],
  ['1.5', 1000, 1500],
  ['0.0001', 1000, 1],
  ['1Gi', 1, 1_073_741_824],
  ['1.5Gi', 1, 1_610_612_736],
  ['200000Ki', 1, 204_800_000],
  ['500M', 1, 500_000_000],
  ['1e3', 1, 1000],
  ['1E', 1, 1e18],
  ['100m', 1, 1],
  [4, 1, 4],
])('%s in units of 1/%i is %d, rounded up', (text, unitsPerOne, amount) => {
  expect(parseQuantity(text, unitsPerOne)).toBe(amount);
});

test.each(['', 'm', '1.2.3', '1 Gi', '10KB', '1e999'])('"%s" is refused', (text) => {
  expect(() => parseQuantity(text, 1)).toThrow(RangeError);
});
