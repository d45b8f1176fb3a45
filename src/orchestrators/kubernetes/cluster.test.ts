import { expect, test } from 'vitest';
import type { Fault } from '../../faults/fault-plan.ts';
import { inject } from '../../faults/inject.ts';
import { Counter, RecordKind, TaskOutcome } from '../../metrics/log.ts';
import type { Shape } from '../../workload/shape.ts';
import { buildWorkload, type JobSpec } from '../../workload/workload-builder.ts';
import { type MachineSpec, MachineInventory } from '../../world/machine-inventory.ts';
import { assemble } from '../assemble.ts';
import type { Explanation } from '../orchestrator.ts';
import { Recorder } from '../testing/recorder.ts';
import type { KubernetesCluster } from './cluster.ts';
import { kubernetes } from './kubernetes.ts';

const SECOND = 1_000_000;
const GIB = 1_073_741_824;
const NO_IMAGES = { medianBytes: 0, sigma: 0, machineBytesPerSecond: 1, registryBytesPerSecond: 1 };

interface World {
  readonly machines: number;
  readonly machine?: (i: number) => Partial<MachineSpec>;
  readonly jobs: readonly JobSpec[];
  readonly untilS: number;
  readonly faults?: readonly Fault[];
  readonly options?: object;
  readonly watchedTask?: number;
}

function run({ machines, machine = () => ({}), jobs, untilS, faults = [], options = {}, watchedTask = -1 }: World) {
  const recorder = new Recorder();
  const explanations: Explanation[] = [];
  const assembly = assemble({
    definition: kubernetes as never,
    options,
    inventory: new MachineInventory(Array.from({ length: machines }, (_, i) => ({ name: `node-${i}`, cpuMilli: 4000, memoryBytes: 16 * GIB, ...machine(i) }))),
    workload: buildWorkload('test', jobs),
    seed: 7,
    collectors: [recorder],
    images: NO_IMAGES,
    watchedTask,
    explained: (_, explanation) => explanations.push(explanation),
  });
  inject(assembly.simulation, assembly.world, assembly.log, faults, (machine, drained) => assembly.orchestrator.drain(machine, drained));
  assembly.simulation.run(untilS * SECOND);
  expect(assembly.orchestrator.invariants()).toEqual([]);
  const running = Array.from({ length: machines }, (_, i) => assembly.world.containers.on(i).length);
  return { ...assembly, recorder, explanations, running, cluster: assembly.orchestrator as KubernetesCluster };
}

const fault = (kind: Fault['kind'], atS: number, machines: number[], seconds: number): Fault => ({ kind, atUs: atS * SECOND, machines, durationUs: seconds * SECOND, factor: 1, label: '' });
const job = (name: string, shape: Partial<Shape>, seconds: readonly number[], submitS = 0): JobSpec => ({
  name,
  submitUs: submitS * SECOND,
  shape: { cpuMilli: 1000, memoryBytes: GIB, ...shape },
  durationsUs: seconds.map((s) => s * SECOND),
});
const service = (name: string, replicas: number, shape: Partial<Shape> = {}) => job(name, { kind: 'service', ...shape }, Array.from({ length: replicas }, () => Infinity));
const batch = (name: string, tasks: number, seconds: number, shape: Partial<Shape> = {}) => job(name, shape, Array.from({ length: tasks }, () => seconds));

test('a Job runs all its tasks to completion and gives everything back', () => {
  const { recorder, orchestrator } = run({ machines: 3, jobs: [batch('job', 20, 30)], untilS: 600 });
  expect(recorder.of(RecordKind.done).map((event) => event.b)).toEqual(Array.from({ length: 20 }, () => TaskOutcome.finished));
  expect(recorder.of(RecordKind.bind)).toHaveLength(20);
  expect(recorder.of(RecordKind.release)).toHaveLength(20);
  expect(orchestrator.explain(0).state).toBe('Succeeded');
});

test('replicas spread by LeastAllocated; the decision is explained per plugin', () => {
  const { running, explanations, recorder } = run({ machines: 4, jobs: [service('web', 8)], untilS: 60, watchedTask: 0 });
  expect(running).toEqual([2, 2, 2, 2]);
  const [decision] = explanations;
  expect(decision!.machines).toHaveLength(4);
  const chosen = recorder.of(RecordKind.bind).find((event) => event.a === 0)!.b;
  const entry = decision!.machines.find(({ machine }) => machine === `node-${chosen}`)!;
  // An empty node: 75 % of 4 cores and 93 % of 16 GiB left = (75 + 93)/2; fractions 1/4 and 1/16: 1 - 3/32.
  expect(entry).toEqual({ machine: `node-${chosen}`, verdict: 'feasible: TaintToleration 300 + NodeResourcesFit 84 + PodTopologySpread 200 + NodeResourcesBalancedAllocation 90 + ImageLocality 0', score: 674 });
  expect(Math.max(...decision!.machines.map(({ score }) => score ?? 0))).toBe(674);
});

test('a pod that fits nowhere waits with the scheduler\'s own words and is placed when another leaves', () => {
  const jobs = [batch('first', 1, 100, { cpuMilli: 3000 }), job('second', { cpuMilli: 3000 }, [10], 20)];
  const waiting = run({ machines: 1, jobs, untilS: 60 });
  expect(waiting.orchestrator.explain(1)).toMatchObject({ state: 'Pending', summary: '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.' });
  expect(waiting.cluster.scheduler.queue.pending).toBe(1);
  const { recorder } = run({ machines: 1, jobs, untilS: 200 });
  const released = recorder.of(RecordKind.release)[0]!.timeUs;
  const bound = recorder.of(RecordKind.bind)[1]!.timeUs;
  // The first rejection's back-off of 1 s is long over: the event alone decides.
  expect(bound - released).toBeLessThan(0.01 * SECOND);
});

test('replicas of a lost node are replaced elsewhere after grace, taint and toleration; the node that comes back ends its old ones', () => {
  const { recorder, running, cluster } = run({ machines: 4, jobs: [service('web', 8)], faults: [fault('crash', 100, [1], 900)], untilS: 1200 });
  const detect = recorder.of(RecordKind.detect);
  expect(detect).toHaveLength(1);
  expect(detect[0]!.timeUs / SECOND - 100).toBeGreaterThan(44);
  expect(detect[0]!.timeUs / SECOND - 100).toBeLessThan(61);
  const evict = recorder.of(RecordKind.evict);
  expect(evict).toHaveLength(2);
  expect(evict[0]!.timeUs - detect[0]!.timeUs).toBeGreaterThan(305 * SECOND);
  expect(recorder.of(RecordKind.decide)).toHaveLength(2);
  expect(recorder.of(RecordKind.start)).toHaveLength(10);
  // Books of the dead node are kept until its kubelet has confirmed the deletion.
  expect(recorder.of(RecordKind.release).every((event) => event.b === 1 && event.timeUs > 1000 * SECOND)).toBe(true);
  expect(running.reduce((sum, count) => sum + count, 0)).toBe(8);
  expect(cluster.api.pods.live).toBe(8);
  expect(running[1]).toBe(0);
});

test('a node that reboots within the grace period is not noticed: services restart in place, Jobs fail and are replaced after 10 s', () => {
  const { recorder } = run({ machines: 1, jobs: [service('web', 1), batch('job', 1, 300)], faults: [fault('crash', 100, [0], 20)], untilS: 200 });
  expect(recorder.of(RecordKind.detect)).toHaveLength(0);
  expect(recorder.of(RecordKind.evict)).toHaveLength(0);
  const starts = recorder.of(RecordKind.start).filter((event) => event.timeUs > 100 * SECOND);
  const rebooted = 125;
  expect(starts.find((event) => event.a === 0)!.timeUs / SECOND - rebooted).toBeLessThan(1);
  const job = starts.find((event) => event.a === 1)!.timeUs / SECOND - rebooted;
  expect(job).toBeGreaterThan(10);
  expect(job).toBeLessThan(12);
});

test('while a node is cut off its pods run on; once replaced they run twice, until it is back', () => {
  const at = (untilS: number) => run({ machines: 3, jobs: [service('web', 3)], faults: [fault('partition', 100, [0], 600)], untilS }).running.reduce((sum, count) => sum + count, 0);
  expect([at(300), at(600), at(800)]).toEqual([3, 4, 3]);
});

test('two nodes lost at once are tainted 10 s apart', () => {
  const { recorder } = run({ machines: 8, jobs: [service('web', 8)], faults: [fault('crash', 100, [1, 2], 2000)], untilS: 800 });
  const evict = recorder.of(RecordKind.evict);
  expect(new Set(evict.map((event) => event.b))).toEqual(new Set([1, 2]));
  const gap = Math.abs(evict.find((event) => event.b === 1)!.timeUs - evict.find((event) => event.b === 2)!.timeUs) / SECOND;
  const detected = recorder.of(RecordKind.detect).map((event) => event.timeUs / SECOND);
  expect(gap).toBeGreaterThan(9.8);
  expect(gap).toBeLessThan(10.2 + Math.abs(detected[1]! - detected[0]!));
});

test('if no node of any zone answers, nothing is evicted; when they are back, replicas go on in place', () => {
  const zones = (i: number) => ({ zone: `zone-${i % 2}` });
  const { recorder, running } = run({ machines: 4, machine: zones, jobs: [service('web', 4)], faults: [fault('partition', 100, [0, 1, 2, 3], 2000)], untilS: 2600 });
  expect(recorder.of(RecordKind.detect)).toHaveLength(4);
  expect(recorder.of(RecordKind.evict)).toHaveLength(0);
  expect(running).toEqual([1, 1, 1, 1]);
});

test('a drained node is emptied by eviction and gets nothing until it is uncordoned', () => {
  const { recorder, running } = run({ machines: 2, machine: () => ({ cpuMilli: 8000 }), jobs: [service('web', 4), job('late', {}, [5, 5], 200), job('later', {}, [50, 50, 50], 400)], faults: [fault('drain', 100, [0], 200)], untilS: 430 });
  expect(recorder.of(RecordKind.evict).map((event) => event.b)).toEqual([0, 0]);
  const bound = (from: number, to: number) => new Set(recorder.of(RecordKind.bind).filter((event) => event.timeUs > from * SECOND && event.timeUs < to * SECOND).map((event) => event.b));
  expect(bound(101, 300)).toEqual(new Set([1]));
  expect(bound(400, 430)).toEqual(new Set([0]));
  expect(running[0]).toBe(3);
});

test('a service that is taken back leaves nothing behind', () => {
  const { recorder, running, cluster } = run({ machines: 2, jobs: [job('web', { kind: 'service' }, [100, 100, 100])], untilS: 200 });
  expect(running).toEqual([0, 0]);
  expect(recorder.of(RecordKind.release)).toHaveLength(3);
  expect(cluster.api.pods.live).toBe(0);
  expect(cluster.explain(0).state).toBe('Absent');
});

test('a Job fails for good after its back-off limit: 7 pods, with 10, 20, 40... s between failure and replacement', () => {
  const client = { ...run({ machines: 1, jobs: [batch('bad', 1, 10, { failureShare: 1 })], untilS: 20_000 }) };
  const starts = client.recorder.of(RecordKind.start);
  const retries = client.recorder.of(RecordKind.retry);
  expect(retries).toHaveLength(3);
  expect(starts).toHaveLength(4 * 7);
  const ends = client.recorder.of(RecordKind.end);
  const gaps = starts.slice(1, 7).map((event, i) => Math.floor((event.timeUs - ends[i]!.timeUs) / SECOND / 5) * 5);
  expect(gaps).toEqual([10, 20, 40, 80, 160, 320]);
  expect(client.recorder.of(RecordKind.done).map((event) => event.b)).toEqual([TaskOutcome.gaveUp]);
});

test('shared GPUs: whole devices by default, half devices share one with the plugin, or the request is rejected', () => {
  const gpu = () => ({ gpuCount: 1, gpuModel: 'T4' });
  const jobs = [batch('half', 2, 1000, { gpuCount: 1, gpuMilli: 500 })];
  const of = (gpuShare: string) => run({ machines: 1, machine: gpu, jobs, untilS: 100, options: { gpuShare } });
  const whole = of('whole');
  expect(whole.running).toEqual([1]);
  expect(whole.translations[0]!.applied).toEqual(['gpu-share-whole']);
  expect(whole.orchestrator.explain(1).summary).toBe('0/1 nodes are available: 1 Insufficient nvidia.com/gpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.');
  expect(of('plugin').running).toEqual([2]);
  expect(of('reject').recorder.of(RecordKind.reject)).toHaveLength(2);
});

test('GPU models and constraints become node affinity and node selectors', () => {
  const machine = (i: number) => ({ gpuCount: 1, gpuModel: i === 2 ? 'A 10' : 'T4', attributes: { disk: i === 1 ? 'ssd' : 'hdd' } });
  const gpu = { gpuCount: 1, gpuMilli: 1000 };
  const jobs = [
    batch('model', 1, 100, { ...gpu, gpuModels: ['A 10', 'V100'] }),
    batch('equal', 1, 100, { constraints: [{ attribute: 'disk', operator: '==', value: 'ssd' }] }),
    batch('unequal', 3, 100, { constraints: [{ attribute: 'disk', operator: '!=', value: 'ssd' }] }),
    batch('nowhere', 1, 100, { ...gpu, gpuModels: ['H100'] }),
  ];
  const { recorder, orchestrator } = run({ machines: 3, machine, jobs, untilS: 50 });
  const bound = recorder.of(RecordKind.bind).sort((a, b) => a.a - b.a);
  expect(bound.slice(0, 2).map((event) => event.b)).toEqual([2, 1]);
  expect(bound.slice(2).every((event) => event.b !== 1)).toBe(true);
  expect(orchestrator.explain(5).summary).toBe("0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.");
});

test('the most important pod is scheduled first', () => {
  const jobs = [batch('filler', 1, 100, { cpuMilli: 4000, priority: 9 }), ...[0, 5, 1].map((priority, i) => job(`job-${i}`, { cpuMilli: 4000, priority }, [10], 20 + i))];
  const { recorder } = run({ machines: 1, jobs, untilS: 600 });
  expect(recorder.of(RecordKind.bind).map((event) => event.a)).toEqual([0, 2, 3, 1]);
});

test('default client limits bind 50 pods a second after the burst, and create 20', () => {
  const jobs = Array.from({ length: 300 }, (_, i) => batch(`job-${i}`, 1, 1000, { cpuMilli: 1, memoryBytes: 1 }));
  const lastStart = (apiLimits: string) => run({ machines: 10, jobs, untilS: 100, options: { apiLimits } }).recorder.of(RecordKind.start).at(-1)!.timeUs / SECOND;
  // Each Job costs its controller a creation and a status update: 600 requests at 20 a second beyond the burst of 30.
  expect(lastStart('default')).toBeGreaterThan(570 / 20 - 1);
  expect(lastStart('default')).toBeLessThan(570 / 20 + 2);
  expect(lastStart('scalability-test')).toBeLessThan(2);
});

test('a pod costs at most 16 events, and nothing is scored twice without need', () => {
  const { simulation, log } = run({ machines: 100, jobs: Array.from({ length: 500 }, (_, i) => job(`job-${i}`, {}, [60], i)), untilS: 700 });
  expect(simulation.eventCount / 500).toBeLessThan(16);
  // One template: each placement changes two nodes, each evaluated once more.
  expect(log.counters[Counter.machinesScored]! / 500).toBeLessThan(2.5);
});

test('rows are recycled: a long run of short Jobs needs no more than a few', () => {
  const { cluster } = run({ machines: 2, jobs: Array.from({ length: 400 }, (_, i) => job(`job-${i}`, {}, [1], 5 * i)), untilS: 3000 });
  expect(cluster.api.pods.live).toBe(0);
  expect(cluster.api.pods.rows).toBeLessThan(10);
  expect(cluster.api.owners.rows).toBeLessThan(10);
});

test('room that appears while a pod is being rejected is not missed', () => {
  // Cycles of 5 s: the second pod's only cycle lasts from about 50 s to 55 s, and the first pod ends in the middle of it.
  const jobs = [batch('first', 1, 47, { cpuMilli: 3000 }), job('second', { cpuMilli: 3000 }, [10], 50)];
  const { recorder } = run({ machines: 1, jobs, untilS: 120, options: { cycleTime: { baseUs: 5 * SECOND } } });
  const released = recorder.of(RecordKind.release)[0]!.timeUs / SECOND;
  expect(released).toBeGreaterThan(51);
  expect(released).toBeLessThan(54);
  expect(recorder.of(RecordKind.bind).map((event) => event.a)).toEqual([0, 1]);
});

test('a pod that was given up and succeeds all the same counts once: its task is not run again, and the Job goes on for the others', () => {
  // Evicted while its node is cut off, the first task ends well before the back-off of its replacement is over.
  const faults = [fault('partition', 100, [0], 11.5), fault('drain', 105, [0], 60)];
  const { recorder } = run({ machines: 1, jobs: [job('pair', {}, [22, 200], 90)], untilS: 600, faults });
  expect(recorder.of(RecordKind.evict).map((event) => event.a).sort()).toEqual([0, 1]);
  expect(recorder.of(RecordKind.start).map((event) => event.a).sort()).toEqual([0, 1, 1]);
  expect(recorder.of(RecordKind.done).map((event) => [event.a, event.b])).toEqual([
    [0, TaskOutcome.finished],
    [1, TaskOutcome.finished],
  ]);
});
