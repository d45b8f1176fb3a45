import type { NodeSpec } from '../scheduler/node-columns.ts';
import {
  type LabelSelector,
  NO_POD_AFFINITY,
  type NodeAffinityTerms,
  type NodeSelectorTerm,
  type PodAffinityTerm,
  type PodAffinityTerms,
  type PodSpec,
  type ResourceNames,
  type SelectorRequirement,
  type SpreadConstraint,
  type Taint,
  type Toleration,
} from '../scheduler/pod-spec.ts';
import type {
  LabelSelectorManifest,
  NodeAffinityManifest,
  NodeManifest,
  NodeSelectorTermManifest,
  PodAffinityManifest,
  PodAffinityTermManifest,
  PodManifest,
  RequirementManifest,
  ServiceManifest,
  SpreadConstraintManifest,
} from './manifest.ts';
import { amountOf } from '../../../workload/readers/kubernetes-manifests/pod-amounts.ts';
import { podRequest } from './pod-request.ts';

/**
 * A pod manifest as the scheduler's plugins read it.
 * @param services those of the cluster: their selectors are what the default spread constraints count by
 */
export function podSpecOf(pod: PodManifest, resources: ResourceNames, services: readonly ServiceManifest[] = []): PodSpec {
  const spec = pod.spec ?? {};
  const namespace = pod.metadata?.namespace ?? 'default';
  const labels = labelsOf(pod.metadata?.labels);
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const withPorts = [...(spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always'), ...(spec.containers ?? [])];
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
    namespace,
    labels,
    podAffinity: podAffinity === undefined ? NO_POD_AFFINITY : podAffinityOf(podAffinity, namespace, labels),
    podAntiAffinity: podAntiAffinity === undefined ? NO_POD_AFFINITY : podAffinityOf(podAntiAffinity, namespace, labels),
    spread: (spec.topologySpreadConstraints ?? []).map((constraint) => spreadConstraintOf(constraint, labels)),
    defaultSpread: servicesSelector(services, namespace, labels),
    hostPorts: withPorts
      .flatMap((container) => container.ports ?? [])
      .filter(({ hostPort }) => (hostPort ?? 0) > 0)
      .map(({ hostPort, hostIP, protocol }) => ({ port: hostPort!, ip: hostIP || '0.0.0.0', protocol: protocol || 'TCP' })),
    images: containers.map(({ image }) => (image === undefined ? '' : imageWithTag(image))),
    preempts: spec.preemptionPolicy !== 'Never',
    schedulingGates: (spec.schedulingGates ?? []).map(({ name }) => name),
    schedulerName: spec.schedulerName ?? 'default-scheduler',
    podGroup: null,
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
    images: new Map((node.status?.images ?? []).flatMap(({ names, sizeBytes }) => (names ?? []).map((name) => [name, sizeBytes ?? 0] as const))),
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

/** Labels of an object. */
export function labelsOf(labels: Readonly<Record<string, string>> | undefined): ReadonlyMap<string, string> {
  return new Map(Object.entries(labels ?? {}));
}

/** metav1.LabelSelectorAsSelector: an absent selector matches nothing, an empty one everything. */
export function selectorOf(selector: LabelSelectorManifest | null | undefined): LabelSelector | null {
  if (selector === null || selector === undefined) return null;
  return [...Object.entries(selector.matchLabels ?? {}).map(([key, value]) => equals(key, value)), ...(selector.matchExpressions ?? []).map(requirementOf)];
}

function equals(key: string, value: string): SelectorRequirement {
  return { key, operator: 'In', values: [value] };
}

/** Pod affinity or anti-affinity; matchLabelKeys and mismatchLabelKeys go into the selector as the API server writes them (pkg/registry/core/pod/strategy.go, v1.35.4). */
function podAffinityOf(affinity: PodAffinityManifest, namespace: string, labels: ReadonlyMap<string, string>): PodAffinityTerms {
  const termOfPod = (term: PodAffinityTermManifest): PodAffinityTerm => {
    const own = selectorOf(term.labelSelector);
    const present = (keys: readonly string[] | undefined) => (keys ?? []).filter((key) => labels.has(key));
    const selector = own === null ? null : [
      ...own,
      ...present(term.matchLabelKeys).map((key) => equals(key, labels.get(key)!)),
      ...present(term.mismatchLabelKeys).map((key): SelectorRequirement => ({ key, operator: 'NotIn', values: [labels.get(key)!] })),
    ];
    const namespaceSelector = selectorOf(term.namespaceSelector);
    const named = term.namespaces ?? [];
    return { topologyKey: term.topologyKey ?? '', selector, namespaces: named.length === 0 && namespaceSelector === null ? [namespace] : named, namespaceSelector };
  };
  return {
    required: (affinity.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(termOfPod),
    preferred: (affinity.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, podAffinityTerm }) => ({ weight: weight ?? 0, term: termOfPod(podAffinityTerm ?? {}) })),
  };
}

function spreadConstraintOf(constraint: SpreadConstraintManifest, labels: ReadonlyMap<string, string>): SpreadConstraint {
  const own = selectorOf(constraint.labelSelector);
  const keys = (constraint.matchLabelKeys ?? []).filter((key) => labels.has(key));
  return {
    maxSkew: constraint.maxSkew ?? 1,
    topologyKey: constraint.topologyKey ?? '',
    hard: constraint.whenUnsatisfiable !== 'ScheduleAnyway',
    selector: own === null ? null : [...own, ...keys.map((key) => equals(key, labels.get(key)!))],
    minDomains: constraint.minDomains ?? 1,
    honorAffinity: constraint.nodeAffinityPolicy !== 'Ignore',
    honorTaints: constraint.nodeTaintsPolicy === 'Honor',
  };
}

/** Merged selectors of the Services that select a pod (plugins/helper/spread.go DefaultSelector, v1.35.4); `null` = none does. */
function servicesSelector(services: readonly ServiceManifest[], namespace: string, labels: ReadonlyMap<string, string>): LabelSelector | null {
  const merged = new Map<string, string>();
  for (const service of services) {
    const selector = Object.entries(service.spec?.selector ?? {});
    if (service.spec?.selector === undefined || (service.metadata?.namespace ?? 'default') !== namespace) continue;
    if (selector.every(([key, value]) => labels.get(key) === value)) for (const [key, value] of selector) merged.set(key, value);
  }
  return merged.size === 0 ? null : [...merged].map(([key, value]) => equals(key, value));
}

/** Image names without a tag mean ":latest" (imagelocality normalizedImageName). */
export function imageWithTag(name: string): string {
  return name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name;
}
