import { expect, test } from 'vitest';
import { matchPorts } from './ports.ts';

const NONE = (): boolean => false;

test('dynamic ports are drawn from a random place on, fixed ones are left alone', () => {
  expect(matchPorts([[31000, 31002], [40000, 40000]], [0, 31001, 0, 0], NONE, () => 0.3)).toEqual([31002, 31001, 40000, 31000]);
});

test('a fixed port that is taken, not offered or asked for twice is refused, as are too few ports', () => {
  expect(matchPorts([[31000, 31002]], [31000], (port) => port === 31000, () => 0)).toBeUndefined();
  expect(matchPorts([[31000, 31002]], [80], NONE, () => 0)).toBeUndefined();
  expect(matchPorts([[31000, 31002]], [31000, 31000], NONE, () => 0)).toBeUndefined();
  expect(matchPorts([[31000, 31000]], [0, 0], NONE, () => 0)).toBeUndefined();
});
