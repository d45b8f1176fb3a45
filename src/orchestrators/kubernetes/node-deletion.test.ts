import { expect, test } from 'vitest';
import { RecordKind } from '../../metrics/log.ts';
import { fault, runCluster, SECOND, service } from './testing/cluster-run.ts';

const world = (cloud: boolean, explicitTicks = false) =>
  runCluster({ machines: 4, jobs: [service('web', 4)], untilS: 900, faults: [fault('crash', 100, [1], 600)], options: { cloud }, explicitTicks });

test('a node whose instance is gone is deleted within 5 s of being NotReady, and its pods a minute later instead of after five', () => {
  const run = world(true);
  const notReady = run.recorder.of(RecordKind.detect)[0]!.timeUs / SECOND;
  const [evict] = run.recorder.of(RecordKind.evict);
  // At most 5 s to the cloud's answer, up to 20 s to the first pass, 40 s of quarantine, which end between two passes.
  expect(evict!.timeUs / SECOND - notReady).toBeGreaterThan(40);
  expect(evict!.timeUs / SECOND - notReady).toBeLessThan(5 + 20 + 60 + 1);
  expect(run.cluster.api.pods.live).toBe(4);
  const waits = world(false).recorder.of(RecordKind.evict)[0]!.timeUs / SECOND - notReady;
  expect(waits).toBeGreaterThan(300);
});

test('the pods of a deleted node are replaced elsewhere, and a new instance joins as an empty node that takes work again', () => {
  const run = runCluster({ machines: 2, jobs: [service('web', 4), { ...service('late', 6), submitUs: 800 * SECOND }], untilS: 900, faults: [fault('crash', 100, [1], 600)], options: { cloud: true } });
  expect(run.recorder.of(RecordKind.start).filter((event) => event.timeUs < 700 * SECOND && event.timeUs > 100 * SECOND).map((event) => event.b)).toEqual([0, 0]);
  expect(run.recorder.of(RecordKind.start).filter((event) => event.timeUs > 800 * SECOND && event.b === 1).length).toBeGreaterThan(2);
  expect(run.cluster.api.nodes.exists[1]).toBe(1);
});

test('a hung machine is there for the cloud: its node stays', () => {
  const run = runCluster({ machines: 2, jobs: [service('web', 2)], untilS: 300, faults: [fault('hang', 100, [1], 600)], options: { cloud: true } });
  expect(run.recorder.of(RecordKind.detect)).toHaveLength(1);
  expect(run.cluster.api.nodes.exists[1]).toBe(1);
});

test('deletion of nodes replays in explicit-tick mode', () => {
  expect(world(true, true).log.digest.toString()).toBe(world(true).log.digest.toString());
});
