import { beforeAll, expect, test } from 'vitest';
import { KeyedRandom } from '../../engine/random/keyed-random.ts';
import type { Fault } from '../../faults/fault-plan.ts';
import { inject } from '../../faults/inject.ts';
import { RecordKind } from '../../metrics/log.ts';
import { buildWorkload } from '../../workload/workload-builder.ts';
import { MachineInventory } from '../../world/machine-inventory.ts';
import { assemble } from '../assemble.ts';
import { ksCritical, ksDistance } from '../../engine/testing/kolmogorov-smirnov.ts';
import { Recorder } from '../testing/recorder.ts';
import { mesos } from './mesos.ts';

const SECOND = 1_000_000;
const MACHINES = 120;
const INSTANCES = 110;
const RUNS = 12;
const SPACING = 400;

/** Seconds from the crash of an agent's host to unreachable, to Marathon's decision and to the launch of the replacement, one entry per fault. */
const measured = { unreachable: [] as number[], decided: [] as number[], replaced: [] as number[] };

/** One instance fits on an agent; every 400 s another host crashes at a random moment and comes back 200 s later, so that faults do not meet. */
function simulate(seed: number): void {
  const random = new KeyedRandom(seed, 'crash times');
  const faults: Fault[] = Array.from({ length: MACHINES }, (_, i) => ({
    kind: 'crash',
    atUs: (i * SPACING + 300) * SECOND + Math.floor(random.u(i, 0, 0) * 100 * SECOND),
    machines: [i],
    durationUs: 200 * SECOND,
    factor: 1,
    label: '',
  }));
  const recorder = new Recorder();
  const { simulation, world, log } = assemble({
    definition: mesos as never,
    inventory: new MachineInventory(Array.from({ length: MACHINES }, (_, i) => ({ name: `agent-${i}`, cpuMilli: 8000, memoryBytes: 64e9 }))),
    workload: buildWorkload('law', [{ name: 'web', submitUs: 0, shape: { kind: 'service', cpuMilli: 5000, memoryBytes: 1e9 }, durationsUs: Array.from({ length: INSTANCES }, () => Infinity) }]),
    seed,
    collectors: [recorder],
  });
  inject(simulation, world, log, faults, () => {});
  simulation.run((MACHINES * SPACING + 400) * SECOND);
  faults.forEach((fault, i) => {
    const after = recorder.events.filter((event) => event.timeUs >= fault.atUs && event.timeUs < fault.atUs + 190 * SECOND);
    const seconds = (event: { timeUs: number }) => (event.timeUs - fault.atUs) / SECOND;
    measured.unreachable.push(seconds(after.find((event) => event.kind === RecordKind.detect && event.a === i)!));
    if (!after.some((event) => event.kind === RecordKind.evict && event.b === i)) return;
    measured.decided.push(seconds(after.find((event) => event.kind === RecordKind.decide)!));
    measured.replaced.push(seconds(after.find((event) => event.kind === RecordKind.bind)!));
  });
}

beforeAll(() => {
  for (let seed = 1; seed <= RUNS; seed++) simulate(seed);
});

/*
 * The law from the rules alone. The master pings each agent every 15 s at a phase of its own and looks, at each ping, whether the one before was answered. The
 * first ping that stays unanswered follows the crash after U(0, 15] s; five misses later, 75 s, the agent is unreachable.
 */
const unreachableLaw = (t: number, period = 15, misses = 5) => Math.min(1, Math.max(0, (t - period * misses) / period));

test('over 1,000 faults with random phases were measured, and over 1,000 of them hit an instance', () => {
  expect(measured.unreachable.length).toBeGreaterThanOrEqual(1000);
  expect(measured.replaced.length).toBeGreaterThanOrEqual(1000);
});

test('a silent host loss is declared U(75, 90] s after the crash', () => {
  expect(ksDistance(measured.unreachable, unreachableLaw)).toBeLessThan(ksCritical(measured.unreachable.length));
});

test('the same samples reject pings every 14 s, every 16 s and four misses', () => {
  for (const [period, misses] of [[14, 5], [16, 5], [15, 4]] as const) {
    expect(ksDistance(measured.unreachable, (t) => unreachableLaw(t, period, misses))).toBeGreaterThan(ksCritical(measured.unreachable.length, 1e-6));
  }
});

/*
 * Marathon replaces at the status update (inactiveAfterSeconds 0): a fraction of a millisecond later. Waiting instances revive offers; a revive runs a cycle at
 * once, unless the last change of the subscription is less than 5 s old, which it never is here. So the launch follows within the milliseconds that
 * registry, allocator and Marathon take, and the law is the one above.
 */
test('Marathon decides at the update and launches on the revived offers, by the same law', () => {
  expect(ksDistance(measured.decided, unreachableLaw)).toBeLessThan(ksCritical(measured.decided.length));
  expect(ksDistance(measured.replaced, (t) => unreachableLaw(t - 0.01))).toBeLessThan(ksCritical(measured.replaced.length));
});
