import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExitOutcome } from '../world/exit-outcome.ts';
import { countOf, Distribution, merged, nth, type Table } from './distribution.ts';
import { TaskOutcome } from './log.ts';
import { measured, S } from './testing/measured.ts';

const batch = { shape: { cpuMilli: 1 }, durationsUs: [10 * S] };
const service = { shape: { kind: 'service' as const, cpuMilli: 1 }, durationsUs: [Infinity] };
const machines = [{}];

test('waits count from the first submission to the first start, over all submitted tasks', () => {
  // Waits 1, 2, 3 and 4 s.
  const found = measured({ machines, jobs: [batch, batch, batch, batch] }, (pen) => {
    for (let task = 0; task < 4; task++) pen.submit(1, task);
    for (let task = 0; task < 4; task++) pen.start(2 + task, task, 0, task);
    pen.end(6, 0, 0, 0, ExitOutcome.failed);
    pen.start(50, 0, 0, 0);
  });
  expect(['waitMeanS', 'waitP50S', 'waitP90S', 'startedWaitP50S', 'censoredShare'].map(found.value)).toEqual([2.5, 2, 4, 2, 0]);
});

test('95 % of waits are no longer than the quantile that says so', () => {
  const jobs = Array.from({ length: 40 }, () => batch);
  const found = measured({ machines, jobs }, (pen) => {
    for (let task = 0; task < 40; task++) pen.submit(1, task);
    for (let task = 0; task < 40; task++) pen.start(2 + task, task, 0, task);
  });
  expect(['waitP90S', 'waitP95S', 'waitP99S'].map(found.value)).toEqual([36, 38, 40]);
});

test('a quantile that falls among tasks that never started is a lower bound and says so', () => {
  const found = measured({ machines, jobs: [batch, batch, batch, service] }, (pen) => {
    for (let task = 0; task < 3; task++) pen.submit(1, task);
    pen.submit(60, 3);
    pen.start(4, 0, 0, 0);
    pen.done(21, 1, TaskOutcome.gaveUp);
  });
  // Known: 3 s. Censored: 20, 99 and 40 s.
  expect(found.value('waitP50S')).toBe('>20');
  expect(found.value('waitP99S')).toBe('>99');
  expect(found.value('waitMeanS')).toBe('>40.5');
  expect(found.value('startedWaitP99S')).toBe(3);
  expect(found.value('censoredShare')).toBe(0.75);
  expect(found.waits).toEqual([
    { kind: 'batch', waitS: 3, shareLonger: expect.closeTo(2 / 3, 12) },
    { kind: 'service', waitS: 0, shareLonger: 1 },
    { kind: 'all', waitS: 3, shareLonger: 0.75 },
  ]);
});

test('tasks submitted at the start of the window or before are left out unless they are asked for', () => {
  const write = (pen: Parameters<Parameters<typeof measured>[1]>[0]): void => {
    pen.submit(0, 0);
    pen.submit(10, 1);
    pen.start(7, 0, 0, 0);
    pen.start(11, 1, 0, 1);
  };
  expect(measured({ machines, jobs: [batch, batch] }, write).value('waitP99S')).toBe(1);
  expect(measured({ machines, jobs: [batch, batch], options: { countInitial: true } }, write).value('waitP99S')).toBe(7);
  expect(measured({ machines, jobs: [batch, batch] }, () => {}).value('waitP50S')).toBeNull();
});

test('slowdown is response over work for batch tasks, unfinished ones censored', () => {
  const found = measured({ machines, jobs: [batch, batch, service] }, (pen) => {
    for (let task = 0; task < 3; task++) pen.submit(10, task);
    pen.start(20, 0, 0, 0);
    pen.start(20, 2, 0, 2);
    pen.end(30, 0, 0, 0, ExitOutcome.finished);
    pen.done(30, 0, TaskOutcome.finished);
  });
  expect(found.value('slowdownP50')).toBe(2);
  expect(found.value('slowdownP99')).toBe('>9');
});

test('beyond the exact size a distribution stays within 0.05 % of the exact quantiles', () => {
  const distribution = new Distribution();
  const values: number[] = [];
  for (let i = 0; i < 300_000; i++) {
    const value = (i * 7919) % 300_007 === 0 ? 0 : ((i * 7919) % 300_007) * 1234.5;
    values.push(value);
    distribution.add(value);
  }
  values.sort((a, b) => a - b);
  const table = distribution.table();
  for (const n of [1, 2, 1000, 150_000, 299_999, 300_000]) {
    expect(Math.abs(nth(table, n) - values[n - 1]!)).toBeLessThanOrEqual(values[n - 1]! * 0.0005);
  }
  expect(countOf(table)).toBe(300_000);
});

test('points of a curve lie on the exact complementary distribution and end at the censored share', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 80 })), { minLength: 1, maxLength: 40 }), (starts) => {
      const found = measured({ machines, jobs: starts.map(() => batch) }, (pen) => {
        starts.forEach((_, task) => pen.submit(1, task));
        starts.forEach((wait, task) => wait !== null && pen.start(1 + wait, task, 0, task));
      });
      const points = found.waits.filter((point) => point.kind === 'all');
      const longer = (waitS: number): number => starts.filter((wait) => wait === null || wait > waitS).length / starts.length;
      for (const point of points) expect(point.shareLonger).toBe(starts.every((wait) => wait === null) ? 1 : longer(point.waitS));
      expect(points.at(-1)!.shareLonger).toBe(found.value('censoredShare'));
    }),
    { numRuns: 50 },
  );
});

test('merged tables hold the values of both', () => {
  const tableOf = (values: readonly number[]): Table => {
    const distribution = new Distribution();
    for (const value of values) distribution.add(value);
    return distribution.table();
  };
  const values = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 30 });
  fc.assert(
    fc.property(values, values, (a, b) => {
      const both = [...a, ...b].sort((x, y) => x - y);
      const table = merged(tableOf(a), tableOf(b));
      expect(both.map((_, i) => nth(table, i + 1))).toEqual(both);
      expect(() => nth(table, both.length + 1)).toThrow(`${both.length} values`);
    }),
  );
});
