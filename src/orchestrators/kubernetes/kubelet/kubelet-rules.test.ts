import { expect, test } from 'vitest';
import { amountOf } from '../../../workload/readers/kubernetes-manifests/pod-amounts.ts';
import { oomScoreAdj, qosClass, qosOfContainers } from './qos.ts';
import { DEFAULT_RESTART, nextRestartDelay, restartDelay } from './restart-back-off.ts';

const SECOND = 1_000_000;

test('restarts of a container that keeps failing come after 0, 10, 20, 40, 80, 160, 300, 300 s', () => {
  let currentUs = 0;
  const delays: number[] = [];
  for (let i = 0; i < 8; i++) {
    delays.push(restartDelay(DEFAULT_RESTART, currentUs, SECOND) / SECOND);
    currentUs = nextRestartDelay(DEFAULT_RESTART, currentUs, SECOND);
  }
  expect(delays).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
});

test('a container that ran for more than 10 min starts its back-off afresh', () => {
  expect(restartDelay(DEFAULT_RESTART, 300 * SECOND, 601 * SECOND)).toBe(0);
  expect(nextRestartDelay(DEFAULT_RESTART, 300 * SECOND, 601 * SECOND)).toBe(10 * SECOND);
  expect(restartDelay(DEFAULT_RESTART, 300 * SECOND, 600 * SECOND)).toBe(300 * SECOND);
});

test.each([
  [0, 0, 1000],
  [100, 0, 999],
  [100, 250, 750],
  [100, 1000, 3],
])('requests of %i milli-CPU and %i of 1,000 bytes get oom_score_adj %i', (cpuMilli, memoryBytes, adjustment) => {
  expect(qosClass(cpuMilli, memoryBytes)).toBe(adjustment === 1000 ? 'BestEffort' : 'Burstable');
  expect(oomScoreAdj(qosClass(cpuMilli, memoryBytes), memoryBytes, 1000)).toBe(adjustment);
});

test.each([
  ['Guaranteed', [{ requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: 0.5, memory: '1024Mi' } }]],
  ['Burstable', [{ requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: 1, memory: '1Gi' } }]],
  ['Burstable', [{ requests: { cpu: 1, memory: '1Gi' }, limits: { cpu: 1, memory: '1Gi' } }, {}]],
  ['Burstable', [{ limits: { memory: '1Gi' } }]],
  ['BestEffort', [{}, { requests: { 'nvidia.com/gpu': 1 } }]],
])('a pod is %s with containers %j', (expected, containers) => {
  expect(qosOfContainers(containers.map((resources) => ({ resources })), amountOf)).toBe(expected);
});

test('a guaranteed pod is the last to be killed for memory', () => {
  expect(oomScoreAdj('Guaranteed', 100, 1000)).toBe(-997);
});
