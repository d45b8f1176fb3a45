import { expect, test } from 'vitest';
import { failureText } from './failure-text.ts';

test('reasons are counted over nodes and sorted as texts', () => {
  const reasons = [['Insufficient cpu', 'Insufficient memory'], ['Insufficient cpu'], ['node(s) had untolerated taint(s)'], ['Insufficient cpu'], ['node(s) had untolerated taint(s)']];
  expect(failureText(5, reasons)).toBe('0/5 nodes are available: 1 Insufficient memory, 2 node(s) had untolerated taint(s), 3 Insufficient cpu.');
});

test('an empty cluster says so', () => {
  expect(failureText(0, [])).toBe('no nodes available to schedule pods');
});
