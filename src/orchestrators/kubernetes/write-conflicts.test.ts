import { describe, expect, test } from 'vitest';
import { RecordKind } from '../../metrics/log.ts';
import type { Shape } from '../../workload/shape.ts';
import { fault, runCluster, SECOND, service } from './testing/cluster-run.ts';

/** A store so slow that requests are under way for seconds: what races now and then in reality races often. */
const slow = { api: { commitMinUs: 2_000_000, commitMaxUs: 3_000_000 } };
type Run = ReturnType<typeof runCluster>;
const books = ({ log }: Run, name: string) => log.component(`kubernetes/${name}`);
const web = (name: string, replicas: number, shape: Partial<Shape> = {}, initial?: number) => service(name, replicas, shape, initial);

describe('two writers of one object', () => {
  test('kubelet and node lifecycle controller: a node that comes back while it is being given up stays Ready', () => {
    const faults = Array.from({ length: 40 }, (_, node) => fault('partition', 100 + node / 8, [node], 50 + node / 4));
    const run = runCluster({ machines: 41, jobs: [web('web', 10)], untilS: 900, faults, options: { ...slow, apiLimits: 'scalability-test' } });
    const { conflicts, commits } = books(run, 'node-lifecycle');
    expect(conflicts).toBeGreaterThan(0);
    expect(commits).toBeGreaterThan(0);
    const { nodes } = run.cluster.api;
    for (let node = 0; node < 41; node++) expect([nodes.ready[node], nodes.unreachableNoSchedule[node], nodes.unreachableNoExecute[node]]).toEqual([1, 0, 0]);
  });

  test('Deployment and ReplicaSet controllers: a rollout meets conflicts, comes back to its sets and finishes', () => {
    const world = { machines: 5, jobs: [web('web', 12)], versions: [{ image: 'web:2' }], actions: [{ kind: 'update', timeUs: 60 * SECOND, job: 0, shape: 1 }] as const, untilS: 1500 };
    const run = runCluster({ ...world, options: slow });
    expect(books(run, 'deployment-controller').conflicts).toBeGreaterThan(0);
    expect(run.shapesRunning).toEqual(Array.from({ length: 12 }, () => 1));
    expect(run.cluster.rolloutStatus(0)).toMatch(/successfully rolled out/);
    const digest = (explicitTicks: boolean) => runCluster({ ...world, options: slow, explicitTicks }).log.digest.toString();
    expect(digest(true)).toBe(digest(false));
  });

  test('autoscaler and user: the user\'s patch goes through, the autoscaler decides anew at its next sync', () => {
    const related = [{ kind: 'HorizontalPodAutoscaler', metadata: { name: 'web' }, spec: { minReplicas: 1, maxReplicas: 20, metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 50 } } }] } }];
    const native = { format: 'kubernetes' as const, spec: { kind: 'Deployment', metadata: { name: 'web', annotations: { 'seatrial.dev/load': '0s=0.2 5min=0.8' } }, spec: { template: { spec: { containers: [{}] } } }, related } };
    let lost = 0;
    for (let at = 290; at < 330; at += 2) {
      const run = runCluster({ machines: 4, jobs: [web('web', 20, { cpuMilli: 200, native }, 2)], actions: [{ kind: 'scale', timeUs: at * SECOND, job: 0, count: 3 }], untilS: 700, options: slow });
      lost += books(run, 'horizontal-pod-autoscaler').conflicts;
      // 0.8 cores at half of 200m each.
      expect(run.running.length).toBe(8);
    }
    expect(lost).toBeGreaterThan(0);
  });

  test('evictions under one budget: one at a time goes through, the others come back half a second later', () => {
    const related = [{ kind: 'PodDisruptionBudget', metadata: { name: 'web' }, spec: { selector: { matchLabels: { app: 'web' } }, maxUnavailable: 5 } }];
    const native = { format: 'kubernetes' as const, spec: { kind: 'Deployment', metadata: { name: 'web' }, spec: { template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{}] } } }, related } };
    const drained = (job: ReturnType<typeof web>) => {
      const run = runCluster({ machines: 2, machine: (i) => ({ cpuMilli: i === 0 ? 4000 : 8000 }), jobs: [job], untilS: 200, faults: [fault('drain', 100, [0], 500)] });
      return { run, times: run.recorder.events.filter(({ kind }) => kind === RecordKind.evict).map(({ timeUs }) => timeUs) };
    };
    const free = drained(web('web', 12));
    const kept = drained(web('web', 12, { native }));
    expect(free.times.length).toBeGreaterThan(2);
    expect(books(free.run, 'eviction').conflicts).toBe(0);
    expect(books(kept.run, 'eviction').conflicts).toBeGreaterThan(0);
    expect(kept.times.at(-1)! - kept.times[0]!).toBeGreaterThan(450_000);
    expect(free.times.at(-1)! - free.times[0]!).toBeLessThan(100_000);
  });

  test('nobody is in anybody\'s way in a quiet cluster', () => {
    const run = runCluster({ machines: 4, jobs: [web('web', 8), { name: 'job', submitUs: SECOND, shape: { cpuMilli: 100 }, durationsUs: [SECOND, SECOND] }], untilS: 300, faults: [fault('crash', 100, [0], 600)] });
    expect(run.log.components.reduce((sum, { conflicts }) => sum + conflicts, 0)).toBe(0);
  });
});
