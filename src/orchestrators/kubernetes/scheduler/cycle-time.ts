/** How long one scheduling cycle occupies the scheduler: base + nodes filtered + nodes scored times plugins. Microseconds. */
export interface CycleTimeOptions {
  readonly baseUs: number;
  readonly perNodeFilteredUs: number;
  readonly perNodeScoredAndPluginUs: number;
  /** Preemption: per node on which the removal of pods was tried. */
  readonly perDryRunUs: number;
}

/**
 * Calibrated so that 5,000 nodes (500 feasible wanted, 4 score plugins) take 1.34 ms, about 750 pods/s: scheduler_perf SchedulingBasic reaches 680-810 pods/s at
 * 5,000 nodes (test/integration/scheduler_perf/misc/performance-config.yaml, main 2025/26). A dry run of preemption: about 20 ms for the 500 candidates of 5,000 nodes
 * with 20,000 pods (kubernetes PR #128466).
 */
export const DEFAULT_CYCLE_TIME: CycleTimeOptions = { baseUs: 200, perNodeFilteredUs: 0.9, perNodeScoredAndPluginUs: 0.345, perDryRunUs: 40 };

/** Duration of a cycle in whole microseconds. A single feasible node is not scored. */
export function cycleTimeUs(options: CycleTimeOptions, filtered: number, feasible: number, scorePlugins: number): number {
  const scored = feasible > 1 ? feasible : 0;
  return Math.round(options.baseUs + options.perNodeFilteredUs * filtered + options.perNodeScoredAndPluginUs * scored * scorePlugins);
}
