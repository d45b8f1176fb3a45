import { podAmounts } from '../../../workload/readers/kubernetes-manifests/pod-amounts.ts';
import type { ResourceNames, ResourceRequest } from '../scheduler/pod-spec.ts';
import type { PodManifest } from './manifest.ts';

/** {@link podAmounts} of a pod as the scheduler's plugins read them. */
export function podRequest(pod: PodManifest, resources: ResourceNames, nonZero: boolean, podLevel: boolean): ResourceRequest {
  const amounts = podAmounts(pod.spec ?? {}, nonZero, podLevel);
  const scalars = [...amounts].filter(([name]) => name !== 'cpu' && name !== 'memory' && name !== 'ephemeral-storage');
  return {
    cpuMilli: amounts.get('cpu') ?? 0,
    memoryBytes: amounts.get('memory') ?? 0,
    ephemeralBytes: amounts.get('ephemeral-storage') ?? 0,
    scalarIds: scalars.map(([name]) => resources.id(name)),
    scalarAmounts: scalars.map(([, amount]) => amount),
  };
}
