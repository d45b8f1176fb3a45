export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** Requests and limits of one container as the API server stores them. */
export interface ContainerResources {
  readonly resources?: { readonly requests?: Readonly<Record<string, string | number>>; readonly limits?: Readonly<Record<string, string | number>> } | null;
}

/** Quality-of-service class of a pod whose requests are given and whose limits are not. */
export function qosClass(cpuMilli: number, memoryBytes: number): 'BestEffort' | 'Burstable' {
  return cpuMilli === 0 && memoryBytes === 0 ? 'BestEffort' : 'Burstable';
}

/**
 * Quality-of-service class of a pod with containers as written (ComputePodQOS in pkg/apis/core/v1/helper/qos, v1.35): Guaranteed if every container has limits for CPU and memory that equal its
 * requests, BestEffort if none asks for either.
 * @param amount reads a quantity of a resource
 */
export function qosOfContainers(containers: readonly ContainerResources[], amount: (name: string, quantity: string | number) => number): QosClass {
  const of = (side: Readonly<Record<string, string | number>> | undefined, name: string): number => (side?.[name] === undefined ? 0 : amount(name, side[name]));
  let any = false;
  let equal = true;
  for (const { resources } of containers) {
    for (const name of ['cpu', 'memory']) {
      const request = of(resources?.requests, name);
      const limit = of(resources?.limits, name);
      if (request > 0 || limit > 0) any = true;
      if (limit === 0 || request !== limit) equal = false;
    }
  }
  return !any ? 'BestEffort' : equal ? 'Guaranteed' : 'Burstable';
}

/** oom_score_adj of a container (pkg/kubelet/qos/policy.go): -997 for Guaranteed, 1000 for BestEffort; Burstable by its share of the node's memory, 3..999. */
export function oomScoreAdj(qos: QosClass, memoryBytes: number, nodeMemoryBytes: number): number {
  if (qos === 'Guaranteed') return -997;
  if (qos === 'BestEffort') return 1000;
  return Math.min(999, Math.max(3, 1000 - Math.floor((1000 * memoryBytes) / nodeMemoryBytes)));
}
