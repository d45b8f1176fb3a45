import { expect, test } from 'vitest';
import { oomScoreAdj, qosClass } from './qos.ts';
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
  expect(oomScoreAdj(cpuMilli, memoryBytes, 1000)).toBe(adjustment);
});
