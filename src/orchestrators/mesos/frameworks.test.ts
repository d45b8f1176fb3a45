import { describe, expect, test } from 'vitest';
import { RecordKind } from '../../metrics/log.ts';
import { buildWorkload, type JobSpec } from '../../workload/workload-builder.ts';
import { MachineInventory } from '../../world/machine-inventory.ts';
import { assemble, type AssemblyOptions } from '../assemble.ts';
import type { Explanation } from '../orchestrator.ts';
import { Recorder } from '../testing/recorder.ts';
import type { MesosCluster } from './mesos-cluster.ts';
import { mesos } from './mesos.ts';

const SECOND = 1_000_000;

function start(machines: number, jobs: readonly JobSpec[], options: object, more: Partial<AssemblyOptions> = {}) {
  const records = new Recorder();
  const inventory = new MachineInventory(Array.from({ length: machines }, (_, i) => ({ name: `node-${i}`, cpuMilli: 4000, memoryBytes: 16e9 })));
  const assembly = assemble({ definition: mesos as never, inventory, workload: buildWorkload('test', jobs), seed: 1, collectors: [records], options, ...more });
  const cluster = assembly.orchestrator as MesosCluster;
  /** Tasks that hold an agent now, per user. */
  const held = (): Map<string, number> => {
    const count = new Map<string, number>();
    for (const [kind, sign] of [[RecordKind.bind, 1], [RecordKind.release, -1]] as const) {
      for (const { a } of records.of(kind)) {
        const { user } = assembly.workload.shapes[assembly.workload.shapeOf(a)]!;
        count.set(user, (count.get(user) ?? 0) + sign);
      }
    }
    return count;
  };
  return { ...assembly, records, cluster, held };
}

const flood = (user: string, tasks: number, seconds = 30, submitUs = SECOND): JobSpec => ({ name: `${user}-${submitUs}`, submitUs, shape: { cpuMilli: 1000, memoryBytes: 1e9, user }, durationsUs: Array.from({ length: tasks }, (_, i) => (seconds + (i % 7)) * SECOND) });
const batch = (name: string, role?: string) => ({ kind: 'batch', name, ...(role !== undefined && { role }), jobs: { users: [name] } });

/** Mean tasks held per user between two times, sampled each second. */
function shares(run: ReturnType<typeof start>, fromS: number, toS: number): Map<string, number> {
  const mean = new Map<string, number>();
  for (let s = fromS; s < toS; s++) {
    run.simulation.run(s * SECOND);
    for (const [user, count] of run.held()) mean.set(user, (mean.get(user) ?? 0) + count / (toS - fromS));
  }
  expect(run.cluster.invariants()).toEqual([]);
  return mean;
}

describe('frameworks with more work than there is room', () => {
  test('share the cluster by dominant share, and by weight', () => {
    const jobs = [flood('a', 400), flood('b', 400)];
    const equal = shares(start(20, jobs, { frameworks: [batch('a'), batch('b')] }), 60, 200);
    expect(equal.get('a')! / equal.get('b')!).toBeGreaterThan(0.9);
    expect(equal.get('a')! / equal.get('b')!).toBeLessThan(1.1);
    const weighted = shares(start(20, jobs, { frameworks: [batch('a'), batch('b')], allocator: { weights: { a: 3 } } }), 60, 200);
    expect(weighted.get('a')! / weighted.get('b')!).toBeGreaterThan(2.4);
    expect(weighted.get('a')! / weighted.get('b')!).toBeLessThan(3.6);
  });

  test('two of one role share what a third of another role gets alone; roles below one another compete there', () => {
    const jobs = ['a', 'b', 'c'].map((user) => flood(user, 400));
    const one = shares(start(20, jobs, { frameworks: [batch('a', 'shared'), batch('b', 'shared'), batch('c')] }), 60, 180);
    const tree = shares(start(20, jobs, { frameworks: [batch('a', 'team/x'), batch('b', 'team/y'), batch('c')], allocator: { weights: { 'team/x': 3 } } }), 60, 180);
    for (const mean of [one, tree]) {
      const ratio = (mean.get('a')! + mean.get('b')!) / mean.get('c')!;
      expect(ratio).toBeGreaterThan(0.85);
      expect(ratio).toBeLessThan(1.15);
    }
    expect(one.get('a')! / one.get('b')!).toBeLessThan(1.2);
    expect(tree.get('a')! / tree.get('b')!).toBeGreaterThan(2);
  });

  test('the random sorters serve everybody, too', () => {
    const mean = shares(start(20, [flood('a', 400), flood('b', 400)], { frameworks: [batch('a', 'r'), batch('b', 'r')], allocator: { roleSorter: 'random', frameworkSorter: 'random' } }), 60, 180);
    expect(Math.min(mean.get('a')!, mean.get('b')!)).toBeGreaterThan(20);
  });

  test('a limit holds a role to its quantities over the whole cluster, a guarantee keeps them free for it', () => {
    const frameworks = [batch('a'), batch('b')];
    const limited = shares(start(10, [flood('a', 200), flood('b', 5)], { frameworks, allocator: { quota: { a: { limit: { cpus: 12 } } } } }), 20, 25);
    expect(limited.get('a')).toBeCloseTo(12, 6);
    const run = start(10, [flood('a', 400, 600), flood('b', 14, 30, 60 * SECOND)], { frameworks, allocator: { quota: { b: { guarantee: { cpus: 14, memory: '14GB' } } } } });
    run.simulation.run(59 * SECOND);
    expect(run.held()).toEqual(new Map([['a', 26]]));
    run.simulation.run(63 * SECOND);
    expect(run.held().get('b')).toBe(14);
  });
});

describe('machines', () => {
  test('of a static partition are dealt out in proportion and never offered to another framework', () => {
    const run = start(12, [flood('a', 100), flood('b', 2)], { partitioning: 'static', frameworks: [{ ...batch('a'), machineShare: 2 }, batch('b')] });
    run.simulation.run(20 * SECOND);
    const used = new Map(['a', 'b'].map((user) => [user, new Set(run.records.of(RecordKind.bind).filter(({ a }) => run.workload.taskName(a).startsWith(user)).map(({ b }) => b))]));
    // Eight machines, however much a has to do; four for b, which needs one.
    expect(used.get('a')!.size).toBe(8);
    expect(run.held().get('a')).toBe(32);
    expect([...used.get('b')!].filter((machine) => used.get('a')!.has(machine))).toEqual([]);
    expect(run.cluster.invariants()).toEqual([]);
  });

  test('that are reserved to a role are offered to it and to roles below it, and the others to everybody', () => {
    const reservations = [{ role: 'team', machines: ['node-0', 'node-1'] }];
    const used = (role: string) => {
      const run = start(4, [flood('a', 100)], { reservations, frameworks: [batch('a', role)] });
      run.simulation.run(20 * SECOND);
      expect(run.cluster.invariants()).toEqual([]);
      return [...new Set(run.records.of(RecordKind.bind).map(({ b }) => b))].sort();
    };
    expect(used('team')).toEqual([0, 1, 2, 3]);
    expect(used('team/x')).toEqual([0, 1, 2, 3]);
    expect(used('other')).toEqual([2, 3]);
    expect(() => start(1, [flood('a', 1)], { reservations: [{ role: 'r' }] })).toThrow('exactly one of machines and attribute');
  });

  test('that are not on the whitelist are not offered', () => {
    const run = start(4, [flood('a', 100)], { frameworks: [batch('a')], master: { whitelist: ['node-1', 'node-3'] } });
    run.simulation.run(20 * SECOND);
    expect(new Set(run.records.of(RecordKind.bind).map(({ b }) => b))).toEqual(new Set([1, 3]));
  });
});

test('a job that no framework takes is refused with the reason', () => {
  const run = start(1, [flood('a', 1), flood('nobody', 1)], { frameworks: [batch('a')] });
  run.simulation.run(10 * SECOND);
  const refusals = run.records.of(RecordKind.refuse);
  expect(new Set(refusals.map(({ a }) => run.workload.taskName(a)))).toEqual(new Set(['nobody-1000000']));
  expect(run.log.reasons[refusals[0]!.b]).toContain('no framework takes the job');
  expect(run.orchestrator.explain(run.workload.taskByName('nobody-1000000')).summary).toContain('no framework takes the job');
});

test('offers that are not answered in time are taken back, given to others, and what was to be launched on them is dropped and tried again', () => {
  const slow = { ...batch('a'), settings: { decisionBase: '5s' } };
  const run = start(1, [flood('a', 1), flood('b', 1, 30, 2 * SECOND)], { frameworks: [slow, batch('b')], master: { offerTimeout: '3s' } });
  run.simulation.run(4 * SECOND);
  expect(run.held().get('b')).toBeUndefined();
  run.simulation.run(6 * SECOND);
  // The slow one's offer ended at four seconds; the next batch gave it to the other.
  expect(run.held()).toEqual(new Map([['b', 1]]));
  run.simulation.run(100 * SECOND);
  expect(run.records.of(RecordKind.bind)).toHaveLength(1);
  expect(run.cluster.invariants()).toEqual([]);
});

test('a watched task hears of every bundle of offers: what was in it, where its role stood, and how long the rest is refused', () => {
  const explanations: Explanation[] = [];
  const run = start(2, [{ ...flood('a', 1), shape: { cpuMilli: 8000, user: 'a' } }, flood('b', 3)], { frameworks: [batch('a'), batch('b')] }, { watchedTask: 0, explained: (_, explanation) => explanations.push(explanation) });
  run.simulation.run(20 * SECOND);
  expect(explanations[0]!.summary).toContain('declined: none of 2 offers fits');
  expect(explanations[0]!.summary).toMatch(/the role was number [12] of [12] in the sorter/);
  expect(explanations[0]!.machines.map(({ verdict }) => verdict)).toEqual(['InsufficientCpus: cpus 4 of 8', 'InsufficientCpus: cpus 4 of 8']);
  const { summary } = run.orchestrator.explain(0);
  expect(summary).toContain('no agent could ever hold it, even if empty');
  expect(summary).toMatch(/seen \d+ times in offers, last at \d+(\.\d+)? s/);
});
