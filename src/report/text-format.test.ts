import { expect, test } from 'vitest';
import { formatDuration, formatNumber, formatShare, joinList } from './text-format.ts';
import { logTimeTicks, timeAxis } from './time-axis.ts';

const plain = (text: string): string => text.replaceAll('\u202F', ' ');

test.each([
  [0, '0 s'],
  [0.0004, '0.400 ms'],
  [0.05, '50 ms'],
  [4.25, '4.25 s'],
  [9.999, '10 s'],
  [59.96, '1 min'],
  [100, '1 min 40 s'],
  [3599.8, '1 h'],
  [7260, '2 h 1 min'],
  [90000, '1 d 1 h'],
  [-60, '−1 min'],
])('%d seconds read %s', (seconds, text) => {
  expect(plain(formatDuration(seconds))).toBe(text);
});

test('thousands are separated by a thin space and small shares keep a digit that says something', () => {
  expect(formatNumber(1234567.891, 1)).toBe('1\u202F234\u202F567.9');
  expect(formatNumber(999)).toBe('999');
  expect(plain(formatShare(0.6128))).toBe('61.3 %');
  expect(plain(formatShare(0.00004))).toBe('0.004 %');
  expect(plain(formatShare(0))).toBe('0.0 %');
});

test('lists read like sentences', () => {
  expect(joinList(['a'])).toBe('a');
  expect(joinList(['a', 'b', 'c'])).toBe('a, b and c');
});

test.each([5, 60, 600, 3600, 3 * 3600, 86400, 3 * 86400, 30 * 86400, 400 * 86400, 4000 * 86400])('an axis of %d seconds has three to ten ticks that begin at zero', (endS) => {
  const { ticks, secondsPerUnit } = timeAxis(endS);
  expect(ticks[0]).toBe(0);
  expect(ticks.length).toBeGreaterThanOrEqual(3);
  expect(ticks.length).toBeLessThanOrEqual(10);
  expect(ticks.at(-1)! * secondsPerUnit).toBeLessThanOrEqual(endS * 1.000001);
});

test('a logarithmic time axis has ticks that people read', () => {
  expect(logTimeTicks(1, 7200).map((tick) => plain(tick.label))).toEqual(['1 s', '10 s', '1 min', '5 min', '1 h']);
});
