import { expect, test } from 'vitest';
import { RecordKind } from '../../metrics/log.ts';
import type { Shape } from '../../workload/shape.ts';
import { fault, runCluster, SECOND, service } from './testing/cluster-run.ts';

const object = (kind: string, related: object[], labels: object = {}): Partial<Shape> => ({
  native: { format: 'kubernetes', spec: { kind, metadata: { name: 'web', namespace: 'shop' }, spec: { template: { metadata: { labels }, spec: { containers: [{ resources: { requests: { cpu: '100m' } } }] } } }, related } },
});
const quota = (hard: object) => ({ kind: 'ResourceQuota', metadata: { name: 'small', namespace: 'shop' }, spec: { hard } });

test.each(['ReplicaSet', 'StatefulSet', 'DaemonSet'])('a %s gets no more pods than the quota of its namespace allows, and the rest when there is room again', (kind) => {
  const shape = object(kind, [quota({ pods: '5', 'requests.cpu': '350m' })]);
  const run = runCluster({ machines: 6, jobs: [service('web', 6, shape)], untilS: 120 });
  expect(run.running).toHaveLength(3);
  expect(run.cluster.api.pods.live).toBe(3);
});

test('two services of one namespace share its quota: what one gives up the other takes', () => {
  const shape = object('ReplicaSet', [quota({ pods: 4 })]);
  const actions = [{ kind: 'scale' as const, timeUs: 100 * SECOND, job: 0, count: 1 }];
  const run = runCluster({ machines: 3, jobs: [service('a', 3, shape), service('b', 3, shape)], actions, untilS: 1200 });
  expect(run.recorder.of(RecordKind.start).filter((event) => event.timeUs < 100 * SECOND)).toHaveLength(4);
  expect(run.running).toHaveLength(4);
});

test('a drain respects a disruption budget: pods go one by one as their replacements become healthy', () => {
  const budget = { kind: 'PodDisruptionBudget', metadata: { name: 'web', namespace: 'shop' }, spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } } };
  const drained = (related: object[]) => {
    const run = runCluster({ machines: 2, jobs: [service('web', 6, object('ReplicaSet', related, { app: 'web' }))], untilS: 300, faults: [fault('drain', 100, [0], 1000)] });
    expect(run.running).toHaveLength(6);
    return run.recorder.of(RecordKind.evict).map((event) => event.timeUs / SECOND);
  };
  const free = drained([]);
  expect(free.at(-1)! - free[0]!).toBeLessThan(1);
  const careful = drained([budget]);
  expect(careful).toHaveLength(3);
  careful.slice(1).forEach((time, i) => expect(time - careful[i]!).toBeGreaterThan(0.5));
});
