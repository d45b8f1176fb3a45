import { expect, test } from 'vitest';
import type { Fault } from '../faults/fault-plan.ts';
import { ExitOutcome } from '../world/exit-outcome.ts';
import { MachineState } from '../world/world-observer.ts';
import { formatCell } from './format-cell.ts';
import { RecordKind, TaskOutcome } from './log.ts';
import { MachineSpans } from './machine-spans.ts';
import { perfettoTrace } from './perfetto.ts';
import { TaskTable } from './task-table.ts';
import { TaskTimeline } from './task-timeline.ts';
import { inventoryOf, Pen, S, workloadOf } from './testing/measured.ts';

const inventory = inventoryOf([{}, {}]);
const workload = workloadOf(Array.from({ length: 6 }, () => ({ shape: { cpuMilli: 1000 }, durationsUs: [50 * S] })));
const plan: readonly Fault[] = [{ kind: 'crash', atUs: 20 * S, machines: [0], durationUs: Infinity, factor: 1, label: 'machine-0' }];
const TEXTS = ['no resources available'];

function crashAndReplace(pen: Pen): void {
  pen.submit(1, 0);
  pen.bind(2, 0, 0);
  pen.start(3, 0, 0, 7);
  pen.fault(20, 0, 0, 0);
  pen.machine(20, 0, MachineState.down);
  pen.end(20, 0, 0, 7, ExitOutcome.machineLost);
  pen.record(24, RecordKind.detect, 0);
  pen.record(24, RecordKind.evict, 0, 0);
  pen.release(24, 0, 0);
  pen.record(24, RecordKind.decide, 0);
  pen.bind(25, 0, 1);
  pen.start(26, 0, 1, 7);
}

test('the table has a row per attempt, and one for each task that was never bound', () => {
  const table = new TaskTable(workload, inventory);
  const pen = new Pen([table]);
  crashAndReplace(pen);
  pen.end(76, 0, 1, 7, ExitOutcome.finished);
  pen.done(77, 0, TaskOutcome.finished);
  pen.submit(5, 1);
  pen.record(6, RecordKind.refuse, 1, 0);
  pen.record(7, RecordKind.reject, 2);
  pen.submit(8, 3);
  pen.submit(8, 4);
  pen.bind(9, 4, 1);
  pen.release(11, 4, 1);
  pen.bind(12, 4, 0);
  expect([...table.rows(TEXTS)]).toEqual([
    ['t0', 1, 1, 2, 3, 20, 'm0', 'machine-lost', 'evicted', 77],
    ['t0', 2, 1, 25, 26, 76, 'm1', 'finished', '', 77],
    ['t1', 0, 5, null, null, null, '', 'refused', 'no resources available', null],
    ['t2', 0, null, null, null, null, '', 'rejected', '', null],
    ['t3', 0, 8, null, null, null, '', 'pending', '', null],
    ['t4', 1, 8, 9, null, 11, 'm1', 'released', '', null],
    ['t4', 2, 8, 12, null, null, 'm0', 'starting', '', null],
  ]);
});

test('two attempts on one machine are told apart by their containers; one that never began by that', () => {
  const table = new TaskTable(workload, inventory);
  const pen = new Pen([table]);
  pen.submit(0, 0);
  pen.bind(1, 0, 0);
  pen.start(2, 0, 0, 3);
  pen.bind(5, 0, 0);
  pen.start(6, 0, 0, 4);
  pen.end(9, 0, 0, 3, ExitOutcome.stopped);
  pen.end(12, 0, 0, 4, ExitOutcome.finished);
  pen.done(12, 0, TaskOutcome.finished);
  pen.submit(0, 1);
  pen.bind(3, 1, 0);
  pen.record(4, RecordKind.end, 1, 0, ExitOutcome.stopped, 5);
  expect([...table.rows([])].map((row) => [row[4], row[5], row[7]])).toEqual([
    [2, 9, 'stopped'],
    [6, 12, 'finished'],
    [null, 4, 'stopped'],
  ]);
});

test('the timeline of a task tells what happened to it and to the machines that held it, and nothing else', () => {
  const timeline = new TaskTimeline(0, inventory, plan);
  const pen = new Pen([timeline]);
  crashAndReplace(pen);
  pen.submit(30, 1);
  pen.machine(40, 0, MachineState.up);
  expect(timeline.entries(TEXTS).map(({ timeUs, text }) => `${timeUs / S} ${text}`)).toEqual([
    '1 submitted by the client',
    '2 bound to m0',
    '3 began to work on m0',
    '20 fault 0 (crash, machine-0) begins on m0',
    '20 m0 is down',
    '20 ended on m0: machine-lost',
    '24 the orchestrator holds m0 for failed',
    '24 evicted from m0',
    '24 capacity on m0 given back',
    '24 the orchestrator decided to replace it',
    '25 bound to m1',
    '26 began to work on m1',
  ]);
});

test('the Perfetto trace has machines as processes, containers as slices that never overlap on a thread, faults as instants', () => {
  const spans = new MachineSpans(plan);
  const pen = new Pen([spans]);
  crashAndReplace(pen);
  pen.start(30, 1, 1, 8);
  pen.end(40, 1, 1, 8, ExitOutcome.finished);
  pen.start(40, 2, 1, 8);
  const document = JSON.parse([...perfettoTrace(spans, { workload, inventory, endUs: 100 * S })].join('')) as { traceEvents: Record<string, unknown>[] };
  const of = (phase: string): Record<string, unknown>[] => document.traceEvents.filter((event) => event['ph'] === phase);
  expect(of('M').filter((event) => event['name'] === 'process_name').map((event) => event['args'])).toEqual([{ name: 'm0' }, { name: 'm1' }]);
  expect(of('X').map(({ name, pid, tid, ts, dur }) => [name, pid, tid, ts, dur])).toEqual([
    ['t0', 1, 1, 3 * S, 17 * S],
    ['t0', 2, 1, 26 * S, 74 * S],
    ['t1', 2, 2, 30 * S, 10 * S],
    ['t2', 2, 2, 40 * S, 60 * S],
  ]);
  expect(of('i').map(({ name, pid, ts }) => [name, pid, ts])).toEqual([
    ['crash machine-0 begins', 1, 20 * S],
    ['held for failed', 1, 24 * S],
  ]);
});

test.each([
  [0.1 + 0.2, 6, '0.3'],
  [12.5, 6, '12.5'],
  [-1e-9, 6, '0'],
  [100, 0, '100'],
  [1e15, 6, '1000000000000000'],
  [NaN, 6, ''],
  [Infinity, 6, ''],
  [null, 6, ''],
  [undefined, 6, ''],
  ['>3600', 6, '>3600'],
] as const)('a cell with %s is written as plain decimals', (value, decimals, text) => {
  expect(formatCell(value, decimals)).toBe(text);
});
