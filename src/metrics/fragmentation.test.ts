import { expect, test } from 'vitest';
import { ExitOutcome } from '../world/exit-outcome.ts';
import { MachineState } from '../world/world-observer.ts';
import { measured, S, workloadOf } from './testing/measured.ts';
import { typicalMix } from './typical-mix.ts';

const small = { shape: { cpuMilli: 1000, memoryBytes: 1e9 }, durationsUs: [S] };
const large = { shape: { cpuMilli: 3000, memoryBytes: 1e9 }, durationsUs: [S] };

test('an empty cluster is not fragmented', () => {
  expect(measured({ machines: [{}], jobs: [small, large] }, () => {}).value('fragmentedCpuShare')).toBe(0);
});

test('free CPU that half of the mix cannot use is half fragmented', () => {
  const found = measured({ machines: [{ cpuMilli: 4000 }], jobs: [small, small, large, large] }, (pen) => {
    pen.submit(0, 0);
    pen.submit(0, 1);
    // 2 of 4 cores are left from 50 s to 90 s: useless for the large half of the mix. Before, 3 cores fit it.
    pen.start(0, 0, 0, 0);
    pen.start(50, 1, 0, 1);
    pen.end(90, 1, 0, 1, ExitOutcome.stopped);
  });
  expect(found.value('fragmentedCpuShare')).toBeCloseTo((0.5 * 2000 * 40) / (4000 * 100), 12);
});

test('CPU without memory to go with it is fragmented, on a machine that is down it is not', () => {
  const hog = { shape: { cpuMilli: 1000, memoryBytes: 8e9 }, durationsUs: [S] };
  const jobs = [hog, ...Array.from({ length: 40 }, () => small)];
  const found = measured({ machines: [{ cpuMilli: 4000, memoryBytes: 8e9 }], jobs }, (pen) => {
    pen.submit(0, 0);
    pen.start(0, 0, 0, 0);
    pen.machine(60, 0, MachineState.hung);
  });
  expect(found.value('fragmentedCpuShare')).toBeCloseTo((3000 * 60) / (4000 * 100), 12);
});

test('GPUs fragment device by device, as the devices were given', () => {
  const whole = { shape: { cpuMilli: 1, gpuCount: 1, gpuMilli: 1000 }, durationsUs: [S] };
  const jobs = [{ ...whole, shape: { ...whole.shape, gpuMilli: 400 } }, { ...whole, shape: { ...whole.shape, gpuMilli: 400 } }, ...Array.from({ length: 60 }, () => whole)];
  const gpuShare = (masks: readonly [number, number]): unknown =>
    measured({ machines: [{ gpuCount: 2 }], jobs }, (pen) => {
      for (const task of [0, 1]) {
        pen.submit(0, task);
        pen.start(0, task, 0, task, masks[task]);
      }
    }).value('fragmentedGpuShare');
  // Both on one device: 200 of it cannot hold a whole request. On two devices: nothing of either can.
  expect(gpuShare([1, 1])).toBeCloseTo(200 / 2000, 12);
  expect(gpuShare([1, 2])).toBeCloseTo(1200 / 2000, 12);
  // Nobody said which: the first with enough left.
  expect(gpuShare([0, 0])).toBeCloseTo(200 / 2000, 12);
});

test('many different requests are represented by an even sample', () => {
  const jobs = Array.from({ length: 1000 }, (_, i) => ({ shape: { cpuMilli: 1 + ((i * 617) % 1000) }, durationsUs: [S] }));
  const { shapes, weights } = typicalMix(workloadOf(jobs));
  const cpu = shapes.map((shape) => workloadOf(jobs).cpuMilli[shape]!);
  expect(cpu).toHaveLength(32);
  expect(cpu[0]).toBeCloseTo(1000 / 64, -1);
  expect(cpu[31]).toBeCloseTo(1000 - 1000 / 64, -1);
  expect(weights.reduce((x, y) => x + y)).toBeCloseTo(1, 12);
});
