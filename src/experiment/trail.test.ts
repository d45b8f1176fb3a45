import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordKind } from '../metrics/log.ts';
import { parting, type Trail, TrailCollector } from './trail.ts';

function trailOf(count: number, changed = Infinity): Trail {
  const collector = new TrailCollector();
  for (let i = 1; i <= count; i++) collector.record(i * 1000, RecordKind.bind, i === changed ? 7_777_777 : i, i % 13, 0);
  return collector.trail();
}

describe('a trail', () => {
  it('names the record at which two runs part', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 0, max: 500 }), (at, further) => {
        expect(parting(trailOf(at + further), trailOf(at + further, at))).toEqual({ from: at, to: at });
      }),
      { numRuns: 100 },
    );
  });

  it('agrees with itself', () => {
    expect(parting(trailOf(5000), trailOf(5000))).toBe(null);
  });

  it('names the first record that only one of them has', () => {
    expect(parting(trailOf(100), trailOf(90))).toEqual({ from: 91, to: 91 });
  });

  it('of a long run names a few records', () => {
    const part = parting(trailOf(300_000), trailOf(300_000, 200_000))!;
    expect(part.to - part.from).toBeLessThan(8);
    expect(part.from).toBeLessThanOrEqual(200_000);
    expect(part.to).toBeGreaterThanOrEqual(200_000);
  });

  it('is compared with one of another length', () => {
    const part = parting(trailOf(60_000), trailOf(200_000))!;
    expect(part.from).toBeGreaterThan(59_990);
    expect(part.from).toBeLessThanOrEqual(60_001);
    expect(part.to).toBeGreaterThanOrEqual(60_001);
  });
});
