import { expect, test } from 'vitest';
import { RecordKind } from '../../metrics/log.ts';
import type { NativeSettings } from '../../workload/shape.ts';
import { counts, fault, runCluster, SECOND, service } from './testing/cluster-run.ts';

const update = (atS: number, shape: number) => ({ kind: 'update' as const, timeUs: atS * SECOND, job: 0, shape });
const scale = (atS: number, count: number) => ({ kind: 'scale' as const, timeUs: atS * SECOND, job: 0, count });
const deployment = (spec: object, container: object = {}, annotations: Record<string, string> = {}): { native: NativeSettings } => ({
  native: { format: 'kubernetes', spec: { kind: 'Deployment', metadata: { name: 'web', annotations }, spec: { ...spec, template: { spec: { containers: [{ ...container }] } } } } },
});

test('clients are sent to a pod once it is ready, and no more once it is being deleted', () => {
  const { recorder } = runCluster({ machines: 3, jobs: [service('web', 3)], untilS: 100, actions: [scale(50, 2)] });
  const starts = recorder.of(RecordKind.start);
  const routes = recorder.of(RecordKind.route);
  expect(routes.map((event) => event.a).sort()).toEqual([0, 1, 2]);
  // A relist (1 s), a report, two watches, one write, and a second between two syncs of kube-proxy.
  routes.forEach((route) => {
    const delay = (route.timeUs - starts.find((start) => start.a === route.a)!.timeUs) / SECOND;
    expect(delay).toBeGreaterThan(0.01);
    expect(delay).toBeLessThan(2.2);
  });
  const [gone] = recorder.of(RecordKind.unroute);
  expect(gone!.a).toBe(2);
  expect(gone!.timeUs / SECOND - 50).toBeLessThan(1.2);
});

test('a service starts with the replicas that are wanted at first and follows its user up and down', () => {
  const { recorder, running } = runCluster({ machines: 3, jobs: [service('web', 10, {}, 2)], untilS: 200, actions: [scale(50, 9), scale(100, 4)] });
  expect(recorder.of(RecordKind.start).filter((event) => event.timeUs < 50 * SECOND)).toHaveLength(2);
  expect(recorder.of(RecordKind.start)).toHaveLength(9);
  expect(running).toHaveLength(4);
  expect(recorder.of(RecordKind.end).map((event) => event.a).sort()).toEqual([4, 5, 6, 7, 8]);
});

test('a rolling update keeps at least 75 % available and has at most 125 % of the pods, and ends with the new version alone', () => {
  const { recorder, shapesRunning, cluster } = runCluster({ machines: 6, jobs: [service('web', 12)], untilS: 200, versions: [{ image: 'web:2' }], actions: [update(50, 1)] });
  const during = counts(recorder, 50, 200);
  expect(during.length).toBeGreaterThan(20);
  expect(Math.max(...during.map(({ running }) => running))).toBeGreaterThan(12);
  expect(Math.max(...during.map(({ running }) => running))).toBeLessThanOrEqual(15);
  expect(Math.min(...during.map(({ running }) => running))).toBeGreaterThanOrEqual(9);
  expect(during.at(-1)).toMatchObject({ running: 12, routed: 12 });
  expect(shapesRunning).toEqual(Array.from({ length: 12 }, () => 1));
  expect(cluster.api.pods.live).toBe(12);
  // Each task has one instance in the end.
  const ends = recorder.of(RecordKind.end).map((event) => event.a).sort((a, b) => a - b);
  expect(ends).toEqual(Array.from({ length: 12 }, (_, i) => i));
});

test('maxSurge 0 and maxUnavailable 1 replace one pod after the other; maxUnavailable 0 never lets one be missing', () => {
  const one = deployment({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } });
  const first = counts(runCluster({ machines: 3, jobs: [service('web', 4, one)], untilS: 200, versions: [{ ...one, image: '2' }], actions: [update(50, 1)] }).recorder, 50, 200);
  expect(new Set(first.map(({ running }) => running))).toEqual(new Set([3, 4]));
  const none = deployment({ strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
  const second = counts(runCluster({ machines: 3, jobs: [service('web', 4, none)], untilS: 200, versions: [{ ...none, image: '2' }], actions: [update(50, 1)] }).recorder, 50, 200);
  expect(new Set(second.map(({ running }) => running))).toEqual(new Set([4, 5]));
});

test('Recreate has no old pod left before there is a new one', () => {
  const recreate = deployment({ strategy: { type: 'Recreate' } });
  const { recorder, shapesRunning } = runCluster({ machines: 3, jobs: [service('web', 4, recreate)], untilS: 200, versions: [{ ...recreate, image: '2' }], actions: [update(50, 1)] });
  const lastEnd = recorder.of(RecordKind.end).at(-1)!.timeUs;
  const newStarts = recorder.of(RecordKind.start).filter((event) => event.timeUs > 50 * SECOND);
  expect(newStarts).toHaveLength(4);
  expect(newStarts[0]!.timeUs).toBeGreaterThan(lastEnd);
  expect(shapesRunning).toEqual([1, 1, 1, 1]);
});

test('minReadySeconds slows a rollout down: each wave has to have been ready for as long', () => {
  const slow = deployment({ minReadySeconds: 30 });
  const { recorder } = runCluster({ machines: 3, jobs: [service('web', 4, slow)], untilS: 600, versions: [{ ...slow, image: '2' }], actions: [update(100, 1)] });
  // Surge 1, one may be missing: four waves or two, but never faster than two of them.
  const last = recorder.of(RecordKind.end).at(-1)!.timeUs / SECOND;
  expect(last).toBeGreaterThan(130);
  expect(recorder.of(RecordKind.start)).toHaveLength(8);
});

test('a rollout whose pods never become ready stops, says so, and is taken back by the next update', () => {
  const good = deployment({});
  const broken = deployment({}, { readinessProbe: { periodSeconds: 5 } }, { 'seatrial.dev/answers-after': '100d' });
  const world = { machines: 4, jobs: [service('web', 8, good)], versions: [{ ...broken, image: 'bad' }, { ...good, image: 'good' }] };
  const stuck = runCluster({ ...world, untilS: 1000, actions: [update(50, 1)] });
  // 25 % of 8: two more, two less; six old ones keep serving.
  expect(stuck.shapesRunning.filter((shape) => shape === 0)).toHaveLength(6);
  expect(stuck.shapesRunning.filter((shape) => shape === 1)).toHaveLength(4);
  expect(counts(stuck.recorder, 0, 1000).at(-1)!.routed).toBe(6);
  expect(stuck.cluster.rolloutStatus(0)).toBe('deployment exceeded its progress deadline');
  const back = runCluster({ ...world, untilS: 1000, actions: [update(50, 1), update(300, 2)] });
  expect(new Set(back.shapesRunning)).toEqual(new Set([2]));
  expect(back.shapesRunning).toHaveLength(8);
  expect(counts(back.recorder, 0, 1000).at(-1)!.routed).toBe(8);
});

test('a liveness probe that is too impatient restarts a slow application for ever, a startup probe does not', () => {
  const slow = (container: object) => service('web', 1, deployment({}, container, { 'seatrial.dev/answers-after': '50s' }));
  const impatient = runCluster({ machines: 1, jobs: [slow({ livenessProbe: {}, readinessProbe: {} })], untilS: 1000 });
  expect(impatient.recorder.of(RecordKind.start).length).toBeGreaterThan(5);
  expect(impatient.recorder.of(RecordKind.route)).toHaveLength(0);
  const patient = runCluster({ machines: 1, jobs: [slow({ livenessProbe: {}, readinessProbe: {}, startupProbe: { failureThreshold: 30 } })], untilS: 1000 });
  expect(patient.recorder.of(RecordKind.start)).toHaveLength(1);
  expect(patient.recorder.of(RecordKind.route)[0]!.timeUs / SECOND).toBeGreaterThan(50);
});

test('a pod goes on for its grace period while clients are sent elsewhere: no client meets a dead pod', () => {
  const graceful = deployment({}, {}, { 'seatrial.dev/stops-after': '10s' });
  const { recorder } = runCluster({ machines: 3, jobs: [service('web', 4, graceful)], untilS: 200, versions: [{ ...graceful, image: '2' }], actions: [update(50, 1)] });
  for (const end of recorder.of(RecordKind.end)) {
    const unroute = recorder.of(RecordKind.unroute).find((event) => event.a === end.a && event.b === end.b)!;
    expect(unroute.timeUs).toBeLessThan(end.timeUs - 7 * SECOND);
  }
});

test('clients are sent to the pods of a dead node until it is NotReady', () => {
  const { recorder } = runCluster({ machines: 2, jobs: [service('web', 4)], untilS: 200, faults: [fault('crash', 100, [0], 1000)] });
  const detect = recorder.of(RecordKind.detect)[0]!.timeUs;
  const unroutes = recorder.of(RecordKind.unroute);
  expect(unroutes).toHaveLength(2);
  for (const event of unroutes) {
    expect(event.b).toBe(0);
    expect(event.timeUs - detect).toBeGreaterThan(0);
    expect(event.timeUs - detect).toBeLessThan(2 * SECOND);
  }
});

test('pods of a node that was cut off are routed to again when it answers; a restart in place is a short gap', () => {
  const { recorder } = runCluster({ machines: 2, jobs: [service('web', 2)], untilS: 400, faults: [fault('partition', 100, [0], 100)] });
  expect(counts(recorder, 0, 400).at(-1)).toMatchObject({ running: 2, routed: 2 });
  expect(recorder.of(RecordKind.unroute)).toHaveLength(1);
  expect(recorder.of(RecordKind.route)).toHaveLength(3);
});

test('rollouts under failures replay in explicit-tick mode bit for bit', () => {
  const digest = (explicitTicks: boolean) =>
    runCluster({ machines: 4, jobs: [service('web', 8, { failureShare: 0.5 })], untilS: 600, versions: [{ image: '2', failureShare: 0.2 }], actions: [update(60, 1), scale(200, 5)], faults: [fault('crash', 70, [1], 30)], explicitTicks }).log.digest.toString();
  expect(digest(true)).toBe(digest(false));
});

test('a settled cluster of services costs nothing: no event in a month', () => {
  const world = { machines: 500, machine: (i: number) => ({ zone: `zone-${i % 3}` }), jobs: Array.from({ length: 10 }, (_, i) => service(`web-${i}`, 20)) };
  const hour = runCluster({ ...world, untilS: 3600 });
  expect(runCluster({ ...world, untilS: 31 * 86_400 }).simulation.eventCount).toBe(hour.simulation.eventCount);
});

test('rows of pods and ReplicaSets are recycled over many rollouts', () => {
  const actions = Array.from({ length: 60 }, (_, i) => update(50 + 60 * i, 1 + (i % 2)));
  const { cluster, shapesRunning } = runCluster({ machines: 4, jobs: [service('web', 6)], untilS: 4000, versions: [{ image: '2' }, { image: '3' }], actions });
  expect(shapesRunning).toEqual([2, 2, 2, 2, 2, 2]);
  expect(cluster.api.pods.live).toBe(6);
  expect(cluster.api.pods.rows).toBeLessThan(20);
  expect(cluster.api.owners.rows).toBeLessThan(5);
});

test('a service that is scaled in the middle of a rollout that is stuck grows in both versions, in proportion', () => {
  const native = { format: 'kubernetes' as const, spec: { kind: 'Deployment', metadata: { name: 'web', annotations: { 'seatrial.dev/answers-after': '10h' } }, spec: { template: { spec: { containers: [{ readinessProbe: {} }] } } } } };
  const world = {
    machines: 6,
    jobs: [service('web', 15, {}, 10)],
    versions: [{ image: 'web:2', native }],
    actions: [
      { kind: 'update', timeUs: 60 * SECOND, job: 0, shape: 1 },
      { kind: 'scale', timeUs: 300 * SECOND, job: 0, count: 15 },
    ] as const,
  };
  const versions = (untilS: number) => {
    const { shapesRunning } = runCluster({ ...world, untilS });
    return [0, 1].map((shape) => shapesRunning.filter((running) => running === shape).length);
  };
  expect(versions(290)).toEqual([8, 5]);
  // 15 and a surge of 4, where there were 10 and 3.
  expect(versions(400)).toEqual([12, 7]);
});
