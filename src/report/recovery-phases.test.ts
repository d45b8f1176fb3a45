import { expect, test } from 'vitest';
import { phaseEnds, quantileOf, recoveryPhases } from './recovery-phases.ts';

function ends(row: Record<string, string>): readonly number[] | undefined {
  const phases = recoveryPhases({ attemptsHit: '3', injectedS: '100', detectedS: '', decidedS: '', replacedS: '', restoredS: '', ...row });
  return phases === undefined ? undefined : phaseEnds(phases);
}

test('phases end relative to the failure', () => {
  expect(ends({ detectedS: '140', decidedS: '141', replacedS: '150', restoredS: '160' })).toEqual([40, 41, 50, 60]);
});

test('a phase that was skipped has no length: work went on in place before anybody noticed', () => {
  expect(ends({ restoredS: '103' })).toEqual([0, 0, 0, 3]);
  expect(ends({ detectedS: '110', replacedS: '120', restoredS: '130' })).toEqual([10, 10, 20, 30]);
});

test('phases that did not happen by the end are open', () => {
  expect(ends({ detectedS: '140' })).toEqual([40, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
});

test('phases never go back: a replacement before the detection was somebody else’s', () => {
  expect(ends({ detectedS: '150', decidedS: '120', replacedS: '130', restoredS: '160' })).toEqual([50, 50, 50, 60]);
});

test('a failure that hit nothing has no recovery', () => {
  expect(ends({ attemptsHit: '0', detectedS: '140' })).toBeUndefined();
});

test('quantiles count what is not determined as longest', () => {
  expect(quantileOf([3, Number.POSITIVE_INFINITY, 1], 0.5)).toBe(3);
  expect(quantileOf([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 1], 0.5)).toBe(Number.POSITIVE_INFINITY);
});
