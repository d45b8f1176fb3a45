import { describe, expect, test } from 'vitest';
import { readPrecisionTarget, type SeedBlock, shouldStop, stopsAfter } from './precision.ts';

const COLUMNS = ['waitP99S', 'usefulCpuShare', 'throughputPerHour'];
const TARGET = { column: 'waitP99S', halfWidth: 0.05, relative: true };

function blocks(count: number, value: (seed: number, cell: string) => number | 'censored' | null, cells = ['a', 'b']): SeedBlock[] {
  return Array.from({ length: count }, (_, i) => ({ seed: i + 1, values: new Map(cells.map((cell) => [cell, value(i + 1, cell)])) }));
}

describe('a precision', () => {
  test('is read with and without the unit of the column', () => {
    expect(readPrecisionTarget('waitP99 ±5%', COLUMNS)).toEqual(TARGET);
    expect(readPrecisionTarget('waitP99S+-2.5 %', COLUMNS)).toEqual({ ...TARGET, halfWidth: 0.025 });
    expect(readPrecisionTarget('usefulCpuShare +/- 0.002', COLUMNS)).toEqual({ column: 'usefulCpuShare', halfWidth: 0.002, relative: false });
  });

  test.each([['waitP99 5%', 'is no precision'], ['waitP98 ±5%', 'no numeric column'], ['waitP99 ±0%', 'above zero'], ['', 'is no precision'], ['waitP99 ±-1%', 'is no precision']])('"%s" is refused with a reason', (text, reason) => {
    expect(readPrecisionTarget(text, COLUMNS)).toContain(reason);
  });
});

describe('the stopping rule', () => {
  test('waits for ten blocks, then stops as soon as the worst cell is known well enough', () => {
    const steady = (seed: number, cell: string): number => 100 + (cell === 'b' ? 8 : 1) * (seed % 2 === 0 ? 1 : -1);
    expect(shouldStop(TARGET, blocks(9, steady))).toMatchObject({ stop: false, reason: '9 of at least 10 seeds', cell: null });
    // b: deviation 8.43, t(9) = 2.262: half width 6.03 of 4.76 wanted; with 18 seeds 4.09.
    const ten = shouldStop(TARGET, blocks(10, steady));
    expect(ten).toMatchObject({ stop: false, cell: 'b' });
    expect(ten.halfWidth).toBeCloseTo(6.032, 3);
    expect(ten.wanted).toBeCloseTo(100 * (0.05 / 1.05), 10);
    const count = stopsAfter(TARGET, blocks(40, steady))!;
    expect(shouldStop(TARGET, blocks(count, steady)).stop).toBe(true);
    for (let fewer = 1; fewer < count; fewer++) expect(shouldStop(TARGET, blocks(fewer, steady)).stop).toBe(false);
  });

  test('a lower bound is no value: it goes on, and says why', () => {
    expect(shouldStop(TARGET, blocks(20, (seed, cell) => (cell === 'b' && seed === 3 ? 'censored' : 5)))).toMatchObject({ stop: false, cell: 'b', reason: 'waitP99S of b is only a lower bound in 1 of 20 seeds' });
  });

  test('cells without the column do not take part; a column that no cell has never stops it', () => {
    expect(shouldStop(TARGET, blocks(20, (_, cell) => (cell === 'b' ? null : 5))).stop).toBe(true);
    expect(shouldStop(TARGET, blocks(20, () => null))).toMatchObject({ stop: false, reason: 'waitP99S is undefined in every cell' });
  });

  test('a mean of zero is known only when nothing varies', () => {
    expect(shouldStop(TARGET, blocks(10, () => 0)).stop).toBe(true);
    expect(shouldStop(TARGET, blocks(10, (seed) => (seed % 2 === 0 ? 1 : -1))).stop).toBe(false);
  });
});
