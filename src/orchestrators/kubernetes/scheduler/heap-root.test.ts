import fc from 'fast-check';
import { expect, test } from 'vitest';
import { heapRoot } from './heap-root.ts';

test.each([
  [[7], 0],
  [[5, 5, 5], 0],
  [[1, 5, 5], 1],
  // Index 1 is sifted up with its best child first: the tie at index 4 comes up through index 1, the one at 2 stays.
  [[1, 2, 9, 3, 9], 4],
  [[1, 9, 9, 9, 9], 1],
])('the heap over %j has element %i at its root', (scores, root) => {
  expect(heapRoot(scores)).toBe(root);
});

test('the root always is a maximum', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1 }), (scores) => {
      expect(scores[heapRoot(scores)]).toBe(Math.max(...scores));
    }),
  );
});
