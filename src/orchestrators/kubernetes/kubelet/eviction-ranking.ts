/** What the eviction manager knows of a pod that runs. */
export interface RankedPod {
  readonly pod: number;
  readonly usedBytes: number;
  readonly requestBytes: number;
  readonly priority: number;
}

/**
 * Pods in the order in which they are evicted for memory (rankMemoryPressure in pkg/kubelet/eviction/helpers.go, v1.35): those that use more than they ask for first, then by rising priority, then by how
 * far their use is above their request. Equals keep their order.
 */
export function evictionOrder(pods: readonly RankedPod[]): RankedPod[] {
  const exceeds = ({ usedBytes, requestBytes }: RankedPod): number => (usedBytes > requestBytes ? 0 : 1);
  return pods.toSorted((a, b) => exceeds(a) - exceeds(b) || a.priority - b.priority || b.usedBytes - b.requestBytes - (a.usedBytes - a.requestBytes) || 0);
}
