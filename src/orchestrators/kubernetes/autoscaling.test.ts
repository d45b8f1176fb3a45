import { expect, test } from 'vitest';
import type { Shape } from '../../workload/shape.ts';
import { counts, runCluster, service } from './testing/cluster-run.ts';

const MINUTE = 60;

function scaled(load: string, autoscaler: object = {}): Partial<Shape> {
  const related = [{ kind: 'HorizontalPodAutoscaler', metadata: { name: 'web' }, spec: { minReplicas: 2, maxReplicas: 20, metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }], ...autoscaler } }];
  return { native: { format: 'kubernetes', spec: { kind: 'Deployment', metadata: { name: 'web', annotations: { 'seatrial.dev/load': load } }, spec: { template: { spec: { containers: [{}] } } }, related } } };
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

test('more load than the pods may have is seen as all that they may have: growth comes in steps, up to the limit', () => {
  const counted = perMinute(runCluster(world(scaled('0s=0.4 10min=40'), 20)), 20);
  expect(counted[19]).toBe(20);
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
