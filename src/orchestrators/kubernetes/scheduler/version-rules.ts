/** Versions of kube-scheduler that the model knows. */
export const SCHEDULER_VERSIONS = ['1.35', '1.34', '1.20'] as const;
export type SchedulerVersion = (typeof SCHEDULER_VERSIONS)[number];

/** What older versions decide differently. */
export interface VersionRules {
  /** NodeResourcesFit: a request beyond what the empty node has is UnschedulableAndUnresolvable (1.20: Unschedulable). */
  readonly tooLargeIsUnresolvable: boolean;
  /** NodeResourcesFit MostAllocated: a request beyond capacity counts as capacity (1.20: the resource scores 0). */
  readonly mostAllocatedClamps: boolean;
  /** NodeResourcesBalancedAllocation: 1 - standard deviation over raw requests, best-effort pods skipped (1.20: 1 - difference over non-zero requests, 0 at the brim). */
  readonly balancedByDeviation: boolean;
  /** PodTopologySpread: raw scores are rounded (1.20: cut off). */
  readonly spreadRounds: boolean;
  /** InterPodAffinity: normalised between the true extremes (1.20: extremes start at 0). */
  readonly affinityTrueExtremes: boolean;
  /** Preemption is tried on nodes whose status is Unschedulable, and needs victims (1.20: on all but the unresolvable, and none may be needed). */
  readonly preemptsOnlyRejected: boolean;
  /** Weights of the score plugins that differ from 1. */
  readonly weights: ReadonlyMap<string, number>;
  /** An empty activeQ takes pods from the back-off queue before their time (SchedulerPopFromBackoffQ, since 1.33). */
  readonly popsFromBackoff: boolean;
  /** podMaxInUnschedulablePodsDuration, microseconds. */
  readonly maxUnschedulableUs: number;
}

const V1_35: VersionRules = {
  tooLargeIsUnresolvable: true,
  mostAllocatedClamps: true,
  balancedByDeviation: true,
  spreadRounds: true,
  affinityTrueExtremes: true,
  preemptsOnlyRejected: true,
  weights: new Map([
    ['TaintToleration', 3],
    ['NodeAffinity', 2],
    ['PodTopologySpread', 2],
    ['InterPodAffinity', 2],
  ]),
  popsFromBackoff: true,
  maxUnschedulableUs: 300_000_000,
};

/**
 * Rules per version, from the sources of v1.35.4, v1.34.1 and v1.20.2 (pkg/scheduler/framework/plugins/*, apis/config/v1/default_plugins.go and, for 1.20,
 * algorithmprovider/registry.go; backend/queue/scheduling_queue.go and internal/queue/scheduling_queue.go: unschedulableQTimeInterval 60 s).
 */
export const VERSION_RULES: ReadonlyMap<SchedulerVersion, VersionRules> = new Map([
  ['1.35', V1_35],
  ['1.34', V1_35],
  [
    '1.20',
    {
      tooLargeIsUnresolvable: false,
      mostAllocatedClamps: false,
      balancedByDeviation: false,
      spreadRounds: false,
      affinityTrueExtremes: false,
      preemptsOnlyRejected: false,
      weights: new Map([['PodTopologySpread', 2]]),
      popsFromBackoff: false,
      maxUnschedulableUs: 60_000_000,
    },
  ],
]);
