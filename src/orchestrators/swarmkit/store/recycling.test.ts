import { expect, test } from 'vitest';
import { Simulation } from '../../../engine/simulation.ts';
import { Log } from '../../../metrics/log.ts';
import { EMPTY_TASK_SPEC } from '../scheduler/task-spec.ts';
import { TaskState } from '../task-state.ts';
import type { Service } from './service.ts';
import type { ServiceSpec } from './service-spec.ts';
import { Store } from './store.ts';

const POLICY = { parallelism: 1, delayUs: 0, failureAction: 'pause', monitorUs: 0, maxFailureRatio: 0, order: 'stop-first' } as const;
const SPEC: ServiceSpec = {
  version: 0,
  shape: 0,
  mode: 'replicated-job',
  replicas: 1,
  maxConcurrent: 1,
  task: EMPTY_TASK_SPEC,
  content: '',
  restart: { condition: 'any', delayUs: 0, maxAttempts: 0, windowUs: 0 },
  update: POLICY,
  rollback: POLICY,
};

/** A job with one task that ran on node 0 and completed; `meanwhile` happens while it runs. */
function finishedJob(meanwhile: (store: Store, service: Service) => void) {
  const simulation = new Simulation();
  const store = new Store(simulation, new Log(simulation, []), 1, 1);
  const nothing = (): void => {};
  store.watch({ serviceChanged: nothing, serviceDeleted: nothing, taskCreated: nothing, taskUpdated: nothing, taskDeleted: nothing, nodeUpdated: nothing, committed: nothing });
  const service = store.newService(0, SPEC);
  store.putService(service);
  const task = store.newTask(service, 1, 0, -1, TaskState.complete);
  store.createTask(task);
  store.assign(task, 0);
  meanwhile(store, service);
  store.setState(task, TaskState.complete);
  store.deleteService(service);
  store.deleteTask(task);
  store.recycle(service, task);
  return { store, service, task };
}

test('the objects of a job that is over become those of another, and nothing of the old ones is left in them', () => {
  const { store, service, task } = finishedJob(() => {});
  const next = store.newService(7, { ...SPEC, version: 3 });
  expect(next).toBe(service);
  const fresh = store.newTask(next, 1, 7, -1, TaskState.complete);
  expect(fresh).toBe(task);
  expect({ ...fresh, id: 0 }).toEqual({ ...new Store(new Simulation(), new Log(new Simulation(), []), 1, 1).newTask(next, 1, 7, -1, TaskState.complete), id: 0 });
  expect(fresh.id).toBe(1);
  expect([next.job, next.latestVersion, next.deleted, next.completed, next.slotCount]).toEqual([7, 3, false, 0, 0]);
});

test.each([
  ['its task was told to stop', (store: Store, service: Service) => store.setDesired(service.tasks()[0]!, TaskState.shutdown)],
  ['it had a second task', (store: Store, service: Service) => store.createTask(store.newTask(service, 1, 0, -1, TaskState.complete))],
  ['it was updated', (store: Store, service: Service) => store.putService(service)],
])('objects that somebody may still have in mind are not used again: %s', (_, meanwhile) => {
  const { store, service } = finishedJob(meanwhile);
  expect(store.newService(7, SPEC)).not.toBe(service);
});
