import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExitOutcome } from '../world/exit-outcome.ts';
import { MachineState } from '../world/world-observer.ts';
import { TaskOutcome } from './log.ts';
import { measured, S } from './testing/measured.ts';

const batch = { shape: { cpuMilli: 2000 }, durationsUs: [20 * S] };
const service = { shape: { kind: 'service' as const, cpuMilli: 2000 }, durationsUs: [Infinity] };
/** A task alone fills it. */
const machines = [{ cpuMilli: 2000, memoryBytes: 4e9 }];
const USES = ['useful', 'held', 'duplicate', 'lost'];

test('batch tasks that share a CPU are useful for their pure run time, however long it takes them', () => {
  const found = measured({ machines, jobs: [batch, batch], gridS: 20 }, (pen) => {
    for (const task of [0, 1]) pen.start(10, task, 0, task);
    pen.pace(10, 0, 0.5);
    pen.end(50, 0, 0, 0, ExitOutcome.finished);
    pen.end(50, 1, 0, 1, ExitOutcome.finished);
    pen.pace(50, 0, 1);
  });
  expect(USES.map((use) => found.value(`${use}CpuShare`))).toEqual([expect.closeTo(0.4, 12), expect.closeTo(0.4, 12), 0, expect.closeTo(0, 12)]);
  expect(found.series('usefulCpuShare')).toEqual([0.5, 1, 0.5, 0, 0].map((share) => expect.closeTo(share, 12)));
});

test('requests beyond the capacity of a machine are delivered in proportion, also where real use leaves it room', () => {
  const found = measured({ machines, jobs: [batch, service, { shape: { cpuMilli: 0, memoryBytes: 8e9 }, durationsUs: [20 * S] }] }, (pen) => {
    pen.submit(0, 0);
    pen.submit(0, 1);
    for (const task of [0, 1, 2]) pen.start(0, task, 0, task);
    pen.end(20, 0, 0, 0, ExitOutcome.finished);
    pen.end(20, 2, 0, 2, ExitOutcome.finished);
  });
  expect(found.value('usefulCpuShare')).toBeCloseTo(1, 12);
  expect(found.value('usefulMemoryShare')).toBeCloseTo(0.2, 12);
});

test('where little is asked for and much is used, requests are delivered at the pace of the machine', () => {
  const found = measured({ machines, jobs: [{ ...batch, shape: { cpuMilli: 1000 } }] }, (pen) => {
    pen.submit(0, 0);
    pen.start(0, 0, 0, 0);
    pen.pace(0, 0, 0.25);
    pen.end(80, 0, 0, 0, ExitOutcome.finished);
  });
  expect(found.value('heldCpuShare')).toBeCloseTo(0.1, 12);
  expect(found.value('usefulCpuShare')).toBeCloseTo(0.1, 12);
});

test('a task that held more than its machine delivered and did not finish is lost for what was delivered', () => {
  const found = measured({ machines, jobs: [batch, batch, batch], gridS: 20 }, (pen) => {
    for (const task of [0, 1, 2]) pen.submit(0, task);
    for (const task of [0, 1]) pen.start(10, task, 0, task);
    pen.pace(10, 0, 0.5);
    pen.end(30, 0, 0, 0, ExitOutcome.stopped);
    pen.pace(30, 0, 1);
    pen.end(40, 1, 0, 1, ExitOutcome.finished);
    for (const task of [0, 2]) pen.start(60, task, 0, task);
    pen.done(60, 2, TaskOutcome.gaveUp);
  });
  expect(USES.map((use) => found.value(`${use}CpuShare`))).toEqual([expect.closeTo(0.4, 12), expect.closeTo(0.7, 12), 0, expect.closeTo(0.3, 12)]);
  expect(found.series('usefulCpuShare')).toEqual([0.25, 0.75, 0, 0.5, 0.5].map((share) => expect.closeTo(share, 12)));
});

test('useful, held and up agree with adding up second by second what machines deliver, and never exceed what they have', () => {
  const SPAN = 60;
  const instance = fc.record({ task: fc.nat(9), machine: fc.nat(1), fromS: fc.integer({ min: 1, max: 50 }), forS: fc.integer({ min: 1, max: 50 }), finishes: fc.boolean() });
  const hang = fc.record({ machine: fc.nat(1), fromS: fc.integer({ min: 1, max: 50 }), forS: fc.integer({ min: 1, max: 20 }) });
  const slow = fc.record({ machine: fc.nat(1), atS: fc.integer({ min: 1, max: 59 }), pace: fc.constantFrom(1, 0.5, 0.3) });
  const shapes = fc.array(fc.constantFrom(700, 1000, 2000, 5000), { minLength: 10, maxLength: 10 });
  fc.assert(
    fc.property(shapes, fc.array(instance, { maxLength: 12 }), fc.option(hang), fc.array(slow, { maxLength: 4 }), (asked, drawn, pause, paces) => {
      const hung = (machine: number, second: number): boolean => pause !== null && pause.machine === machine && second >= pause.fromS && second < pause.fromS + pause.forS;
      // Tasks below 5 are services, of which several instances may run; a batch task has one at most, and none after it has finished.
      const apart = drawn.filter(({ task }, i) => task < 5 || drawn.findIndex((other) => other.task === task) === i);
      // Nothing begins or ends by itself on a machine that hangs.
      const instances = apart.filter(({ machine, fromS, forS }) => !hung(machine, fromS) && !hung(machine, fromS + forS));
      const given = { machines: [{ cpuMilli: 2000 }, { cpuMilli: 3000 }], windowS: [0, SPAN] as const, gridS: 7, jobs: asked.map((cpuMilli, i) => ({ ...(i < 5 ? service : batch), shape: { ...(i < 5 ? service : batch).shape, cpuMilli } })) };
      const paceAt = (machine: number, second: number): number => paces.filter((slowed) => slowed.machine === machine && slowed.atS <= second).sort((a, b) => a.atS - b.atS).at(-1)?.pace ?? 1;
      const running = (second: number): typeof instances => instances.filter(({ fromS, forS }) => fromS <= second && second < fromS + forS);
      const found = measured(given, (pen) => {
        for (let task = 0; task < 10; task++) pen.submit(0, task);
        for (let second = 0; second < SPAN; second++) {
          instances.forEach(({ task, machine, fromS, forS, finishes }, row) => {
            if (fromS + forS === second) pen.end(second, task, machine, row, finishes && task >= 5 ? ExitOutcome.finished : ExitOutcome.stopped);
          });
          instances.forEach(({ task, machine, fromS }, row) => void (fromS === second && pen.start(second, task, machine, row)));
          for (const machine of [0, 1]) {
            if (second > 0 && hung(machine, second) !== hung(machine, second - 1)) pen.machine(second, machine, hung(machine, second) ? MachineState.hung : MachineState.up);
            if (second > 0 && paceAt(machine, second) !== paceAt(machine, second - 1)) pen.pace(second, machine, paceAt(machine, second));
          }
        }
      });
      expect(found.problems).toEqual([]);
      const useful: number[] = [];
      const held: number[] = [];
      for (let second = 0; second < SPAN; second++) {
        const delivered = [0, 1].map((machine) => {
          const sum = running(second).filter((other) => other.machine === machine).reduce((total, { task }) => total + asked[task]!, 0);
          return Math.min(1, paceAt(machine, second), given.machines[machine]!.cpuMilli / sum);
        });
        held.push(running(second).reduce((sum, { task, machine }) => sum + asked[task]! * delivered[machine]!, 0));
        const seen = new Set<number>();
        const inOrder = instances.map((one, i) => ({ ...one, i })).sort((a, b) => a.fromS - b.fromS || a.i - b.i);
        let sum = 0;
        for (const { task, machine, fromS, forS, finishes } of inOrder) {
          if (!(fromS <= second && second < fromS + forS) || hung(machine, second) || seen.has(task)) continue;
          if (task < 5) seen.add(task);
          else if (!finishes && fromS + forS < SPAN) continue;
          sum += asked[task]! * delivered[machine]!;
        }
        useful.push(sum);
      }
      const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / (values.length * 5000);
      expect(found.value('heldCpuShare')).toBeCloseTo(mean(held), 10);
      expect(found.value('usefulCpuShare')).toBeCloseTo(mean(useful), 10);
      found.series('usefulCpuShare').forEach((share, cell) => expect(share).toBeCloseTo(mean(useful.slice(7 * cell, 7 * cell + 7)), 10));
      found.series('heldCpuShare').forEach((share, cell) => expect(share).toBeCloseTo(mean(held.slice(7 * cell, 7 * cell + 7)), 10));
      for (const use of [...USES.map((name) => `${name}CpuShare`), 'usefulCpuShareOfUp']) {
        const value = found.value(use);
        if (value === null) continue;
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1 + 1e-9);
      }
    }),
    { numRuns: 300 },
  );
});
