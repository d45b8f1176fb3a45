import { expect, test } from 'vitest';
import { DEFAULT_SCALE_DOWN, DEFAULT_SCALE_UP, policyLimit } from './scaling-policies.ts';

const SECOND = 1_000_000;

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
