import fc from 'fast-check';
import { expect, test } from 'vitest';
import { equalIncomes } from './equal-incomes.ts';
import { assetShare, dominantShare, type FillingUser, progressiveFilling, type Share } from './progressive-filling.ts';

const user = (...demand: number[]): FillingUser => ({ demand, weight: 1 });
const A = user(1, 4);
const B = user(3, 1);
const value = ({ numerator, denominator }: Share) => Number(numerator) / Number(denominator);
const equal = (a: Share, numerator: bigint, denominator: bigint) => a.numerator * denominator === numerator * a.denominator;

test('the example of section 4.1: 9 CPUs and 18 GB give A three tasks and B two, both with a dominant share of exactly 2/3', () => {
  const { tasks } = progressiveFilling([9, 18], [A, B], 'stop');
  expect(tasks).toEqual([3, 2]);
  for (const [i, { demand }] of [A, B].entries()) expect(equal(dominantShare([9, 18], demand, tasks[i]!), 2n, 3n)).toBe(true);
});

test('with the first tie to B, launches and shares go as in table 1 of the paper: B, A, A, B, A', () => {
  const { sequence } = progressiveFilling([9, 18], [B, A], 'stop');
  expect(sequence.map((index) => 'BA'[index])).toEqual(['B', 'A', 'A', 'B', 'A']);
  const held = [0, 0];
  const rows = sequence.map((index) => {
    held[index]!++;
    const [b, a] = held as [number, number];
    return [a + 3 * b, 4 * a + b, ...[dominantShare([9, 18], A.demand, a), dominantShare([9, 18], B.demand, b)].map((share) => Math.round(value(share) * 1000) / 1000)];
  });
  expect(rows).toEqual([[3, 1, 0, 0.333], [4, 5, 0.222, 0.333], [5, 9, 0.444, 0.333], [8, 10, 0.444, 0.667], [9, 14, 0.667, 0.667]]);
});

test('asset fairness on the same cluster, in hundredths of a task: 2.52 and 2.16', () => {
  expect(progressiveFilling([900, 1800], [A, B], 'stop', assetShare).tasks).toEqual([252, 216]);
});

test('a market with equal incomes gives exactly 45/11 and 18/11 tasks on the same cluster, and no other division a larger product', () => {
  expect(equalIncomes([9, 18], [A.demand as number[], B.demand as number[]])).toEqual([{ numerator: 45n, denominator: 11n }, { numerator: 18n, denominator: 11n }]);
  const quantity = fc.integer({ min: 1, max: 9 });
  fc.assert(
    fc.property(fc.tuple(quantity, quantity), fc.tuple(quantity, quantity), fc.double({ min: 0.01, max: 1, noNaN: true }), (one, other, part) => {
      const [x, y] = equalIncomes([90, 180], [one, other]).map(value) as [number, number];
      // Some other division: one user takes a part of the most it could run, the other what then fits.
      const most = part * Math.min(90 / one[0], 180 / one[1]);
      const rest = Math.min((90 - most * one[0]) / other[0], (180 - most * one[1]) / other[1]);
      expect(most * rest).toBeLessThanOrEqual(x * y * (1 + 1e-9));
    }),
  );
});

test('30 and 30, demands <1,3> and <1,1>: asset fairness leaves B below half of everything with 6 and 12 tasks, dominant shares give 5 and 15', () => {
  expect(progressiveFilling([30, 30], [user(1, 3), user(1, 1)], 'stop', assetShare).tasks).toEqual([6, 12]);
  expect(progressiveFilling([30, 30], [user(1, 3), user(1, 1)], 'stop').tasks).toEqual([5, 15]);
});

const demand = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }));
const users = fc.array(demand, { minLength: 2, maxLength: 5 }).map((demands) => demands.map((d) => user(...d)));
const CAPACITY = [3000, 4000];
/** One task of any user is at most this share: what indivisible tasks may be off by. */
const SLACK = 9 / 3000;

test('nothing that anybody could use is left over (Pareto efficiency)', () => {
  fc.assert(
    fc.property(users, (all) => {
      const { tasks } = progressiveFilling(CAPACITY, all, 'skip');
      const free = CAPACITY.map((capacity, r) => capacity - all.reduce((sum, one, i) => sum + one.demand[r]! * tasks[i]!, 0));
      for (const { demand } of all) expect(demand.some((quantity, r) => quantity > free[r]!)).toBe(true);
    }),
  );
});

test('everybody gets at least what an equal part of the cluster would have given, but for one task (sharing incentive)', () => {
  fc.assert(
    fc.property(users, (all) => {
      const { tasks } = progressiveFilling(CAPACITY, all, 'skip');
      all.forEach(({ demand }, i) => expect(value(dominantShare(CAPACITY, demand, tasks[i]!))).toBeGreaterThanOrEqual(1 / all.length - SLACK));
    }),
  );
});

test("nobody could run more tasks with what another holds, but for one task's worth (envy-freeness)", () => {
  fc.assert(
    fc.property(users, (all) => {
      const { tasks } = progressiveFilling(CAPACITY, all, 'stop');
      all.forEach((one, i) =>
        all.forEach((other, j) => {
          const withOthers = Math.min(...one.demand.map((quantity, r) => (other.demand[r]! * tasks[j]!) / quantity));
          expect(value(dominantShare(CAPACITY, one.demand, tasks[i]!))).toBeGreaterThanOrEqual(value(dominantShare(CAPACITY, one.demand, 1)) * withOthers - 2 * SLACK);
        }),
      );
    }),
  );
});

test('asking for more than one needs never lets one run more of what one needs, but for one task (strategy-proofness)', () => {
  fc.assert(
    fc.property(users, fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 })), (all, more) => {
      const honest = progressiveFilling(CAPACITY, all, 'stop').tasks[0]!;
      const inflated = user(...all[0]!.demand.map((quantity, r) => quantity + more[r]!));
      const lying = progressiveFilling(CAPACITY, [inflated, ...all.slice(1)], 'stop').tasks[0]!;
      expect(lying).toBeLessThanOrEqual(honest + 1);
    }),
  );
});

test('a pool of whole tenths is used up: ten tasks of 0.1 CPUs fit into one CPU', () => {
  expect(progressiveFilling([1], [user(0.1)], 'skip').tasks).toEqual([10]);
});
