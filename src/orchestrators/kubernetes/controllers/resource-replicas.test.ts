import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type MeasuredPod, replicasForAll, resourceReplicas, type ResourceTarget } from './resource-replicas.ts';

const HALF: ResourceTarget = { resource: 'cpu', percent: 50, average: 0 };
const TOLERANCES = { down: 0.1, up: 0.1 };
const pods = (group: MeasuredPod['group'], count: number, use: number): MeasuredPod[] => Array.from({ length: count }, () => ({ group, use, request: 1000 }));

test.each([
  // ready, use of each of 1,000, unready, missing, current, expected at a target of 50 %
  [4, 500, 0, 0, 4, 4],
  [4, 540, 0, 0, 4, 4],
  [4, 600, 0, 0, 4, 5],
  [4, 1000, 0, 0, 4, 8],
  // Without a limit a pod may use more than it asks for.
  [4, 3000, 0, 0, 4, 24],
  [10, 100, 0, 0, 10, 2],
  // Four of eight are starting: idle, they bring the ratio to 1, so nothing happens.
  [4, 1000, 4, 0, 8, 8],
  [4, 1000, 2, 0, 6, 8],
  // Not ready ones do not hold back shrinking.
  [4, 200, 1, 0, 5, 2],
  // Two without measurement count as fully used when the answer is to shrink, and turn it around; idle when it is to grow.
  [4, 200, 0, 2, 6, 6],
  [8, 100, 0, 2, 10, 6],
  [4, 1000, 0, 2, 6, 8],
])('%i ready pods using %i of 1,000, %i not ready, %i not measured, of %i: %i', (ready, use, unready, missing, current, expected) => {
  expect(resourceReplicas(HALF, [...pods('ready', ready, use), ...pods('unready', unready, 0), ...pods('missing', missing, 0)], current, TOLERANCES)).toBe(expected);
});

test('an average is a whole number per pod, and pods without measurement count with the target when the answer is to shrink', () => {
  const target: ResourceTarget = { resource: 'memory', percent: null, average: 200 };
  expect(resourceReplicas(target, pods('ready', 3, 400), 3, TOLERANCES)).toBe(6);
  expect(resourceReplicas(target, pods('ready', 3, 219), 3, TOLERANCES)).toBe(3);
  expect(resourceReplicas(target, [...pods('ready', 4, 50), ...pods('missing', 4, 0)], 8, TOLERANCES)).toBe(5);
});

test('shares are cut to whole percents before they are compared', () => {
  // 55.9 % is 55 %: 1.1 times the target, which is within the tolerance.
  expect(resourceReplicas(HALF, pods('ready', 10, 559), 10, TOLERANCES)).toBe(10);
  expect(resourceReplicas(HALF, pods('ready', 10, 560), 10, TOLERANCES)).toBe(12);
});

test('the tolerances of both directions are their own', () => {
  expect(resourceReplicas(HALF, pods('ready', 10, 600), 10, { down: 0.1, up: 0.3 })).toBe(10);
  expect(resourceReplicas(HALF, pods('ready', 10, 400), 10, { down: 0.1, up: 0.3 })).toBe(8);
});

test('without any measurement there is no answer; of several answers the largest counts, and one that is missing forbids shrinking', () => {
  expect(resourceReplicas(HALF, pods('unready', 4, 1000), 4, TOLERANCES)).toBeNull();
  expect(replicasForAll([3, 7, 5], 4)).toBe(7);
  expect(replicasForAll([null, 7], 4)).toBe(7);
  expect(replicasForAll([null, 3], 4)).toBeNull();
  expect(replicasForAll([null, null], 4)).toBeNull();
});

test('no pod that is not ready, or not measured, ever turns growth into shrinking or the other way round', () => {
  const counts = fc.record({ ready: fc.integer({ min: 1, max: 20 }), use: fc.nat(2000), unready: fc.nat(20), missing: fc.nat(20) });
  fc.assert(
    fc.property(counts, ({ ready, use, unready, missing }) => {
      const current = ready + unready + missing;
      const alone = resourceReplicas(HALF, pods('ready', ready, use), ready, TOLERANCES)!;
      const all = resourceReplicas(HALF, [...pods('ready', ready, use), ...pods('unready', unready, 0), ...pods('missing', missing, 0)], current, TOLERANCES)!;
      if (alone > ready) expect(all).toBeGreaterThanOrEqual(current);
    }),
  );
});
