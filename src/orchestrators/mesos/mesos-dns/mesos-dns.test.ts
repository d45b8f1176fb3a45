import { expect, test } from 'vitest';
import { RecordKind } from '../../../metrics/log.ts';
import { app, fault, faulted, machines, MINUTE, SECOND, startMesos } from '../testing/mesos-run.ts';

test('a dead instance is used for U[0, refresh) + U[0, ttl) after the master knows: the law of the sum of two uniform times', () => {
  const count = 1000;
  const jobs = Array.from({ length: count }, (_, i) => ({ ...app(`/s${i}`, 1, {}, { cpuMilli: 10 }), durationsUs: [600 * SECOND + i * 7_130_101] }));
  const run = startMesos(machines(10), jobs, { options: { marathon: { launchTokens: 10_000 } } });
  run.simulation.run(3 * 60 * 60 * SECOND);
  const released = new Map(run.records.of(RecordKind.release).map(({ a, timeUs }) => [a, timeUs]));
  const delays = run.records.of(RecordKind.unroute).map(({ a, timeUs }) => (timeUs - released.get(a)!) / MINUTE).sort((x, y) => x - y);
  expect(delays).toHaveLength(count);
  const law = (t: number): number => (t <= 0 ? 0 : t <= 1 ? (t * t) / 2 : t <= 2 ? 1 - ((2 - t) * (2 - t)) / 2 : 1);
  const distance = Math.max(...delays.map((delay, i) => Math.max(Math.abs(law(delay) - i / count), Math.abs(law(delay) - (i + 1) / count))));
  // Kolmogorov-Smirnov at one in a thousand.
  expect(distance).toBeLessThan(1.95 / Math.sqrt(count));
});

test('clients are sent to a lost machine until the master, the poll and their own answer have caught up, and then to the replacement', () => {
  const run = startMesos(machines(2), [app('/web', 1)], { options: { serviceDiscovery: { kind: 'mesos-dns', refresh: '30s', ttl: '10s' } } });
  run.simulation.run(150 * SECOND);
  const [first] = run.records.of(RecordKind.route);
  faulted(run, [fault('crash', first!.b, 160, 4000)]);
  run.simulation.run(400 * SECOND);
  const [, second] = run.records.of(RecordKind.route);
  const [gone] = run.records.of(RecordKind.unroute);
  expect(second!.b).toBe(1 - first!.b);
  expect(gone).toMatchObject({ a: 0, b: first!.b });
  const detectedUs = run.records.of(RecordKind.detect)[0]!.timeUs;
  expect(gone!.timeUs).toBeGreaterThan(detectedUs);
  expect(gone!.timeUs).toBeLessThanOrEqual(detectedUs + 40 * SECOND);
});

test('an instance that is there for less than a poll is never listed', () => {
  const run = startMesos(machines(1), [{ ...app('/web', 1), durationsUs: [20 * SECOND] }], { options: { serviceDiscovery: { kind: 'mesos-dns', refresh: '10min', ttl: '1s' } } });
  run.simulation.run(60 * MINUTE);
  expect([RecordKind.route, RecordKind.unroute].map((kind) => run.records.of(kind).length)).toEqual([0, 0]);
});

test('polls that find nothing new are no events, and materialising them changes nothing', () => {
  const started = (explicitTicks: boolean) => startMesos(machines(3), [app('/web', 5)], { simulation: { explicitTicks } });
  const run = started(false);
  run.simulation.run(10 * MINUTE);
  const events = run.simulation.eventCount;
  run.simulation.run(24 * 60 * MINUTE);
  expect(run.simulation.eventCount - events).toBeLessThan(20);
  const digests = [false, true].map((explicitTicks) => {
    const other = faulted(started(explicitTicks), [fault('crash', 0, 130, 50), fault('partition', 1, 300, 200)]);
    other.simulation.run(20 * MINUTE);
    return other.log.digest.toString();
  });
  expect(digests[0]).toBe(digests[1]);
});
