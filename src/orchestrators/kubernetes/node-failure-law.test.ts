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
import type { KubernetesCluster } from './cluster.ts';
import { kubernetes } from './kubernetes.ts';

const SECOND = 1_000_000;
const MACHINES = 130;
const RUNS = 21;
const FAULTS_PER_RUN = 50;

/** Seconds from the crash of a node to NotReady, to the taint NoExecute, to the first eviction and to the first replacement bound, one entry per fault. */
const measured = { notReady: [] as number[], tainted: [] as number[], evicted: [] as number[], replaced: [] as number[] };

/** One replica per node; every 1,000 s another node crashes at a random moment and comes back 700 s later, so that faults do not meet. */
function simulate(seed: number): void {
  const random = new KeyedRandom(seed, 'crash times');
  const faults: Fault[] = Array.from({ length: FAULTS_PER_RUN }, (_, i) => ({
    kind: 'crash',
    atUs: i * 1000 * SECOND + 100 * SECOND + Math.floor(random.u(i, 0, 0) * 190 * SECOND),
    machines: [i],
    durationUs: 700 * SECOND,
    factor: 1,
    label: '',
  }));
  const recorder = new Recorder();
  const { simulation, world, log, orchestrator } = assemble({
    definition: kubernetes as never,
    inventory: new MachineInventory(Array.from({ length: MACHINES }, (_, i) => ({ name: `node-${i}`, cpuMilli: 8000, memoryBytes: 64e9 }))),
    workload: buildWorkload('law', [{ name: 'web', submitUs: 0, shape: { kind: 'service', cpuMilli: 1000, memoryBytes: 1e9 }, durationsUs: Array.from({ length: MACHINES }, () => Infinity) }]),
    seed,
    collectors: [recorder],
  });
  const { api } = orchestrator as KubernetesCluster;
  const taints: { node: number; timeUs: number }[] = [];
  const setTaint = api.setTaint.bind(api);
  api.setTaint = (node, effect, present) => {
    if (effect === 'NoExecute' && present) taints.push({ node, timeUs: simulation.nowUs });
    setTaint(node, effect, present);
  };
  inject(simulation, world, log, faults, () => {});
  simulation.run((FAULTS_PER_RUN * 1000 + 500) * SECOND);
  faults.forEach((fault, i) => {
    const after = recorder.events.filter((event) => event.timeUs >= fault.atUs && event.timeUs < fault.atUs + 690 * SECOND);
    const first = (kind: number, matches: (event: (typeof after)[number]) => boolean) => (after.find((event) => event.kind === kind && matches(event))!.timeUs - fault.atUs) / SECOND;
    measured.notReady.push(first(RecordKind.detect, (event) => event.a === i));
    measured.tainted.push((taints.find(({ node, timeUs }) => node === i && timeUs >= fault.atUs)!.timeUs - fault.atUs) / SECOND);
    measured.evicted.push(first(RecordKind.evict, (event) => event.b === i));
    measured.replaced.push(first(RecordKind.bind, () => true));
  });
}

beforeAll(() => {
  for (let seed = 1; seed <= RUNS; seed++) simulate(seed);
});

/* The law from the specification alone, in seconds. Renewals come at gaps U[10, 10.4); at a random moment the time since the last one has the density
   P(gap > a) / 10.2. The controller, on a grid of 5 s with a phase of its own, sees that renewal after U[0, 5), and acts on the first tick that is more than 50 s
   later: the eleventh from there, since the tenth is exactly 50 s later. */
const GAP_MIN = 10;
const GAP_MAX = 10.4;
const STEPS = 2000;
/** Renewal request, commit and watch, on average: (2 + 20)/2 + (1 + 10)/2 + (1 + 20)/2 ms. */
const ON_THE_WAY = 0.027;

function notReadyLaw(t: number, monitor = 5): number {
  let probability = 0;
  let mass = 0;
  for (let i = 0; i < STEPS; i++) {
    const age = ((i + 0.5) / STEPS) * GAP_MAX;
    const weight = age < GAP_MIN ? 1 : (GAP_MAX - age) / (GAP_MAX - GAP_MIN);
    // t = monitor wait + 50 s + one more tick - age
    const wait = t - 50 - monitor + age - ON_THE_WAY;
    probability += weight * Math.min(1, Math.max(0, wait / monitor));
    mass += weight;
  }
  return probability / mass;
}

test('at least 1,000 faults with random phases were measured', () => {
  expect(measured.notReady.length).toBeGreaterThanOrEqual(1000);
});

test('crash to NotReady follows lease residual, 5 s monitor grid and 50 s grace', () => {
  expect(ksDistance(measured.notReady, notReadyLaw)).toBeLessThan(ksCritical(measured.notReady.length));
});

test('the measurement is sharp enough to reject a monitor period of 4 s or 6 s, and a grace of 40 s', () => {
  for (const wrong of [(t: number) => notReadyLaw(t, 4), (t: number) => notReadyLaw(t, 6), (t: number) => notReadyLaw(t + 10)]) {
    expect(ksDistance(measured.notReady, wrong)).toBeGreaterThan(ksCritical(measured.notReady.length));
  }
});

/* The NoExecute queue is filled on the tick after NotReady (5 s), looked at every 100 ms (on average 50 ms later); the write of the taint takes 16.5 ms on average. */
const TO_TAINT = 5 + 0.05 + 0.0165;

test('crash to the taint NoExecute adds the next tick, the taint queue and a write', () => {
  expect(ksDistance(measured.tainted, (t) => notReadyLaw(t - TO_TAINT))).toBeLessThan(ksCritical(measured.tainted.length));
  expect(ksDistance(measured.tainted, (t) => notReadyLaw(t - TO_TAINT + 5))).toBeGreaterThan(ksCritical(measured.tainted.length));
});

/* The NoExecute queue is filled on the tick after NotReady (5 s), looked at every 100 ms (on average 50 ms later); write and watch of the taint take 27 ms, then 300 s of
   toleration, then condition and deletion, 16.5 ms each. */
const TO_EVICTION = 5 + 0.05 + 0.027 + 300 + 0.033;

test('crash to eviction adds the next tick, the taint queue and the toleration of 300 s', () => {
  expect(ksDistance(measured.evicted, (t) => notReadyLaw(t - TO_EVICTION))).toBeLessThan(ksCritical(measured.evicted.length));
});

test('the replacement is bound right after the eviction: watch, creation, watch and one scheduling cycle', () => {
  const TO_BINDING = 0.0105 + 0.0165 + 0.0105 + 0.0005;
  expect(ksDistance(measured.replaced, (t) => notReadyLaw(t - TO_EVICTION - TO_BINDING))).toBeLessThan(ksCritical(measured.replaced.length));
});
