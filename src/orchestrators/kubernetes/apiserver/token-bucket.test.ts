import { expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

test('a burst passes at once, then one request per interval; an idle bucket fills up again', () => {
  const bucket = new TokenBucket(20, 3);
  expect(Array.from({ length: 5 }, () => bucket.reserve(0))).toEqual([0, 0, 0, 50_000, 100_000]);
  expect(bucket.reserve(120_000)).toBe(150_000);
  expect(Array.from({ length: 4 }, () => bucket.reserve(10_000_000))).toEqual([10_000_000, 10_000_000, 10_000_000, 10_050_000]);
});
