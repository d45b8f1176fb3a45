import { expect, test } from 'vitest';
import { RecordKind } from '../../../metrics/log.ts';
import { MachineState } from '../../../world/world-observer.ts';
import { type ClusterWorld, runCluster, SECOND, service } from '../testing/cluster-run.ts';

const MINUTE = 60;
/** Two machines that are always on and eight of a group, of which one is on at first; four cores each. */
const world = (more: Pick<ClusterWorld, 'jobs' | 'untilS' | 'actions' | 'explicitTicks'>): ClusterWorld => ({
  machines: 10,
  machine: (i: number) => (i < 2 ? {} : { attributes: { 'node-group': 'spare' } }),
  options: { clusterAutoscaler: { groups: [{ name: 'spare', initial: 1, min: 1 }] } },
  ...more,
});
const on = (run: ReturnType<typeof runCluster>) => Array.from({ length: 10 }, (_, machine) => run.world.machineState(machine)).filter((state) => state === MachineState.up).length;

test('machines beyond the initial size are off, and nothing happens while all pods fit', () => {
  const run = runCluster(world({ jobs: [service('web', 10, { cpuMilli: 1000 })], untilS: 30 * MINUTE }));
  expect(on(run)).toBe(3);
  expect(run.running).toHaveLength(10);
  const longer = runCluster(world({ jobs: [service('web', 10, { cpuMilli: 1000 })], untilS: 600 * MINUTE }));
  expect(longer.simulation.eventCount).toBe(run.simulation.eventCount);
});

test('pods that fit nowhere bring as many machines as they need, after a scan and a boot', () => {
  const run = runCluster(world({ jobs: [service('web', 12, { cpuMilli: 1000 }), { ...service('more', 9, { cpuMilli: 1000 }), submitUs: 5 * MINUTE * SECOND }], untilS: 15 * MINUTE }));
  expect(run.running).toHaveLength(21);
  expect(on(run)).toBe(6);
  const waits = run.recorder.of(RecordKind.start).filter((event) => event.timeUs > 5 * MINUTE * SECOND).map((event) => event.timeUs / SECOND - 5 * MINUTE);
  expect(Math.min(...waits)).toBeGreaterThan(60);
  expect(Math.max(...waits)).toBeLessThan(10 + 120 + 5 + 12 + 5);
});

test('a machine that is little used for ten minutes is emptied and switched off; its pods run elsewhere', () => {
  const scale = { kind: 'scale' as const, timeUs: 20 * MINUTE * SECOND, job: 0, count: 9 };
  const run = runCluster(world({ jobs: [service('web', 24, { cpuMilli: 1000 })], actions: [scale], untilS: 90 * MINUTE }));
  expect(run.running).toHaveLength(9);
  expect(on(run)).toBe(3);
  const states = run.recorder.of(RecordKind.machine).filter((event) => event.b === MachineState.down && event.timeUs > 0);
  expect(Math.min(...states.map((event) => event.timeUs / SECOND))).toBeGreaterThan(30 * MINUTE);
});

test('a machine whose pods may not be disrupted stays on', () => {
  const scale = { kind: 'scale' as const, timeUs: 20 * MINUTE * SECOND, job: 0, count: 9 };
  const related = [{ kind: 'PodDisruptionBudget', metadata: { name: 'web' }, spec: { selector: { matchLabels: { app: 'web' } }, maxUnavailable: 0 } }];
  const native = { format: 'kubernetes' as const, spec: { kind: 'Deployment', metadata: { name: 'web' }, spec: { template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ resources: { requests: { cpu: 1 } } }] } } }, related } };
  const run = runCluster(world({ jobs: [service('web', 24, { cpuMilli: 1000, native })], actions: [scale], untilS: 90 * MINUTE }));
  expect(run.running).toHaveLength(9);
  expect(run.recorder.of(RecordKind.evict)).toHaveLength(0);
  expect(on(run)).toBeGreaterThan(3);
});

test('what no machine of any group could hold does not bring one', () => {
  const run = runCluster(world({ jobs: [service('big', 1, { cpuMilli: 5000 })], untilS: 30 * MINUTE }));
  expect(on(run)).toBe(3);
});

test('a run with growth and shrinking is the same in explicit-tick mode', () => {
  const digest = (explicitTicks: boolean) =>
    runCluster(world({ jobs: [service('web', 24, { cpuMilli: 1000 })], actions: [{ kind: 'scale' as const, timeUs: 20 * MINUTE * SECOND, job: 0, count: 9 }], untilS: 60 * MINUTE, explicitTicks })).log.digest.toString();
  expect(digest(true)).toBe(digest(false));
});
