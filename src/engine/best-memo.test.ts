import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BestMemo, LOWEST_SCORE } from './best-memo.ts';

const step = fc.record({
  changes: fc.array(fc.record({ row: fc.nat(), value: fc.integer({ min: -2, max: 5 }) }), { maxLength: 12 }),
  key: fc.nat({ max: 6 }),
});

test('the memo names the best, how many can be chosen and every one of the tied best as a plain scan does, with any interleaving of changes and keys', () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer({ min: 1, max: 150 }), fc.integer({ min: 1000, max: 2300 })), fc.array(step, { maxLength: 40 }), fc.boolean(), (rows, steps, tight) => {
      const state = new Int32Array(rows);
      const scoreOf = (row: number, key: number) => (state[row] === -2 ? LOWEST_SCORE : Math.floor(state[row]! / (key + 1)));
      const memo = new BestMemo(
        rows,
        (list, count, key, scores) => {
          for (let i = 0; i < count; i++) scores[i] = scoreOf(list[i]!, key);
        },
        tight ? 0 : undefined,
      );
      for (const { changes, key } of steps) {
        for (const { row, value } of changes) {
          state[row % rows] = value;
          memo.touch(row % rows);
        }
        memo.best(key);
        const scores = Array.from({ length: rows }, (_, row) => scoreOf(row, key));
        const best = scores.reduce((a, b) => Math.max(a, b));
        const tied = scores.flatMap((score, row) => (score === best ? [row] : []));
        expect([memo.bestScore, memo.bestCount]).toEqual([best, tied.length]);
        expect(memo.feasible).toBe(scores.filter((score) => score > LOWEST_SCORE).length);
        expect(scores.map((_, row) => memo.score(row))).toEqual(scores);
        expect(tied.map((_, r) => memo.pick(r))).toEqual(tied);
      }
    }),
  );
});

test('a row that changed often between two questions is evaluated once, the others not at all', () => {
  const memo = new BestMemo(1000, (rows, count, _key, scores) => {
    for (let i = 0; i < count; i++) scores[i] = rows[i]!;
  });
  memo.best(0);
  const before = memo.evaluations;
  for (let i = 0; i < 7; i++) memo.touch(999);
  memo.best(0);
  expect(memo.evaluations - before).toBe(1);
});

test('of no rows none is best', () => {
  const memo = new BestMemo(0, () => {});
  memo.best(0);
  expect(memo.bestCount).toBe(0);
});
