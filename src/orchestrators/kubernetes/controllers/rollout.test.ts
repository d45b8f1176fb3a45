import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_DEPLOYMENT, fenceposts } from './deployment-settings.ts';
import { type RolloutSet, rolloutStep } from './rollout.ts';

const set = (replicas: number, available = replicas): RolloutSet => ({ replicas, available });

test.each([
  // replicas 10, 25 %: surge 3, 2 may be missing.
  ['the new set grows by the surge first', set(0), [set(10)], { newReplicas: 3, oldReplicas: [10] }],
  ['then the old one shrinks by what may be missing', set(3, 0), [set(10)], { newReplicas: 3, oldReplicas: [8] }],
  ['which makes room for more new ones', set(3, 0), [set(8)], { newReplicas: 5, oldReplicas: [8] }],
  ['nothing goes while nothing new is available', set(5, 0), [set(8)], { newReplicas: 5, oldReplicas: [8] }],
  ['each that is lets one go', set(5, 4), [set(8)], { newReplicas: 5, oldReplicas: [4] }],
  ['old ones that are not available go before any that is', set(3, 0), [set(5, 2), set(6, 6)], { newReplicas: 3, oldReplicas: [2, 6] }],
  ['at the end the old set is empty', set(10, 10), [set(3)], { newReplicas: 10, oldReplicas: [0] }],
])('%s', (_, current, old, expected) => {
  expect(rolloutStep(current, old, 10, 3, 2)).toEqual(expected);
});

test.each([
  [10, 3, 2],
  [1, 1, 0],
  [4, 1, 1],
  [3, 1, 0],
])('of %i replicas, 25 %% are %i above and %i below', (replicas, surge, unavailable) => {
  expect(fenceposts(DEFAULT_DEPLOYMENT, replicas)).toEqual({ surge, unavailable });
});

test('nothing above and nothing below becomes one below', () => {
  expect(fenceposts({ ...DEFAULT_DEPLOYMENT, maxSurge: 0, maxUnavailable: 0 }, 5)).toEqual({ surge: 0, unavailable: 1 });
});

test('a rollout never has too many pods, never gives up one that must stay, and comes to its end whatever becomes available when', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 10 }), fc.array(fc.nat(), { minLength: 400, maxLength: 400 }), (desired, surge, below, luck) => {
      const unavailable = Math.min(desired, surge + below === 0 ? 1 : below);
      let current = set(0, 0);
      let old = set(desired);
      for (const draw of luck) {
        const step = rolloutStep(current, [old], desired, surge, unavailable);
        const shrinks = step.oldReplicas[0]! < old.replicas;
        expect(step.newReplicas + step.oldReplicas[0]!).toBeLessThanOrEqual(desired + surge);
        if (shrinks) expect(current.available + step.oldReplicas[0]!).toBeGreaterThanOrEqual(desired - unavailable);
        old = set(step.oldReplicas[0]!);
        const arriving = step.newReplicas - current.available;
        current = set(step.newReplicas, current.available + (arriving > 0 ? (draw % arriving) + (draw % 3 === 0 ? 1 : 0) : 0));
        if (current.available > current.replicas) current = set(current.replicas);
      }
      expect([current.replicas, old.replicas]).toEqual([desired, 0]);
    }),
    { numRuns: 200 },
  );
});
