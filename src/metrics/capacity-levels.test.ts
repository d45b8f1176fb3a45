import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EMPTY_SHAPE } from '../workload/shape.ts';
import { CapacityLevels, Use } from './capacity-levels.ts';
import { Moment } from './moment.ts';
import { Series, Timeline } from './timeline.ts';

const shapes = [{ ...EMPTY_SHAPE, cpuMilli: 3, memoryBytes: 5 }, { ...EMPTY_SHAPE, kind: 'service' as const, cpuMilli: 7, memoryBytes: 11 }];

test('settling once per cell, or whenever sums could become inexact, gives what adding up every step gives', () => {
  const step = fc.record({ afterUs: fc.nat(40), shape: fc.nat(1), use: fc.constantFrom(Use.reserved, Use.held, Use.duplicate), sign: fc.constantFrom(1, -1) });
  // The second window is so long that two steps are all that fits into exact sums.
  const windows = fc.constantFrom({ fromUs: 20, toUs: 320, gridUs: 70 }, { fromUs: 20, toUs: 2 * 1.1e15, gridUs: 1.1e15 });
  fc.assert(
    fc.property(windows, fc.array(step, { maxLength: 60 }), ({ gridUs, ...window }, steps) => {
      const moment = new Moment(window);
      const timeline = new Timeline(window, gridUs);
      const levels = new CapacityLevels(shapes, shapes, Uint8Array.of(0, 1), window, moment, timeline);
      const sums = new Map<number, bigint>();
      const level = Array.from({ length: timeline.cells }, () => 0);
      let timeUs = 0;
      for (const { afterUs, shape, use, sign } of steps) {
        timeUs += afterUs;
        if (timeUs > window.toUs) break;
        moment.set(timeUs);
        if (!timeline.reaches(timeUs)) levels.settle();
        timeline.set(timeUs);
        levels.step(use, shape, sign);
        sums.set(use * 2 + shape, (sums.get(use * 2 + shape) ?? 0n) + BigInt(sign) * BigInt(moment.remainingUs));
        if (use !== Use.held) continue;
        for (let cell = 0; cell < timeline.cells; cell++) {
          const [from, to] = [timeline.startUs(cell), Math.min(timeline.startUs(cell) + gridUs, window.toUs)];
          level[cell]! += (sign * shapes[shape]!.cpuMilli * Math.max(0, to - Math.max(from, timeUs))) / (to - from);
        }
      }
      levels.settle();
      for (const use of [Use.reserved, Use.held, Use.duplicate]) for (const shape of [0, 1]) expect(levels.sumUs(use, shape)).toBe(Number(sums.get(use * 2 + shape) ?? 0n));
      expect(levels.sumUs(Use.useful, 0)).toBe(levels.sumUs(Use.held, 0));
      expect(levels.sumUs(Use.useful, 1)).toBe(0);
      timeline.means(Series.heldCpu).forEach((mean, cell) => expect(mean).toBeCloseTo(level[cell]!, 9));
    }),
  );
});
