/**
 * New sizes of the ReplicaSets of a Deployment that is scaled while it rolls out (scale in pkg/controller/deployment/sync.go and GetReplicaSetProportion in util/deployment_util.go, v1.35): each that has
 * replicas takes its part of the change in proportion to its size, the largest what rounding leaves over.
 * @param sizes `spec.replicas` per set, oldest first
 * @param most replicas plus surge that the sets were sized for; what they may be together now
 */
export function proportionalSizes(sizes: readonly number[], most: { readonly before: number; readonly now: number }): number[] {
  const toAdd = most.now - sizes.reduce((sum, size) => sum + size, 0);
  const next = [...sizes];
  if (toAdd === 0) return next;
  // The larger set first; of equals the newer one to grow, the older one to shrink.
  const order = sizes.map((_, i) => i).filter((i) => sizes[i]! > 0);
  order.sort((a, b) => sizes[b]! - sizes[a]! || (toAdd > 0 ? b - a : a - b));
  let added = 0;
  for (const i of order) {
    if (added === toAdd) break;
    const wanted = most.now === 0 ? -sizes[i]! : Math.round((sizes[i]! * most.now) / most.before) - sizes[i]!;
    const left = toAdd - added;
    const part = toAdd > 0 ? Math.min(wanted, left) : Math.max(wanted, left);
    next[i]! += part;
    added += part;
  }
  const first = order[0];
  if (first !== undefined) next[first] = Math.max(0, next[first]! + toAdd - added);
  return next;
}
