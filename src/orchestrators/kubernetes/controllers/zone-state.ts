export const ZoneState = { normal: 0, partialDisruption: 1, fullDisruption: 2 } as const;
export type ZoneState = (typeof ZoneState)[keyof typeof ZoneState];

/** kube-controller-manager flags, v1.35. */
export interface ZoneOptions {
  /** --unhealthy-zone-threshold. */
  readonly unhealthyThreshold: number;
  /** --large-cluster-size-threshold. */
  readonly largeZone: number;
  /** --node-eviction-rate, nodes per second. */
  readonly evictionRate: number;
  /** --secondary-node-eviction-rate, nodes per second. */
  readonly secondaryEvictionRate: number;
}

export const DEFAULT_ZONES: ZoneOptions = { unhealthyThreshold: 0.55, largeZone: 50, evictionRate: 0.1, secondaryEvictionRate: 0.01 };

/** State of a zone by its nodes' Ready conditions (nodelifecycle ComputeZoneState). */
export function zoneState(nodes: number, notReady: number, options: ZoneOptions): ZoneState {
  if (notReady > 0 && notReady === nodes) return ZoneState.fullDisruption;
  return notReady > 2 && notReady / nodes >= options.unhealthyThreshold ? ZoneState.partialDisruption : ZoneState.normal;
}

/** Nodes per second that may be tainted NoExecute in a zone (setLimiterInZone). */
export function taintRate(state: ZoneState, nodes: number, options: ZoneOptions): number {
  if (state !== ZoneState.partialDisruption) return options.evictionRate;
  return nodes > options.largeZone ? options.secondaryEvictionRate : 0;
}
