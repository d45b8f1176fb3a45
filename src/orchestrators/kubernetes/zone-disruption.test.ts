import { expect, test } from 'vitest';
import { RecordKind } from '../../metrics/log.ts';
import { fault, runCluster, SECOND, service } from './testing/cluster-run.ts';

const nodes = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

/**
 * Seconds from the outage of some nodes to the first eviction of each, with as many replicas as nodes in the zones a (nodes from 0 on) and b (the others), and room for twice as many.
 */
function evictions(zoneA: number, zoneB: number, lost: readonly number[], downS: number, untilS: number) {
  const machines = zoneA + zoneB;
  const { recorder, cluster } = runCluster({
    machines,
    machine: (i) => ({ zone: i < zoneA ? 'a' : 'b' }),
    jobs: [service('web', machines, { cpuMilli: 1900 })],
    untilS,
    faults: [fault('crash', 1000, [...lost], downS)],
  });
  const evicted = recorder.of(RecordKind.evict);
  const times = evicted.filter((event, i) => evicted.findIndex(({ b }) => b === event.b) === i).map((event) => event.timeUs / SECOND - 1000);
  return { times, detected: recorder.of(RecordKind.detect).length, live: cluster.api.pods.live };
}

test('a zone that is lost as a whole is tainted at 0.1 nodes a second: its pods are replaced over minutes', () => {
  const { times, detected } = evictions(20, 40, nodes(0, 20), 100_000, 2500);
  expect(detected).toBe(20);
  expect(times).toHaveLength(20);
  // Grace, next tick and toleration; then a node every 10 s.
  expect(times[0]).toBeGreaterThan(349);
  expect(times[0]).toBeLessThan(372);
  expect(times[19]! - times[0]!).toBeGreaterThan(185);
  expect(times[19]! - times[0]!).toBeLessThan(195);
});

test('of a large zone of which most is lost, a node is tainted every 100 s', () => {
  const { times } = evictions(60, 20, nodes(0, 40), 100_000, 1000 + 400 + 10 * 100);
  expect(times.length).toBeGreaterThanOrEqual(9);
  expect(times.length).toBeLessThanOrEqual(12);
  // The queue takes up some nodes at the normal rate before the zone's state changes; after that each waits 100 s.
  const gaps = times.slice(3).map((time, i) => time - times[i + 2]!);
  for (const gap of gaps) expect(Math.abs(gap - 100)).toBeLessThan(1);
});

test('of a small zone of which most is lost, no node is tainted while that lasts', () => {
  const { times, detected } = evictions(20, 20, nodes(0, 12), 100_000, 4000);
  expect(detected).toBe(12);
  expect(times).toEqual([]);
});

test('below 55 % a zone counts as normal', () => {
  const { times } = evictions(20, 20, nodes(0, 10), 100_000, 2000);
  expect(times).toHaveLength(10);
});

test('when no node of any zone answers, nobody is evicted, however long it takes; everything runs again when they are back', () => {
  const { times, detected, live } = evictions(6, 6, nodes(0, 12), 3600, 6000);
  expect(detected).toBe(12);
  expect(times).toEqual([]);
  expect(live).toBe(12);
});

test('when one zone comes back after all were lost, the other gets its grace anew before it is tainted', () => {
  const both = [fault('crash', 1000, nodes(0, 6), 1000), fault('crash', 1000, nodes(6, 6), 100_000)];
  const { recorder } = runCluster({ machines: 12, machine: (i) => ({ zone: i < 6 ? 'a' : 'b' }), jobs: [service('web', 12, { cpuMilli: 1900 })], untilS: 4000, faults: both });
  const evicted = recorder.of(RecordKind.evict).map((event) => event.timeUs / SECOND);
  expect(evicted).toHaveLength(6);
  expect(evicted[0]).toBeGreaterThan(2000 + 300);
});
