import { expect, test } from 'vitest';
import { ExitedPods } from './exited-pods.ts';

test('pods are listed once per node, in order, until taken', () => {
  const exited = new ExitedPods(2);
  for (const pod of [300, 5, 300, 7]) exited.add(0, pod);
  exited.add(1, 9);
  expect([exited.take(0), exited.any(0), exited.any(1), exited.take(1)]).toEqual([[300, 5, 7], false, true, [9]]);
});

test('a pod that was removed can be listed again on another node', () => {
  const exited = new ExitedPods(2);
  for (const pod of [1, 2, 3]) exited.add(0, pod);
  exited.remove(0, 2);
  exited.add(1, 2);
  expect([exited.take(0), exited.take(1)]).toEqual([[1, 3], [2]]);
});
