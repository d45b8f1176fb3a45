import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ksCritical, ksDistance } from '../testing/kolmogorov-smirnov.ts';
import { entityOf, KeyedRandom } from './keyed-random.ts';
import { SequentialRandom } from './sequential-random.ts';

const uniform = (x: number) => Math.min(1, Math.max(0, x));

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((x, y) => x + y, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let ab = 0;
  let aa = 0;
  let bb = 0;
  a.forEach((x, i) => {
    ab += (x - meanA) * (b[i]! - meanB);
    aa += (x - meanA) * (x - meanA);
    bb += (b[i]! - meanB) * (b[i]! - meanB);
  });
  return ab / Math.sqrt(aa * bb);
}

describe('keyed random numbers', () => {
  const random = new KeyedRandom(42, 'test');

  test('are pinned by golden draws', () => {
    expect([random.u(0, 0, 0), random.u(1, 0, 0), random.u(0, 1, 0), random.u(0, 0, 1), random.u(9_007_199_254_740_991, 5_000_000_000, 12)]).toMatchInlineSnapshot(`
      [
        0.4417582851873848,
        0.6209044913360987,
        0.2958147016464163,
        0.7793448893044487,
        0.2345626020646443,
      ]
    `);
    expect([new KeyedRandom(42, 'other').u(0, 0, 0), new KeyedRandom('42', 'test').u(0, 0, 0), new KeyedRandom(43, 'test').u(0, 0, 0)]).toMatchInlineSnapshot(`
      [
        0.07286546401153404,
        0.4417582851873848,
        0.37293402892396665,
      ]
    `);
    expect([entityOf(''), entityOf('machine-0'), entityOf('machine-1'), entityOf('ünïcode 漢字')]).toMatchInlineSnapshot(`
      [
        3481467751168341,
        3381053209082388,
        3118614009976771,
        22708405914222,
      ]
    `);
  });

  // Neighbouring keys are what real use looks like: task 1, 2, 3..., start 1, 2, 3...
  const N = 50_000;
  const sequences: [string, (i: number) => number][] = [
    ['entities counted up', (i) => random.u(i, 0, 0)],
    ['entities that differ in the upper word', (i) => random.u(i * 4_294_967_296, 0, 0)],
    ['names counted up', (i) => random.u(entityOf(`machine-${i}`), 0, 0)],
    ['occurrences counted up', (i) => random.u(7, i, 0)],
    ['occurrences that differ in the upper word', (i) => random.u(7, (i % 2_000_000) * 4_294_967_296, 0)],
    ['epochs of a loop', (i) => random.u(7, i * 16_777_216, 3)],
    ['purposes counted up', (i) => random.u(7, 0, i)],
    ['seeds counted up', (i) => new KeyedRandom(i % 2000, 'test').u(7, Math.floor(i / 2000), 0)],
  ];

  test.each(sequences)('are uniform over %s', (_, draw) => {
    const values = Array.from({ length: N }, (_, i) => draw(i));
    expect(ksDistance(values, uniform)).toBeLessThan(ksCritical(N, 0.001));
    // The lower half of the 53 bits must be as good as the upper.
    const low = values.map((u) => (u * 134_217_728) % 1);
    expect(ksDistance(low, uniform)).toBeLessThan(ksCritical(N, 0.001));
  });

  test.each(sequences)('of neighbours are independent over %s', (_, draw) => {
    const values = Array.from({ length: N + 1 }, (_, i) => draw(i));
    const limit = 3.3 / Math.sqrt(N);
    expect(Math.abs(correlation(values.slice(1), values.slice(0, -1)))).toBeLessThan(limit);
    expect(Math.abs(correlation(values.slice(1).map((u) => Math.abs(u - 0.5)), values.slice(0, -1).map((u) => Math.abs(u - 0.5))))).toBeLessThan(limit);
    // Pairs in a 16 x 16 grid: chi-square with 255 degrees of freedom, 0.999 quantile 330.5.
    const cells = new Float64Array(256);
    for (let i = 0; i < N; i++) cells[Math.floor(values[i]! * 16) * 16 + Math.floor(values[i + 1]! * 16)]!++;
    const chiSquare = cells.reduce((sum, count) => sum + ((count - N / 256) * (count - N / 256)) / (N / 256), 0);
    expect(chiSquare).toBeLessThan(330.5);
  });

  test('differ in any part of the key and lie in [0, 1)', () => {
    const whole = fc.oneof(fc.nat(5), fc.maxSafeNat());
    fc.assert(
      fc.property(whole, whole, fc.nat(30), whole, whole, fc.nat(30), (e1, o1, p1, e2, o2, p2) => {
        const [a, b] = [random.u(e1, o1, p1), random.u(e2, o2, p2)];
        expect(a >= 0 && a < 1).toBe(true);
        expect(a === b).toBe(e1 === e2 && o1 === o2 && p1 === p2);
      }),
      { numRuns: 2000 },
    );
  });

  test('identities of similar names do not collide', () => {
    const names = Array.from({ length: 200_000 }, (_, i) => `job-${i % 1000}/${Math.floor(i / 1000)}`);
    expect(new Set(names.map(entityOf)).size).toBe(names.length);
  });
});

describe('sequential random numbers', () => {
  test('are pinned by golden draws', () => {
    const random = new SequentialRandom(42, 'ties');
    const order = Array.from({ length: 8 }, (_, i) => i);
    const first = [random.u(), random.u(), random.below(1000), random.below(7)];
    random.shuffle(order, 8);
    expect([first, order]).toMatchInlineSnapshot(`
      [
        [
          0.8726160963718803,
          0.8631534308332602,
          479,
          3,
        ],
        [
          7,
          4,
          5,
          0,
          1,
          6,
          2,
          3,
        ],
      ]
    `);
  });

  test('of different names or seeds are different streams', () => {
    const draws = (seed: number, name: string) => {
      const random = new SequentialRandom(seed, name);
      return Array.from({ length: 5 }, () => random.u());
    };
    expect(draws(1, 'a')).toEqual(draws(1, 'a'));
    expect(draws(1, 'a')).not.toEqual(draws(1, 'b'));
    expect(draws(1, 'a')).not.toEqual(draws(2, 'a'));
  });

  test('shuffle every order equally often and leave the rest alone', () => {
    const random = new SequentialRandom(1, 'shuffle');
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const values = [0, 1, 2, 3, 99];
      random.shuffle(values, 4);
      expect(values[4]).toBe(99);
      counts.set(values.join(), (counts.get(values.join()) ?? 0) + 1);
    }
    // Chi-square with 23 degrees of freedom, 0.999 quantile 49.7.
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + ((count - 1000) * (count - 1000)) / 1000, 0);
    expect(counts.size).toBe(24);
    expect(chiSquare).toBeLessThan(49.7);
  });
});
