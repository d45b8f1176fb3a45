import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mainEffects } from './main-effects.ts';
import { paretoFront } from './pareto-front.ts';

describe('main effects', () => {
  test('of a two-level design, by hand', () => {
    // y = 10 + 4 a + 1 b + 0 c, a..c in {-1, 1}: ranges 8, 2, 0; variance 16 + 1.
    const points = [-1, 1].flatMap((a) => [-1, 1].flatMap((b) => [-1, 1].map((c) => ({ levels: [String(a), String(b), String(c)], value: 10 + 4 * a + b }))));
    const effects = mainEffects(points, 3);
    expect(effects.map((effect) => effect.range)).toEqual([8, 2, 0]);
    expect(effects.map((effect) => effect.explained)).toEqual([16 / 17, 1 / 17, 0]);
    expect(effects[0]!.means).toEqual([['-1', 6], ['1', 14]]);
  });

  test('an interaction belongs to no factor alone; nothing varies = nothing explained', () => {
    const points = [-1, 1].flatMap((a) => [-1, 1].map((b) => ({ levels: [String(a), String(b)], value: a * b })));
    expect(mainEffects(points, 2).map((effect) => effect.explained)).toEqual([0, 0]);
    expect(mainEffects([{ levels: ['x'], value: 3 }], 1)).toEqual([{ means: [['x', 3]], range: 0, explained: 0 }]);
  });
});

test('the Pareto front holds exactly the points that no other beats', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ a: fc.integer({ min: 0, max: 6 }), b: fc.integer({ min: 0, max: 6 }) }), { maxLength: 15 }), (points) => {
      const beaten = (i: number): boolean => points.some((other) => other.a >= points[i]!.a && other.b <= points[i]!.b && (other.a > points[i]!.a || other.b < points[i]!.b));
      const expected = points.flatMap((_, i) => (beaten(i) ? [] : [i]));
      const front = paretoFront(points);
      expect(front.toSorted((a, b) => a - b)).toEqual(expected);
      expect(front.map((i) => points[i]!.a)).toEqual(front.map((i) => points[i]!.a).toSorted((a, b) => b - a));
    }),
  );
});
