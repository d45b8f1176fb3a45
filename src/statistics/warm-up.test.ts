import { describe, expect, test } from 'vitest';
import { SequentialRandom } from '../engine/random/sequential-random.ts';
import { warmUp } from './warm-up.ts';

/** The statistic as it is defined, cut by cut (White, Cobb and Spratt 2000, equation 2). */
function byDefinition(series: readonly number[]): number {
  const means = Array.from({ length: Math.floor(series.length / 5) }, (_, i) => series.slice(5 * i, 5 * i + 5).reduce((a, b) => a + b) / 5);
  let best = 0;
  let smallest = Infinity;
  for (let d = 0; d <= means.length / 2; d++) {
    const rest = means.slice(d);
    const centre = rest.reduce((a, b) => a + b) / rest.length;
    const error = rest.reduce((sum, value) => sum + (value - centre) * (value - centre), 0) / (rest.length * rest.length);
    if (error < smallest * (1 - 1e-12)) [smallest, best] = [error, d];
  }
  return best * 5;
}

/** Autoregression of order one around 10, started at 0: the standard test process for initial bias. */
function autoregression(length: number, memory: number, seed: number, start = 0): number[] {
  const random = new SequentialRandom(seed, 'autoregression');
  let value = start;
  return Array.from({ length }, () => (value = 10 + memory * (value - 10) + random.u() - 0.5));
}

describe('MSER-5', () => {
  test('is the cut of its definition', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const series = autoregression(200 + seed, 0.9, seed);
      expect(warmUp(series).cut).toBe(byDefinition(series));
    }
  });

  test('cuts the start-up of an autoregression and little else', () => {
    // The start has decayed to a hundredth of the spread of the stationary values after about 60 steps.
    for (let seed = 1; seed <= 20; seed++) {
      const { cut, steady } = warmUp(autoregression(1000, 0.9, seed));
      expect(steady).toBe(true);
      expect(cut).toBeGreaterThanOrEqual(20);
      expect(cut).toBeLessThan(500);
    }
  });

  test('takes most of the initial bias away', () => {
    let raw = 0;
    let cut = 0;
    for (let seed = 1; seed <= 50; seed++) {
      const series = autoregression(400, 0.95, seed);
      const rest = series.slice(warmUp(series).cut);
      raw += series.reduce((a, b) => a + b) / series.length - 10;
      cut += rest.reduce((a, b) => a + b) / rest.length - 10;
    }
    expect(raw / 50).toBeLessThan(-0.4);
    expect(Math.abs(cut / 50)).toBeLessThan(0.1);
  });

  test('leaves a series alone that is steady from the start, and one that never changes', () => {
    expect(warmUp(Array.from({ length: 100 }, () => 3))).toEqual({ cut: 0, steady: true });
    const random = new SequentialRandom(5, 'steady');
    expect(warmUp(Array.from({ length: 2000 }, () => random.u())).cut).toBeLessThan(1000);
  });

  test('says that a series which grows to its end is not steady, and that a short one cannot be judged', () => {
    expect(warmUp(Array.from({ length: 200 }, (_, i) => 3 * i)).steady).toBe(false);
    expect(warmUp([1, 2, 3, 4, 5, 6])).toEqual({ cut: 0, steady: false });
  });
});
