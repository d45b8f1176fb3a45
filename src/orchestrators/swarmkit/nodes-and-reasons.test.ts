import { expect, test } from 'vitest';
import { buildWorkload, type JobSpec } from '../../workload/workload-builder.ts';
import { MachineInventory } from '../../world/machine-inventory.ts';
import { assemble, type AssemblyOptions } from '../assemble.ts';
import type { Explanation } from '../orchestrator.ts';
import { NO_IMAGES } from '../testing/behaviour-run.ts';
import { swarmkit } from './swarmkit.ts';

const SECOND = 1_000_000;
const GIB = 1024 ** 3;

/** Services of a Compose file, by their deploy sections, on machines with these attributes; the last service's last task is watched. */
function start(attributes: readonly Record<string, string>[], services: readonly { readonly replicas: number; readonly deploy: object; readonly cpuMilli?: number }[]) {
  const jobs = services.map(({ replicas, deploy, cpuMilli = 0 }, i): JobSpec => ({
    name: `s${i}`,
    submitUs: i * SECOND,
    shape: { kind: 'service', cpuMilli, native: { format: 'compose', spec: { deploy: { ...deploy, resources: { reservations: { cpus: cpuMilli / 1000 } } } } } },
    durationsUs: Array.from({ length: replicas }, () => Infinity),
  }));
  const decisions: Explanation[] = [];
  const workload = buildWorkload('w', jobs);
  const run = assemble({
    definition: swarmkit as AssemblyOptions['definition'],
    inventory: new MachineInventory(attributes.map((of, i) => ({ name: `n${i}`, cpuMilli: 4000, memoryBytes: 16 * GIB, attributes: of }))),
    workload,
    seed: 3,
    images: NO_IMAGES,
    watchedTask: workload.taskDurationUs.length - 1,
    explained: (_, explanation) => decisions.push(explanation),
  });
  return { ...run, decisions, explain: (task: number) => run.orchestrator.explain(task).summary };
}

const on = (constraint: string): object => ({ placement: { constraints: [constraint] } });

test('the first machine is the manager unless machines say otherwise, and managers run tasks', () => {
  const services = [{ replicas: 1, deploy: on('node.role == manager') }, { replicas: 1, deploy: on('node.role != manager') }];
  const plain = start([{}, {}], services);
  plain.simulation.run(10 * SECOND);
  expect([plain.explain(0), plain.explain(1)]).toEqual(['Running on n0', 'Running on n1']);
  const said = start([{}, { 'node.role': 'manager' }], services);
  said.simulation.run(10 * SECOND);
  expect([said.explain(0), said.explain(1)]).toEqual(['Running on n1', 'Running on n0']);
  const none = start([{ 'node.role': 'worker' }, {}], services);
  none.simulation.run(10 * SECOND);
  expect(none.explain(0)).toBe('no suitable node (scheduling constraints not satisfied on 2 nodes)');
});

test('a machine of another platform is not for images that do not exist for it', () => {
  const run = start([{ 'node.platform.arch': 'aarch64' }, {}], [{ replicas: 1, deploy: on('node.platform.arch == aarch64') }]);
  run.simulation.run(10 * SECOND);
  expect(run.explain(0)).toBe('Running on n0');
});

test('a decision says which node it was and why, and who refused the others', () => {
  const run = start([{ disk: 'hdd' }, {}, {}, {}], [{ replicas: 1, cpuMilli: 3000, deploy: on('node.hostname == n1') }, { replicas: 1, cpuMilli: 2000, deploy: on('node.labels.disk != hdd') }]);
  run.simulation.run(10 * SECOND);
  expect(run.decisions).toHaveLength(1);
  const [{ state, summary, machines }] = run.decisions as [Explanation];
  const node = machines[0]!.machine;
  expect(['n2', 'n3']).toContain(node);
  expect(state).toBe('Assigned');
  expect(summary).toBe(`assigned to ${node} (drawn from 2 equals, first of 2 nodes that fit; insufficient resources on 1 node; scheduling constraints not satisfied on 1 node)`);
  expect(machines.map(({ verdict }) => verdict)).toEqual([
    'assigned (0 recent failures, 0 tasks of the service, 0 tasks)',
    'fits (0 recent failures, 0 tasks of the service, 0 tasks)',
    'scheduling constraints not satisfied on 1 node',
    'insufficient resources on 1 node',
  ]);
  expect(run.explain(1)).toBe(`Running on ${node}`);
});

test('a task that waits is decided again and again, until it says where it went', () => {
  const run = start([{}], [{ replicas: 1, cpuMilli: 3000, deploy: {} }, { replicas: 1, cpuMilli: 2000, deploy: {} }]);
  run.simulation.run(10 * SECOND);
  expect(run.decisions.map(({ state, summary }) => [state, summary])).toEqual([['Pending', 'no suitable node (insufficient resources on 1 node)']]);
  run.orchestrator.cancel(0);
  run.simulation.run(20 * SECOND);
  expect(run.decisions.at(-1)).toMatchObject({ state: 'Assigned', summary: 'assigned to n0 (the only node that fits)' });
});

test('a global service reaches a machine that joins later, and one that comes back', () => {
  const run = start([{}, {}, {}], [{ replicas: 3, deploy: { mode: 'global' } }]);
  run.world.crash(2);
  run.simulation.run(60 * SECOND);
  const running = () => [0, 1, 2].filter((node) => run.world.containers.on(node).length > 0);
  expect(running()).toEqual([0, 1]);
  run.world.boot(2);
  run.simulation.run(120 * SECOND);
  expect(running()).toEqual([0, 1, 2]);
  run.orchestrator.drain(0, true);
  run.simulation.run(180 * SECOND);
  expect(running()).toEqual([1, 2]);
  run.orchestrator.drain(0, false);
  run.simulation.run(240 * SECOND);
  expect(running()).toEqual([0, 1, 2]);
  expect(run.decisions.at(-1)!.summary).toContain('the only node that a task of a global service may be on');
});
