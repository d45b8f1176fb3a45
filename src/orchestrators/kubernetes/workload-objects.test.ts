import { expect, test } from 'vitest';
import { RecordKind, TaskOutcome } from '../../metrics/log.ts';
import type { Shape } from '../../workload/shape.ts';
import type { JobSpec } from '../../workload/workload-builder.ts';
import { fault, runCluster, SECOND, service } from './testing/cluster-run.ts';

const native = (kind: string, spec: object, pod: object = {}, annotations: Record<string, string> = {}): Partial<Shape> => ({
  native: { format: 'kubernetes', spec: { kind, metadata: { name: kind.toLowerCase(), annotations }, spec: { ...spec, template: { spec: { containers: [{}], ...pod } } } } },
});
const batch = (name: string, seconds: readonly number[], shape: Partial<Shape>, submitS = 0): JobSpec => ({ name, submitUs: submitS * SECOND, shape: { cpuMilli: 100, memoryBytes: 1e8, ...shape }, durationsUs: seconds.map((s) => s * SECOND) });
const starts = (run: ReturnType<typeof runCluster>) => run.recorder.of(RecordKind.start).map((event) => ({ task: event.a, machine: event.b, timeS: event.timeUs / SECOND }));
const ends = (run: ReturnType<typeof runCluster>) => run.recorder.of(RecordKind.end).map((event) => ({ task: event.a, timeS: event.timeUs / SECOND }));

test('a Deployment that shrinks in the middle of a rollout ends with all replicas, whichever of them the new pods stood for', () => {
  const deployment = native('Deployment', { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } }, { containers: [{ readinessProbe: { periodSeconds: 3 } }] }, { 'seatrial.dev/answers-after': '25s' });
  for (let atS = 110; atS < 250; atS += 10) {
    const actions = [{ kind: 'update' as const, timeUs: 100 * SECOND, job: 0, shape: 1 }, { kind: 'scale' as const, timeUs: atS * SECOND, job: 0, count: 4 }];
    const run = runCluster({ machines: 3, jobs: [service('web', 6, deployment)], untilS: 600, versions: [{ ...deployment, image: '2' }], actions });
    expect({ atS, running: run.shapesRunning }).toEqual({ atS, running: [1, 1, 1, 1] });
  }
});

test('an ordered StatefulSet starts one replica after the other, each when the one before is ready', () => {
  const slow = native('StatefulSet', {}, {}, { 'seatrial.dev/answers-after': '20s' });
  const probed = { ...slow, native: { ...slow.native!, spec: { ...(slow.native!.spec as object), spec: { template: { spec: { containers: [{ readinessProbe: {} }] } } } } } } as Partial<Shape>;
  const order = starts(runCluster({ machines: 3, jobs: [service('db', 3, probed)], untilS: 200 }));
  expect(order.map(({ task }) => task)).toEqual([0, 1, 2]);
  expect(order[1]!.timeS - order[0]!.timeS).toBeGreaterThan(20);
  expect(order[2]!.timeS - order[1]!.timeS).toBeGreaterThan(20);
  const parallel = starts(runCluster({ machines: 3, jobs: [service('db', 3, native('StatefulSet', { podManagementPolicy: 'Parallel' }))], untilS: 200 }));
  expect(Math.max(...parallel.map(({ timeS }) => timeS))).toBeLessThan(2);
});

test('a StatefulSet shrinks from the highest replica down and updates in that order, down to its partition', () => {
  const shrunk = runCluster({ machines: 3, jobs: [service('db', 4, native('StatefulSet', {}))], untilS: 200, actions: [{ kind: 'scale', timeUs: 100 * SECOND, job: 0, count: 1 }] });
  expect(ends(shrunk).map(({ task }) => task)).toEqual([3, 2, 1]);
  const partitioned = native('StatefulSet', { updateStrategy: { rollingUpdate: { partition: 1 } } });
  const updated = runCluster({ machines: 3, jobs: [service('db', 4, partitioned)], untilS: 300, versions: [{ ...partitioned, image: '2' }], actions: [{ kind: 'update', timeUs: 100 * SECOND, job: 0, shape: 1 }] });
  expect(ends(updated).map(({ task }) => task)).toEqual([3, 2, 1]);
  const again = starts(updated).filter(({ timeS }) => timeS > 100);
  expect(again.map(({ task }) => task)).toEqual([3, 2, 1]);
  again.slice(1).forEach(({ timeS }, i) => expect(timeS).toBeGreaterThan(again[i]!.timeS));
  expect(updated.shapesRunning.toSorted()).toEqual([0, 1, 1, 1]);
});

test('with OnDelete neither set replaces a pod by itself; what goes for another reason comes back in the new version', () => {
  for (const kind of ['StatefulSet', 'DaemonSet']) {
    const shape = native(kind, { updateStrategy: { type: 'OnDelete' } });
    const run = runCluster({ machines: 3, jobs: [service('db', 3, shape)], untilS: 300, versions: [{ ...shape, image: '2' }], actions: [{ kind: 'update', timeUs: 100 * SECOND, job: 0, shape: 1 }] });
    expect(run.shapesRunning).toEqual([0, 0, 0]);
  }
});

test('a replica of a StatefulSet on a dead node is stuck until the node is back; one of a ReplicaSet is not', () => {
  const world = { machines: 3, faults: [fault('crash', 100, [0], 1500)], untilS: 1400 };
  const set = runCluster({ ...world, jobs: [service('db', 3, native('StatefulSet', {}))] });
  expect(set.recorder.of(RecordKind.evict)).toHaveLength(1);
  expect(starts(set).filter(({ timeS }) => timeS > 100)).toHaveLength(0);
  expect(starts(runCluster({ ...world, jobs: [service('web', 3)] })).filter(({ timeS }) => timeS > 100)).toHaveLength(1);
  const back = runCluster({ ...world, untilS: 1700, jobs: [service('db', 3, native('StatefulSet', {}))] });
  expect(starts(back).filter(({ timeS }) => timeS > 1600)).toHaveLength(1);
});

test('a DaemonSet has one pod on every node that it may be on, and leaves it there when the node does not answer', () => {
  const machine = (i: number) => ({ attributes: i === 1 ? { 'seatrial.dev/taints': 'dedicated=gpu:NoSchedule' } : i === 2 ? { disk: 'ssd' } : {} });
  const plain = runCluster({ machines: 4, machine, jobs: [service('agent', 4, native('DaemonSet', {}))], untilS: 1200, faults: [fault('partition', 100, [3], 1000)] });
  expect(starts(plain).map(({ task, machine: node }) => [task, node]).toSorted()).toEqual([
    [0, 0],
    [1, 2],
    [2, 3],
  ]);
  expect(plain.recorder.of(RecordKind.evict)).toHaveLength(0);
  expect(plain.running).toHaveLength(3);
  const selective = runCluster({ machines: 4, machine, jobs: [service('agent', 4, native('DaemonSet', {}, { nodeSelector: { disk: 'ssd' } }))], untilS: 100 });
  expect(starts(selective).map(({ machine: node }) => node)).toEqual([2]);
});

test('a DaemonSet is updated node by node: the new pod comes when the old one is gone', () => {
  const run = runCluster({ machines: 4, jobs: [service('agent', 4, native('DaemonSet', {}))], untilS: 300, versions: [{ ...native('DaemonSet', {}), image: '2' }], actions: [{ kind: 'update', timeUs: 100 * SECOND, job: 0, shape: 1 }] });
  const old = ends(run);
  const fresh = starts(run).filter(({ timeS }) => timeS > 100);
  expect(fresh).toHaveLength(4);
  expect(fresh.map(({ task }) => task)).toEqual(old.map(({ task }) => task));
  fresh.forEach(({ timeS }, i) => {
    expect(timeS).toBeGreaterThan(old[i]!.timeS);
    if (i + 1 < old.length) expect(old[i + 1]!.timeS).toBeGreaterThan(timeS);
  });
  expect(run.shapesRunning).toEqual([1, 1, 1, 1]);
});

test('a Job keeps to its parallelism, and ends at its deadline with what is still open', () => {
  const run = runCluster({ machines: 2, jobs: [batch('sum', [30, 30, 30, 30, 30], native('Job', { completions: 5, parallelism: 2 }))], untilS: 300 });
  let active = 0;
  let most = 0;
  for (const { kind } of run.recorder.events) {
    if (kind === RecordKind.start) most = Math.max(most, ++active);
    if (kind === RecordKind.end) active--;
  }
  expect(most).toBe(2);
  expect(run.recorder.of(RecordKind.done).map((event) => event.b)).toEqual(Array.from({ length: 5 }, () => TaskOutcome.finished));
  const late = runCluster({ machines: 2, jobs: [batch('sum', [30, 500], native('Job', { completions: 2, parallelism: 2, activeDeadlineSeconds: 100 }))], untilS: 150 });
  expect(ends(late).map(({ task }) => task)).toEqual([0, 1]);
  expect(ends(late)[1]!.timeS).toBeGreaterThan(100);
  expect(ends(late)[1]!.timeS).toBeLessThan(101);
});

test('a pod with restartPolicy OnFailure is started again in place, with its back-off; one with Never is replaced', () => {
  const jobs = (restartPolicy: string) => [batch('sum', Array.from({ length: 20 }, () => 20), { ...native('Job', { completions: 20, parallelism: 20, backoffLimit: 100 }, { restartPolicy }), failureShare: 0.5 })];
  const pods = (restartPolicy: string) => {
    const run = runCluster({ machines: 4, jobs: jobs(restartPolicy), untilS: 3000 });
    expect(run.recorder.of(RecordKind.done).filter((event) => event.b === TaskOutcome.finished)).toHaveLength(20);
    return { binds: run.recorder.of(RecordKind.bind).length, starts: starts(run).length };
  };
  const inPlace = pods('OnFailure');
  expect(inPlace.binds).toBe(20);
  expect(inPlace.starts).toBeGreaterThan(25);
  const replaced = pods('Never');
  expect(replaced.binds).toBe(replaced.starts);
});

test('restarts in place count towards the back-off limit: the Job fails when there have been as many, with its pods', () => {
  const job = (backoffLimit: number) => ({ ...batch('sum', [20, 2000], { ...native('Job', { completions: 2, parallelism: 2, backoffLimit }, { restartPolicy: 'OnFailure' }), failureShare: 1 }) });
  const attempts = (backoffLimit: number) => {
    const run = runCluster({ machines: 2, jobs: [job(backoffLimit)], untilS: 4000 });
    // The client creates a Job for each open task anew: the first Job is that of the first pods.
    const firstRetry = run.recorder.of(RecordKind.retry)[0]!.timeUs / SECOND;
    return { firstRetry, starts: starts(run).filter(({ timeS }) => timeS < firstRetry).length };
  };
  // Two first starts, and no restart outlives the Job at 0; three restarts at 3.
  const none = attempts(0);
  const three = attempts(3);
  expect(none.starts).toBeLessThanOrEqual(3);
  expect(three.starts).toBeGreaterThanOrEqual(4);
  expect(three.starts).toBeLessThanOrEqual(6);
  expect(three.firstRetry).toBeGreaterThan(none.firstRetry);
});

test.each([
  ['Allow', [0, 60, 120], [0, 1, 2], []],
  // The first runs for 90 s: the second waits for it, and the third for the second.
  ['Forbid', [0, 90, 180], [0, 1, 2], []],
  ['Replace', [0, 60, 120], [2], [0, 1]],
])('a CronJob with concurrencyPolicy %s', (concurrencyPolicy, times, finished, cancelled) => {
  const cron = { native: { format: 'kubernetes' as const, spec: { kind: 'CronJob', metadata: { name: 'cron' }, spec: { schedule: '* * * * *', concurrencyPolicy, jobTemplate: { spec: { template: { spec: { containers: [{}] } } } } } } } };
  const run = runCluster({ machines: 1, jobs: [0, 1, 2].map((i) => batch(`cron-${i}`, [90], cron, 60 * i)), untilS: 600 });
  expect(starts(run).map(({ timeS }) => Math.floor(timeS / 30) * 30)).toEqual(times);
  const outcomes = (outcome: number) => run.recorder.of(RecordKind.done).filter((event) => event.b === outcome).map((event) => event.a);
  expect(outcomes(TaskOutcome.finished)).toEqual(finished);
  expect(outcomes(TaskOutcome.cancelled)).toEqual(cancelled);
  expect(run.running).toHaveLength(0);
});

test('a run of a forbidding CronJob that could not begin before its starting deadline is skipped', () => {
  const cron = { native: { format: 'kubernetes' as const, spec: { kind: 'CronJob', metadata: { name: 'cron' }, spec: { schedule: '* * * * *', concurrencyPolicy: 'Forbid', startingDeadlineSeconds: 10, jobTemplate: { spec: { template: { spec: { containers: [{}] } } } } } } } };
  const run = runCluster({ machines: 1, jobs: [0, 1, 2].map((i) => batch(`cron-${i}`, [90], cron, 60 * i)), untilS: 600 });
  expect(starts(run).map(({ task }) => task)).toEqual([0, 2]);
});

test('a Pod that tolerates a dead node for ever stays bound to it; one that does not tolerate it goes at once', () => {
  const tolerant = (toleration: object) => native('Deployment', {}, { tolerations: [{ key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', ...toleration }] });
  const evicted = (shape: Partial<Shape>) => runCluster({ machines: 2, jobs: [service('web', 2, shape)], untilS: 1000, faults: [fault('crash', 100, [0], 5000)] });
  expect(evicted(tolerant({})).recorder.of(RecordKind.evict)).toHaveLength(0);
  const quick = evicted(tolerant({ tolerationSeconds: 0 }));
  const [evict] = quick.recorder.of(RecordKind.evict);
  expect((evict!.timeUs - quick.recorder.of(RecordKind.detect)[0]!.timeUs) / SECOND).toBeLessThan(6);
});
