import type { Shape } from '../../workload/shape.ts';
import type { MachineInventory } from '../../world/machine-inventory.ts';
import { DEFAULT_CPU_MILLI, DEFAULT_MEMORY_BYTES } from '../../workload/readers/kubernetes-manifests/pod-amounts.ts';
import { type NativeObject, podOfNative } from '../../workload/readers/kubernetes-manifests/native-object.ts';
import { TAINTS_ATTRIBUTE } from '../../workload/readers/kubernetes-manifests/node-machine.ts';
import type { PodManifest, ServiceManifest } from './manifests/manifest.ts';
import { imageWithTag, podSpecOf } from './manifests/scheduling-manifest.ts';
import type { NodeSpec } from './scheduler/node-columns.ts';
import { PLAIN_POD, type PodSpec, type ResourceNames, type SelectorRequirement, type Taint, type Toleration } from './scheduler/pod-spec.ts';

/** Extended resource of whole NVIDIA GPUs (NVIDIA k8s-device-plugin) and the node label of their model (NVIDIA gpu-feature-discovery). */
export const GPU_RESOURCE = 'nvidia.com/gpu';
export const GPU_MODEL_LABEL = 'nvidia.com/gpu.product';
const ZONE_LABEL = 'topology.kubernetes.io/zone';
const HOSTNAME_LABEL = 'kubernetes.io/hostname';

/** Added to every pod by the DefaultTolerationSeconds admission plugin. */
const DEFAULT_TOLERATIONS: readonly Toleration[] = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) => ({
  key,
  operator: 'Exists',
  value: '',
  effect: 'NoExecute',
}));

/** Added to the pods of DaemonSets (pkg/controller/daemon/util/daemonset_util.go AddOrUpdateDaemonPodTolerations, v1.35). */
const DAEMON_TOLERATIONS: readonly Toleration[] = [
  ...DEFAULT_TOLERATIONS,
  ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map((name): Toleration => ({ key: `node.kubernetes.io/${name}`, operator: 'Exists', value: '', effect: 'NoSchedule' })),
];

/**
 * The pod template that a user would write for a shape: one container with the shape's requests (what is zero is not mentioned), constraints as nodeSelector (==)
 * and required node affinity (!=, GPU models).
 * @param shared GPUs are handed out by a GPU-sharing device plugin instead of as {@link GPU_RESOURCE}
 */
export function podTemplate(shape: Shape, resources: ResourceNames, shared: boolean): PodSpec {
  if (shape.native?.format === 'kubernetes') return nativeTemplate(shape, shape.native.spec as unknown as NativeObject, resources, shared);
  const gpus = shape.gpuCount > 0 && !shared;
  const request = {
    cpuMilli: shape.cpuMilli,
    memoryBytes: shape.memoryBytes,
    ephemeralBytes: 0,
    scalarIds: gpus ? [resources.id(GPU_RESOURCE)] : [],
    scalarAmounts: gpus ? [shape.gpuCount] : [],
  };
  const nonZeroCpuMilli = shape.cpuMilli === 0 ? DEFAULT_CPU_MILLI : shape.cpuMilli;
  const nonZeroMemoryBytes = shape.memoryBytes === 0 ? DEFAULT_MEMORY_BYTES : shape.memoryBytes;
  const expressions: SelectorRequirement[] = shape.constraints
    .filter(({ operator }) => operator === '!=')
    .map(({ attribute, value }) => ({ key: labelKey(attribute), operator: 'NotIn', values: [labelText(value)] }));
  if (shape.gpuModels.length > 0) expressions.push({ key: GPU_MODEL_LABEL, operator: 'In', values: shape.gpuModels.map(labelText) });
  return {
    ...PLAIN_POD,
    // Replicas of one owner spread over hosts and zones by default (PodTopologySpread, system defaults); the pods of a Job do not.
    defaultSpread: shape.kind === 'service' ? 'replicas' : null,
    images: shape.image === '' ? [] : [imageWithTag(shape.image)],
    request,
    nonZeroCpuMilli,
    nonZeroMemoryBytes,
    scored: { ...request, cpuMilli: nonZeroCpuMilli, memoryBytes: nonZeroMemoryBytes },
    nodeName: '',
    tolerations: DEFAULT_TOLERATIONS,
    nodeSelector: shape.constraints.filter(({ operator }) => operator === '==').map(({ attribute, value }) => [labelKey(attribute), labelText(value)] as const),
    affinity: expressions.length === 0 ? null : { required: [{ matchExpressions: expressions, matchFields: [] }], preferred: [] },
    priority: shape.priority,
    gpuShare: shape.gpuCount > 0 && shared ? { count: shape.gpuCount, milli: shape.gpuMilli } : null,
  };
}

/** Controllers whose pods spread over hosts and zones by default (plugins/helper/spread.go DefaultSelector, v1.35.4). */
const SPREADING_OWNERS: ReadonlySet<string> = new Set(['Deployment', 'ReplicaSet', 'ReplicationController', 'StatefulSet']);

/** Labels of a pod's group and its least size (kubernetes-sigs/scheduler-plugins pkg/coscheduling, label form). */
const POD_GROUP_LABELS = ['scheduling.x-k8s.io/pod-group', 'pod-group.scheduling.sigs.k8s.io/name', 'pod-group.scheduling.sigs.k8s.io'];
const MIN_AVAILABLE_LABEL = 'pod-group.scheduling.sigs.k8s.io/min-available';

/** The pod template of an object as its user wrote it; what a machine of the model can have is kept of its requests: CPU, memory, GPUs. */
function nativeTemplate(shape: Shape, object: NativeObject, resources: ResourceNames, shared: boolean): PodSpec {
  const manifest = podOfNative(object);
  const related = object.related ?? [];
  const pod = podSpecOf(manifest as unknown as PodManifest, resources, related.filter(({ kind }) => kind === 'Service') as readonly ServiceManifest[]);
  const gpus = shape.gpuCount > 0 && !shared;
  const scalars = { scalarIds: gpus ? [resources.id(GPU_RESOURCE)] : [], scalarAmounts: gpus ? [shape.gpuCount] : [], ephemeralBytes: 0 };
  const groupName = POD_GROUP_LABELS.map((label) => pod.labels.get(label)).find((name) => name !== undefined);
  const minMember = Number(pod.labels.get(MIN_AVAILABLE_LABEL) ?? 0);
  return {
    ...pod,
    request: { ...pod.request, ...scalars },
    scored: { ...pod.scored, ...scalars },
    tolerations: [...pod.tolerations, ...(object.kind === 'DaemonSet' ? DAEMON_TOLERATIONS : DEFAULT_TOLERATIONS)],
    priority: shape.priority,
    defaultSpread: SPREADING_OWNERS.has(object.kind) ? 'replicas' : pod.defaultSpread,
    podGroup: groupName === undefined || !(minMember >= 1) ? null : { name: `${pod.namespace}/${groupName}`, minMember },
    gpuShare: shape.gpuCount > 0 && shared ? { count: shape.gpuCount, milli: shape.gpuMilli } : null,
  };
}

/** Resources that a native object asks for and no machine of the model can have. */
export function unknownResources(object: NativeObject): string[] {
  const { containers, initContainers } = podOfNative(object).spec;
  const names = [...containers, ...(initContainers ?? [])].flatMap(({ resources }) => Object.keys(resources?.requests ?? {}));
  return names.filter((name) => name !== 'cpu' && name !== 'memory' && !name.endsWith('/gpu'));
}

/**
 * The node object of a machine as its kubelet would register it.
 * @param reservedMemoryBytes kept back from the machine's own: reserved for the system and for eviction
 */
export function nodeSpecOfMachine(inventory: MachineInventory, machine: number, maxPods: number, reservedMemoryBytes: number, reservedCpuMilli: number): NodeSpec {
  const labels = new Map<string, string>([
    [HOSTNAME_LABEL, inventory.names[machine]!],
    [ZONE_LABEL, inventory.zoneNames[inventory.zone[machine]!]!],
  ]);
  if (inventory.gpuModels[machine] !== '') labels.set(GPU_MODEL_LABEL, labelText(inventory.gpuModels[machine]!));
  const taints: Taint[] = [];
  for (const [key, value] of inventory.attributes[machine]!) {
    if (key === TAINTS_ATTRIBUTE) taints.push(...value.split(';').map(taintOf));
    else labels.set(labelText(key), labelText(value));
  }
  const slots = inventory.slots[machine]!;
  return {
    name: inventory.names[machine]!,
    labels,
    taints,
    // kubectl cordon sets the field, and the node lifecycle controller the taint with it: NodeUnschedulable speaks before TaintToleration.
    unschedulable: taints.some(({ key, effect }) => key === 'node.kubernetes.io/unschedulable' && effect === 'NoSchedule'),
    cpuMilli: Math.max(0, Math.floor(inventory.cpuMilli[machine]! - reservedCpuMilli)),
    memoryBytes: Math.max(0, Math.floor(inventory.memoryBytes[machine]! - reservedMemoryBytes)),
    ephemeralBytes: 0,
    pods: slots === Infinity ? maxPods : slots,
    scalars: new Map(inventory.gpuCount[machine]! > 0 ? [[GPU_RESOURCE, inventory.gpuCount[machine]!]] : []),
  };
}

/** `key=value:Effect`. */
function taintOf(text: string): Taint {
  const equals = text.indexOf('=');
  const colon = text.lastIndexOf(':');
  return { key: text.slice(0, equals), value: text.slice(equals + 1, colon), effect: text.slice(colon + 1) as Taint['effect'] };
}

/** Label of a neutral attribute: the zone of a machine has one of its own. */
function labelKey(attribute: string): string {
  return attribute === 'zone' ? ZONE_LABEL : labelText(attribute);
}

/** A text as it can stand in a label: at most 63 of the allowed characters, others become dashes, ends trimmed. */
function labelText(text: string): string {
  return text
    .replace(/[^A-Za-z0-9._/-]/g, '-')
    .slice(0, 63)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}
