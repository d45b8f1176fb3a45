import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sortedDoubles } from './sorted-doubles.ts';

test('many values come out as the built-in sort leaves them, and the input stays as it was', () => {
  const value = fc.oneof(fc.nat(3), fc.maxSafeNat(), fc.double({ min: 0, max: 1e9, noNaN: true }), fc.constantFrom(0, 2 ** -1074, 2 ** 53, Infinity));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 50 }), fc.integer({ min: 1, max: 9000 }), (some, count) => {
      const values = Float64Array.from({ length: count }, (_, i) => Math.abs(some[i % some.length]! + (i % 7 === 0 ? i : 0)));
      const before = values.slice();
      expect(sortedDoubles(values)).toEqual(values.slice().sort());
      expect(values).toEqual(before);
    }),
    { numRuns: 30 },
  );
});

test('a part of an array is sorted alone', () => {
  const values = Float64Array.from({ length: 10_000 }, (_, i) => (i * 7919) % 10_007);
  expect(sortedDoubles(values.subarray(100, 9000))).toEqual(values.slice(100, 9000).sort());
});
