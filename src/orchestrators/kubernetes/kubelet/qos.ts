/** Quality-of-service class of a pod whose requests are given and whose limits are not. */
export function qosClass(cpuMilli: number, memoryBytes: number): 'BestEffort' | 'Burstable' {
  return cpuMilli === 0 && memoryBytes === 0 ? 'BestEffort' : 'Burstable';
}

/** oom_score_adj of a container (pkg/kubelet/qos/policy.go): 1000 for BestEffort; Burstable by its share of the node's memory, 3..999. */
export function oomScoreAdj(cpuMilli: number, memoryBytes: number, nodeMemoryBytes: number): number {
  if (qosClass(cpuMilli, memoryBytes) === 'BestEffort') return 1000;
  return Math.min(999, Math.max(3, 1000 - Math.floor((1000 * memoryBytes) / nodeMemoryBytes)));
}
