import { describe, expect, test } from 'vitest';
import { checkPattern, matchesWhole, PatternError } from './java-pattern.ts';

describe('patterns of java.util.regex match a whole text', () => {
  test.each([
    ['rack-[1-3]', 'rack-2', true],
    ['rack-[1-3]', 'rack-22', false],
    ['rack', 'rack-2', false],
    ['a|ab', 'ab', true],
    ['(?i)RACK-\\d+', 'rack-17', true],
    ['\\p{Alnum}+', 'a1', true],
    ['\\P{Digit}+', 'a1', false],
    ['[\\p{Lower}_]+', 'a_b', true],
    ['\\u0041.*', 'ABC', true],
    ['\\Q[a]\\E', '[a]', true],
    ['[]a]+', 'a]', true],
    ['.*', 'a\nb', false],
    ['\\[6-7\\]', '[6-7]', true],
  ])('%s on %j: %s', (pattern, text, expected) => {
    expect(matchesWhole(pattern, text)).toBe(expected);
  });
});

test.each(['(?!node-1).*', '(?<=a)b', '(a)\\1', 'a*+b', '(?>a|ab)c', '[a-z&&[^b]]', '[a[bc]]', '(?x)a'])('%s is refused as what only a backtracking engine evaluates', (pattern) => {
  try {
    checkPattern(pattern);
    expect.unreachable();
  } catch (error) {
    expect([error instanceof PatternError, (error as PatternError).unsupported]).toEqual([true, true]);
  }
});

test.each(['(', '[a', 'a{2,1}', '*a'])('%s is no pattern', (pattern) => {
  expect(() => checkPattern(pattern)).toThrow(`"${pattern}" is no regular expression`);
});

test('a pattern on which backtracking takes for ever is answered', () => {
  expect(matchesWhole('(a+)+b', 'a'.repeat(5_000))).toBe(false);
  expect(matchesWhole('(x?){200}x{200}', 'x'.repeat(200))).toBe(true);
});
