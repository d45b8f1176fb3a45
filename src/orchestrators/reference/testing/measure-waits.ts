import { exp } from '../../../engine/numeric.ts';
import { birthDeathControls, regenerationWindow } from './birth-death-controls.ts';
import { controlledMean, type Interval } from './confidence.ts';
import { multiServerQueue } from './queueing-formulas.ts';
import type { QueueRun } from './queue-run.ts';

/** Estimates for an M/M/c queue. Quantiles are estimated through the share of tasks beyond the known one: error in share over the density there. */
export interface WaitEstimates {
  readonly waits: Interval;
  readonly meanWait: Interval;
  /** Tasks waiting, as arrivals see them (Poisson arrivals see time averages). */
  readonly meanQueue: Interval;
  readonly wait95: Interval;
  readonly wait99: Interval;
  /** Mean wait without control variates. */
  readonly plainMeanWait: Interval;
}

/** Measures runs (replications) of an M/M/c queue over whole regeneration cycles, with control variates; see {@link regenerationWindow} for warm-up and share. */
export function measureWaits(runs: Iterable<QueueRun>, machines: number, rho: number, warmUp: number, share?: number): WaitEstimates {
  const theory = multiServerQueue(machines, rho);
  const arrivalRate = machines * rho;
  const decay = machines * (1 - rho);
  const [x95, x99] = [theory.waitOfShare(0.05), theory.waitOfShare(0.01)];
  const quantities = [
    { at: (k: number) => (k >= machines ? 1 : 0), mean: theory.waits },
    { at: (k: number) => Math.max(0, k - machines), mean: theory.meanQueue },
    { at: (k: number) => theory.exceeds(x95, k), mean: 0.05 },
    { at: (k: number) => theory.exceeds(x99, k), mean: 0.01 },
  ];
  const rows: { values: number[]; controls: number[] }[] = [];
  for (const run of runs) {
    const window = regenerationWindow(run, Math.floor(arrivalRate), warmUp, share);
    const values = new Float64Array(5);
    // Gap and service of each task, and those times how near its wait was to the far quantiles: all of expectation zero.
    const inputs = new Float64Array(6);
    for (let i = window.first; i < window.end; i++) {
      const wait = run.wait[i]!;
      const service = run.service[i]! - 1;
      const gap = run.gap[i + 1]! * arrivalRate - 1;
      inputs[0]! += service;
      inputs[1]! += gap;
      if (wait > 0) {
        const near95 = Math.min(1, exp(decay * (wait - x95)));
        const near99 = Math.min(1, exp(decay * (wait - x99)));
        inputs[2]! += near95 * service;
        inputs[3]! += near95 * gap;
        inputs[4]! += near99 * service;
        inputs[5]! += near99 * gap;
        values[0]!++;
      }
      values[1]! += wait;
      values[2]! += Math.max(0, run.present[i]! - machines);
      if (wait > x95) values[3]!++;
      if (wait > x99) values[4]!++;
    }
    const measured = window.end - window.first;
    rows.push({
      values: Array.from(values, (sum) => sum / measured),
      controls: [...Array.from(inputs, (sum) => sum / measured), ...birthDeathControls(run, machines, arrivalRate, quantities, window)],
    });
  }
  const estimate = (value: number, controls: readonly number[]) =>
    controlledMean(
      rows.map((row) => row.values[value]!),
      rows.map((row) => controls.map((control) => row.controls[control]!)),
    );
  const quantile = (share: number, known: number, interval: Interval): Interval => ({ mean: known + (interval.mean - share) / (decay * share), halfWidth: interval.halfWidth / (decay * share) });
  return {
    waits: estimate(0, [0, 1, 6, 7]),
    // Without the gaps: with them, what a right simulator leaves to chance is rounding errors, and an interval of rounding errors says nothing.
    meanWait: estimate(1, [8, 9]),
    meanQueue: estimate(2, [0, 1, 8, 9]),
    wait95: quantile(0.05, x95, estimate(3, [0, 1, 2, 3, 10, 11])),
    wait99: quantile(0.01, x99, estimate(4, [0, 1, 4, 5, 12, 13])),
    plainMeanWait: estimate(1, []),
  };
}

