import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { independentDifference, pairedDifference } from './difference.ts';
import { holm } from './holm.ts';
import { meanInterval } from './mean-interval.ts';
import { signTest } from './sign-test.ts';

/** Extra hours of sleep under two drugs, ten patients: the data of Student, Biometrika 6 (1908), as in R's `sleep`; the figures are those of R's `t.test`. */
const FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
const SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

describe("Student's sleep data", () => {
  test('paired, as published: difference 1.58, t = 4.0621, p = 0.002833', () => {
    const difference = pairedDifference(FIRST, SECOND);
    expect(difference.mean).toBeCloseTo(1.58, 12);
    expect(difference.low).toBeCloseTo(0.7001142, 6);
    expect(difference.high).toBeCloseTo(2.4598858, 6);
    expect(difference.pValue).toBeCloseTo(0.002832890, 8);
    // Variances 3.200556 and 4.009, of the differences 1.512889.
    expect(difference.varianceReduction).toBeCloseTo(1 - 1.5128889 / 7.2095556, 6);
    expect(difference.identical).toBe(false);
  });

  test('taken as independent (Welch): no difference seen, p = 0.07939', () => {
    const difference = independentDifference(FIRST, SECOND);
    expect(difference.degreesOfFreedom).toBeCloseTo(17.776, 3);
    expect(difference.low).toBeCloseTo(-0.2054832, 6);
    expect(difference.high).toBeCloseTo(3.3654832, 6);
    expect(difference.pValue).toBeCloseTo(0.07939414, 7);
  });

  test('mean with interval', () => {
    const { mean, low, high } = meanInterval(FIRST);
    expect(mean).toBeCloseTo(0.75, 12);
    expect([low.toFixed(4), high.toFixed(4)]).toEqual(['-0.5298', '2.0298']);
  });
});

describe('differences', () => {
  test('equal pairs are identical, and no test is made of them', () => {
    expect(pairedDifference([1, 2, 3], [1, 2, 3])).toMatchObject({ mean: 0, low: 0, high: 0, identical: true, pValue: NaN, varianceReduction: 1 });
  });

  test('the same decimal difference in every pair has no spread, whatever the last bits say', () => {
    const difference = pairedDifference([0.1, 0.2, 0.7], [0.2, 0.3, 0.8]);
    expect(difference.low).toBe(difference.high);
    expect(difference).toMatchObject({ pValue: NaN, varianceReduction: 1, identical: false });
  });

  test('one pair has a difference without interval', () => {
    expect(pairedDifference([1], [3])).toMatchObject({ count: 1, mean: 2, low: NaN, high: NaN, pValue: NaN, identical: false });
  });

  test('what both sides share is taken away by pairing, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: -5, max: 5 }), fc.integer({ min: -5, max: 5 })), { minLength: 2, maxLength: 20 }), (rows) => {
        const alone = pairedDifference(rows.map(([, a]) => a), rows.map(([, , b]) => b));
        const shared = pairedDifference(rows.map(([s, a]) => s + a), rows.map(([s, , b]) => s + b));
        expect([shared.mean, shared.low, shared.high]).toEqual([alone.mean, alone.low, alone.high]);
      }),
    );
  });

  test('lists of different lengths are no pairs', () => {
    expect(() => pairedDifference([1], [1, 2])).toThrow(RangeError);
  });
});

describe('correction of Holm', () => {
  test('the worked example: of 0.01, 0.04, 0.03 and 0.005 two stay below 5 %', () => {
    // By hand: 4 x 0.005, 3 x 0.01, 2 x 0.03, and 0.04 raised to its predecessor.
    expect(holm([0.01, 0.04, 0.03, 0.005]).map((p) => Number(p.toFixed(6)))).toEqual([0.03, 0.06, 0.06, 0.02]);
  });

  test('what was not tested does not count, and nothing exceeds 1', () => {
    expect(holm([0.6, NaN, 0.5])).toEqual([1, NaN, 1]);
    expect(holm([])).toEqual([]);
  });

  test('never less than the p-value, never more than Bonferroni, in the same order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }), (pValues) => {
        const adjusted = holm(pValues);
        for (const [i, p] of pValues.entries()) {
          expect(adjusted[i]!).toBeGreaterThanOrEqual(p);
          expect(adjusted[i]!).toBeLessThanOrEqual(Math.min(1, p * pValues.length) + 1e-12);
          for (const [j, other] of pValues.entries()) if (p < other) expect(adjusted[i]!).toBeLessThanOrEqual(adjusted[j]!);
        }
      }),
    );
  });
});

describe('sign test', () => {
  test('nine of ten one way: p = 22/1024', () => {
    expect(signTest(9, 1, 10)).toBeCloseTo(22 / 1024, 12);
    expect(signTest(1, 9, 10)).toBeCloseTo(22 / 1024, 12);
  });

  test('pairs without an order speak against', () => {
    expect(signTest(9, 0, 10)).toBe(signTest(9, 1, 10));
    expect(signTest(3, 0, 10)).toBe(1);
    expect(signTest(0, 0, 0)).toBe(1);
  });

  test('five pairs can never be enough for 5 %, six can', () => {
    expect(signTest(5, 0, 5)).toBeGreaterThan(0.05);
    expect(signTest(6, 0, 6)).toBeLessThan(0.05);
  });
});
