import type { RunInputs } from '../scenario/expand.ts';
import type { RunSpec } from '../scenario/run-spec.ts';

/** What runs of a system cost in processor time. */
interface Calibration {
  /** Microseconds per task in a warm worker. */
  readonly perTaskUs: number;
  /** Seconds that the first run in a worker takes longer: its code is compiled. */
  readonly warmUpS: number;
}

/**
 * By the first part of an orchestrator's name. Per task: docs/performance.md (5,000 machines, 150,000 tasks, warm) and all metrics; warm-up: what the first of the runs of committed
 * scenarios with some thousand tasks took beyond that on the same machine. Good for an order and an outlook; results never depend on it.
 */
const CALIBRATION: ReadonlyMap<string, Calibration> = new Map([
  ['reference', { perTaskUs: 4, warmUpS: 0.01 }],
  ['swarm-classic', { perTaskUs: 10, warmUpS: 0.05 }],
  ['swarmkit', { perTaskUs: 12, warmUpS: 0.12 }],
  ['mesos', { perTaskUs: 10, warmUpS: 0.12 }],
  ['kubernetes', { perTaskUs: 19, warmUpS: 0.2 }],
]);

/** For systems that are not in the table. */
const OTHER: Calibration = { perTaskUs: 20, warmUpS: 0.1 };

/** Seconds that any run takes: it is put together, and its rows are written. */
const FIXED_S = 0.004;

/** About how many seconds of processor time a run takes in a worker that has made such runs before. Each task counts once: attempts that fail, are preempted or evicted are not foreseen. */
export function estimatedCost(spec: RunSpec, inputs: RunInputs): number {
  const tasks = inputs.workloads.get(spec.workload)?.taskDurationUs.length ?? 0;
  return FIXED_S + (tasks * calibrationOf(spec).perTaskUs) / 1e6;
}

/** About how many seconds of processor time workers need, beyond {@link estimatedCost}, for the first of these runs that each of them makes with each system. */
export function warmUpCost(specs: readonly RunSpec[], workers: number): number {
  const runs = new Map<string, number>();
  let sum = 0;
  for (const spec of specs) {
    const system = systemOf(spec);
    const before = runs.get(system) ?? 0;
    runs.set(system, before + 1);
    if (before < workers) sum += calibrationOf(spec).warmUpS;
  }
  return sum;
}

function systemOf(spec: RunSpec): string {
  return spec.orchestrator.split('/')[0]!;
}

function calibrationOf(spec: RunSpec): Calibration {
  return CALIBRATION.get(systemOf(spec)) ?? OTHER;
}
