import type { QueueRun } from './queue-run.ts';

/** Tasks of a run that are measured: from `first` up to but without `end`. */
export interface Window {
  readonly first: number;
  readonly end: number;
}

/**
 * Whole regeneration cycles of an M/M/c run: from the first task after the warm-up that finds exactly `present` others to the first after `share` of the run that
 * does. At both ends the future is independent of the past and has the same law, so what lies between is as good as stationary.
 */
export function regenerationWindow(run: QueueRun, present: number, warmUp: number, share = 0.9): Window {
  const first = run.present.indexOf(present, warmUp);
  const end = run.present.indexOf(present, Math.floor(run.tasks * share));
  if (first < 0 || end < 0) throw new Error(`the run does not come back to ${present} tasks`);
  return { first, end };
}

/** A quantity of the M/M/c queue: how much a task that finds k others counts on average, and the known mean. */
export interface StateFunction {
  readonly at: (present: number) => number;
  readonly mean: number;
}

/**
 * Control variates for averages over an M/M/c run (S. G. Henderson, P. W. Glynn, "Approximating Martingales for Variance Reduction in Markov Process
 * Simulation", Mathematics of Operations Research 27(2), 2002): for a weight D(k) per number of tasks present,
 *
 * - arrivals: the sum of D(k) over arrivals, less arrivalRate times the integral of D(k) over time;
 * - departures: the sum of D(k - 1) over departures, less the integral of (tasks in service) * D(k - 1).
 *
 * Both have expectation zero because gaps and services are independent and exponential, whoever schedules: a scheduler cannot see the future of its input. So a
 * wrong simulator gets no help from them, only a narrower interval to miss. D solves the birth-death equations for the quantity, which makes the controls
 * follow its fluctuations as closely as can be; a worse D would only leave more noise.
 * @returns two controls per quantity, per task measured
 */
export function birthDeathControls(run: QueueRun, machines: number, arrivalRate: number, quantities: readonly StateFunction[], window: Window): number[] {
  const fromTime = run.submitted[window.first]!;
  const toTime = run.submitted[window.end]!;
  const starts = run.started.slice().sort();
  const ends = run.ended.slice().sort();
  let highest = 0;
  for (const present of run.present) if (present > highest) highest = present;
  const weights = quantities.map((quantity) => weightsOf(quantity, machines, arrivalRate, highest + 2));
  const sums = new Float64Array(2 * weights.length);
  let time = 0;
  let present = 0;
  let inService = 0;
  let arrival = 0;
  let start = 0;
  let end = 0;
  while (time < toTime) {
    const next = Math.min(run.submitted[arrival]!, starts[start]!, ends[end]!);
    const dt = Math.min(next, toTime) - Math.max(time, fromTime);
    const counts = next >= fromTime && next < toTime;
    if (dt > 0) {
      for (let j = 0; j < weights.length; j++) {
        sums[2 * j]! -= arrivalRate * weights[j]![present]! * dt;
        if (present > 0) sums[2 * j + 1]! -= inService * weights[j]![present - 1]! * dt;
      }
    }
    time = next;
    // A departure makes room for a start at the same instant, and nothing ends before it starts, or starts before it comes.
    if (ends[end] === next && end < start) {
      if (counts) for (let j = 0; j < weights.length; j++) sums[2 * j + 1]! += weights[j]![present - 1]!;
      present--;
      inService--;
      end++;
    } else if (starts[start] === next && start < arrival) {
      inService++;
      start++;
    } else {
      if (counts) for (let j = 0; j < weights.length; j++) sums[2 * j]! += weights[j]![present]!;
      present++;
      arrival++;
    }
  }
  return Array.from(sums, (sum) => sum / (window.end - window.first));
}

/** D(k) of arrivalRate D(k) - min(k, machines) D(k - 1) = mean - f(k): upwards where that is stable, downwards where that is. */
function weightsOf({ at, mean }: StateFunction, machines: number, arrivalRate: number, highest: number): Float64Array {
  // What the far end is given to begin with fades by the load with every step down.
  const far = highest + Math.ceil((40 * machines) / (machines - arrivalRate));
  const weights = new Float64Array(highest + 1);
  const turn = Math.min(highest, Math.floor(arrivalRate));
  let value = (at(far) - mean) / (machines - arrivalRate);
  for (let k = far; k > turn; k--) {
    if (k <= highest) weights[k] = value;
    value = (arrivalRate * value + at(k) - mean) / Math.min(k, machines);
  }
  value = 0;
  for (let k = 0; k <= turn; k++) {
    value = (mean - at(k) + k * value) / arrivalRate;
    weights[k] = value;
  }
  return weights;
}
