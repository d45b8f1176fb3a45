/** One ReplicaSet as the Deployment controller sees it. */
export interface RolloutSet {
  /** `spec.replicas`. */
  readonly replicas: number;
  /** `status.availableReplicas`. */
  readonly available: number;
}

/** What one sync of a rolling update changes: new `spec.replicas`, of the new set and of the old ones. */
export interface RolloutStep {
  readonly newReplicas: number;
  readonly oldReplicas: readonly number[];
}

/**
 * One sync of a rolling update (pkg/controller/deployment/rolling.go, v1.35): first the new ReplicaSet grows as far as the surge lets it; only if it need not or cannot, the old ones
 * shrink: pods that are not available go first, then as many as leave enough available.
 * @param old oldest first
 * @param desired `spec.replicas` of the Deployment
 */
export function rolloutStep(current: RolloutSet, old: readonly RolloutSet[], desired: number, surge: number, unavailable: number): RolloutStep {
  const unchanged = { newReplicas: current.replicas, oldReplicas: old.map(({ replicas }) => replicas) };
  // reconcileNewReplicaSet
  if (current.replicas > desired) return { ...unchanged, newReplicas: desired };
  const total = current.replicas + old.reduce((sum, { replicas }) => sum + replicas, 0);
  if (current.replicas < desired) {
    const grown = current.replicas + Math.min(Math.max(0, desired + surge - total), desired - current.replicas);
    if (grown !== current.replicas) return { ...unchanged, newReplicas: grown };
  }
  // reconcileOldReplicaSets
  if (total === current.replicas) return unchanged;
  const minAvailable = desired - unavailable;
  const mostDown = total - minAvailable - (current.replicas - current.available);
  if (mostDown <= 0) return unchanged;
  let cleaned = 0;
  const oldReplicas = old.map(({ replicas, available }) => {
    const down = Math.max(0, Math.min(mostDown - cleaned, replicas - available));
    cleaned += down;
    return replicas - down;
  });
  // scaleDownOldReplicaSetsForRollingUpdate
  const available = current.available + old.reduce((sum, set) => sum + set.available, 0);
  let left = available - minAvailable;
  for (let i = 0; i < oldReplicas.length && left > 0; i++) {
    const down = Math.min(oldReplicas[i]!, left);
    oldReplicas[i]! -= down;
    left -= down;
  }
  return { ...unchanged, oldReplicas };
}
