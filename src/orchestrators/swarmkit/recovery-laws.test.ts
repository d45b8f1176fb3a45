import { expect, test } from 'vitest';
import { KeyedRandom } from '../../engine/random/keyed-random.ts';
import { ksCritical, ksDistance } from '../../engine/testing/kolmogorov-smirnov.ts';
import { RecordKind } from '../../metrics/log.ts';
import { buildWorkload, type JobSpec } from '../../workload/workload-builder.ts';
import { MachineInventory } from '../../world/machine-inventory.ts';
import { type Assembly, assemble, type AssemblyOptions } from '../assemble.ts';
import { NO_IMAGES } from '../testing/behaviour-run.ts';
import { Recorder } from '../testing/recorder.ts';
import { swarmkit } from './swarmkit.ts';

const SECOND = 1_000_000;
const HOUR = 3600 * SECOND;
const GIB = 1024 ** 3;

/**
 * Time from a crash to DOWN, from the rules alone. Heartbeats come after periods D drawn from U[4.5, 5.5) s, and a node is DOWN 3 D after its last one, D being the period until the next.
 * A crash at a random moment falls into a period with density d / 5 (longer ones are met more often), uniformly within it: the time is 3 D - U D.
 */
function detectionLaw(multiplier: number, from = 4.5, to = 5.5): (seconds: number) => number {
  const steps = 2000;
  const mean = (from + to) / 2;
  return (seconds) => {
    let sum = 0;
    for (let i = 0; i < steps; i++) {
      const d = from + ((i + 0.5) * (to - from)) / steps;
      // P(multiplier d - U d <= t) with U uniform in [0, 1).
      const share = Math.min(1, Math.max(0, seconds / d - (multiplier - 1)));
      sum += (d / mean / steps) * share;
    }
    return sum;
  };
}

const DOWN = detectionLaw(3);
/** What somebody would get who draws the grace apart from the period, or forgets that long periods are met more often. */
const UNRELATED = (seconds: number): number => Math.min(1, Math.max(0, (seconds - 9) / 7.5));

function run(jobs: readonly JobSpec[], machines: readonly string[], seed: number, options: unknown = {}): { assembly: Assembly; recorder: Recorder } {
  const recorder = new Recorder();
  const assembly = assemble({
    definition: swarmkit as AssemblyOptions['definition'],
    inventory: new MachineInventory(machines.map((name) => ({ name, cpuMilli: 32_000, memoryBytes: 64 * GIB }))),
    workload: buildWorkload('w', jobs),
    seed,
    collectors: [recorder],
    images: NO_IMAGES,
    options,
  });
  return { assembly, recorder };
}

/** Strikes each of many idle machines once, at a random time; gives the times to detection in seconds. */
function detections(machines: number, strike: (run: Assembly, machine: number) => void, options: unknown = {}): number[] {
  const names = Array.from({ length: machines }, (_, i) => `n${i}`);
  const { assembly, recorder } = run([{ name: 'one', submitUs: 0, shape: {}, durationsUs: [1] }], names, 7, options);
  const random = new KeyedRandom(7, 'faults');
  const operation = assembly.simulation.on('test', (machine) => strike(assembly, machine));
  const atUs = names.map((_, machine) => HOUR + Math.floor(HOUR * random.u(machine, 0, 1)));
  atUs.forEach((timeUs, machine) => assembly.simulation.at(timeUs, operation, machine));
  assembly.simulation.run(3 * HOUR);
  const detected = recorder.of(RecordKind.detect);
  expect(detected).toHaveLength(machines);
  return detected.map(({ timeUs, a }) => (timeUs - atUs[a]!) / SECOND);
}

function expectLaw(samples: readonly number[], law: (seconds: number) => number, nearMisses: readonly ((seconds: number) => number)[]): void {
  expect(ksDistance(samples, law)).toBeLessThan(ksCritical(samples.length));
  // The test has the power to tell the law from others of about the same range.
  for (const other of nearMisses) expect(ksDistance(samples, other)).toBeGreaterThan(2 * ksCritical(samples.length));
}

const roleOf = ({ world }: Assembly, machine: number): number => world.processes.role.indexOf(`swarmkit/docker-n${machine}`);

test.each([
  ['crashed', ({ world }: Assembly, machine: number) => world.crash(machine)],
  ['hung', ({ world }: Assembly, machine: number) => world.hang(machine)],
  ['cut-off', ({ world }: Assembly, machine: number) => void world.partition([machine])],
  ['engine-less', (assembly: Assembly, machine: number) => assembly.world.processes.kill(roleOf(assembly, machine))],
])('a %s node is DOWN three heartbeat periods after its last heartbeat', (_, strike) => {
  const samples = detections(1200, strike);
  expectLaw(samples, DOWN, [UNRELATED, detectionLaw(2), detectionLaw(4)]);
  expect(Math.min(...samples)).toBeGreaterThanOrEqual(9);
  expect(Math.max(...samples)).toBeLessThanOrEqual(16.5);
});

test('heartbeat period and grace multiplier are what the law is made of', () => {
  const samples = detections(1500, ({ world }, machine) => world.crash(machine), { heartbeatPeriod: '20s', heartbeatEpsilon: '2s', gracePeriodMultiplier: 2 });
  expectLaw(samples, detectionLaw(2, 18, 22), [DOWN, detectionLaw(3, 18, 22)]);
});

test('all tasks of a crashed node start elsewhere together: after DOWN, the restart delay and a few batches', () => {
  const containers = 20;
  const samples: number[] = [];
  const spans: number[] = [];
  for (let seed = 0; seed < 1000; seed++) {
    const { assembly, recorder } = run([{ name: 'job', submitUs: 0, shape: { kind: 'service', cpuMilli: 1000 }, durationsUs: Array.from({ length: containers }, () => Infinity) }], [`a${seed}`, `b${seed}`], seed);
    const crashUs = HOUR + Math.floor(HOUR * new KeyedRandom(seed, 'faults').u(0, 0, 1));
    assembly.simulation.run(crashUs);
    assembly.world.crash(0);
    assembly.simulation.run(crashUs + 120 * SECOND);
    const again = recorder.of(RecordKind.start).filter(({ timeUs }) => timeUs > crashUs);
    // Half of them were there; all of those are back.
    expect(again).toHaveLength(containers / 2);
    samples.push((again.at(-1)!.timeUs - crashUs) / SECOND);
    spans.push((again.at(-1)!.timeUs - again[0]!.timeUs) / SECOND);
  }
  // 5 s restart delay and 0.15 s start of a container created meanwhile; on the way: the batch of status updates (0.1 s, met at a random moment), of assignments (0.1 s), a few transactions.
  const batches = 20;
  const law = (seconds: number): number => {
    let sum = 0;
    for (let i = 0; i < batches; i++) sum += DOWN(seconds - 5.15 - 0.1 - (0.1 * (i + 0.5)) / batches - 0.027) / batches;
    return sum;
  };
  expectLaw(samples, law, [(seconds) => DOWN(seconds - 10.3), (seconds) => DOWN(seconds - 0.3)]);
  expect(Math.max(...spans)).toBeLessThan(0.2);
}, 30_000);
