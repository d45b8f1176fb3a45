import { expect, test } from 'vitest';
import { ExitOutcome } from '../world/exit-outcome.ts';
import { measured, S } from './testing/measured.ts';

/** The cluster of Ghodsi et al., NSDI 2011, section 4.1: 9 CPUs, 18 GB. */
const machines = [{ cpuMilli: 9000, memoryBytes: 18e9 }];
const a = { shape: { user: 'a', cpuMilli: 1000, memoryBytes: 4e9 }, durationsUs: [S] };
const b = { shape: { user: 'b', cpuMilli: 3000, memoryBytes: 1e9 }, durationsUs: [S] };

test('the example of the DRF paper is perfectly fair: three tasks of A and two of B, both with a dominant share of 2/3', () => {
  const found = measured({ machines, jobs: [a, a, a, b, b] }, (pen) => {
    for (let task = 0; task < 5; task++) {
      pen.submit(0, task);
      pen.start(0, task, 0, task);
    }
  });
  expect(found.value('fairnessJain')).toBeCloseTo(1, 12);
  expect(found.value('dominantShareMax')).toBeCloseTo(2 / 3, 12);
});

test('a user who gets nothing halves the index, one who asks for nothing does not count', () => {
  const c = { ...a, shape: { ...a.shape, user: 'c' } };
  const found = measured({ machines, jobs: [a, b, c] }, (pen) => {
    pen.submit(0, 0);
    pen.submit(0, 1);
    pen.start(0, 0, 0, 0);
  });
  expect(found.value('fairnessJain')).toBeCloseTo(0.5, 12);
});

test('the dominant share is followed over time: what is dominant may change', () => {
  const cpu = { shape: { user: 'a', cpuMilli: 9000, memoryBytes: 0 }, durationsUs: [S] };
  const found = measured({ machines, jobs: [a, cpu] }, (pen) => {
    pen.submit(0, 0);
    pen.submit(0, 1);
    pen.start(0, 0, 0, 0);
    pen.start(50, 1, 0, 1);
    pen.end(60, 1, 0, 1, ExitOutcome.stopped);
  });
  // Memory 4/18 for 90 s, CPU 10/9 for 10 s.
  expect(found.value('dominantShareMax')).toBeCloseTo((90 * (4 / 18) + 10 * (10 / 9)) / 100, 12);
  expect(measured({ machines, jobs: [a] }, () => {}).value('fairnessJain')).toBeNull();
});
