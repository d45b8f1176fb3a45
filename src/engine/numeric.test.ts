import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exp, ln, pow } from './numeric.ts';
import { expErrorUlps, lnErrorUlps } from './testing/high-precision.ts';

const anyPositive = fc.double({ min: 5e-324, max: Number.MAX_VALUE, noNaN: true });

describe('the yardstick itself', () => {
  test('agrees with published constants', () => {
    // ln 2, ln 10 and e to the nearest double, from 20-digit values 0.69314718055994530942, 2.30258509299404568402, 2.71828182845904523536.
    expect(lnErrorUlps(2, 0.6931471805599453)).toBeLessThan(0.5);
    expect(lnErrorUlps(10, 2.302585092994046)).toBeLessThan(0.5);
    expect(expErrorUlps(1, 2.718281828459045)).toBeLessThan(0.5);
    expect(lnErrorUlps(2, 0.6931471805599454)).toBeGreaterThan(0.5);
  });
});

describe('ln', () => {
  test('is less than one unit in the last place away from the true value', () => {
    fc.assert(
      fc.property(fc.oneof(anyPositive, fc.double({ min: 0.5, max: 2, noNaN: true })), (x) => {
        expect(lnErrorUlps(x, ln(x))).toBeLessThan(1);
      }),
      { numRuns: 2000 },
    );
  });

  test('is exact where it must be', () => {
    expect([ln(1), ln(0), ln(-0), ln(Infinity)]).toEqual([0, -Infinity, -Infinity, Infinity]);
    expect([ln(-1), ln(NaN)]).toEqual([NaN, NaN]);
  });
});

describe('exp', () => {
  test('is less than one unit in the last place away from the true value', () => {
    fc.assert(
      fc.property(fc.oneof(fc.double({ min: -708, max: 709.78, noNaN: true }), fc.double({ min: -1, max: 1, noNaN: true })), (x) => {
        expect(expErrorUlps(x, exp(x))).toBeLessThan(1);
      }),
      { numRuns: 2000 },
    );
  });

  test('underflows step by step and overflows to infinity', () => {
    fc.assert(
      fc.property(fc.double({ min: -745.1, max: -708, noNaN: true }), (x) => {
        expect(expErrorUlps(x, exp(x))).toBeLessThan(1.5);
      }),
      { numRuns: 300 },
    );
    expect([exp(0), exp(-746), exp(710), exp(-Infinity), exp(Infinity), exp(NaN)]).toEqual([1, 0, Infinity, 0, Infinity, NaN]);
  });
});

describe('pow', () => {
  test('multiplies whole exponents', () => {
    expect([pow(3, 4), pow(2, -3), pow(1.5, 2), pow(7, 0), pow(0, 3), pow(0, -1), pow(1, 1e300)]).toEqual([81, 0.125, 2.25, 1, 0, Infinity, 1]);
    expect([pow(-2, 2), pow(NaN, 1), pow(2, NaN)]).toEqual([NaN, NaN, NaN]);
  });

  // [x, y, x^y to the nearest double], computed with 60 decimal digits.
  test.each([
    [2, 0.5, 1.4142135623730951],
    [3, 1.4285714285714286, 4.803986656673092],
    [1e-9, 1.4285714285714286, 1.389495494373137e-13],
    [0.5, 64, 5.421010862427522e-20],
    [7, -64, 8.198330820981258e-55],
    [1.5, 63, 124093581919.64894],
  ])('%f to the power of %f is within its stated error', (x, y, expected) => {
    expect(Math.abs(pow(x, y) / expected - 1)).toBeLessThan(2.3e-16 * (8 + Math.abs(y * ln(x))));
  });
});
