import { expect, test } from 'vitest';
import { DEFAULT_SCALE_DOWN, DEFAULT_SCALE_UP, policyLimit, replicasFor } from './replica-recommendation.ts';

const SECOND = 1_000_000;

test.each([
  // ready, use per ready pod, unready, current, expected at a target of 50 %
  [4, 0.5, 0, 4, 4],
  [4, 0.54, 0, 4, 4],
  [4, 0.6, 0, 4, 5],
  [4, 1, 0, 4, 8],
  [10, 0.1, 0, 10, 2],
  [0, 0, 4, 4, 4],
  // Four of eight are starting: idle, they bring the ratio to 1, so nothing happens.
  [4, 1, 4, 8, 8],
  [4, 1, 2, 6, 8],
  // Not ready ones do not hold back shrinking.
  [4, 0.2, 1, 5, 2],
])('%i ready pods at %f of their requests, %i not ready, of %i: %i', (ready, use, unready, current, expected) => {
  expect(replicasFor({ ready, useOfReady: ready * use, unready }, current, 0.5, 0.1)).toBe(expected);
});

test('replicas at most double in 15 s, or grow by four, and what grew within them counts', () => {
  expect(policyLimit(DEFAULT_SCALE_UP, true, 2, [], 0)).toBe(6);
  expect(policyLimit(DEFAULT_SCALE_UP, true, 10, [], 0)).toBe(20);
  expect(policyLimit(DEFAULT_SCALE_UP, true, 20, [{ timeUs: 90 * SECOND, change: 10 }], 100 * SECOND)).toBe(20);
  expect(policyLimit(DEFAULT_SCALE_UP, true, 20, [{ timeUs: 85 * SECOND, change: 10 }], 100 * SECOND)).toBe(40);
});

test('by default all may go at once; policies and selectPolicy restrain that', () => {
  expect(policyLimit(DEFAULT_SCALE_DOWN, false, 10, [], 0)).toBe(0);
  const rules = { ...DEFAULT_SCALE_DOWN, policies: [{ type: 'Pods' as const, value: 2, periodUs: 60 * SECOND }, { type: 'Percent' as const, value: 10, periodUs: 60 * SECOND }] };
  expect(policyLimit(rules, false, 50, [], 0)).toBe(45);
  expect(policyLimit({ ...rules, select: 'Min' }, false, 50, [], 0)).toBe(48);
  expect(policyLimit({ ...rules, select: 'Disabled' }, false, 50, [], 0)).toBe(50);
});
