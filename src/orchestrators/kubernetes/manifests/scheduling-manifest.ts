import type { NodeSpec } from '../scheduler/node-columns.ts';
import type { NodeAffinityTerms, NodeSelectorTerm, PodSpec, ResourceNames, SelectorRequirement, Taint, Toleration } from '../scheduler/pod-spec.ts';
import type { NodeAffinityManifest, NodeManifest, NodeSelectorTermManifest, PodManifest, RequirementManifest } from './manifest.ts';
import { amountOf, podRequest } from './pod-request.ts';

/** A pod manifest as the scheduler's plugins read it. */
export function podSpecOf(pod: PodManifest, resources: ResourceNames): PodSpec {
  const spec = pod.spec ?? {};
  const nonZero = podRequest(pod, resources, true, true);
  return {
    request: podRequest(pod, resources, false, true),
    nonZeroCpuMilli: nonZero.cpuMilli,
    nonZeroMemoryBytes: nonZero.memoryBytes,
    scored: podRequest(pod, resources, true, false),
    nodeName: spec.nodeName ?? '',
    tolerations: (spec.tolerations ?? []).map(
      (toleration): Toleration => ({ key: toleration.key ?? '', operator: (toleration.operator ?? '') as Toleration['operator'], value: toleration.value ?? '', effect: toleration.effect ?? '' }),
    ),
    nodeSelector: Object.entries(spec.nodeSelector ?? {}),
    affinity: spec.affinity?.nodeAffinity === undefined ? null : affinityOf(spec.affinity.nodeAffinity),
    priority: spec.priority ?? 0,
    gpuShare: null,
  };
}

/** A node manifest as the scheduler's cache takes it. */
export function nodeSpecOf(node: NodeManifest): NodeSpec {
  const allocatable = new Map(Object.entries(node.status?.allocatable ?? {}).map(([name, quantity]) => [name, amountOf(name, quantity)]));
  const take = (name: string) => {
    const amount = allocatable.get(name) ?? 0;
    allocatable.delete(name);
    return amount;
  };
  return {
    name: node.metadata.name,
    labels: new Map(Object.entries(node.metadata.labels ?? {})),
    taints: (node.spec?.taints ?? []).map((taint): Taint => ({ key: taint.key, value: taint.value ?? '', effect: taint.effect as Taint['effect'] })),
    unschedulable: node.spec?.unschedulable ?? false,
    cpuMilli: take('cpu'),
    memoryBytes: take('memory'),
    ephemeralBytes: take('ephemeral-storage'),
    pods: take('pods'),
    scalars: allocatable,
  };
}

/** Node affinity of a pod, or of a plugin's arguments. */
export function affinityOf(affinity: NodeAffinityManifest): NodeAffinityTerms {
  const required = affinity.requiredDuringSchedulingIgnoredDuringExecution;
  return {
    required: required === undefined ? null : (required.nodeSelectorTerms ?? []).map(termOf),
    preferred: (affinity.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, preference }) => ({ weight: weight ?? 0, preference: termOf(preference ?? {}) })),
  };
}

function termOf(term: NodeSelectorTermManifest): NodeSelectorTerm {
  return { matchExpressions: (term.matchExpressions ?? []).map(requirementOf), matchFields: (term.matchFields ?? []).map(requirementOf) };
}

function requirementOf(requirement: RequirementManifest): SelectorRequirement {
  return { key: requirement.key, operator: requirement.operator as SelectorRequirement['operator'], values: requirement.values ?? [] };
}
