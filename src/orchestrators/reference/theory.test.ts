import { describe, expect, test } from 'vitest';
import { exponential } from '../../engine/random/distributions.ts';
import type { OrchestratorDefinition } from '../orchestrator.ts';
import { fifo } from './fifo.ts';
import { controlledMean, type Interval, studentT } from './testing/confidence.ts';
import { measureWaits } from './testing/measure-waits.ts';
import { multiServerQueue, pollaczekKhinchine } from './testing/queueing-formulas.ts';
import { queueRun, type ServiceLaw } from './testing/queue-run.ts';
import { SLOW_LIMIT, tasksOf } from './testing/theory-scale.ts';

/*
 * Queueing theory on reference/fifo: for every figure the 99 % confidence interval over independent seeds must contain the exact value and must be narrow.
 * Seeds are fixed, so the suite always says the same; with fresh ones about one interval in a hundred misses.
 */

const SEEDS = 30;
const TIMEOUT_MS = 300_000;
const definition = fifo as OrchestratorDefinition;

function expectInside({ mean, halfWidth }: Interval, exact: number, limit: number): void {
  expect(halfWidth / exact).toBeLessThan(limit);
  expect(Math.abs(mean - exact)).toBeLessThan(halfWidth);
}

describe('the yardstick', () => {
  test("knows Student's quantiles", () => {
    // 0.995 quantiles from tables: 9, 19 and 99 degrees of freedom.
    expect([studentT(9), studentT(19), studentT(99)].map((t) => t.toFixed(3))).toEqual(['3.250', '2.861', '2.626']);
  });

  test('estimates with controls what it estimates without, more closely', () => {
    const noise = Array.from({ length: 40 }, (_, i) => Math.sin(i * 12.9898) * 0.5);
    const values = noise.map((x, i) => 3 + x + 0.01 * Math.cos(i * 78.233));
    const controlled = controlledMean(values, noise.map((x) => [x, 2 * x]));
    expect(Math.abs(controlled.mean - 3)).toBeLessThan(controlled.halfWidth);
    expect(controlled.halfWidth).toBeLessThan(controlledMean(values).halfWidth / 20);
  });
});

describe('M/M/c', () => {
  // [machines, rho, P(wait), mean wait, mean queue, 95 % and 99 % wait, tasks per seed]
  const rows: [number, number, number, number, number, number, number, number][] = [
    [1, 0.8, 0.8, 4, 3.2, 13.8629, 21.9101, 25_000],
    [1, 0.9, 0.9, 9, 8.1, 28.9037, 44.9981, 30_000],
    [2, 0.8, 0.711111, 1.777778, 2.844444, 6.637, 10.6606, 30_000],
    [4, 0.8, 0.596432, 0.745541, 2.38573, 3.0987, 5.1105, 30_000],
    [8, 0.7, 0.270603, 0.112751, 0.631407, 0.7036, 1.3742, 30_000],
    [10, 0.9, 0.668732, 0.668732, 6.018584, 2.5934, 4.2028, 30_000],
    [50, 0.9, 0.363864, 0.072773, 3.27478, 0.397, 0.7188, 40_000],
    [100, 0.95, 0.506457, 0.101291, 9.62268, 0.4631, 0.785, 60_000],
  ];
  test.each(rows)(
    '%i machines at %f',
    (machines, rho, waits, meanWait, meanQueue, wait95, wait99, tasks) => {
      const theory = multiServerQueue(machines, rho);
      const runs = function* () {
        for (let seed = 1; seed <= SEEDS; seed++) yield queueRun({ definition, machines, arrivalRate: machines * rho, tasks: tasksOf(tasks), seed });
      };
      const estimates = measureWaits(runs(), machines, rho, 2000);
      // The figures of the table, and their exact forms behind the digits given.
      for (const [exact, given] of [[theory.waits, waits], [theory.meanWait, meanWait], [theory.meanQueue, meanQueue], [theory.waitOfShare(0.05), wait95], [theory.waitOfShare(0.01), wait99]] as const) expect(Math.abs(exact - given)).toBeLessThan(6e-5);
      expectInside(estimates.waits, theory.waits, 0.01);
      expectInside(estimates.meanWait, theory.meanWait, 0.01);
      expectInside(estimates.meanQueue, theory.meanQueue, 0.01);
      expectInside(estimates.wait95, theory.waitOfShare(0.05), SLOW_LIMIT);
      expectInside(estimates.wait99, theory.waitOfShare(0.01), SLOW_LIMIT);
      expect(Math.abs(estimates.plainMeanWait.mean - theory.meanWait)).toBeLessThan(estimates.plainMeanWait.halfWidth);
    },
    TIMEOUT_MS,
  );

  test('a scheduler that takes a hundredth of a service time per task does not pass', () => {
    const runs = function* () {
      for (let seed = 1; seed <= SEEDS; seed++) yield queueRun({ definition, options: { startLatencyUs: 10_000 }, machines: 4, arrivalRate: 3.2, tasks: 20_000, seed });
    };
    const estimates = measureWaits(runs(), 4, 0.8, 2000);
    const theory = multiServerQueue(4, 0.8);
    expect(estimates.meanWait.mean - theory.meanWait).toBeGreaterThan(3 * estimates.meanWait.halfWidth);
    expect(estimates.meanQueue.mean - theory.meanQueue).toBeGreaterThan(3 * estimates.meanQueue.halfWidth);
    expect(estimates.wait95.mean - theory.waitOfShare(0.05)).toBeGreaterThan(2 * estimates.wait95.halfWidth);
  });

  test('waits are those of the Kiefer-Wolfowitz recursion, task by task', () => {
    for (const [machines, rho] of [[1, 0.9], [4, 0.8], [100, 0.95]] as const) {
      const run = queueRun({ definition, machines, arrivalRate: machines * rho, tasks: 20_000, seed: 7 });
      const free = Array.from({ length: machines }, () => 0);
      for (let i = 0; i < run.tasks; i++) {
        // Whole microseconds: the recursion is exact.
        const at = Math.round(run.submitted[i]! * 1e6);
        const first = free.indexOf(Math.min(...free));
        const start = Math.max(at, free[first]!);
        expect(Math.round(run.wait[i]! * 1e6)).toBe(start - at);
        free[first] = start + Math.round(run.service[i]! * 1e6);
      }
    }
  });
});

/** Balanced mixture of two exponential laws with mean 1 and the given squared coefficient of variation above 1. */
function hyperexponential(scv: number): ServiceLaw {
  const p = (1 + Math.sqrt((scv - 1) / (scv + 1))) / 2;
  return (u) => (u < p ? exponential(u / p, 1 / (2 * p)) : exponential((u - p) / (1 - p), 1 / (2 * (1 - p))));
}

describe('M/G/1', () => {
  const rows: [number, number, number, ServiceLaw][] = [
    [0.8, 0, 2, () => 1],
    [0.8, 1, 4, (u) => exponential(u, 1)],
    [0.8, 4, 10, hyperexponential(4)],
    [0.7, 9, 11.6667, hyperexponential(9)],
    [0.5, 1, 1, (u) => exponential(u, 1)],
  ];
  test.each(rows)(
    'at %f with services of squared coefficient of variation %f',
    (rho, scv, given, service) => {
      const exact = pollaczekKhinchine(rho, scv);
      expect(Math.abs(exact - given)).toBeLessThan(5e-5);
      const values: number[] = [];
      const controls: number[][] = [];
      for (let seed = 1; seed <= SEEDS; seed++) {
        const run = queueRun({ definition, machines: 1, arrivalRate: rho, tasks: 25_000, service, seed });
        // Controls of expectation zero: a task's wait knows nothing of its own service and of the gap behind it.
        const sums = new Float64Array(7);
        let measured = 0;
        for (let i = 5000; i < run.tasks - 1; i++) {
          const wait = run.wait[i]!;
          const work = run.service[i]! - 1;
          const gap = run.gap[i + 1]! * rho - 1;
          measured++;
          sums[0]! += wait;
          sums[1]! += gap;
          sums[2]! += wait * gap;
          sums[3]! += work;
          sums[4]! += wait * work;
          sums[5]! += run.service[i]! * run.service[i]! - 1 - scv;
          sums[6]! += work * gap;
        }
        values.push(sums[0]! / measured);
        controls.push(Array.from(sums.subarray(1), (sum) => sum / measured));
      }
      expectInside(controlledMean(values, controls), exact, 0.01);
    },
    TIMEOUT_MS,
  );
});
