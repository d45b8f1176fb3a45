import { expect, test } from 'vitest';
import { podSpecOf } from '../manifests/scheduling-manifest.ts';
import { PodGroups } from './pod-groups.ts';
import { ResourceNames } from './pod-spec.ts';
import { DEFAULT_QUEUE, SchedulingQueue } from './scheduling-queue.ts';

const SECOND = 1_000_000;
const spec = podSpecOf({ spec: {} }, new ResourceNames());

/** A queue in Coscheduling's order: pods by number, each with its group ('' = none), arriving one second after another. */
function queueOf(groupOf: readonly string[], priorities: readonly number[] = []): SchedulingQueue {
  const groups = new PodGroups();
  const queue = new SchedulingQueue(DEFAULT_QUEUE, (pod, timestampUs, initialUs) => groups.queueKeys({ pod, spec: { ...spec, priority: priorities[pod] ?? 0 }, timestampUs, initialUs }));
  groupOf.forEach((name, pod) => {
    if (name !== '') groups.add(pod, name, 2, pod * SECOND);
    queue.add(pod, 0, priorities[pod] ?? 0, pod * SECOND);
  });
  return queue;
}
const popped = (queue: SchedulingQueue, count: number): number[] => Array.from({ length: count }, () => queue.pop());

test('pods of a group follow each other, groups and single pods in order of their age', () => {
  expect(popped(queueOf(['a', 'b', '', 'a', 'b']), 5)).toEqual([0, 3, 1, 4, 2]);
});

test('priority comes before the age of a group', () => {
  expect(popped(queueOf(['a', 'b', 'a', 'b'], [0, 5, 0, 5]), 4)).toEqual([1, 3, 0, 2]);
});

test('a pod that comes back keeps its place by the time at which it first came', () => {
  const queue = queueOf(['', 'a', 'a']);
  expect(queue.pop()).toBe(0);
  // Back-off of a second is long over.
  queue.rejected(0, 10 * SECOND, false);
  queue.requeueTemplate(0, 30 * SECOND);
  expect(popped(queue, 3)).toEqual([0, 1, 2]);
});
