import { describe, expect, test } from 'vitest';
import { bootstrapInterval, percentileInterval } from './bootstrap.ts';
import { medianInterval } from './median-interval.ts';
import { mean } from './moments.ts';
import { median, quantile } from './quantile.ts';

/** Spatial test data, column A: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, table 14.1. */
const SPATIAL = [48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41];

function plugInVariance(sample: Float64Array): number {
  const centre = mean(sample);
  return mean(sample.map((value) => (value - centre) * (value - centre)));
}

describe('bootstrap of a variance, the worked example of Efron and Tibshirani 1993', () => {
  test('the estimate is 171.5', () => {
    expect(plugInVariance(Float64Array.from(SPATIAL))).toBeCloseTo(171.5, 1);
  });

  test('90 % percentile interval: (100.8, 233.9) in the book, up to resampling noise', () => {
    const { low, high } = percentileInterval(SPATIAL, plugInVariance, { confidence: 0.9, resamples: 20_000 });
    // The book drew 2,000 resamples: its ends have standard errors of about 2.
    expect(Math.abs(low - 100.8)).toBeLessThan(5);
    expect(Math.abs(high - 233.9)).toBeLessThan(5);
  });

  test('90 % BCa interval: (115.8, 259.6) in the book, with acceleration 0.061 and bias 0.146', () => {
    const { low, high, acceleration, bias } = bootstrapInterval(SPATIAL, plugInVariance, { confidence: 0.9, resamples: 20_000 });
    expect(acceleration).toBeCloseTo(0.061, 3);
    // Of 2,000 resamples the bias has a standard error of 0.028.
    expect(Math.abs(bias - 0.146)).toBeLessThan(0.06);
    expect(Math.abs(low - 115.8)).toBeLessThan(5);
    expect(Math.abs(high - 259.6)).toBeLessThan(8);
  });

  test('the same seed gives the same interval, another a slightly different one', () => {
    const first = bootstrapInterval(SPATIAL, mean, { seed: 3 });
    bootstrapInterval(SPATIAL, mean, { seed: 4 });
    expect(bootstrapInterval(SPATIAL, mean, { seed: 3 })).toEqual(first);
    expect(bootstrapInterval(SPATIAL, mean, { seed: 4 })).not.toEqual(first);
  });

  test('without spread it is a point, of one value there is none', () => {
    expect(bootstrapInterval([2, 2, 2], mean)).toMatchObject({ low: 2, high: 2 });
    expect(bootstrapInterval([2], mean).low).toBeNaN();
    expect(percentileInterval([], mean).low).toBeNaN();
  });
});

describe('quantiles', () => {
  test('are those of definition 7 of Hyndman and Fan', () => {
    // R: quantile(c(1, 2, 4, 8), c(0, 0.25, 0.5, 0.9, 1)).
    expect([0, 0.25, 0.5, 0.9, 1].map((q) => Number(quantile([8, 1, 4, 2], q).toFixed(9)))).toEqual([1, 1.75, 3, 6.8, 8]);
    expect(median([3, 1, 2])).toBe(2);
    expect(median([])).toBeNaN();
  });
});

describe('interval of a median', () => {
  const ten = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1];

  test('of ten values runs from the second to the ninth: 97.9 % (David and Nagaraja 2003, section 7.1)', () => {
    expect(medianInterval(ten)).toEqual({ low: 2, high: 9 });
  });

  test('needs six values for 95 %', () => {
    expect(medianInterval([1, 2, 3, 4, 5]).low).toBeNaN();
    expect(medianInterval([1, 2, 3, 4, 5, 6])).toEqual({ low: 1, high: 6 });
    expect(medianInterval([1, 2, 3, 4, 5], 0.9)).toEqual({ low: 1, high: 5 });
  });

  test('has the published ranks for a hundred values, and those of the binomial law for thousands, where a power of a half underflows', () => {
    const ranks = (n: number) => medianInterval(Array.from({ length: n }, (_, i) => i + 1));
    expect(ranks(100)).toEqual({ low: 40, high: 61 });
    expect(ranks(1500)).toEqual({ low: 712, high: 789 });
    expect(ranks(10_000)).toEqual({ low: 4902, high: 5099 });
  });
});
