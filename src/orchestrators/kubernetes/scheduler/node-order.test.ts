import { expect, test } from 'vitest';
import { nodeTreeOrder, numFeasibleNodesToFind } from './node-order.ts';

test('nodes are listed round-robin over zones in order of first appearance, exhausted zones left out', () => {
  expect(nodeTreeOrder(['b', 'b', 'a', 'b', 'c', 'a', 'b'])).toEqual([0, 2, 4, 1, 5, 3, 6]);
  expect(nodeTreeOrder([])).toEqual([]);
});

test.each([
  [99, 0, 99],
  [100, 0, 100],
  [500, 0, 230],
  [1000, 0, 420],
  [2000, 0, 680],
  [5000, 0, 500],
  [5625, 0, 281],
  [15000, 0, 750],
  [1000, 100, 1000],
  [1000, 30, 300],
  [200, 10, 100],
])('of %i nodes at %i %%, %i feasible ones are looked for', (nodes, percentage, wanted) => {
  expect(numFeasibleNodesToFind(nodes, percentage)).toBe(wanted);
});
