import { expect, test } from 'vitest';
import examples from '../../../docs/extending/policy.ts';
import { register } from '../../engine/register.ts';
import { RecordKind } from '../../metrics/log.ts';
import type { JobSpec } from '../../workload/workload-builder.ts';
import { readSchedulerConfiguration } from './manifests/scheduler-configuration.ts';
import type { LifecyclePlugin } from './scheduler/lifecycle-plugin.ts';
import { OUT_OF_TREE_PLUGINS } from './scheduler/out-of-tree.ts';
import { runCluster, SECOND } from './testing/cluster-run.ts';

for (const policy of examples.policies) register(OUT_OF_TREE_PLUGINS, policy, 'scheduler plugin');

const job = (name: string, cpu: number, submitS: number, seconds: number): JobSpec => ({
  name,
  submitUs: submitS * SECOND,
  shape: { cpuMilli: 1000 * cpu, memoryBytes: 1e9 },
  durationsUs: [seconds * SECOND],
});
const calls: string[] = [];

/** Lets pods go two by two; a pod that finds no partner in five seconds is rejected. */
register(
  OUT_OF_TREE_PLUGINS,
  {
    name: 'Pairwise',
    create: () => {
      let single = -1;
      const lifecycle: LifecyclePlugin = {
        name: 'Pairwise',
        reserve: (pod, _spec, nodes, row) => void calls.push(`reserve ${pod} ${nodes.names[row]!}`),
        unreserve: (pod) => {
          calls.push(`unreserve ${pod}`);
          if (single === pod) single = -1;
        },
        permit: (pod) => {
          if (single < 0) return (single = pod), { waitUs: 5 * SECOND };
          const allowed = [single];
          single = -1;
          return { waitUs: 0, allowed };
        },
      };
      return { lifecycle };
    },
  },
  'scheduler plugin',
);

test('the example in the documentation: eight pods at a time, the largest first, the others wait outside and say why', () => {
  // The first job fills the node for 60 s; eight pods are let in, itself among them.
  const jobs = [job('filler', 4, 0, 60), ...Array.from({ length: 10 }, (_, i) => job(`j${i}`, 1 + (i % 3), 5 + i / 10, 20))];
  const options = { outOfTreePlugins: [{ name: 'LargestFirst' }] };
  const early = runCluster({ machines: 1, jobs, untilS: 30, options });
  const outside = jobs.map((_, task) => early.cluster.explain(task)).filter(({ state }) => state === 'SchedulingGated');
  expect(outside.map(({ summary }) => summary)).toEqual(Array.from({ length: 3 }, () => 'namespace default has 8 pods in the scheduler or on nodes'));
  const { recorder } = runCluster({ machines: 1, jobs, untilS: 600, options });
  expect(recorder.of(RecordKind.done)).toHaveLength(11);
  const order = recorder.of(RecordKind.bind).map(({ a }) => jobs[a]!.shape.cpuMilli! / 1000);
  expect(order.slice(0, 3)).toEqual([4, 3, 1]);
  // By time alone the pods of 1 and 2 CPU that came first would have been taken.
  const plain = runCluster({ machines: 1, jobs, untilS: 600 }).recorder.of(RecordKind.bind).map(({ a }) => jobs[a]!.shape.cpuMilli! / 1000);
  expect(plain.slice(0, 3)).toEqual([4, 1, 2]);
});

test('Permit of a plugin that a configuration file enables: a pod waits for its partner, gives its node back when none comes, and is tried again', () => {
  const config = readSchedulerConfiguration(
    `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- plugins:
    permit: { enabled: [{ name: Pairwise }] }
`,
    'scheduler.yaml',
  );
  const run = (jobs: readonly JobSpec[]) => {
    calls.length = 0;
    return runCluster({ machines: 2, jobs, untilS: 40, options: { config } }).recorder;
  };
  const pair = run([job('a', 1, 0, 100), job('b', 1, 3, 100)]).of(RecordKind.start);
  expect(pair).toHaveLength(2);
  expect(Math.min(...pair.map(({ timeUs }) => timeUs)) / SECOND).toBeGreaterThan(3);
  expect(calls.map((call) => call.split(' ')[0])).toEqual(['reserve', 'reserve']);
  const alone = run([job('a', 1, 0, 100)]);
  expect(alone.of(RecordKind.start)).toEqual([]);
  const bound = alone.of(RecordKind.bind).map(({ timeUs }) => timeUs / SECOND);
  const released = alone.of(RecordKind.release).map(({ timeUs }) => timeUs / SECOND);
  expect(bound.length).toBeGreaterThan(3);
  released.forEach((at, i) => expect(at - bound[i]!).toBeCloseTo(5, 3));
  expect(calls.slice(0, 3).map((call) => call.split(' ')[0])).toEqual(['reserve', 'unreserve', 'reserve']);
});

test('two plugins cannot sort one queue', () => {
  register(OUT_OF_TREE_PLUGINS, { name: 'SmallestFirst', create: () => ({ lifecycle: { name: 'SmallestFirst', queueKeys: ({ spec }) => [spec.request.cpuMilli, 0, 0] } }) }, 'scheduler plugin');
  const options = { outOfTreePlugins: [{ name: 'LargestFirst' }, { name: 'SmallestFirst' }] };
  expect(() => runCluster({ machines: 1, jobs: [job('a', 1, 0, 1)], untilS: 10, options })).toThrow('LargestFirst and SmallestFirst would each sort it');
});
