import fc from 'fast-check';
import { expect, test } from 'vitest';
import { INFEASIBLE, ScoreMemo } from './score-memo.ts';

/** What a plain scan would answer. */
function scan(rows: number, evaluate: (row: number) => number, start: number, wanted: number) {
  const seen: number[] = [];
  let feasible = 0;
  let best = INFEASIBLE;
  for (let i = 0; i < rows && feasible < wanted; i++) {
    const row = (start + i) % rows;
    seen.push(row);
    const score = evaluate(row);
    if (score === INFEASIBLE) continue;
    feasible++;
    if (score > best) best = score;
  }
  return { examined: seen.length, feasible, best, tied: best === INFEASIBLE ? [] : seen.filter((row) => evaluate(row) === best) };
}

const step = fc.record({
  changes: fc.array(fc.record({ row: fc.nat(), value: fc.integer({ min: -2, max: 5 }) }), { maxLength: 12 }),
  /** Changes that matter to the step's key alone; three of them stand for a change of all rows. */
  own: fc.array(fc.record({ row: fc.nat(), value: fc.integer({ min: 0, max: 3 }) }), { maxLength: 3 }),
  key: fc.nat({ max: 6 }),
  start: fc.nat(),
  wanted: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(Infinity)),
});

test('the memo answers every walk as a plain scan does, with any interleaving of changes and keys', () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer({ min: 1, max: 150 }), fc.integer({ min: 1000, max: 2300 })), fc.array(step, { maxLength: 40 }), fc.boolean(), (rows, steps, tight) => {
      const state = new Int32Array(rows);
      const extra = Array.from({ length: 7 }, () => new Int32Array(rows));
      const evaluate = (row: number, key: number) => ((state[row]! + key) % 3 === 0 ? INFEASIBLE : Math.floor(state[row]! / (key + 1)) + extra[key]![row]!);
      const memo = new ScoreMemo(rows, evaluate, tight ? 0 : undefined);
      for (const { changes, own, key, start, wanted } of steps) {
        for (const { row, value } of changes) {
          state[row % rows] = value;
          memo.touch(row % rows);
        }
        for (const { row, value } of own) {
          extra[key]![row % rows] = value;
          memo.touchFor(key, row % rows);
        }
        if (own.length === 3) {
          extra[key]!.fill(own[0]!.value);
          memo.touchKey(key);
        }
        memo.walk(key, start % rows, wanted);
        const expected = scan(rows, (row) => evaluate(row, key), start % rows, wanted);
        expect([memo.examined, memo.feasible, memo.bestScore, memo.bestCount]).toEqual([expected.examined, expected.feasible, expected.best, expected.tied.length]);
        expect(expected.tied.map((_, r) => memo.pick(r))).toEqual(expected.tied);
        const listed: number[] = [];
        const scores: number[] = [];
        memo.collect(key, start % rows, wanted, listed, scores);
        expect([memo.examined, memo.feasible]).toEqual([expected.examined, expected.feasible]);
        expect(listed).toEqual(Array.from({ length: expected.examined }, (_, i) => ((start % rows) + i) % rows).filter((row) => evaluate(row, key) !== INFEASIBLE));
        expect(scores).toEqual(listed.map((row) => evaluate(row, key)));
        const isOdd = (row: number) => row % 2 === 1;
        const odd = scan(rows, (row) => (isOdd(row) ? evaluate(row, key) : INFEASIBLE), start % rows, wanted);
        memo.collect(key, start % rows, wanted, listed, scores, isOdd);
        expect([memo.examined, memo.feasible, listed.length, scores.length]).toEqual([odd.examined, odd.feasible, odd.feasible, odd.feasible]);
        expect(listed.every((row, i) => isOdd(row) && scores[i] === evaluate(row, key))).toBe(true);
        if (start % 2 === 0) continue;
        memo.best(key);
        const all = scan(rows, (row) => evaluate(row, key), 0, Infinity);
        expect([memo.examined, memo.feasible, memo.bestScore, memo.bestCount]).toEqual([rows, all.feasible, all.best, all.tied.length]);
        expect(all.tied.map((_, r) => memo.pick(r))).toEqual(all.tied);
      }
    }),
  );
});

test('a decision after one change evaluates one row, not all', () => {
  const memo = new ScoreMemo(1000, (row) => row);
  memo.best(0);
  const before = memo.evaluations;
  memo.touch(999);
  memo.best(0);
  expect(memo.evaluations - before).toBe(1);
});
