import { describe, expect, test } from 'vitest';
import type { OrchestratorDefinition } from '../orchestrator.ts';
import { loss } from './loss.ts';
import { powerOfD } from './power-of-d.ts';
import { controlledMean } from './testing/confidence.ts';
import { measureWaits } from './testing/measure-waits.ts';
import { erlangB, multiServerQueue, powerOfChoices } from './testing/queueing-formulas.ts';
import { type QueueRun, queueRun } from './testing/queue-run.ts';
import { SLOW_LIMIT, tasksOf } from './testing/theory-scale.ts';

/*
 * Queueing theory on reference/loss and reference/power-of-d; see theory.test.ts for how figures are compared.
 */

const SEEDS = 20;
const TIMEOUT_MS = 300_000;

describe("Erlang's loss system", () => {
  const rows: [number, number, number, number][] = [
    [10, 8, 0.121661, 40_000],
    [20, 18, 0.109213, 30_000],
    [100, 95, 0.048804, 100_000],
  ];
  test.each(rows)(
    '%i machines under a load of %i',
    (machines, load, given, tasks) => {
      const exact = erlangB(machines, load);
      expect(Math.abs(exact - given)).toBeLessThan(6e-7);
      const values: number[] = [];
      const controls: number[][] = [];
      for (let seed = 1; seed <= SEEDS; seed++) {
        const run = queueRun({ definition: loss as OrchestratorDefinition, machines, arrivalRate: load, tasks, seed });
        // Controls of expectation zero: what a task finds knows nothing of its own service and of the gap behind it.
        const sums = new Float64Array(5);
        let measured = 0;
        for (let i = 3000; i < run.tasks - 1; i++) {
          const refused = Number.isNaN(run.wait[i]!);
          const work = refused ? 0 : run.service[i]! - 1;
          const gap = run.gap[i + 1]! * load - 1;
          measured++;
          if (refused) sums[0]!++;
          sums[1]! += gap;
          sums[2]! += work;
          sums[3]! += run.present[i]! * gap;
          sums[4]! += run.present[i]! * work;
        }
        values.push(sums[0]! / measured);
        controls.push(Array.from(sums.subarray(1), (sum) => sum / measured));
      }
      const { mean, halfWidth } = controlledMean(values, controls);
      expect(halfWidth / exact).toBeLessThan(0.01);
      expect(Math.abs(mean - exact)).toBeLessThan(halfWidth);
    },
    TIMEOUT_MS,
  );
});

/** What each machine of a run saw. */
function perMachine(run: QueueRun): QueueRun[] {
  const byMachine = new Map<number, number[]>();
  run.machine.forEach((machine, task) => {
    const tasks = byMachine.get(machine);
    if (tasks === undefined) byMachine.set(machine, [task]);
    else tasks.push(task);
  });
  return [...byMachine.values()].map((tasks) => {
    const column = (of: Float64Array) => Float64Array.from(tasks, (task) => of[task]!);
    const [submitted, ended] = [column(run.submitted), column(run.ended)];
    const present = new Int32Array(tasks.length);
    // First come, first served on one machine: ends are in order of arrival.
    for (let i = 0, gone = 0; i < tasks.length; i++) {
      while (gone < i && ended[gone]! <= submitted[i]!) gone++;
      present[i] = i - gone;
    }
    return { ...run, tasks: tasks.length, submitted, ended, present, started: column(run.started), service: column(run.service), wait: column(run.wait), gap: submitted.map((at, i) => at - (i === 0 ? 0 : submitted[i - 1]!)) };
  });
}

describe('the power of d choices', () => {
  const definition = powerOfD as OrchestratorDefinition;

  test.each([
    [0.8, 5, 20_000],
    [0.9, 10, 30_000],
    [0.95, 20, 60_000],
  ])(
    'with one choice makes every machine an M/M/1 queue, at %f',
    (rho, given, tasks) => {
      expect(powerOfChoices(1, rho)).toBeCloseTo(given, 10);
      const machines = 2;
      const runs = function* () {
        for (let seed = 1; seed <= SEEDS; seed++) yield* perMachine(queueRun({ definition, options: { d: 1 }, machines, arrivalRate: machines * rho, tasks, seed }));
      };
      // Machines are independent: Poisson arrivals dealt out at random are so many independent Poisson arrivals.
      const { meanWait, waits } = measureWaits(runs(), 1, rho, 1000, 0.8);
      expect(meanWait.halfWidth / given).toBeLessThan(0.01);
      expect(Math.abs(meanWait.mean + 1 - given)).toBeLessThan(meanWait.halfWidth);
      expect(Math.abs(waits.mean - multiServerQueue(1, rho).waits)).toBeLessThan(waits.halfWidth);
    },
    TIMEOUT_MS,
  );

  // [d, rho, mean time in system, tasks to forget the start, tasks measured]
  const rows: [number, number, number, number, number][] = [
    [2, 0.8, 1.94736, 15_000, 25_000],
    [3, 0.8, 1.58089, 15_000, 20_000],
    [2, 0.9, 2.61406, 30_000, 70_000],
    [3, 0.9, 2.02786, 25_000, 45_000],
    [2, 0.95, 3.38305, 50_000, 40_000],
    [3, 0.95, 2.53513, 50_000, 40_000],
  ];
  test.each(rows)(
    'with %i choices among 1,000 machines at %f is what the limit of many machines says',
    (d, rho, given, warmUp, tasks) => {
      const machines = 1000;
      const exact = powerOfChoices(d, rho);
      expect(Math.abs(exact - given)).toBeLessThan(6e-6);
      const values: number[] = [];
      const controls: number[][] = [];
      for (let seed = 1; seed <= SEEDS; seed++) {
        // Begins with as many tasks as the limit holds, so that only their spread has to settle.
        const initialTasks = Math.round(machines * rho * exact);
        const first = initialTasks + warmUp;
        const run = queueRun({ definition, options: { d }, machines, arrivalRate: machines * rho, tasks: first + (rho > 0.9 ? tasksOf(tasks) : tasks), initialTasks, seed });
        let inSystem = 0;
        let work = 0;
        let gap = 0;
        const measured = run.tasks - 1 - first;
        for (let i = first; i < run.tasks - 1; i++) {
          inSystem += run.ended[i]! - run.submitted[i]!;
          work += run.service[i]! - 1;
          gap += run.gap[i + 1]! * machines * rho - 1;
        }
        values.push(inSystem / measured);
        controls.push([work / measured, gap / measured]);
      }
      const { mean, halfWidth } = controlledMean(values, controls);
      expect(halfWidth / exact).toBeLessThan(rho > 0.9 ? SLOW_LIMIT : 0.01);
      // A thousand machines are not infinitely many: up to three per cent more.
      expect(mean).toBeGreaterThan(exact - halfWidth);
      expect(mean).toBeLessThan(exact * 1.03 + halfWidth);
    },
    TIMEOUT_MS,
  );
});
