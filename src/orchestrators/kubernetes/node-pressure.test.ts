import { describe, expect, test } from 'vitest';
import { RecordKind } from '../../metrics/log.ts';
import type { Shape } from '../../workload/shape.ts';
import { ExitOutcome } from '../../world/exit-outcome.ts';
import { GIB, runCluster, SECOND, service } from './testing/cluster-run.ts';

const MINUTE = 60 * SECOND;
const uses = (gib: number, growthUs = 0): Partial<Shape> => ({ use: { cpuMilli: [100, 100], memoryBytes: [gib * GIB, gib * GIB], growthUs } });
const options = { evictionHardMemoryBytes: GIB };
/** One small node: 8 GiB, of which 7 are allocatable. */
const small = { machines: 1, machine: () => ({ memoryBytes: 8 * GIB }), options };
type Run = ReturnType<typeof runCluster>;
const evicted = ({ recorder, workload }: Run): string[] => recorder.events.filter(({ kind }) => kind === RecordKind.evict).map(({ a }) => workload.taskName(a));
const ended = ({ recorder }: Run, outcome: number) => recorder.events.filter(({ kind, c }) => kind === RecordKind.end && c === outcome + 16);

describe('node-pressure eviction', () => {
  const crowd = [service('modest', 1, { memoryBytes: 2 * GIB, ...uses(1.9) }), service('greedy', 1, { memoryBytes: GIB, ...uses(4, 5 * MINUTE) }), service('fine', 1, { memoryBytes: 2 * GIB, ...uses(2, 5 * MINUTE) })];

  test('ends the pod that uses more than it asks for, and nobody runs out of memory', () => {
    const run = runCluster({ ...small, jobs: crowd, untilS: 400 });
    expect(evicted(run)).toEqual(['greedy']);
    expect(ended(run, ExitOutcome.outOfMemory)).toEqual([]);
  });

  test('comes within ten seconds of the crossing, at the kubelet\'s next look', () => {
    // Together 7.9 GiB after 5 min; above 7 GiB at 1.9 + 6 t / 5 min > 7: the 28th of 32 steps.
    const run = runCluster({ ...small, jobs: crowd, untilS: 400 });
    const evictUs = run.recorder.events.find(({ kind }) => kind === RecordKind.evict)!.timeUs;
    const startUs = run.recorder.events.filter(({ kind }) => kind === RecordKind.start).map(({ timeUs }) => timeUs);
    expect(evictUs).toBeGreaterThanOrEqual(Math.min(...startUs) + 27 * (300 / 32) * SECOND);
    expect(evictUs).toBeLessThanOrEqual(Math.max(...startUs) + 28 * (300 / 32) * SECOND + 10 * SECOND);
  });

  test('the first replacement comes back before the taint does; the next waits until five minutes after the pressure was last seen', () => {
    const run = runCluster({ ...small, jobs: crowd, untilS: 1000 });
    const at = (kind: number) => run.recorder.events.filter((event) => event.kind === kind && run.workload.taskName(event.a) === 'greedy').map(({ timeUs }) => timeUs);
    const binds = at(RecordKind.bind);
    const [first, second] = at(RecordKind.evict) as [number, number];
    expect(binds).toHaveLength(3);
    expect(binds[1]! - first).toBeLessThan(5 * SECOND);
    expect(binds[2]! - second).toBeGreaterThan(290 * SECOND);
    expect(binds[2]! - second).toBeLessThan(330 * SECOND);
    expect(run.cluster.api.nodes.memoryPressureNoSchedule[0]).toBe(0);
  });

  test('takes several, one after the other, until the rest fits; a replacement goes to another node', () => {
    const jobs = [service('kept', 1, { memoryBytes: 4 * GIB, ...uses(4) }), service('over', 3, { memoryBytes: GIB / 2, ...uses(1.2, MINUTE) })];
    const run = runCluster({ ...small, machines: 2, machine: (i) => ({ memoryBytes: (i === 0 ? 8 : 64) * GIB, attributes: i === 0 ? {} : { spare: '1' } }), jobs, untilS: 200 });
    expect(new Set(evicted(run)).has('kept')).toBe(false);
    expect(run.running).toHaveLength(4);
    expect(ended(run, ExitOutcome.outOfMemory)).toEqual([]);
  });

  test('never touches critical pods, even if that leaves the node to the kernel', () => {
    const critical = { priority: 2_000_000_000, memoryBytes: GIB, ...uses(7.5, MINUTE) };
    expect(evicted(runCluster({ ...small, jobs: [service('critical', 1, critical)], untilS: 200 }))).toEqual([]);
    expect(evicted(runCluster({ ...small, jobs: [service('plain', 1, { ...critical, priority: 0 })], untilS: 100 }))).toEqual(['plain']);
  });

  test('is too late where memory is taken at once: the kernel kills first', () => {
    const run = runCluster({ ...small, jobs: [service('kept', 1, { memoryBytes: 4 * GIB, ...uses(4) }), service('burst', 1, { memoryBytes: GIB, ...uses(5) })], untilS: 60 });
    expect(ended(run, ExitOutcome.outOfMemory).length).toBeGreaterThan(0);
    expect(evicted(run)).toEqual([]);
  });

  test('off by default, and where everybody uses what he asks for, it never comes; explicit ticks change nothing', () => {
    expect(evicted(runCluster({ ...small, options: {}, jobs: crowd, untilS: 400 }))).toEqual([]);
    expect(evicted(runCluster({ ...small, jobs: [service('web', 7, { memoryBytes: GIB })], untilS: 400 }))).toEqual([]);
    const digest = (explicitTicks: boolean) => runCluster({ ...small, machines: 2, jobs: crowd, untilS: 1500, explicitTicks }).log.digest.toString();
    expect(digest(true)).toBe(digest(false));
  });

  test('BestEffort pods that come to a node under pressure are refused there', () => {
    const run = runCluster({ ...small, jobs: [...crowd, { ...service('besteffort', 1, { cpuMilli: 0, memoryBytes: 0, ...uses(0.01) }), submitUs: 330 * SECOND }], untilS: 500 });
    expect(run.recorder.events.some(({ kind, a }) => kind === RecordKind.start && run.workload.taskName(a) === 'besteffort')).toBe(false);
  });
});
