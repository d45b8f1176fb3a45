import { expect, test } from 'vitest';
import { parseTimestamp } from './timestamp.ts';

test.each(['1970-01-01T00:00:00Z', '2000-02-29T23:59:59Z', '2024-05-01T12:34:56.789Z', '2023-12-31T23:00:00-02:30', '1969-03-01T00:00:00+01:00'])('%s is read as the language reads it', (text) => {
  expect(parseTimestamp(text)).toBe(Date.parse(text) * 1000);
});

test.each(['', '2024-05-01', 'yesterday', '2024-05-01 12:00:00Z'])('"%s" is refused', (text) => {
  expect(() => parseTimestamp(text)).toThrow(RangeError);
});
