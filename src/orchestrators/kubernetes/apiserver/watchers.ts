/** Who watches what. Each value is an operation of the simulation; its first operand is the row concerned. */
export interface Watchers {
  /** kube-scheduler: a pod without node appeared; a pod it may know is gone or terminal; a node's taints or `unschedulable` changed. */
  schedulerPodAdded: number;
  schedulerPodGone: number;
  /** kube-scheduler: a pod on a node got a deletionTimestamp. */
  schedulerPodDeleting: number;
  schedulerNodeChanged: number;
  /** kube-scheduler: (node, image) a node's status lists one more image. */
  schedulerNodeImage: number;
  /** Controllers of owners, by {@link OwnerKind}: the owner appeared; one of its pods got a deletionTimestamp; one is gone or terminal. */
  readonly ownerAdded: number[];
  readonly podDeleting: number[];
  readonly podGone: number[];
  /** Job controller: a container of one of its pods was started again in place. */
  jobPodRestarted: number;
  /** Extra delay until the controller acts on what happened to a pod, given when it hears of it. */
  readonly podEventTime: ((owner: number, heardUs: number) => number)[];
  /** Kubelet concerned: a pod was bound to its node; one got a deletionTimestamp. */
  kubeletPodBound: number;
  kubeletPodDeleting: number;
  /** Node lifecycle controller: Ready changed; MemoryPressure changed. Taint eviction controller: taints changed; a pod was bound to a node tainted NoExecute. */
  lifecycleNodeChanged: number;
  lifecyclePressureChanged: number;
  /** Node lifecycle controller: a node appeared (1) or went (0). */
  lifecycleNodeExists: number;
  evictionNodeChanged: number;
  evictionPodBound: number;
  /** Garbage collector: an owner was deleted. */
  ownerDeleted: number;
}

/** Nobody watches yet. */
export function noWatchers(): Watchers {
  return {
    schedulerPodAdded: -1,
    schedulerPodGone: -1,
    schedulerPodDeleting: -1,
    schedulerNodeChanged: -1,
    schedulerNodeImage: -1,
    ownerAdded: [-1, -1, -1, -1],
    podDeleting: [-1, -1, -1, -1],
    podGone: [-1, -1, -1, -1],
    jobPodRestarted: -1,
    podEventTime: Array.from({ length: 4 }, () => (_: number, heardUs: number) => heardUs),
    kubeletPodBound: -1,
    kubeletPodDeleting: -1,
    lifecycleNodeChanged: -1,
    lifecyclePressureChanged: -1,
    lifecycleNodeExists: -1,
    evictionNodeChanged: -1,
    evictionPodBound: -1,
    ownerDeleted: -1,
  };
}
