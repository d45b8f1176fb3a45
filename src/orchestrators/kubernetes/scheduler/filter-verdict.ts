/** Outcome of a filter plugin on one node (framework status codes, v1.35.4). */
export const FilterVerdict = {
  success: 0,
  /** Preemption of other pods may help. */
  unschedulable: 1,
  /** Nothing that leaves the node as it is can help. */
  unresolvable: 2,
} as const;
export type FilterVerdict = (typeof FilterVerdict)[keyof typeof FilterVerdict];

/** Names as the framework prints them, by code. */
export const FILTER_VERDICT_NAMES: readonly string[] = ['Success', 'Unschedulable', 'UnschedulableAndUnresolvable'];
