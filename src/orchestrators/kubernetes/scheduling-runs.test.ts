import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fault } from '../../faults/fault-plan.ts';
import { inject } from '../../faults/inject.ts';
import { RecordKind } from '../../metrics/log.ts';
import type { Shape } from '../../workload/shape.ts';
import { buildWorkload, type JobSpec } from '../../workload/workload-builder.ts';
import { type MachineSpec, MachineInventory } from '../../world/machine-inventory.ts';
import { assemble } from '../assemble.ts';
import type { Explanation } from '../orchestrator.ts';
import { Recorder } from '../testing/recorder.ts';
import type { KubernetesCluster } from './cluster.ts';
import { kubernetes } from './kubernetes.ts';
import { readSchedulerConfiguration } from './manifests/scheduler-configuration.ts';
import { podSpecOf } from './manifests/scheduling-manifest.ts';
import { defaultProfile } from './scheduler/default-profile.ts';
import { FilterVerdict } from './scheduler/filter-verdict.ts';
import { VERSION_RULES } from './scheduler/version-rules.ts';

const SECOND = 1_000_000;
const GIB = 1_073_741_824;

interface World {
  readonly machines: readonly Partial<MachineSpec>[];
  readonly jobs: readonly JobSpec[];
  readonly untilS: number;
  /** Size of every image in bytes; 0 = always there. */
  readonly images?: number;
  readonly faults?: readonly Fault[];
  readonly options?: object;
  readonly watchedTask?: number;
  /** Called every simulated `checkS` seconds. */
  readonly checkS?: number;
  readonly check?: (cluster: KubernetesCluster) => void;
}

function run({ machines, jobs, untilS, images = 0, faults = [], options = {}, watchedTask = -1, checkS = untilS, check = () => {} }: World) {
  const recorder = new Recorder();
  const explanations: Explanation[] = [];
  const assembly = assemble({
    definition: kubernetes as never,
    options,
    inventory: new MachineInventory(machines.map((machine, i) => ({ name: `node-${i}`, cpuMilli: 4000, memoryBytes: 16 * GIB, ...machine }))),
    workload: buildWorkload('test', jobs),
    seed: 11,
    collectors: [recorder],
    images: { medianBytes: images, sigma: 0, machineBytesPerSecond: 1e9, registryBytesPerSecond: 1e9 },
    watchedTask,
    explained: (_, explanation) => explanations.push(explanation),
  });
  const cluster = assembly.orchestrator as KubernetesCluster;
  inject(assembly.simulation, assembly.world, assembly.log, faults, (machine, drained) => cluster.drain(machine, drained));
  for (let s = checkS; s < untilS; s += checkS) {
    assembly.simulation.run(s * SECOND);
    check(cluster);
  }
  assembly.simulation.run(untilS * SECOND);
  check(cluster);
  expect(cluster.invariants()).toEqual([]);
  const running = machines.map((_, i) => assembly.world.containers.on(i).length);
  return { cluster, recorder, explanations, running, digest: assembly.log.digest.toString() };
}

const job = (name: string, shape: Partial<Shape>, seconds: readonly number[], submitS = 0): JobSpec => ({
  name,
  submitUs: submitS * SECOND,
  shape: { cpuMilli: 1000, memoryBytes: GIB, ...shape },
  durationsUs: seconds.map((s) => s * SECOND),
});
const of = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

/** A Deployment of pods with one label and the given pod spec. */
const deployment = (app: string, spec: object, cpu = 1, labels: object = {}): Partial<Shape> => ({
  kind: 'service',
  cpuMilli: 1000 * cpu,
  native: {
    format: 'kubernetes',
    spec: {
      kind: 'Deployment',
      metadata: { name: app },
      spec: { template: { metadata: { labels: { app, ...labels } }, spec: { containers: [{ name: 'c', resources: { requests: { cpu: `${cpu}`, memory: '1Gi' } } }], ...spec } } },
    } as never,
  },
});
const selector = (app: string) => ({ matchLabels: { app } });
const machinesIn = (zones: readonly string[]) => zones.map((zone) => ({ zone, attributes: { disk: zone } }));

test('replicas of a service spread over hosts and zones by the default constraints, against what free resources say', () => {
  const big = { cpuMilli: 64_000, memoryBytes: 256 * GIB };
  const { running } = run({ machines: [{ zone: 'a', ...big }, { zone: 'a' }, { zone: 'b' }, { zone: 'b' }], jobs: [job('web', { kind: 'service', cpuMilli: 100 }, of(8, Infinity))], untilS: 60 });
  expect(Math.max(...running)).toBeLessThanOrEqual(3);
  expect(running[0]! + running[1]!).toBe(4);
});

test('pods of a Job do not spread: the largest machine takes them', () => {
  const { running } = run({ machines: [{ cpuMilli: 64_000, memoryBytes: 256 * GIB }, {}, {}], jobs: [job('batch', { cpuMilli: 100 }, of(8, 100))], untilS: 60 });
  expect(running).toEqual([8, 0, 0]);
});

test('required anti-affinity keeps replicas apart; one too many waits with the real text and says so', () => {
  const antiAffinity = { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: selector('db'), topologyKey: 'kubernetes.io/hostname' }] } } };
  const { running, cluster } = run({ machines: [{}, {}, {}], jobs: [job('db', deployment('db', antiAffinity), of(4, Infinity))], untilS: 60 });
  expect(running).toEqual([1, 1, 1]);
  const waiting = [0, 1, 2, 3].map((task) => cluster.explain(task)).find(({ state }) => state === 'Pending')!;
  expect(waiting.summary).toBe(
    "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.",
  );
});

test('required affinity follows the other service to its zone, and waits for it', () => {
  const affinity = { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: selector('db'), topologyKey: 'topology.kubernetes.io/zone' }] } } };
  const jobs = [job('web', deployment('web', affinity), of(2, Infinity)), job('db', deployment('db', { nodeSelector: { disk: 'b' } }), [Infinity], 30)];
  const { recorder } = run({ machines: machinesIn(['a', 'b', 'c', 'b']), jobs, untilS: 100 });
  const bound = recorder.of(RecordKind.bind);
  expect(bound.map((event) => event.a)[0]).toBe(2);
  expect(bound.every((event) => event.b === 1 || event.b === 3)).toBe(true);
  // The db pod's arrival requeues the others: first rejection, so one second of back-off is long over.
  expect(bound[1]!.timeUs - bound[0]!.timeUs).toBeLessThan(0.1 * SECOND);
});

test('a hard spread constraint holds zones within its skew', () => {
  const spread = { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: selector('web') }] };
  const { running, cluster } = run({ machines: [{ zone: 'a', cpuMilli: 64_000 }, { zone: 'b', cpuMilli: 2000 }], jobs: [job('web', deployment('web', spread), of(6, Infinity))], untilS: 60 });
  // Zone b has room for 2: then zone a may have 3.
  expect(running).toEqual([3, 2]);
  const waiting = [0, 1, 2, 3, 4, 5].map((task) => cluster.explain(task)).find(({ state }) => state === 'Pending')!;
  expect(waiting.summary).toContain("0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod topology spread constraints.");
});

test('one host port per node; tolerations open tainted nodes', () => {
  const port = { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 8080 }], resources: { requests: { cpu: '100m' } } }] };
  expect(run({ machines: [{}, {}], jobs: [job('proxy', deployment('proxy', port), of(3, Infinity))], untilS: 60 }).running).toEqual([1, 1]);
  const tainted = { attributes: { 'seatrial.dev/taints': 'dedicated=ml:NoSchedule' } };
  expect(run({ machines: [tainted, {}], jobs: [job('web', deployment('web', {}), of(3, Infinity))], untilS: 60 }).running).toEqual([0, 3]);
  const tolerations = [{ key: 'dedicated', operator: 'Exists' }];
  expect(run({ machines: [tainted, { cpuMilli: 1000 }], jobs: [job('web', deployment('web', { tolerations }), of(3, Infinity))], untilS: 60 }).running).toEqual([2, 1]);
});

test('a pod with a scheduling gate is not tried', () => {
  const { cluster, running } = run({ machines: [{}], jobs: [job('web', deployment('web', { schedulingGates: [{ name: 'quota' }] }), [Infinity])], untilS: 60 });
  expect(running).toEqual([0]);
  expect(cluster.explain(0)).toMatchObject({ state: 'SchedulingGated', summary: 'Scheduling is blocked due to non-empty scheduling gates' });
});

test('a more important pod pushes out the least important ones, gracefully, and takes the node nominated for it', () => {
  const jobs = [job('low', { cpuMilli: 2000, priority: 1 }, of(2, 1000)), job('mid', { cpuMilli: 2000, priority: 5 }, of(2, 1000), 5), job('high', { cpuMilli: 2000, priority: 10 }, [100], 50)];
  const { recorder, cluster } = run({ machines: [{}, {}], jobs, untilS: 70 });
  const preempted = recorder.of(RecordKind.preempt);
  expect(preempted).toHaveLength(1);
  expect(preempted[0]!.a).toBeLessThan(2);
  const ended = recorder.of(RecordKind.end).find((event) => event.a === preempted[0]!.a)!;
  const bound = recorder.of(RecordKind.bind).find((event) => event.a === 4)!;
  expect(bound.b).toBe(preempted[0]!.b);
  expect(bound.timeUs).toBeGreaterThan(ended.timeUs);
  // Back-off of 1 s after the first rejection, counted from it; nothing else stands in the way.
  expect(bound.timeUs / SECOND - 50).toBeLessThan(2.5);
  expect(cluster.explain(preempted[0]!.a).summary).toContain('2 No preemption victims found for incoming pod');
});

test('preemptionPolicy Never waits, and says so; a disruption budget makes the other node the better one', () => {
  const filler = job('filler', { cpuMilli: 4000 }, of(2, 1000));
  const never = run({ machines: [{}, {}], jobs: [filler, job('never', { ...deployment('n', { preemptionPolicy: 'Never' }, 4), priority: 9 }, [Infinity], 20)], untilS: 60 });
  expect(never.recorder.of(RecordKind.preempt)).toEqual([]);
  expect(never.cluster.explain(2).summary).toContain('preemption: not eligible due to preemptionPolicy=Never.');
  const guarded = deployment('guarded', {}, 4);
  (guarded.native!.spec as unknown as { related: unknown[] }).related = [{ kind: 'PodDisruptionBudget', metadata: { name: 'pdb' }, spec: { selector: selector('guarded'), minAvailable: 1 } }];
  for (const first of ['guarded', 'open']) {
    const jobs = [job(first, first === 'guarded' ? guarded : deployment('open', {}, 4), [Infinity]), job('second', first === 'guarded' ? deployment('open', {}, 4) : guarded, [Infinity], 5), job('high', { ...deployment('high', {}, 4), priority: 9 }, [Infinity], 20)];
    const { recorder } = run({ machines: [{}, {}], jobs, untilS: 60 });
    expect(recorder.of(RecordKind.preempt).map((event) => event.a)).toEqual([first === 'guarded' ? 1 : 0]);
  }
});

test('a port for whose sake a pod has to go stays taken until it is gone', () => {
  const at = (hostPort: number) => ({ containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort }], resources: { requests: { cpu: '100m' } } }], terminationGracePeriodSeconds: 30 });
  const port = at(8080);
  const stubborn = deployment('low', port);
  const template = (stubborn.native!.spec as unknown as { spec: { template: { metadata: { annotations?: object } } } }).spec.template;
  template.metadata.annotations = { 'seatrial.dev/stops-after': '25s' };
  const jobs = [job('low', stubborn, [Infinity]), job('high', { ...deployment('high', port), priority: 9 }, [Infinity], 20), job('other', deployment('other', at(9090)), [Infinity], 22), job('later', { ...deployment('later', port), priority: 20 }, [Infinity], 25)];
  const { recorder } = run({ machines: [{}], jobs, untilS: 120 });
  const gone = recorder.of(RecordKind.release).find((event) => event.a === 0)!.timeUs;
  const second = recorder.of(RecordKind.bind).find((event) => event.a === 1 || event.a === 3);
  expect(second!.timeUs).toBeGreaterThanOrEqual(gone);
  expect(gone / SECOND - 20).toBeGreaterThan(20);
});

test('nobody of equal or lower priority takes the node that is being emptied', () => {
  // Before and while the victim ends, small pods of lower priority keep coming.
  const jobs = [job('victim', { cpuMilli: 4000 }, [1000]), job('high', { cpuMilli: 4000, priority: 9 }, [100], 20), ...Array.from({ length: 30 }, (_, i) => job(`small-${i}`, { cpuMilli: 100 }, [50], 19 + i / 10))];
  const { recorder } = run({ machines: [{}], jobs, untilS: 60 });
  const [preempted] = recorder.of(RecordKind.preempt);
  expect(preempted!.a).toBe(0);
  // Tasks are numbered by submission: ten small ones come before.
  expect(recorder.of(RecordKind.bind).map((event) => event.a)).toEqual([0, 11]);
});

test('with a GPU-sharing plugin nobody of equal or lower priority takes a part of a device that is being emptied for another', () => {
  const shared = (gpuMilli: number, priority: number) => ({ cpuMilli: 10, gpuCount: 1, gpuMilli, priority });
  const small = Array.from({ length: 30 }, (_, i) => job(`small-${i}`, shared(300, 0), [50], (201 + i) / 10));
  const stubborn = deployment('victim', { containers: [{ name: 'c', resources: { requests: { cpu: '10m' } } }], terminationGracePeriodSeconds: 30 });
  const template = (stubborn.native!.spec as unknown as { spec: { template: { metadata: { annotations?: object } } } }).spec.template;
  template.metadata.annotations = { 'seatrial.dev/stops-after': '10s' };
  // One device: 400 of it are free while the victim ends, and the pod that is to have all of it waits.
  const one = run({ machines: [{ gpuCount: 1 }], jobs: [job('victim', { ...stubborn, ...shared(600, 0) }, [Infinity]), job('high', shared(1000, 9), [100], 20), ...small], untilS: 60, options: { gpuShare: 'plugin' } });
  expect(one.recorder.of(RecordKind.preempt).map((event) => event.a)).toEqual([0]);
  expect(one.recorder.of(RecordKind.bind).map((event) => event.a)).toEqual([0, 1]);
  // Two devices: what is left of the other is free for all.
  const two = run({ machines: [{ gpuCount: 2 }], jobs: [job('victim', { ...stubborn, ...shared(600, 0) }, [Infinity]), job('stays', shared(700, 9), [1000]), job('high', shared(1000, 9), [100], 20), ...small], untilS: 50, options: { gpuShare: 'plugin' } });
  expect(two.recorder.of(RecordKind.preempt).map((event) => event.a)).toEqual([0]);
  expect(two.recorder.of(RecordKind.bind).map((event) => event.a)).toEqual([0, 1, 3, 2]);
});

test('coscheduling: a gang that does not fit as a whole holds nothing for good, and starts at once when it does', () => {
  const jobs = [job('filler', { cpuMilli: 4000 }, [200]), job('gang', { cpuMilli: 2000 }, of(4, 50), 10)];
  const { recorder } = run({ machines: [{}, {}], jobs, untilS: 400, options: { coscheduling: true } });
  const starts = recorder.of(RecordKind.start).filter((event) => event.a > 0);
  expect(starts.every((event) => event.timeUs > 200 * SECOND)).toBe(true);
  expect(starts).toHaveLength(4);
  // Without it, the two that fit run at once.
  const alone = run({ machines: [{}, {}], jobs, untilS: 60 }).recorder.of(RecordKind.start);
  expect(alone).toHaveLength(3);
});

test('coscheduling: who pushes out a pod that waits for its siblings gets its node at once', () => {
  // One of the gang holds the only node at Permit.
  const jobs = [job('gang', { cpuMilli: 1000 }, [100, 100]), job('urgent', { cpuMilli: 1000, priority: 1 }, [100], 10)];
  const { recorder } = run({ machines: [{ cpuMilli: 1000 }], jobs, untilS: 100, options: { coscheduling: true } });
  const starts = recorder.of(RecordKind.start);
  expect(starts.map(({ a }) => a)).toEqual([2]);
  expect(starts[0]!.timeUs).toBeLessThan(13 * SECOND);
});

const feature = fc.constantFrom<object>(
  {},
  {},
  { nodeSelector: { disk: 'a' } },
  { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: selector('x'), topologyKey: 'kubernetes.io/hostname' }] } } },
  { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: selector('y'), topologyKey: 'topology.kubernetes.io/zone' }] } } },
  { affinity: { podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 50, podAffinityTerm: { labelSelector: selector('x'), topologyKey: 'topology.kubernetes.io/zone' } }] } } },
  { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: selector('x') }] },
  { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: selector('y') }] },
  { tolerations: [{ operator: 'Exists' }] },
);
const load = fc.record({
  app: fc.constantFrom('x', 'y', 'z'),
  spec: feature,
  cpu: fc.integer({ min: 1, max: 3 }),
  priority: fc.constantFrom(0, 0, 0, 5, 9),
  tasks: fc.integer({ min: 1, max: 4 }),
  seconds: fc.integer({ min: 5, max: 80 }),
  submitS: fc.integer({ min: 0, max: 60 }),
});

test('hints never miss an event that makes a waiting pod schedulable, in any mix of affinity, spread, taints, priorities and drains; memo and scan agree', () => {
  fc.assert(
    fc.property(fc.array(load, { minLength: 3, maxLength: 14 }), fc.boolean(), (loads, drains) => {
      const jobs = loads.map(({ app, spec, cpu, priority, tasks, seconds, submitS }, i) => job(`job-${i}`, { ...deployment(app, spec, cpu), kind: 'batch', priority }, of(tasks, seconds), submitS));
      const machines = [...machinesIn(['a', 'b', 'a', 'b']), { zone: 'c', attributes: { disk: 'a', 'seatrial.dev/taints': 'k=v:NoSchedule' } }];
      const faults: Fault[] = drains ? [{ kind: 'drain', atUs: 20 * SECOND, machines: [0, 1], durationUs: 30 * SECOND, factor: 1, label: '' }] : [];
      const world = { machines, jobs, faults, untilS: 200, checkS: 7, check: (cluster: KubernetesCluster) => expect(cluster.scheduler.missedEvents()).toEqual([]) };
      const memo = run(world);
      expect(run({ ...world, options: { placement: 'scan' } }).digest).toBe(memo.digest);
    }),
    { numRuns: 40 },
  );
}, 60_000);

test('no pod starves: whatever fits an empty cluster has run when the load has passed', () => {
  const plain = load.map((entry) => ({ ...entry, spec: {}, priority: 0 }));
  fc.assert(
    fc.property(fc.array(plain, { minLength: 5, maxLength: 25 }), (loads) => {
      const jobs = loads.map(({ cpu, tasks, seconds, submitS }, i) => job(`job-${i}`, { cpuMilli: 1000 * cpu }, of(tasks, seconds), submitS));
      const tasks = jobs.reduce((sum, { durationsUs }) => sum + durationsUs.length, 0);
      const { recorder } = run({ machines: [{}, {}], jobs, untilS: 5000 });
      expect(recorder.of(RecordKind.done)).toHaveLength(tasks);
    }),
    { numRuns: 25 },
  );
});

test('nodes that have a large image draw pods of it, once their status says so', () => {
  // Free resources alone would send every pod to the larger node.
  const machines = [{ cpuMilli: 20_000, memoryBytes: 64 * GIB }, { cpuMilli: 16_000, memoryBytes: 56 * GIB }];
  const shape = { cpuMilli: 100, memoryBytes: GIB / 8, image: 'model:1' };
  const jobs = [job('first', { ...shape, constraints: [{ attribute: 'name', operator: '==', value: 'small' }] }, [500]), job('second', shape, [100], 100)];
  const named = [{ ...machines[0]!, attributes: { name: 'large' } }, { ...machines[1]!, attributes: { name: 'small' } }];
  const at = (bytes: number) => run({ machines: named, jobs, untilS: 150, images: bytes }).recorder.of(RecordKind.bind).find((event) => event.a === 1)!.b;
  expect(at(2_000_000_000)).toBe(1);
  expect(at(10_000_000)).toBe(0);
});

test('when nodes are deleted, what an image is worth changes on the others: memo and scan agree', () => {
  // Half of the nodes have the image; once the other half is gone, all that are left have it.
  const large = { cpuMilli: 16_000, memoryBytes: 64 * GIB };
  const machines = Array.from({ length: 12 }, (_, i) => ({ ...large, cpuMilli: large.cpuMilli - 500 * (i % 5), attributes: { name: `n${i % 2}` } }));
  const shape = { cpuMilli: 200, memoryBytes: GIB / 4, image: 'model:1' };
  const placed = { ...shape, constraints: [{ attribute: 'name', operator: '==' as const, value: 'n0' }] };
  const jobs = [job('first', placed, of(24, 900)), job('second', shape, of(6, 900), 60), job('third', shape, of(30, 200), 400)];
  const faults: Fault[] = [{ kind: 'crash', atUs: 100 * SECOND, machines: [1, 3, 5, 7, 9], durationUs: 900 * SECOND, factor: 1, label: '' }];
  const digest = (placement: string) => run({ machines, jobs, faults, images: 900_000_000, untilS: 500, options: { placement, cloud: true } }).digest;
  expect(digest('memo')).toBe(digest('scan'));
});

test('equals are told apart by the option: the first examined, what stands at the root of v1.35\'s heap, the least name, or any', () => {
  // Totals low, low, high, high, high: the heap's sift-down brings up the fourth.
  const machines = [4, 4, 16, 16, 16].map((cpu, i) => ({ name: 'edcba'[i]!, cpuMilli: 1000 * cpu, memoryBytes: 4 * cpu * GIB }));
  const jobs = Array.from({ length: 12 }, (_, i) => job(`j${i}`, {}, [5], 20 * i));
  const chosen = (tieBreak: string) => new Set(run({ machines, jobs, untilS: 300, options: { tieBreak } }).recorder.of(RecordKind.bind).map(({ b }) => b));
  expect([...chosen('first')]).toEqual([2]);
  expect([...chosen('heap-1.35')]).toEqual([3]);
  expect([...chosen('smallest-name')]).toEqual([4]);
  expect([...chosen('random')].sort()).toEqual([2, 3, 4]);
});

test('a machine without a Node object is no node: not even for pods that tolerate everything, nor in the event text', () => {
  const { cluster } = run({ machines: [{ cpuMilli: 500 }, {}], jobs: [job('web', deployment('web', { tolerations: [{ operator: 'Exists' }] }), [Infinity], 5)], untilS: 4 });
  const { nodes } = cluster.scheduler;
  nodes.setExists(nodes.names.indexOf('node-1'), 0);
  expect(nodes.existing).toBe(1);
  const profile = defaultProfile(VERSION_RULES.get('1.35')!);
  const spec = podSpecOf({ spec: { tolerations: [{ operator: 'Exists' }] } }, nodes.resources);
  profile.prepare(spec, cluster.scheduler.cache, -1);
  expect(nodes.names.map((_, row) => profile.verdict(spec, nodes, row))).toEqual([FilterVerdict.success, FilterVerdict.unresolvable]);
});

test('profiles of a configuration file: pods choose by schedulerName, one packs, one spreads; another scheduler\'s pods are left alone', () => {
  const config = readSchedulerConfiguration(
    `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- {}
- schedulerName: packing
  plugins:
    score: { disabled: [{ name: NodeResourcesBalancedAllocation }, { name: PodTopologySpread }] }
  pluginConfig:
  - name: NodeResourcesFit
    args: { scoringStrategy: { type: MostAllocated } }
`,
    'scheduler.yaml',
  );
  const by = (schedulerName: string) => {
    const { running, cluster } = run({ machines: [{}, {}, {}], jobs: [job('web', deployment('web', { schedulerName }), of(3, Infinity))], untilS: 60, options: { config } });
    return { spread: [...running].sort((a, b) => a - b), summary: cluster.explain(0).summary };
  };
  expect(by('default-scheduler').spread).toEqual([1, 1, 1]);
  expect(by('packing').spread).toEqual([0, 0, 3]);
  expect(by('volcano')).toEqual({ spread: [0, 0, 0], summary: 'spec.schedulerName is volcano, which is not a profile of this scheduler' });
});

test.each(['1.35', '1.20'])('version %s flushes unschedulable pods by its own clock and places the same load', (version) => {
  const { recorder } = run({ machines: [{}, {}], jobs: [job('a', { cpuMilli: 3000 }, of(6, 100)), job('b', { cpuMilli: 1000 }, of(10, 30), 20)], untilS: 1000, options: { version } });
  expect(recorder.of(RecordKind.done)).toHaveLength(16);
});
