import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ksCritical, ksDistance } from './testing/kolmogorov-smirnov.ts';
import { entityOf, KeyedRandom } from './random/keyed-random.ts';
import { FixedSchedule, RedrawnSchedule, type TickSchedule } from './tick-schedule.ts';

const random = new KeyedRandom(1, 'schedules');
const DAY_US = 86_400_000_000;

/** All ticks in [0, untilUs), by asking for one after the other. */
function ticks(schedule: TickSchedule, untilUs: number): number[] {
  const found: number[] = [];
  for (let t = schedule.firstAtOrAfter(0); t < untilUs; t = schedule.firstAtOrAfter(t + 1)) found.push(t);
  return found;
}

function expectConsistent(create: () => TickSchedule, untilUs: number, queries: readonly number[]): void {
  const all = ticks(create(), untilUs);
  const asked = create();
  for (const timeUs of queries) {
    const next = all.find((tick) => tick >= timeUs);
    if (next !== undefined) expect(asked.firstAtOrAfter(timeUs)).toBe(next);
    expect(asked.lastAtOrBefore(timeUs)).toBe(all.findLast((tick) => tick <= timeUs) ?? -Infinity);
  }
}

const kinds = fc.record({
  originUs: fc.nat(50),
  minUs: fc.integer({ min: 1, max: 40 }),
  widthUs: fc.nat(60),
  stationary: fc.boolean(),
  epochUs: fc.integer({ min: 1, max: 500 }),
  entity: fc.nat(),
});

describe('look-ups', () => {
  test('of a fixed schedule agree with enumerating it', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.integer({ min: 1, max: 100 }), fc.array(fc.nat(999), { maxLength: 30 }), (phaseUs, intervalUs, queries) => {
        expectConsistent(() => new FixedSchedule(phaseUs, intervalUs), 1200, queries);
      }),
    );
  });

  test('of a redrawn schedule agree with enumerating it, in any order and for epochs of any length', () => {
    fc.assert(
      fc.property(kinds, fc.array(fc.nat(1999), { maxLength: 40 }), (options, queries) => {
        expectConsistent(() => new RedrawnSchedule({ random, ...options }), 4000, queries);
      }),
      { numRuns: 500 },
    );
  });

  test('far away cost no more than one epoch of draws', () => {
    let draws = 0;
    const counting = { u: (...key: [number, number, number]) => (draws++, random.u(...key)) } as KeyedRandom;
    const schedule = new RedrawnSchedule({ random: counting, entity: 5, originUs: 0, minUs: 30e6, widthUs: 30e6, stationary: true });
    schedule.lastAtOrBefore(365 * DAY_US);
    expect(draws).toBeLessThan(DAY_US / 30e6 + 5);
    const before = draws;
    for (let i = 0; i < 100; i++) schedule.lastAtOrBefore(365 * DAY_US + i);
    expect(draws - before).toBeLessThan(300);
  });

  test.each([
    ['no interval', () => new FixedSchedule(0, 0)],
    ['a fraction of a microsecond', () => new FixedSchedule(0.5, 10)],
    ['no gap', () => new RedrawnSchedule({ random, entity: 1, originUs: 0, minUs: 0, widthUs: 5, stationary: true })],
    ['a fractional gap', () => new RedrawnSchedule({ random, entity: 1, originUs: 0, minUs: 1.5, widthUs: 5, stationary: true })],
  ])('refuse a schedule with %s', (_, create) => {
    expect(create).toThrow(RangeError);
  });
});

describe('the law of a redrawn schedule U[30 s, 60 s)', () => {
  const MIN_US = 30_000_000;
  const WIDTH_US = 30_000_000;
  const samples = 3000;
  const each = (originUs: number, stationary: boolean) =>
    Array.from({ length: samples }, (_, i) => new RedrawnSchedule({ random, entity: entityOf(`engine-${i}`), originUs, minUs: MIN_US, widthUs: WIDTH_US, stationary }));

  /** Distribution function of the residual of a stationary renewal process: the integral of 1 - F over the mean gap. */
  const residual = (us: number) => {
    const x = Math.min(us, MIN_US + WIDTH_US);
    const beyond = Math.max(0, x - MIN_US);
    return (x - (beyond * beyond) / (2 * WIDTH_US)) / (MIN_US + WIDTH_US / 2);
  };

  test.each([
    ['at its origin', 0],
    ['half an hour later', 1_800_000_000],
    ['at the start of its second epoch', DAY_US],
    ['within its second epoch', DAY_US + 12_345_678_901],
    ['after a year', 365 * DAY_US + 77],
  ])('has stationary residuals %s', (_, afterUs) => {
    const waits = each(1000, true).map((schedule) => schedule.firstAtOrAfter(1000 + afterUs) - 1000 - afterUs);
    expect(ksDistance(waits, residual)).toBeLessThan(ksCritical(samples));
  });

  test('starts one whole gap later when it begins at its origin', () => {
    const gaps = each(0, false).map((schedule) => schedule.firstAtOrAfter(0));
    expect(ksDistance(gaps, (us) => Math.min(1, Math.max(0, (us - MIN_US) / WIDTH_US)))).toBeLessThan(ksCritical(samples));
  });

  test('has independent uniform gaps', () => {
    const all = ticks(each(0, true)[0]!, 10 * 3_600_000_000);
    const gaps = all.slice(1).map((tick, i) => tick - all[i]!);
    expect(gaps.length).toBeGreaterThan(700);
    expect(ksDistance(gaps, (us) => Math.min(1, Math.max(0, (us - MIN_US) / WIDTH_US)))).toBeLessThan(ksCritical(gaps.length));
    const mean = gaps.reduce((a, b) => a + b, 0) / gaps.length;
    const variance = gaps.reduce((a, b) => a + (b - mean) * (b - mean), 0);
    const lagged = gaps.slice(1).reduce((a, b, i) => a + (b - mean) * (gaps[i]! - mean), 0);
    expect(Math.abs(lagged / variance)).toBeLessThan(2.58 / Math.sqrt(gaps.length));
  });

  test('differs between entities and repeats for the same one', () => {
    const [a, b] = each(0, true);
    const [again] = each(0, true);
    expect(ticks(a!, 1e9)).toEqual(ticks(again!, 1e9));
    expect(ticks(a!, 1e9)).not.toEqual(ticks(b!, 1e9));
  });
});
