import fc from 'fast-check';
import { expect, test } from 'vitest';
import { proportionalSizes } from './proportional-scaling.ts';

test.each([
  // Eight old and five new of ten plus three, scaled to fifteen: three more old ones, two more new ones (the example of the Kubernetes documentation).
  [[8, 5], 13, 18, [11, 7]],
  [[5, 8], 13, 18, [7, 11]],
  // Down to four plus one: the same shares.
  [[8, 5], 13, 5, [3, 2]],
  [[8, 5], 13, 0, [0, 0]],
  [[8, 5], 13, 13, [8, 5]],
  // What rounding leaves over goes to the largest; of equals to the newer one when they grow.
  [[4, 4, 4], 12, 13, [4, 4, 5]],
  [[0, 6], 6, 9, [0, 9]],
])('sets of %j that were sized for %i become %j for %i', (sizes, before, now, expected) => {
  expect(proportionalSizes(sizes, { before, now })).toEqual(expected);
});

test('together they are what is allowed, none is negative, none moves against the others', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 2, maxLength: 5 }), fc.nat(100), (sizes, now) => {
      const before = Math.max(1, sizes.reduce((sum, size) => sum + size, 0));
      const next = proportionalSizes(sizes, { before, now });
      if (sizes.some((size) => size > 0)) expect(next.reduce((sum, size) => sum + size, 0)).toBe(now);
      next.forEach((size, i) => {
        expect(size).toBeGreaterThanOrEqual(0);
        if (now >= before) expect(size).toBeGreaterThanOrEqual(sizes[i]!);
        else expect(size).toBeLessThanOrEqual(sizes[i]!);
      });
    }),
  );
});
