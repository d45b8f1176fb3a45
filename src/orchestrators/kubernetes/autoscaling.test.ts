import { expect, test } from 'vitest';
import { RecordKind } from '../../metrics/log.ts';
import type { Shape } from '../../workload/shape.ts';
import { counts, fault, runCluster, service } from './testing/cluster-run.ts';

const MINUTE = 60;

const metric = (name: string, target: object) => ({ type: 'Resource', resource: { name, target } });

function scaled(load: string, autoscaler: object = {}, more: { readonly annotations?: object; readonly container?: object } = {}): Partial<Shape> {
  const related = [{ kind: 'HorizontalPodAutoscaler', metadata: { name: 'web' }, spec: { minReplicas: 2, maxReplicas: 20, metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }], ...autoscaler } }];
  return { native: { format: 'kubernetes', spec: { kind: 'Deployment', metadata: { name: 'web', annotations: { ...(load !== '' && { 'seatrial.dev/load': load }), ...more.annotations } }, spec: { template: { spec: { containers: [more.container ?? {}] } } }, related } } };
}

/** Pods running in the middle of each minute. */
function perMinute(run: ReturnType<typeof runCluster>, minutes: number): number[] {
  const changes = counts(run.recorder, 0, minutes * MINUTE);
  return Array.from({ length: minutes }, (_, i) => changes.filter(({ timeS }) => timeS <= (i + 0.5) * MINUTE).at(-1)?.running ?? 0);
}
const world = (shape: Partial<Shape>, minutes: number) => ({ machines: 4, jobs: [service('web', 20, { ...shape, cpuMilli: 200 }, 4)], untilS: minutes * MINUTE });

test('replicas follow the load: up within two minutes, down after the window of five', () => {
  // 200m each at 50 %: a core of load wants ten.
  const counted = perMinute(runCluster(world(scaled('0s=0.4 10min=1 25min=0.3'), 40)), 40);
  expect(counted[5]).toBe(4);
  expect(counted[9]).toBe(4);
  expect(counted[12]).toBe(10);
  expect(counted[24]).toBe(10);
  expect(counted[28]).toBe(10);
  expect(counted[32]).toBe(3);
});

test('use above the request is seen as far as there is no limit: growth is as fast as the policies let it, up to the maximum', () => {
  const limited = { resources: { limits: { cpu: '200m' } } };
  const load = '0s=0.4 10min=2.4';
  const behavior = { scaleUp: { policies: [{ type: 'Pods', value: 20, periodSeconds: 15 }] } };
  const free = perMinute(runCluster(world(scaled(load, { behavior }), 20)), 20);
  const held = perMinute(runCluster(world(scaled(load, { behavior }, { container: limited }), 20)), 20);
  expect(free[19]).toBe(20);
  expect(held[19]).toBe(20);
  // Four pods at their limit of 200m are at twice the target of 50 %: eight, not twenty at once.
  const first = (run: ReturnType<typeof runCluster>): number => {
    const changes = counts(run.recorder, 10 * MINUTE, 20 * MINUTE);
    return changes.filter(({ timeS }) => timeS < changes[0]!.timeS + 14).at(-1)!.running;
  };
  expect(first(runCluster(world(scaled(load, { behavior }), 20)))).toBe(20);
  expect(first(runCluster(world(scaled(load, { behavior }, { container: limited }), 20)))).toBe(8);
});

const GIB = 1_073_741_824;
const onMemory = (target: object, more: Parameters<typeof scaled>[2] = {}) => scaled('', { metrics: [metric('memory', target)] }, more);

test('replicas follow memory as they follow CPU, by share or by average', () => {
  // Requests of 128 MiB: 2 GiB together at 80 % want twenty, 0.5 GiB five.
  const annotations = { 'seatrial.dev/memory-load': '0s=0.4GiB 10min=2GiB 25min=0.5GiB' };
  const byShare = perMinute(runCluster(world(onMemory({ averageUtilization: 80 }, { annotations }), 45)), 45);
  expect([byShare[9], byShare[13], byShare[44]]).toEqual([4, 20, 5]);
  const byAverage = perMinute(runCluster(world(onMemory({ averageValue: '256Mi' }, { annotations }), 45)), 45);
  expect([byAverage[9], byAverage[13], byAverage[44]]).toEqual([2, 8, 2]);
});

test('without a load it sees what the pods really use, while it grows too', () => {
  const use = { cpuMilli: [10, 10], memoryBytes: [GIB / 4, GIB / 4], growthUs: 600_000_000 } as const;
  const grows = { ...onMemory({ averageUtilization: 100 }), use };
  const counted = perMinute(runCluster(world(grows, 40)), 40);
  // Twice the request each: more replicas do not help, as a leak has it.
  expect(counted[2]).toBe(4);
  expect(counted[39]).toBe(20);
  const digest = (explicitTicks: boolean) => runCluster({ ...world(grows, 40), explicitTicks }).log.digest.toString();
  expect(digest(true)).toBe(digest(false));
});

test('of several metrics the one that asks for most decides', () => {
  const metrics = [metric('cpu', { averageUtilization: 50 }), metric('memory', { averageValue: '512Mi' })];
  const annotations = { 'seatrial.dev/memory-load': '0s=1GiB 15min=5GiB' };
  const counted = perMinute(runCluster(world(scaled('0s=0.6', { metrics }, { annotations }), 25)), 25);
  expect([counted[12], counted[20]]).toEqual([6, 10]);
});

test('pods on a node that does not answer are not measured, and keep the service from shrinking as if they were busy', () => {
  const faults = [fault('partition', 6 * MINUTE, [0, 1], 4 * MINUTE)];
  const load = '0s=0.4 5min=0.22';
  const counted = perMinute(runCluster({ ...world(scaled(load, { behavior: { scaleDown: { stabilizationWindowSeconds: 0 } } }), 15), faults: [] }), 15);
  const cut = runCluster({ ...world(scaled('0s=0.4 7min30s=0.22', { behavior: { scaleDown: { stabilizationWindowSeconds: 0 } } }), 15), faults });
  expect(counted[8]).toBe(3);
  expect(cut.recorder.events.some(({ timeUs, kind }) => kind === RecordKind.end && timeUs < 9 * MINUTE * 1e6)).toBe(false);
});

test('no autoscaler goes below its minimum, or reacts within its tolerance', () => {
  expect(perMinute(runCluster(world(scaled('0s=0'), 15)), 15)[14]).toBe(2);
  expect(perMinute(runCluster(world(scaled('0s=0.43'), 15)), 15)[14]).toBe(4);
});

test('a policy of one pod a minute makes growth slow', () => {
  const slow = scaled('0s=0.4 5min=2', { behavior: { scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } } });
  const counted = perMinute(runCluster(world(slow, 12)), 12);
  for (let i = 6; i < 12; i++) expect(counted[i]! - counted[i - 1]!).toBeLessThanOrEqual(1);
  expect(counted[11]).toBeGreaterThan(8);
});

test('an autoscaler with nothing to do sleeps, and in explicit-tick mode everything is the same', () => {
  const idle = runCluster(world(scaled('0s=0.4'), 60));
  const longer = runCluster({ ...world(scaled('0s=0.4'), 60), untilS: 600 * MINUTE });
  expect(longer.simulation.eventCount).toBe(idle.simulation.eventCount);
  const digest = (explicitTicks: boolean) => runCluster({ ...world(scaled('0s=0.4 10min=1 25min=0.3'), 45), explicitTicks }).log.digest.toString();
  expect(digest(true)).toBe(digest(false));
});
