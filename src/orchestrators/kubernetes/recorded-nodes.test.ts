import { expect, test } from 'vitest';
import { RecordKind } from '../../metrics/log.ts';
import type { Shape } from '../../workload/shape.ts';
import { fault, runCluster, SECOND, service } from './testing/cluster-run.ts';

const recorded = (kind: string, nodes: string): Partial<Shape> => ({
  native: { format: 'kubernetes', spec: { kind, metadata: { name: 'web', annotations: { 'seatrial.dev/nodes': nodes } }, spec: { template: { spec: { containers: [{ resources: { requests: { cpu: '1900m' } } }] } } } } },
  cpuMilli: 1900,
});
const places = (run: ReturnType<typeof runCluster>) => run.recorder.of(RecordKind.start).map((event) => [event.a, event.b]).toSorted((a, b) => a[0]! - b[0]!);

test('pods of a snapshot begin where they were, in a second, however many there are; those without a node are scheduled', () => {
  const run = runCluster({ machines: 3, jobs: [service('web', 4, recorded('ReplicaSet', 'node-2,node-2,,gone'))], untilS: 60 });
  const [first, second, ...others] = places(run);
  expect([first, second]).toEqual([
    [0, 2],
    [1, 2],
  ]);
  // Node 2 is full.
  expect(others.map(([task, machine]) => [task, machine === 2])).toEqual([
    [2, false],
    [3, false],
  ]);
  const many = runCluster({ machines: 60, machine: () => ({ cpuMilli: 400_000 }), jobs: [service('web', 6000, recorded('ReplicaSet', Array.from({ length: 6000 }, (_, i) => `node-${i % 60}`).join(',')))], untilS: 3 });
  expect(many.running).toHaveLength(6000);
});

test('what a snapshot brings is kept alive like everything else', () => {
  for (const kind of ['ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job']) {
    const batch = kind === 'Job' ? { kind: 'batch' as const } : {};
    const jobs = [{ ...service('web', 3, { ...recorded(kind, 'node-1,node-0,node-2'), ...batch }), durationsUs: [900, 900, 900].map((s) => (kind === 'Job' ? s * SECOND : Infinity)) }];
    const run = runCluster({ machines: 3, jobs, untilS: 800, faults: [fault('crash', 100, [0], 10)] });
    expect(places(run).slice(0, 1)).toEqual([[0, 1]]);
    expect(run.running).toHaveLength(3);
    expect(run.recorder.of(RecordKind.start)).toHaveLength(4);
  }
});

test('a node that is cordoned in the snapshot is unschedulable, in the words for it, and not merely tainted', () => {
  const cordoned = { attributes: { 'seatrial.dev/taints': 'node.kubernetes.io/unschedulable=:NoSchedule' } };
  const tainted = { attributes: { 'seatrial.dev/taints': 'role=db:NoSchedule' } };
  const run = runCluster({ machines: 2, machine: (i) => (i === 0 ? cordoned : tainted), jobs: [service('web', 1)], untilS: 20 });
  expect(run.running).toHaveLength(0);
  expect(run.orchestrator.explain(0).summary).toMatch(/^0\/2 nodes are available: 1 node\(s\) had untolerated taint\(s\), 1 node\(s\) were unschedulable\./);
});
