import { describe, expect, test } from 'vitest';
import { RecordKind } from '../../metrics/log.ts';
import type { JobSpec } from '../../workload/workload-builder.ts';
import { TaskState } from './task-state.ts';
import { fault, faulted, machines, MINUTE, runningOn, SECOND, startMesos } from './testing/mesos-run.ts';

const job = (user: string, tasks: number, seconds = 3600, submitS = 1, fields: object = {}): JobSpec => ({ name: user, submitUs: submitS * SECOND, shape: { cpuMilli: 1000, memoryBytes: 1e9, user, ...fields }, durationsUs: Array.from({ length: tasks }, (_, i) => (seconds + (i % 7)) * SECOND) });
const batch = (name: string, more: object = {}) => ({ kind: 'batch', name, jobs: { users: [name] }, ...more });
const count = (run: ReturnType<typeof startMesos>, user: string): number => runningOn(run).filter((entry) => entry.startsWith(user)).length;

describe('what an operator sets while the cluster runs', () => {
  /** How many tasks a has per task of c, on average over a minute and a half. */
  function ratio(role: string, staleInternalWeights: boolean, fromS: number): number {
    const frameworks = [batch('a', { role }), batch('c', { role: 'other' })];
    const run = startMesos(machines(20), [job('a', 900, 20), job('c', 900, 20)], { options: { frameworks, allocator: { staleInternalWeights, updates: [{ at: '60s', weights: { team: 3 } }] } } });
    let sum = 0;
    for (let s = fromS; s < fromS + 90; s++) {
      run.simulation.run(s * SECOND);
      sum += count(run, 'a') / Math.max(1, count(run, 'c')) / 90;
    }
    expect(run.cluster.invariants()).toEqual([]);
    return sum;
  }

  test('a weight is noticed where the role is subscribed to itself; of one that is not, only without the quirk', () => {
    expect(ratio('team', true, 110)).toBeGreaterThan(2.3);
    expect(ratio('team/x', true, 110)).toBeLessThan(1.3);
    expect(ratio('team/x', false, 110)).toBeGreaterThan(2.3);
  });

  test('quota takes offers back, so that it is not up to a slow framework when it is met', () => {
    const frameworks = [batch('slow', { settings: { decisionBase: '10min' } }), batch('prod')];
    const started = (updates: readonly object[]): number | undefined => {
      const run = startMesos(machines(4), [job('slow', 2), job('prod', 8, 3600, 20)], { options: { frameworks, allocator: { updates } } });
      run.simulation.run(5 * MINUTE);
      expect(run.cluster.invariants()).toEqual([]);
      return run.records.of(RecordKind.start).filter(({ a }) => run.workload.taskName(a).startsWith('prod')).length;
    };
    expect(started([])).toBe(0);
    expect(started([{ at: '30s', quota: { prod: { guarantee: { cpus: 8 } } } }])).toBe(8);
  });

  test('a limit that is set later stops what comes after it, and nothing that runs', () => {
    const run = startMesos(machines(4), [job('a', 10), { ...job('a', 10, 3600, 60), name: 'a-more' }], { options: { frameworks: [batch('a')], allocator: { updates: [{ at: '30s', quota: { a: { limit: { cpus: 12 } } } }] } } });
    run.simulation.run(5 * MINUTE);
    expect(runningOn(run)).toHaveLength(12);
  });

  test('what is guaranteed to a role stays free for it even when nobody subscribes to it, and whoever waits for ever is told so', () => {
    // src/master/allocator/mesos/hierarchical.cpp, __allocate: the required headroom is summed over all quotas, not over roles with frameworks.
    const run = startMesos(machines(1), [job('a', 2), { ...job('a', 1, 3600, 60), name: 'late' }], { options: { frameworks: [batch('a')], allocator: { updates: [{ at: '30s', quota: { nobody: { guarantee: { cpus: 1.5 } } } }] } } });
    run.simulation.run(30 * MINUTE);
    expect(runningOn(run)).toEqual(['a/0@node-0', 'a/1@node-0']);
    const { machines: verdicts } = run.orchestrator.explain(2);
    expect(verdicts).toEqual([{ machine: 'node-0', verdict: 'fits; the role may not have that much within its quota limits and the quota headroom: InsufficientCpus: cpus 0.5 of 1' }]);
  });

  test('a task that waits within its own limit is told how much of the limit is left', () => {
    const run = startMesos(machines(2), [job('a', 3)], { options: { frameworks: [batch('a')], allocator: { quota: { a: { limit: { cpus: 2.25 } } } } } });
    run.simulation.run(5 * MINUTE);
    const waiting = [0, 1, 2].find((task) => run.orchestrator.explain(task).state === 'waiting')!;
    expect(run.orchestrator.explain(waiting).machines.map(({ verdict }) => verdict.split(': ').at(-1))).toEqual(['cpus 0.25 of 1', 'cpus 0.25 of 1']);
  });
});

describe('what a framework registers with', () => {
  test('sets of quantities of its own decide which agents it is offered', () => {
    const run = startMesos(machines(2, (i) => ({ cpuMilli: i === 0 ? 2000 : 4000 })), [job('a', 6)], { options: { frameworks: [batch('a', { minAllocatable: [{ cpus: 3 }] })] } });
    run.simulation.run(10 * MINUTE);
    // Four fit on the large agent from one offer; what is smaller is never offered.
    expect(runningOn(run).map((entry) => entry.split('@')[1])).toEqual(['node-1', 'node-1', 'node-1', 'node-1']);
  });

  test('without GPU_RESOURCES no agent with GPUs is offered to it', () => {
    const run = startMesos(machines(2, (i) => ({ gpuCount: i })), [job('a', 8)], { options: { frameworks: [batch('a', { gpuResources: false })] } });
    run.simulation.run(10 * MINUTE);
    expect(new Set(runningOn(run).map((entry) => entry.split('@')[1]))).toEqual(new Set(['node-0']));
  });

  test.each([
    [true, 'all', TaskState.unreachable, 1],
    [false, 'all', TaskState.lost, 1],
    [false, 'partition-aware', TaskState.lost, 0],
    [true, 'partition-aware', TaskState.unreachable, 1],
  ])('partition aware: %s, readmits %s', (partitionAware, readmits, state, kept) => {
    const run = faulted(startMesos(machines(1), [job('a', 1)], { options: { frameworks: [batch('a', { settings: { partitionAware } })], master: { readmits } } }), [fault('partition', 0, 60, 200)]);
    const seen: TaskState[] = [];
    const framework = run.cluster.frameworks[0]! as unknown as { statusUpdate(row: number, state: TaskState, reason: number): void; unknownTask(row: number, id: number, state: TaskState): void };
    const update = framework.statusUpdate.bind(framework);
    framework.statusUpdate = (row, told, reason) => {
      seen.push(told);
      update(row, told, reason);
    };
    let cameBack = 0;
    const unknown = framework.unknownTask.bind(framework);
    framework.unknownTask = (row, id, told) => {
      if (told === TaskState.running) cameBack++;
      unknown(row, id, told);
    };
    run.simulation.run(20 * MINUTE);
    expect([seen[0], cameBack, runningOn(run).length, run.cluster.invariants()]).toEqual([state, kept, 1, []]);
  });
});
