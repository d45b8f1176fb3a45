import { expect, test } from 'vitest';
import { ExitOutcome } from '../world/exit-outcome.ts';
import { RecordKind, TaskOutcome } from './log.ts';
import { measured, S } from './testing/measured.ts';

const batch = { shape: { cpuMilli: 1000 }, durationsUs: [50 * S] };
const machines = [{}];

test('every submitted task is in exactly one count at the end', () => {
  const found = measured({ machines, jobs: Array.from({ length: 8 }, () => batch) }, (pen) => {
    for (let task = 0; task < 6; task++) pen.submit(task, task);
    pen.record(6, RecordKind.reject, 6);
    pen.start(10, 0, 0, 0);
    pen.end(60, 0, 0, 0, ExitOutcome.finished);
    pen.done(60, 0, TaskOutcome.finished);
    pen.done(20, 1, TaskOutcome.cancelled);
    pen.record(10, RecordKind.refuse, 2, 0);
    pen.record(20, RecordKind.retry, 2, 1);
    pen.record(20, RecordKind.refuse, 2, 0);
    pen.done(30, 2, TaskOutcome.gaveUp);
    pen.start(10, 3, 0, 1);
    pen.start(10, 4, 0, 2);
    pen.end(20, 4, 0, 2, ExitOutcome.failed);
  });
  expect(found.problems).toEqual([]);
  const counts = ['submitted', 'rejected', 'started', 'finished', 'cancelled', 'gaveUp', 'pendingAtEnd', 'runningAtEnd', 'refused', 'retries', 'failedAttempts', 'initialTasks'];
  expect(counts.map(found.value)).toEqual([6, 1, 3, 1, 1, 1, 2, 1, 2, 1, 1, 1]);
  expect(found.value('makespanS')).toBeNull();
  expect(found.value('throughputPerHour')).toBeCloseTo(36, 12);
});

test('pending and running are followed over time; a task that failed is pending again', () => {
  const found = measured({ machines, jobs: [batch], gridS: 25 }, (pen) => {
    pen.submit(5, 0);
    pen.start(15, 0, 0, 0);
    pen.end(25, 0, 0, 0, ExitOutcome.failed);
    pen.start(50, 0, 0, 0);
    pen.end(90, 0, 0, 0, ExitOutcome.finished);
    pen.done(95, 0, TaskOutcome.finished);
  });
  expect(found.series('pending')).toEqual([0.4, 1, 0, 0]);
  // Done at 90, but its client hears of it at 95.
  expect(found.series('running')).toEqual([0.4, 0, 1, 0.8]);
  expect(found.value('makespanS')).toBe(90);
});

test.each([
  ['done twice', 'was done without being open', [[60, RecordKind.done, 0, TaskOutcome.finished, 0], [61, RecordKind.done, 0, TaskOutcome.finished, 0]]],
  ['started before it was submitted', 'started without having been submitted', [[10, RecordKind.start, 1, 0, 5]]],
  ['submitted twice', 'submitted for the first time twice', [[10, RecordKind.submit, 0, 0, 0]]],
  ['ended without a start', 'ended without having begun', [[10, RecordKind.end, 0, 0, 17]]],
] as const)('books that do not balance are said so: a task %s', (_, message, records) => {
  const found = measured({ machines, jobs: [batch, batch] }, (pen) => {
    pen.submit(5, 0);
    for (const [timeS, kind, a, b, c] of records) pen.record(timeS, kind, a, b, c);
  });
  expect(found.problems.join('; ')).toContain(message);
});

test('a run that ended before its window did has no metrics', () => {
  expect(() => measured({ machines, jobs: [batch], options: { window: { fromUs: 0, toUs: 101 * S } } }, () => {})).toThrow('before the end of its window');
  expect(() => measured({ machines, jobs: [batch], windowS: [50, 50] }, () => {})).toThrow('window');
});
