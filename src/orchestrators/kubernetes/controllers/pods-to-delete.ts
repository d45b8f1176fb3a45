import type { ApiServer } from '../apiserver/apiserver.ts';
import { PodPhase } from '../apiserver/pod-table.ts';

/**
 * Which pods a ReplicaSet gives up first (ActivePodsWithRanks in pkg/controller/controller_utils.go, v1.35): without node before with, pending before running, not ready
 * before ready, more active pods of the same Deployment on its node (those of its other ReplicaSets too), more recently ready by powers of two, more restarts, most recently created. Pods of tasks beyond the
 * service's count come first of all, and among equals those whose task has another pod: the model names replicas, the real system does not.
 */
export function podsToDelete(api: ApiServer, owner: number, count: number, nowUs: number): number[] {
  const { owners, pods } = api;
  const slots = owners.managedSlots(owner)!;
  const first = owners.firstTask[owner]!;
  const active = [...slots.pod].filter((pod) => pod >= 0);
  const perNode = new Map<number, number>();
  for (const pod of active) {
    const node = pods.node[pod]!;
    if (node < 0 || perNode.has(node)) continue;
    perNode.set(node, pods.on(node).filter((other) => pods.deleting[other] === 0 && owners.firstTask[pods.owner[other]!] === first).length);
  }
  const rank = (pod: number): readonly number[] => {
    const task = pods.task[pod]!;
    const ready = pods.ready[pod]!;
    return [
      task - first >= slots.limit ? 0 : 1,
      pods.node[pod]! < 0 ? 0 : 1,
      pods.phaseAt(pod, nowUs) === PodPhase.pending ? 0 : 1,
      ready,
      -(perNode.get(pods.node[pod]!) ?? 0),
      ready === 1 ? doublings(1000 * (nowUs - pods.readySinceUs[pod]!)) : 0,
      -pods.restarts[pod]!,
      owners.podOf[task] !== pod ? 0 : 1,
      -task,
    ];
  };
  return active
    .map((pod) => ({ pod, ranks: rank(pod) }))
    .sort((a, b) => {
      const at = a.ranks.findIndex((value, i) => value !== b.ranks[i]);
      return at < 0 ? 0 : a.ranks[at]! - b.ranks[at]!;
    })
    .slice(0, count)
    .map(({ pod }) => pod);
}

/** Whole part of the binary logarithm of a duration in nanoseconds, -1 for none (logarithmicRankDiff). */
function doublings(ns: number): number {
  let bits = -1;
  for (let rest = ns; rest >= 1; rest = Math.floor(rest / 2)) bits++;
  return bits;
}
