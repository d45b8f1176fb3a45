import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lnGamma } from '../engine/gamma.ts';
import { incompleteBeta } from './incomplete-beta.ts';
import { normalCdf } from './normal.ts';
import { studentTQuantile, studentTTail } from './student-t.ts';

/** Upper critical values from the NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.2: degrees of freedom, then 0.90, 0.95, 0.975, 0.99, 0.995, 0.999. */
const TABLE = [
  [1, 3.078, 6.314, 12.706, 31.821, 63.657, 318.309],
  [2, 1.886, 2.92, 4.303, 6.965, 9.925, 22.327],
  [3, 1.638, 2.353, 3.182, 4.541, 5.841, 10.215],
  [5, 1.476, 2.015, 2.571, 3.365, 4.032, 5.893],
  [10, 1.372, 1.812, 2.228, 2.764, 3.169, 4.144],
  [19, 1.328, 1.729, 2.093, 2.539, 2.861, 3.579],
  [30, 1.31, 1.697, 2.042, 2.457, 2.75, 3.385],
  [60, 1.296, 1.671, 2.0, 2.39, 2.66, 3.232],
  [100, 1.29, 1.66, 1.984, 2.364, 2.626, 3.174],
] as const;
const LEVELS = [0.9, 0.95, 0.975, 0.99, 0.995, 0.999];

describe("Student's t", () => {
  test.each(TABLE)('%d degrees of freedom: quantiles are those of the table', (degreesOfFreedom, ...quantiles) => {
    for (const [i, level] of LEVELS.entries()) expect(studentTQuantile(level, degreesOfFreedom)).toBeCloseTo(quantiles[i]!, 3);
  });

  test('one and two degrees of freedom have closed forms', () => {
    // Cauchy: F(1) = 3/4. Two degrees: t = (2p - 1) / sqrt(2 p (1 - p)).
    expect(Math.abs(studentTQuantile(0.75, 1) - 1)).toBeLessThan(1e-12);
    for (const p of [0.6, 0.9, 0.975, 0.9999]) expect(Math.abs(studentTQuantile(p, 2) / ((2 * p - 1) / Math.sqrt(2 * p * (1 - p))) - 1)).toBeLessThan(1e-10);
  });

  test('quantile and tail are inverse, and the two sides mirror each other', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), fc.double({ min: 0.6, max: 500, noNaN: true }), (p, degreesOfFreedom) => {
        const t = studentTQuantile(p, degreesOfFreedom);
        expect(Math.abs(1 - studentTTail(t, degreesOfFreedom) - p)).toBeLessThan(1e-10);
        expect(studentTTail(-t, degreesOfFreedom) + studentTTail(t, degreesOfFreedom)).toBeCloseTo(1, 10);
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  test('with very many degrees of freedom it is the normal law', () => {
    expect(studentTQuantile(0.975, 1e7)).toBeCloseTo(1.959963985, 6);
  });

  test('nonsense has no quantile', () => {
    expect([studentTQuantile(0, 3), studentTQuantile(1, 3), studentTQuantile(0.9, 0)]).toEqual([NaN, NaN, NaN]);
  });
});

test('the gamma function has its known values', () => {
  expect(Math.abs(lnGamma(0.5) - 0.5723649429247001)).toBeLessThan(1e-13);
  expect(Math.abs(lnGamma(10) / 12.801827480081469 - 1)).toBeLessThan(1e-13);
  expect(Math.abs(lnGamma(171) / 706.5730622457874 - 1)).toBeLessThan(1e-13);
});

test('the incomplete beta function sums binomial tails', () => {
  // P(B >= 7) of ten fair coins = 176/1024; P(B >= 15) of twenty = 21700/1048576.
  expect(Math.abs(incompleteBeta(0.5, 7, 4) - 176 / 1024)).toBeLessThan(1e-12);
  expect(Math.abs(incompleteBeta(0.5, 15, 6) - 21700 / 1048576)).toBeLessThan(1e-12);
  expect([incompleteBeta(0, 2, 3), incompleteBeta(1, 2, 3)]).toEqual([0, 1]);
});

test('the normal distribution function has its tabled values', () => {
  for (const [z, p] of [[0, 0.5], [1, 0.8413447460685429], [1.959963984540054, 0.975], [-3, 0.0013498980316300957], [9, 1], [-9, 0]] as const) expect(Math.abs(normalCdf(z) - p)).toBeLessThan(1e-14);
});
