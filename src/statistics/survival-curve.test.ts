import { expect, test } from 'vitest';
import { survivalCurve, survivalTime } from './survival-curve.ts';

/** Freireich et al., Blood 21 (1963), remission under 6-MP in weeks. */
const WATCHED = [
  ...[6, 6, 6, 7, 10, 13, 16, 22, 23].map((duration) => ({ duration, censored: false })),
  ...[6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35].map((duration) => ({ duration, censored: true })),
];

test('the classic example has its published curve, errors and log-log intervals (Kleinbaum and Klein, Survival Analysis, 3rd edition 2012, chapter 2)', () => {
  const published = [
    [6, 0.8571, 0.0764, 0.6197, 0.9516],
    [7, 0.8067, 0.0869, 0.5631, 0.9228],
    [10, 0.7529, 0.0963, 0.5032, 0.8894],
    [13, 0.6902, 0.1068, 0.4316, 0.8491],
    [16, 0.6275, 0.1141, 0.3675, 0.8049],
    [22, 0.5378, 0.1282, 0.2678, 0.7468],
    [23, 0.4482, 0.1346, 0.1881, 0.6801],
  ];
  expect(survivalCurve(WATCHED).map((step) => [step.time, ...[step.share, step.standardError, step.low, step.high].map((value) => Number(value.toFixed(4)))])).toEqual(published);
});

test('the median is 23 weeks, from 13, with no upper end', () => {
  const curve = survivalCurve(WATCHED);
  expect(survivalTime(curve, 0.5)).toEqual({ time: 23, low: 13, high: Infinity });
  expect(survivalTime(curve, 0.9).time).toBe(Infinity);
});

test('the other arm of the trial, where all relapsed: a median of 8 weeks, from 4 to 11 (log-log, as SAS and R print it)', () => {
  const weeks = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23];
  const curve = survivalCurve(weeks.map((duration) => ({ duration, censored: false })));
  expect(survivalTime(curve, 0.5)).toEqual({ time: 8, low: 4, high: 11 });
  expect(curve.at(-1)).toMatchObject({ time: 23, share: 0, low: Number.NaN, high: Number.NaN });
});

test('one ending alone, or several at one time, determine no interval', () => {
  expect(survivalTime(survivalCurve([{ duration: 17, censored: false }]), 0.5)).toEqual({ time: 17, low: Number.NaN, high: Infinity });
  expect(survivalTime(survivalCurve([1, 2, 2].map((duration) => ({ duration, censored: false }))), 0.5)).toEqual({ time: 2, low: 1, high: Infinity });
});

test('without censoring the curve comes down to zero, in steps of one share each', () => {
  const curve = survivalCurve([3, 1, 2, 4].map((duration) => ({ duration, censored: false })));
  expect(curve.map((step) => step.share)).toEqual([0.75, 0.5, 0.25, 0]);
  expect(survivalTime(curve, 0.5).time).toBe(2);
  expect(survivalCurve([])).toEqual([]);
});
