import { PriorityLevel } from './priority-levels.ts';

/** One kind of request, for its priority level and the key of its draws. */
export interface RequestKind {
  /** Tells the draws of one object apart. */
  readonly purpose: number;
  readonly level: PriorityLevel;
  /** Whether it can be made about one object more than once: its draws are then numbered. */
  readonly repeats: boolean;
}

const { system, workloadHigh, globalDefault } = PriorityLevel;

/**
 * Mutating requests by who sends them and what they are about. Flow schemas: kubelets' writes about pods are system-nodes (level system), those of kube-scheduler, kube-controller-manager and service
 * accounts in kube-system are workload-high, those of users global-default (apiserver/pkg/apis/flowcontrol/bootstrap/default.go, v1.35.4).
 */
export const RequestKind = {
  user: { purpose: 101, level: globalDefault, repeats: true },
  userEviction: { purpose: 102, level: globalDefault, repeats: true },
  bindPod: { purpose: 103, level: workloadHigh, repeats: true },
  preemptPod: { purpose: 104, level: workloadHigh, repeats: false },
  createPod: { purpose: 105, level: workloadHigh, repeats: false },
  deletePod: { purpose: 106, level: workloadHigh, repeats: false },
  collectPod: { purpose: 107, level: workloadHigh, repeats: false },
  evictPod: { purpose: 108, level: workloadHigh, repeats: true },
  podCondition: { purpose: 109, level: workloadHigh, repeats: true },
  ownerStatus: { purpose: 110, level: workloadHigh, repeats: true },
  ownerSpec: { purpose: 111, level: workloadHigh, repeats: true },
  endpoints: { purpose: 112, level: workloadHigh, repeats: true },
  node: { purpose: 113, level: workloadHigh, repeats: true },
  reportPod: { purpose: 114, level: system, repeats: true },
  listPods: { purpose: 115, level: system, repeats: true },
} as const satisfies Record<string, RequestKind>;

/** Purposes of the draws of watch delays, by event and subscriber. */
export const WatchEvent = { podAdded: 121, podBoundToKubelet: 122, podBoundToEviction: 123, podDeletingToKubelet: 124, podDeletingToScheduler: 125, podDeletingToOwner: 126, podGoneToScheduler: 127, podGoneToOwner: 128, other: 129 } as const;
