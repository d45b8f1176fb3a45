import { expect, test } from 'vitest';
import type { Fault } from '../faults/fault-plan.ts';
import { ExitOutcome } from '../world/exit-outcome.ts';
import { MachineState } from '../world/world-observer.ts';
import { RecordKind, TaskOutcome } from './log.ts';
import { measured, type Pen, S } from './testing/measured.ts';

const service = { shape: { kind: 'service' as const, cpuMilli: 3000 }, durationsUs: [Infinity] };
const batch = { shape: { cpuMilli: 3000 }, durationsUs: [50 * S] };
const machines = [{}, {}, {}];

function fault(kind: Fault['kind'], ...on: number[]): Fault {
  return { kind, atUs: 0, machines: on, durationUs: Infinity, factor: 1, label: `${kind}-${on.join()}` };
}

function runs(pen: Pen, timeS: number, task: number, machine: number, container: number): void {
  pen.submit(timeS, task);
  pen.bind(timeS, task, machine);
  pen.start(timeS, task, machine, container);
}

test('a crash owns what it ended, and is restored when each task runs again', () => {
  const found = measured({ machines, jobs: [service, batch], plan: [fault('crash', 0)] }, (pen) => {
    runs(pen, 1, 0, 0, 0);
    runs(pen, 5, 1, 0, 1);
    pen.fault(20, 0, 0, 0);
    pen.machine(20, 0, MachineState.down);
    pen.end(20, 0, 0, 0, ExitOutcome.machineLost);
    pen.end(20, 1, 0, 1, ExitOutcome.machineLost);
    pen.record(24, RecordKind.detect, 0);
    for (const task of [0, 1]) pen.release(25, task, 0);
    pen.record(26, RecordKind.decide, 0);
    pen.bind(27, 0, 1);
    pen.start(30, 0, 1, 0);
    pen.fault(40, 0, 1, 0);
    pen.machine(40, 0, MachineState.up);
    pen.bind(41, 1, 0);
    pen.start(45, 1, 0, 1);
  });
  expect(found.problems).toEqual([]);
  expect(found.recoveries).toEqual([
    Object.entries({
      fault: 0,
      kind: 'crash',
      label: 'crash-0',
      machines: 1,
      attemptsHit: 2,
      injectedS: 20,
      detectedS: 24,
      decidedS: 26,
      replacedS: 27,
      restoredS: 45,
      restoredBy: 'in-place',
      endedS: 40,
      capacityBlockedS: 0,
      missingReplicaS: 10,
      workRedoneS: 15,
      duplicateRunS: 0,
      tasksLost: 0,
    }),
  ]);
  expect(['faults', 'faultsHit', 'attemptsHit', 'detectP50S', 'decideP50S', 'replaceP50S', 'restoreP50S', 'restoreCensoredShare'].map(found.value)).toEqual([1, 1, 2, 4, 6, 7, 25, 0]);
  // Due from 1 to 100 s, missing for 10 s.
  expect(found.value('availabilityServices')).toBeCloseTo(89 / 99, 12);
});

test('a partition that heals before a replacement is restored by the return of the instance', () => {
  const found = measured({ machines, jobs: [service], plan: [fault('partition', 0)] }, (pen) => {
    runs(pen, 0, 0, 0, 0);
    pen.fault(10, 0, 0, 0);
    pen.machine(10, 0, MachineState.cutOff);
    pen.fault(25, 0, 1, 0);
    pen.machine(25, 0, MachineState.up);
    // Much later, for another reason: not the fault's.
    pen.end(90, 0, 0, 0, ExitOutcome.stopped);
  });
  expect(['attemptsHit', 'detectedS', 'restoredS', 'restoredBy', 'missingReplicaS', 'duplicateRunS'].map((c) => found.recovery(0, c))).toEqual([1, null, 25, 'returned', 15, 0]);
  expect(found.value('detectP50S')).toBeNull();
});

test('a cut-off instance that runs beside its replacement is duplicate time; if it is then stopped its work is redone', () => {
  const found = measured({ machines, jobs: [batch], plan: [fault('partition', 0)] }, (pen) => {
    runs(pen, 0, 0, 0, 0);
    pen.fault(10, 0, 0, 0);
    pen.machine(10, 0, MachineState.cutOff);
    pen.record(20, RecordKind.detect, 0);
    pen.bind(20, 0, 1);
    pen.start(22, 0, 1, 1);
    pen.fault(30, 0, 1, 0);
    pen.machine(30, 0, MachineState.up);
    pen.end(35, 0, 0, 0, ExitOutcome.stopped);
    pen.end(72, 0, 1, 1, ExitOutcome.finished);
    pen.done(72, 0, TaskOutcome.finished);
  });
  expect(['restoredS', 'restoredBy', 'duplicateRunS', 'workRedoneS', 'missingReplicaS'].map((c) => found.recovery(0, c))).toEqual([22, 'replacement', 13, 35, 0]);
});

test('a batch task that finishes while cut off is restored when its client knows', () => {
  const found = measured({ machines, jobs: [batch], plan: [fault('partition', 0)] }, (pen) => {
    runs(pen, 0, 0, 0, 0);
    pen.fault(10, 0, 0, 0);
    pen.machine(10, 0, MachineState.cutOff);
    pen.end(50, 0, 0, 0, ExitOutcome.finished);
    pen.machine(60, 0, MachineState.up);
    pen.done(61, 0, TaskOutcome.finished);
  });
  expect(['restoredS', 'restoredBy', 'workRedoneS'].map((c) => found.recovery(0, c))).toEqual([61, 'ended', 0]);
});

test('an instance that starts on a machine that is cut off restores nothing', () => {
  const found = measured({ machines, jobs: [service], plan: [fault('partition', 0)] }, (pen) => {
    runs(pen, 0, 0, 0, 0);
    pen.fault(10, 0, 0, 0);
    pen.machine(10, 0, MachineState.cutOff);
    pen.end(12, 0, 0, 0, ExitOutcome.failed);
    pen.start(13, 0, 0, 1);
    pen.machine(40, 0, MachineState.up);
  });
  expect(['restoredS', 'restoredBy', 'missingReplicaS'].map((c) => found.recovery(0, c))).toEqual([40, 'returned', 30]);
});

test('time without any machine that has capacity left in the books is told apart', () => {
  const found = measured({ machines: [{}, {}], jobs: [service, service, service], plan: [fault('crash', 0)] }, (pen) => {
    runs(pen, 0, 0, 0, 0);
    runs(pen, 0, 1, 1, 1);
    pen.fault(10, 0, 0, 0);
    pen.machine(10, 0, MachineState.down);
    pen.end(10, 0, 0, 0, ExitOutcome.machineLost);
    pen.release(10, 0, 0);
    // The other machine is full until 50 s.
    pen.end(50, 1, 1, 1, ExitOutcome.stopped);
    pen.release(50, 1, 1);
    pen.done(50, 1, TaskOutcome.cancelled);
    pen.bind(55, 0, 1);
    pen.start(58, 0, 1, 2);
  });
  expect(['capacityBlockedS', 'restoredS', 'missingReplicaS'].map((c) => found.recovery(0, c))).toEqual([40, 58, 48]);
});

test('a task waits for capacity again when the machine it was bound to gives it back', () => {
  const found = measured({ machines: [{}, {}], jobs: [service], plan: [fault('crash', 0), fault('crash', 1)] }, (pen) => {
    runs(pen, 0, 0, 0, 0);
    pen.fault(10, 0, 0, 0);
    pen.machine(10, 0, MachineState.down);
    pen.end(10, 0, 0, 0, ExitOutcome.machineLost);
    pen.release(10, 0, 0);
    pen.bind(20, 0, 1);
    pen.fault(30, 1, 0, 1);
    pen.machine(30, 1, MachineState.down);
    pen.record(30, RecordKind.end, 0, 1, ExitOutcome.machineLost, 1);
    pen.release(40, 0, 1);
    pen.machine(60, 1, MachineState.up);
    pen.bind(65, 0, 1);
    pen.start(70, 0, 1, 1);
  });
  // Blocked from 40 to 60 for the first; the second owns the attempt that was about to start.
  expect(found.recovery(0, 'capacityBlockedS')).toBe(20);
  expect(['attemptsHit', 'restoredS', 'restoredBy'].map((c) => found.recovery(1, c))).toEqual([1, 70, 'in-place']);
  // Missing since 10 s on the account of the first, since 30 s on that of the second.
  expect([found.recovery(0, 'missingReplicaS'), found.recovery(1, 'missingReplicaS')]).toEqual([20, 40]);
});

test('what a drain makes leave belongs to it; what leaves at the end of its lifetime does not', () => {
  const mortal = { ...service, durationsUs: [30 * S] };
  const found = measured({ machines, jobs: [service, mortal, service], plan: [fault('drain', 0)] }, (pen) => {
    for (const task of [0, 1, 2]) runs(pen, 0, task, task === 2 ? 1 : 0, task);
    pen.fault(10, 0, 0, 0);
    pen.end(12, 0, 0, 0, ExitOutcome.stopped);
    pen.end(30, 1, 0, 1, ExitOutcome.stopped);
    pen.done(30, 1, TaskOutcome.cancelled);
    pen.end(31, 2, 1, 2, ExitOutcome.stopped);
    pen.start(15, 0, 2, 0);
  });
  expect(['attemptsHit', 'restoredS', 'restoredBy', 'missingReplicaS'].map((c) => found.recovery(0, c))).toEqual([1, 15, 'replacement', 3]);
});

test('an eviction while a machine is slow belongs to the fault, a preemption does not', () => {
  const found = measured({ machines, jobs: [batch, batch], plan: [fault('slow', 0)] }, (pen) => {
    for (const task of [0, 1]) runs(pen, 0, task, 0, task);
    pen.fault(10, 0, 0, 0);
    pen.record(20, RecordKind.evict, 0, 0);
    pen.end(21, 0, 0, 0, ExitOutcome.stopped);
    pen.record(20, RecordKind.preempt, 1, 0);
    pen.end(21, 1, 0, 1, ExitOutcome.stopped);
  });
  expect(['attemptsHit', 'workRedoneS', 'restoredS'].map((c) => found.recovery(0, c))).toEqual([1, 21, null]);
  expect(['evictions', 'preemptions', 'restoreP50S', 'restoreCensoredShare'].map(found.value)).toEqual([1, 1, '>90', 1]);
});

test('a fault that hits no task is counted and stays out of the quantiles', () => {
  const found = measured({ machines, jobs: [service], plan: [fault('crash', 0), fault('crash', 2), fault('crash', 1)] }, (pen) => {
    runs(pen, 0, 0, 0, 0);
    pen.fault(10, 1, 0, 2);
    pen.machine(10, 2, MachineState.down);
    pen.record(15, RecordKind.detect, 2);
    pen.fault(20, 0, 0, 0);
    pen.machine(20, 0, MachineState.down);
    pen.end(20, 0, 0, 0, ExitOutcome.machineLost);
    pen.start(40, 0, 1, 0);
  });
  expect(['faults', 'faultsHit', 'restoreP50S', 'restoreP90S', 'detectP50S'].map(found.value)).toEqual([2, 1, 20, 20, null]);
  expect(['attemptsHit', 'detectedS', 'restoredS', 'restoredBy'].map((c) => found.recovery(1, c))).toEqual([0, 15, null, '']);
  expect(found.recoveries.map((row) => row[0]![1])).toEqual([0, 1]);
});

test('one fault on several machines is restored with the last of its tasks; a task given up is lost', () => {
  const found = measured({ machines, jobs: [service, batch], plan: [fault('crash', 0, 1)] }, (pen) => {
    runs(pen, 0, 0, 0, 0);
    runs(pen, 0, 1, 1, 1);
    for (const machine of [0, 1]) pen.fault(10, 0, 0, machine);
    for (const machine of [0, 1]) {
      pen.machine(10, machine, MachineState.down);
      pen.end(10, machine, machine, machine, ExitOutcome.machineLost);
    }
    pen.start(20, 0, 2, 2);
    pen.done(33, 1, TaskOutcome.gaveUp);
  });
  expect(['machines', 'attemptsHit', 'restoredS', 'restoredBy', 'tasksLost', 'workRedoneS'].map((c) => found.recovery(0, c))).toEqual([2, 2, 33, 'ended', 1, 10]);
});

test('an attempt that is cut off by one fault and ended by the next belongs to both', () => {
  const found = measured({ machines, jobs: [service], plan: [fault('partition', 0), fault('crash', 0)] }, (pen) => {
    runs(pen, 0, 0, 0, 0);
    pen.fault(10, 0, 0, 0);
    pen.machine(10, 0, MachineState.cutOff);
    pen.fault(20, 1, 0, 0);
    pen.machine(20, 0, MachineState.down);
    pen.end(20, 0, 0, 0, ExitOutcome.machineLost);
    pen.record(25, RecordKind.detect, 0);
    pen.start(40, 0, 1, 0);
  });
  for (const index of [0, 1]) expect(['attemptsHit', 'detectedS', 'restoredS'].map((c) => found.recovery(index, c))).toEqual([1, 25, 40]);
  expect([0, 1].map((index) => found.recovery(index, 'missingReplicaS'))).toEqual([10, 20]);
});

test('a hang stops the clock of work: what was done before it is redone', () => {
  const found = measured({ machines, jobs: [batch], plan: [fault('hang', 0)] }, (pen) => {
    runs(pen, 0, 0, 0, 0);
    pen.fault(10, 0, 0, 0);
    pen.machine(10, 0, MachineState.hung);
    pen.start(30, 0, 1, 1);
    pen.machine(50, 0, MachineState.up);
    pen.end(52, 0, 0, 0, ExitOutcome.stopped);
  });
  // Beside the replacement it ran only after it had gone on.
  expect(found.recovery(0, 'duplicateRunS')).toBe(2);
});

test('a fault that begins before the window is not followed', () => {
  const found = measured({ machines, jobs: [service], windowS: [30, 100], plan: [fault('crash', 0)] }, (pen) => {
    runs(pen, 0, 0, 0, 0);
    pen.fault(10, 0, 0, 0);
    pen.machine(10, 0, MachineState.down);
    pen.end(10, 0, 0, 0, ExitOutcome.machineLost);
  });
  expect(found.value('faults')).toBe(0);
  expect(found.recoveries).toEqual([]);
});

test('an instance that returned and outlives its replacement is no longer the business of the fault', () => {
  const found = measured({ machines, jobs: [batch], plan: [fault('partition', 0)] }, (pen) => {
    runs(pen, 0, 0, 0, 0);
    pen.fault(10, 0, 0, 0);
    pen.machine(10, 0, MachineState.cutOff);
    pen.start(22, 0, 1, 1);
    pen.machine(30, 0, MachineState.up);
    pen.end(40, 0, 1, 1, ExitOutcome.stopped);
    pen.end(80, 0, 0, 0, ExitOutcome.stopped);
  });
  expect(['duplicateRunS', 'workRedoneS'].map((c) => found.recovery(0, c))).toEqual([18, 0]);
});

test('a machine held for failed long after it has recovered was not detected for the fault', () => {
  const found = measured({ machines, jobs: [service], plan: [fault('crash', 0)] }, (pen) => {
    runs(pen, 0, 0, 0, 0);
    pen.fault(10, 0, 0, 0);
    pen.machine(10, 0, MachineState.down);
    pen.end(10, 0, 0, 0, ExitOutcome.machineLost);
    pen.machine(20, 0, MachineState.up);
    pen.start(22, 0, 0, 0);
    pen.record(60, RecordKind.detect, 0);
  });
  expect(['detectedS', 'restoredS', 'restoredBy'].map((c) => found.recovery(0, c))).toEqual([null, 22, 'in-place']);
});

test('a service that is cancelled while it runs was available until then', () => {
  const found = measured({ machines, jobs: [service] }, (pen) => {
    runs(pen, 10, 0, 0, 0);
    pen.done(50, 0, TaskOutcome.cancelled);
    pen.end(55, 0, 0, 0, ExitOutcome.stopped);
  });
  expect(found.value('availabilityServices')).toBe(1);
});
