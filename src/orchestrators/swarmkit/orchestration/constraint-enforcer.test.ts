import { expect, test } from 'vitest';
import { Simulation } from '../../../engine/simulation.ts';
import { Log } from '../../../metrics/log.ts';
import { parseConstraint } from '../../../workload/readers/compose/placement-constraint.ts';
import { swarmNodes } from '../../../workload/readers/compose/swarm-nodes.ts';
import { MachineInventory } from '../../../world/machine-inventory.ts';
import { EMPTY_TASK_SPEC, type TaskSpec } from '../scheduler/task-spec.ts';
import type { ServiceSpec } from '../store/service-spec.ts';
import { Store } from '../store/store.ts';
import { TaskState } from '../task-state.ts';
import { ConstraintEnforcer } from './constraint-enforcer.ts';

const POLICY = { parallelism: 1, delayUs: 0, failureAction: 'pause', monitorUs: 0, maxFailureRatio: 0, order: 'stop-first' } as const;

function spec(version: number, task: Partial<TaskSpec>): ServiceSpec {
  const restart = { condition: 'any', delayUs: 0, maxAttempts: 0, windowUs: 0 } as const;
  return { version, shape: 0, mode: 'replicated', replicas: 4, maxConcurrent: 4, task: { ...EMPTY_TASK_SPEC, ...task }, content: '', restart, update: POLICY, rollback: POLICY };
}

/** Four tasks that run on the one node, a service of 4 CPUs and the label disk=ssd. */
function running(first: ServiceSpec) {
  const simulation = new Simulation();
  const store = new Store(simulation, new Log(simulation, []), 1, 1);
  const nothing = (): void => {};
  store.watch({ serviceChanged: nothing, serviceDeleted: nothing, taskCreated: nothing, taskUpdated: nothing, taskDeleted: nothing, nodeUpdated: nothing, committed: nothing });
  const [subject] = swarmNodes(new MachineInventory([{ name: 'n0', cpuMilli: 4000, memoryBytes: 100, attributes: { disk: 'ssd' } }]));
  const enforcer = new ConstraintEnforcer(store, [{ ...subject!, nanoCpus: 4e9, memoryBytes: 100, generic: [], plugins: [] }]);
  const service = store.newService(0, first);
  store.putService(service);
  const tasks = [1, 2, 3, 4].map((slot) => {
    const task = store.newTask(service, slot, slot - 1, -1, TaskState.running);
    store.createTask(task);
    store.assign(task, 0);
    store.setState(task, TaskState.running);
    return task;
  });
  return { store, service, tasks, rejected: () => enforcer.noncompliant(0).map(({ slot }) => slot) };
}

const on = (constraint: string): Partial<TaskSpec> => ({ constraints: [parseConstraint(constraint)] });

test('tasks stay where the service as it is now lets them be, whatever they were created with', () => {
  const { service, rejected } = running(spec(0, on('node.labels.disk == hdd')));
  expect(rejected()).toEqual([1, 2, 3, 4]);
  service.spec = spec(1, on('node.labels.disk == ssd'));
  expect(rejected()).toEqual([]);
  service.deleted = true;
  expect(rejected()).toEqual([1, 2, 3, 4]);
});

test('a node that has become too small rejects what does not fit any more; what is to stop or has ended takes nothing', () => {
  const { store, tasks, rejected } = running(spec(0, { nanoCpus: 15e8 }));
  expect(rejected()).toEqual([3, 4]);
  store.setDesired(tasks[0]!, TaskState.shutdown);
  store.setState(tasks[1]!, TaskState.failed);
  expect(rejected()).toEqual([]);
});
