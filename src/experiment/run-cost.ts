import type { RunInputs } from '../scenario/expand.ts';
import type { RunSpec } from '../scenario/run-spec.ts';

/**
 * Microseconds of processor time per task in a warm worker, by the first part of an orchestrator's name: docs/performance.md (5,000 machines, 150,000 tasks), rounded up, plus all
 * metrics. Good for an order and an outlook; results never depend on it.
 */
const US_PER_TASK: ReadonlyMap<string, number> = new Map([
  ['reference', 5],
  ['swarm-classic', 13],
  ['mesos', 10],
  ['kubernetes', 20],
]);

/** For systems that are not in the table. */
const OTHER_US_PER_TASK = 20;

/** Seconds that any run takes: it is put together, and its rows are written. */
const FIXED_S = 0.004;

/** About how many seconds of processor time a run takes. */
export function estimatedCost(spec: RunSpec, inputs: RunInputs): number {
  const tasks = inputs.workloads.get(spec.workload)?.taskDurationUs.length ?? 0;
  return FIXED_S + (tasks * (US_PER_TASK.get(spec.orchestrator.split('/')[0]!) ?? OTHER_US_PER_TASK)) / 1e6;
}
