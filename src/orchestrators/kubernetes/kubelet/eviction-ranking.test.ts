import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evictionOrder, type RankedPod } from './eviction-ranking.ts';

const pod = (pod: number, usedBytes: number, requestBytes: number, priority = 0): RankedPod => ({ pod, usedBytes, requestBytes, priority });
const order = (...pods: RankedPod[]): number[] => evictionOrder(pods).map((ranked) => ranked.pod);

test.each([
  ['use above the request goes before all that keep to theirs, however little it is', [pod(0, 900, 900), pod(1, 11, 10)], [1, 0]],
  ['among those that exceed, the less important first', [pod(0, 500, 100, 10), pod(1, 110, 100, 0)], [1, 0]],
  ['of one priority, what exceeds by more', [pod(0, 200, 100), pod(1, 350, 100), pod(2, 120, 0)], [1, 2, 0]],
  ['nobody exceeds: priority, then the least room left', [pod(0, 50, 100, 1), pod(1, 50, 100), pod(2, 90, 100)], [2, 1, 0]],
])('%s', (_, pods, expected) => {
  expect(order(...pods)).toEqual(expected);
});

test('the order is total: no pod that keeps to its request goes before one that does not, whatever the mix', () => {
  const random = fc.record({ pod: fc.nat(), usedBytes: fc.nat(100), requestBytes: fc.nat(100), priority: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(random), (pods) => {
      const exceeding = evictionOrder(pods).map(({ usedBytes, requestBytes }) => usedBytes > requestBytes);
      expect(exceeding.lastIndexOf(true)).toBeLessThan(exceeding.includes(false) ? exceeding.indexOf(false) : exceeding.length);
    }),
  );
});
