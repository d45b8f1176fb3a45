import { expect, test } from 'vitest';
import { interpolate } from './interpolate.ts';

const VARIABLES = new Map([['SET', 'x'], ['EMPTY', '']]);

test.each([
  ['$SET-${SET}', 'x-x'],
  ['$$SET', '$SET'],
  ['${SET:-d}${EMPTY:-d}${NONE:-d}', 'xdd'],
  ['${SET-d}${EMPTY-d}${NONE-d}', 'xd'],
  ['${SET:+y}${EMPTY:+y}${EMPTY+y}${NONE+y}', 'yy'],
  ['${EMPTY}|', '|'],
])('%s becomes %s', (text, expected) => {
  expect(interpolate(text, VARIABLES)).toBe(expected);
});

test.each([
  ['${NONE}', 'the variable NONE has no value'],
  ['${EMPTY:?say something}', 'the variable EMPTY has no value: say something'],
  ['costs 5$', '"$" is no variable'],
  ['${1}', 'is no variable'],
])('%s is refused: %s', (text, message) => {
  expect(() => interpolate(text, VARIABLES)).toThrow(message);
});
