import { expect, test } from 'vitest';
import { KeyedRandom } from '../../engine/random/keyed-random.ts';
import { ksCritical, ksDistance } from '../../engine/testing/kolmogorov-smirnov.ts';
import { RecordKind } from '../../metrics/log.ts';
import { buildWorkload } from '../../workload/workload-builder.ts';
import { MachineInventory } from '../../world/machine-inventory.ts';
import { type Assembly, assemble, type AssemblyOptions } from '../assemble.ts';
import { Recorder } from '../testing/recorder.ts';
import { swarmClassic } from './swarm-classic.ts';

const SECOND = 1_000_000;
const HOUR = 3600 * SECOND;
const GIB = 1024 ** 3;

// The laws, from the rules alone and in seconds: densities on a grid, sums by convolution.
const STEP = 0.05;

function density(toSeconds: number, at: (x: number) => number): Float64Array {
  return Float64Array.from({ length: Math.round(toSeconds / STEP) }, (_, i) => at((i + 0.5) * STEP) * STEP);
}

/** A refresh waits U[30, 60) seconds. */
const GAP = density(60, (x) => (x < 30 ? 0 : 1 / 30));
/** What is left of the wait in progress when something happens at a random moment: (1 - F(x)) / mean, the mean wait being 45 s. */
const RESIDUAL = density(60, (x) => (x < 30 ? 1 : (60 - x) / 30) / 45);
/** The discovery entry lives 180 s after the last of the renewals every 60 s. */
const EXPIRY = density(180, (x) => (x < 120 ? 0 : 1 / 60));

function convolved(a: Float64Array, b: Float64Array): Float64Array {
  const sum = new Float64Array(a.length + b.length);
  // Cells are represented by their middle: the sum of two lies on the border of two cells.
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      sum[i + j]! += (a[i]! * b[j]!) / 2;
      sum[i + j + 1]! += (a[i]! * b[j]!) / 2;
    }
  }
  return sum;
}

function cdf(cells: Float64Array): (seconds: number) => number {
  const cumulative = new Float64Array(cells.length + 1);
  for (let i = 0; i < cells.length; i++) cumulative[i + 1] = cumulative[i]! + cells[i]!;
  return (seconds) => {
    const x = Math.min(Math.max(seconds / STEP, 0), cells.length);
    const i = Math.min(Math.floor(x), cells.length - 1);
    return cumulative[i]! + (x - i) * cells[i]!;
  };
}

/** Three failed refreshes make an engine unhealthy: the rest of one wait and two whole ones. */
const TWO_REFRESHES = cdf(convolved(RESIDUAL, GAP));
const THREE_REFRESHES = cdf(convolved(convolved(RESIDUAL, GAP), GAP));
const expired = cdf(EXPIRY);
/** Each attempt on a silent machine takes 30 s to fail. */
const timedOut = (seconds: number): number => THREE_REFRESHES(seconds - 90);
/** Whichever comes first. */
const silent = (seconds: number): number => 1 - (1 - timedOut(seconds)) * (1 - expired(seconds));

/** Strikes each of many idle machines once, at a random time; gives the times to detection in seconds. */
function detections(machines: number, strike: (run: Assembly, machine: number) => void, options: unknown = {}): number[] {
  const recorder = new Recorder();
  const run = assemble({
    definition: swarmClassic as AssemblyOptions['definition'],
    inventory: new MachineInventory(Array.from({ length: machines }, (_, i) => ({ name: `n${i}`, cpuMilli: 4000, memoryBytes: GIB }))),
    workload: buildWorkload('none', [{ name: 'one', submitUs: 0, shape: {}, durationsUs: [1] }]),
    seed: 7,
    collectors: [recorder],
    options,
  });
  const random = new KeyedRandom(7, 'faults');
  const operation = run.simulation.on('test', (machine) => strike(run, machine));
  const atUs = Array.from({ length: machines }, (_, machine) => HOUR + Math.floor(40 * HOUR * random.u(machine, 0, 1)));
  atUs.forEach((timeUs, machine) => run.simulation.at(timeUs, operation, machine));
  run.simulation.run(42 * HOUR);
  const detected = recorder.of(RecordKind.detect);
  expect(detected).toHaveLength(machines);
  return detected.map(({ timeUs, a }) => (timeUs - atUs[a]!) / SECOND);
}

function expectLaw(samples: readonly number[], law: (seconds: number) => number, nearMisses: readonly ((seconds: number) => number)[]): void {
  expect(ksDistance(samples, law)).toBeLessThan(ksCritical(samples.length));
  // The test has the power to tell the law from others of about the same range.
  for (const other of nearMisses) expect(ksDistance(samples, other)).toBeGreaterThan(2 * ksCritical(samples.length));
}

const crash = ({ world }: Assembly, machine: number): void => world.crash(machine);

test('a killed engine on a live host is detected after the rest of one refresh wait and two whole ones', () => {
  const samples = detections(2000, ({ world }, machine) => world.processes.kill(world.processes.role.indexOf(`swarm-classic/docker-n${machine}`)));
  expectLaw(samples, THREE_REFRESHES, [TWO_REFRESHES, cdf(convolved(convolved(GAP, GAP), GAP)), silent]);
});

test('a crashed machine whose discovery entry lives on is detected by three refreshes that time out', () => {
  expectLaw(detections(2000, crash, { ttl: '1h' }), timedOut, [THREE_REFRESHES, silent]);
});

test('a crashed machine is detected by three timed-out refreshes or by the end of its discovery entry, whichever comes first', () => {
  expectLaw(detections(2000, crash), silent, [timedOut, THREE_REFRESHES]);
});

const killAgent = ({ world }: Assembly, machine: number): void => world.processes.kill(world.processes.role.indexOf(`swarm-classic/agent-n${machine}`));

test('an engine that is well is given up when its agent is dead and its entry expires', () => {
  expectLaw(detections(1500, killAgent), expired, [(seconds) => expired(seconds - 10), timedOut]);
  // Consul is asked for half the TTL and doubles it.
  expectLaw(detections(1500, killAgent, { discovery: 'consul' }), expired, [(seconds) => expired(seconds + 45)]);
});

/** The last sign of life of a ZooKeeper session is a ping (every 3.33 s) or a renewal (every 60 s), whichever is younger; it lives for 10 s after that, and up to the next step of 2 s. */
const PING = 10 / 3;
const sinceTouch = density(PING, (x) => (1 - x / 60) / PING + (1 - x / PING) / 60);
const session = cdf(convolved(sinceTouch.toReversed(), density(2, () => 1 / 2)));
const sessionEnded = (seconds: number): number => session(seconds - (10 - PING));

test('with ZooKeeper the entry goes with the session, long before any refresh fails', () => {
  expectLaw(detections(1500, crash, { discovery: 'zookeeper' }), sessionEnded, [(seconds) => sessionEnded(seconds - 0.5), (seconds) => session(seconds - 10)]);
});

/** What is left until the manager's next poll, every 60 s. */
const POLL = density(60, () => 1 / 60);

test('with a hosted token the manager learns of the end of an entry when it polls next', () => {
  const polled = cdf(convolved(EXPIRY, POLL));
  expectLaw(detections(1500, killAgent, { discovery: 'token' }), polled, [expired]);
  expectLaw(detections(1500, crash, { discovery: 'token' }), (seconds) => 1 - (1 - timedOut(seconds)) * (1 - polled(seconds)), [polled, timedOut, silent]);
});

test.each(['file', 'nodes'])('with a list written by hand (%s) only refreshes find out', (discovery) => {
  expectLaw(detections(1200, crash, { discovery }), timedOut, [silent]);
});

/** A user tries to run something every 10 s: each attempt that reaches the dead engine counts as much as a refresh. */
test('user requests that run into a dead engine make it unhealthy sooner than refreshes alone', () => {
  const run = (everyS: number): number => {
    const recorder = new Recorder();
    const jobs = everyS === 0 ? [] : Array.from({ length: 60 }, (_, i) => ({ name: `j${i}`, submitUs: HOUR + i * everyS * SECOND, shape: { memoryBytes: GIB / 64 }, durationsUs: [HOUR] }));
    const assembly = assemble({
      definition: swarmClassic as AssemblyOptions['definition'],
      inventory: new MachineInventory([{ name: 'only', cpuMilli: 4000, memoryBytes: GIB }]),
      workload: buildWorkload('w', [{ name: 'one', submitUs: 0, shape: {}, durationsUs: [1] }, ...jobs]),
      seed: 3,
      collectors: [recorder],
    });
    assembly.simulation.run(HOUR - 1);
    assembly.world.processes.kill(assembly.world.processes.role.indexOf('swarm-classic/docker-only'));
    assembly.simulation.run(HOUR + 300 * SECOND);
    return (recorder.of(RecordKind.detect)[0]!.timeUs - HOUR) / SECOND;
  };
  expect(run(0)).toBeGreaterThan(60);
  expect(run(10)).toBeLessThanOrEqual(21);
});

test('with two failures enough, refreshes and discovery both matter', () => {
  const two = (seconds: number): number => TWO_REFRESHES(seconds - 60);
  expectLaw(detections(2000, crash, { engineFailureRetry: 2 }), (seconds) => 1 - (1 - two(seconds)) * (1 - expired(seconds)), [two, expired]);
});

test('a container of a crashed machine runs again after detection and the creation of those that the watchdog takes first', () => {
  const containers = 20;
  // Lock, create and start of one after the other: 10 ms, 1 s and 2 s.
  const each = 3.01;
  const samples: number[] = [];
  for (let seed = 0; seed < 1200; seed++) {
    const recorder = new Recorder();
    const run = assemble({
      definition: swarmClassic as AssemblyOptions['definition'],
      inventory: new MachineInventory(['a', 'b'].map((name) => ({ name: name + seed, cpuMilli: 32_000, memoryBytes: GIB }))),
      workload: buildWorkload('w', [{ name: 'job', submitUs: 0, shape: { kind: 'service', cpuMilli: 1000 }, durationsUs: Array.from({ length: containers }, () => Infinity) }]),
      seed,
      collectors: [recorder],
      options: { strategy: 'binpack', createTime: '1s', startTime: '2s' },
    });
    const crashUs = HOUR + Math.floor(HOUR * new KeyedRandom(seed, 'faults').u(0, 0, 1));
    run.simulation.run(crashUs);
    run.world.crash(recorder.of(RecordKind.bind)[0]!.b);
    run.simulation.run(crashUs + HOUR / 6);
    const [, again] = recorder.of(RecordKind.start).filter(({ a }) => a === 0);
    samples.push((again!.timeUs - crashUs) / SECOND);
  }
  const law = (seconds: number): number => {
    let sum = 0;
    for (let place = 1; place <= containers; place++) sum += silent(seconds - place * each);
    return sum / containers;
  };
  expectLaw(samples, law, [(seconds) => silent(seconds - each), (seconds) => silent(seconds - containers * each)]);
}, 60_000);
