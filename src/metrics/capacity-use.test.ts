import { expect, test } from 'vitest';
import { ExitOutcome } from '../world/exit-outcome.ts';
import { MachineState } from '../world/world-observer.ts';
import { ExactSums } from './exact-sum.ts';
import { measured, S } from './testing/measured.ts';
import { TaskOutcome } from './log.ts';

const batch = { shape: { cpuMilli: 1000, memoryBytes: 2e9, gpuCount: 1, gpuMilli: 500 }, durationsUs: [50 * S] };
const service = { shape: { kind: 'service' as const, cpuMilli: 1000 }, durationsUs: [Infinity] };
/** One task's second is this share of 4 cores over 100 s. */
const SECOND = 1000 / (4000 * 100);
const machines = [{ cpuMilli: 2000, memoryBytes: 4e9, gpuCount: 1 }, { cpuMilli: 2000, memoryBytes: 4e9, gpuCount: 1 }];

test('a batch task that finishes is useful for its whole run, held from start to end, reserved from bind to release', () => {
  const found = measured({ machines, jobs: [batch] }, (pen) => {
    pen.submit(2, 0);
    pen.bind(5, 0, 0);
    pen.start(10, 0, 0, 0);
    pen.end(60, 0, 0, 0, ExitOutcome.finished);
    pen.release(70, 0, 0);
    pen.done(70, 0, TaskOutcome.finished);
  });
  expect(found.problems).toEqual([]);
  expect(found.value('usefulCpuShare')).toBeCloseTo(50 * SECOND, 12);
  expect(found.value('heldCpuShare')).toBeCloseTo(50 * SECOND, 12);
  expect(found.value('reservedCpuShare')).toBeCloseTo(65 * SECOND, 12);
  expect(found.value('heldMemoryShare')).toBeCloseTo((50 * 2e9) / (8e9 * 100), 12);
  expect(found.value('heldGpuShare')).toBeCloseTo((50 * 500) / (2000 * 100), 12);
  expect(found.value('lostCpuShare')).toBe(0);
});

test('reserved counts the translated request, held the one submitted', () => {
  const shape = { ...batch.shape, cpuMilli: 1000 };
  const found = measured({ machines, jobs: [{ ...batch, shape }], options: { requests: [{ kind: 'batch', gpuModels: [], image: '', priority: 0, constraints: [], user: '', failureShare: 0, native: null, ...shape, cpuMilli: 2000 }] } }, (pen) => {
    pen.submit(0, 0);
    pen.bind(0, 0, 0);
    pen.start(0, 0, 0, 0);
  });
  expect(found.value('reservedCpuShare')).toBeCloseTo(0.5, 12);
  expect(found.value('heldCpuShare')).toBeCloseTo(0.25, 12);
  expect(found.value('translated')).toBe(1);
});

test('an attempt that ends without finishing is lost; one that runs at the end is not lost so far', () => {
  const found = measured({ machines, jobs: [batch, batch] }, (pen) => {
    pen.submit(0, 0);
    pen.submit(0, 1);
    pen.start(10, 0, 0, 0);
    pen.start(10, 1, 1, 1);
    pen.end(40, 0, 0, 0, ExitOutcome.machineLost);
    pen.start(90, 0, 1, 2);
  });
  expect(found.value('lostCpuShare')).toBeCloseTo(30 * SECOND, 12);
  expect(found.value('usefulCpuShare')).toBeCloseTo(100 * SECOND, 12);
  expect(found.value('lostAttempts')).toBe(1);
});

test('doing work again that is done already is duplicate, even one after the other', () => {
  const found = measured({ machines, jobs: [batch] }, (pen) => {
    pen.submit(0, 0);
    pen.start(0, 0, 0, 0);
    pen.end(50, 0, 0, 0, ExitOutcome.finished);
    pen.start(60, 0, 1, 1);
    pen.end(80, 0, 1, 1, ExitOutcome.stopped);
  });
  expect(['useful', 'duplicate', 'lost'].map((use) => found.value(`${use}CpuShare`))).toEqual([expect.closeTo(50 * SECOND, 12), expect.closeTo(20 * SECOND, 12), 0]);
});

test('what still runs of a task that its client has given up is lost', () => {
  const found = measured({ machines, jobs: [batch] }, (pen) => {
    pen.submit(0, 0);
    pen.start(10, 0, 0, 0);
    pen.done(50, 0, TaskOutcome.gaveUp);
  });
  expect(found.value('usefulCpuShare')).toBe(0);
  expect(found.value('lostCpuShare')).toBeCloseTo(90 * SECOND, 12);
});

test('of two instances of a batch task the one that finishes first is useful: the other is duplicate while both run and after, lost before', () => {
  const olderWins = measured({ machines, jobs: [batch] }, (pen) => {
    pen.submit(0, 0);
    pen.start(10, 0, 0, 0);
    pen.start(30, 0, 1, 1);
    pen.end(60, 0, 0, 0, ExitOutcome.finished);
    pen.end(80, 0, 1, 1, ExitOutcome.finished);
  });
  expect(['useful', 'duplicate', 'lost'].map((use) => olderWins.value(`${use}CpuShare`))).toEqual([expect.closeTo(50 * SECOND, 12), expect.closeTo(50 * SECOND, 12), 0]);
  const youngerWins = measured({ machines, jobs: [batch] }, (pen) => {
    pen.submit(0, 0);
    pen.start(10, 0, 0, 0);
    pen.start(30, 0, 1, 1);
    pen.end(60, 0, 0, 0, ExitOutcome.stopped);
    pen.end(80, 0, 1, 1, ExitOutcome.finished);
  });
  expect(['useful', 'duplicate', 'lost'].map((use) => youngerWins.value(`${use}CpuShare`))).toEqual([
    expect.closeTo(50 * SECOND, 12),
    expect.closeTo(30 * SECOND, 12),
    expect.closeTo(20 * SECOND, 12),
  ]);
});

test('a service is useful once while at least one instance makes progress', () => {
  const found = measured({ machines, jobs: [service] }, (pen) => {
    pen.submit(0, 0);
    pen.start(10, 0, 0, 0);
    pen.machine(40, 0, MachineState.hung);
    pen.start(50, 0, 1, 1);
    pen.machine(70, 0, MachineState.up);
    pen.end(80, 0, 0, 0, ExitOutcome.stopped);
  });
  // 10 to 40 and 50 to 100; both run from 50 to 80; the hung one alone from 40 to 50.
  expect(found.value('usefulCpuShare')).toBeCloseTo(80 * SECOND, 12);
  expect(found.value('duplicateCpuShare')).toBeCloseTo(30 * SECOND, 12);
  expect(found.value('lostCpuShare')).toBeCloseTo(10 * SECOND, 12);
  expect(found.value('downCpuShare')).toBeCloseTo(30 / 200, 12);
  expect(found.value('usefulCpuShareOfUp')).toBeCloseTo((80 * 1000) / (4000 * 100 - 2000 * 30), 12);
});

test('a batch task is not useful while its machine hangs', () => {
  const found = measured({ machines, jobs: [batch], gridS: 20 }, (pen) => {
    pen.submit(0, 0);
    pen.start(0, 0, 0, 0);
    pen.machine(20, 0, MachineState.hung);
    pen.machine(40, 0, MachineState.up);
    pen.end(70, 0, 0, 0, ExitOutcome.finished);
  });
  expect(found.value('usefulCpuShare')).toBeCloseTo(50 * SECOND, 12);
  expect(found.value('lostCpuShare')).toBeCloseTo(20 * SECOND, 12);
  expect(found.series('usefulCpuShare')).toEqual([0.25, 0, 0.25, 0.125, 0]);
  expect(found.series('heldCpuShare')).toEqual([0.25, 0.25, 0.25, 0.125, 0]);
  expect(found.series('machinesUp')).toEqual([2, 1, 2, 2, 2]);
});

test('only what lies in the window counts, whatever happens before and after', () => {
  const found = measured({ machines, jobs: [batch, batch], windowS: [20, 120], gridS: 30 }, (pen) => {
    pen.submit(0, 0);
    pen.submit(0, 1);
    pen.start(10, 0, 0, 0);
    pen.start(100, 1, 1, 1);
    pen.end(60, 0, 0, 0, ExitOutcome.finished);
    pen.end(150, 1, 1, 1, ExitOutcome.finished);
  });
  expect(found.value('heldCpuShare')).toBeCloseTo(60 * SECOND, 12);
  expect(found.value('usefulCpuShare')).toBeCloseTo(60 * SECOND, 12);
  expect(found.series('timeS')).toEqual([20, 50, 80, 110]);
  // Cells of 30 s; the last one is 10 s long.
  expect(found.series('heldCpuShare')).toEqual([0.25, 1 / 12, 1 / 12, 0.25].map((share) => expect.closeTo(share, 12)));
});

test('sums of integers stay exact beyond 2^53', () => {
  const sums = new ExactSums(1);
  for (let i = 0; i < 1000; i++) {
    sums.add(0, 2 ** 53);
    sums.add(0, 1);
  }
  for (let i = 0; i < 1000; i++) sums.add(0, -(2 ** 53));
  expect(sums.value(0)).toBe(1000);
});
