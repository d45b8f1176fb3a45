import { expect, test } from 'vitest';
import type { Fault } from '../../../faults/fault-plan.ts';
import { RecordKind } from '../../../metrics/log.ts';
import { fault, runCluster, SECOND, service } from '../testing/cluster-run.ts';

const job = (name: string, tasks: number, submitUs = 0) => ({ name, submitUs, shape: { cpuMilli: 100 }, durationsUs: Array.from({ length: tasks }, () => 40 * SECOND) });

test('requests and watch events about a pod take as long as before when there are other pods beside it', () => {
  const starts = (more: ReturnType<typeof job>[]) => {
    // Nodes are told apart by nothing here: which one a pod is bound to may change, when may not.
    const { recorder, workload } = runCluster({ machines: 3, jobs: [job('a', 4), service('web', 3), ...more], untilS: 30, options: { cycleTime: { baseUs: 0, perNodeFilteredUs: 0, perNodeScoredAndPluginUs: 0 } } });
    return new Map(recorder.events.filter(({ kind }) => kind === RecordKind.bind).map(({ a, timeUs }) => [workload.taskName(a), timeUs]));
  };
  const alone = starts([]);
  const beside = starts([job('b', 1, 20 * SECOND), job('c', 2, 25 * SECOND)]);
  expect(beside.size).toBe(alone.size + 3);
  for (const [task, timeUs] of alone) expect(beside.get(task), task).toBe(timeUs);
});

test('a store that takes a second per commit makes everything wait for seats; heartbeats do not depend on it', () => {
  const slow = { api: { commitMinUs: 900_000, commitMaxUs: 1_000_000, maxRequestsInflight: 4, maxMutatingRequestsInflight: 2 }, apiLimits: 'scalability-test' };
  const lastBind = (options: object) => {
    const { recorder, log } = runCluster({ machines: 4, jobs: Array.from({ length: 40 }, (_, i) => job(`job-${i}`, 1)), untilS: 600, options });
    return { lastUs: Math.max(...recorder.events.filter(({ kind }) => kind === RecordKind.bind).map(({ timeUs }) => timeUs)), waitUs: log.component('kubernetes/apiserver workload-high').waitUs, lost: recorder.events.filter(({ kind }) => kind === RecordKind.detect).length };
  };
  const ample = lastBind({ ...slow, api: { ...slow.api, maxRequestsInflight: 400, maxMutatingRequestsInflight: 200 } });
  const scarce = lastBind(slow);
  expect(ample).toMatchObject({ waitUs: 0, lost: 0 });
  expect(scarce.waitUs).toBeGreaterThan(0);
  expect(scarce.lastUs).toBeGreaterThan(3 * ample.lastUs);
  expect(scarce.lost).toBe(0);
});

test('the same run with a fault elsewhere keeps the times of what the fault does not touch', () => {
  const ready = (faults: readonly Fault[]) => {
    const { recorder } = runCluster({ machines: 2, jobs: [service('web', 2)], untilS: 60, faults });
    return recorder.events.filter(({ kind }) => kind === RecordKind.route).map(({ timeUs }) => timeUs);
  };
  expect(ready([fault('crash', 55, [0], 100)])).toEqual(ready([]));
});
