import fc from 'fast-check';
import { expect, test } from 'vitest';
import { orderByHeap } from './worst-first-heap.ts';

test('the best come first, and two that tie change places', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (keys) => {
      const items = [...keys];
      orderByHeap(items, (a, b) => a < b);
      expect(items).toEqual(keys.toSorted((a, b) => a - b));
    }),
  );
  const tied = ['first', 'second'];
  orderByHeap(tied, () => false);
  expect(tied).toEqual(['second', 'first']);
});
