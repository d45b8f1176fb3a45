import { parseDurationUs } from '../../../engine/quantity.ts';
import { type NativeObject, podOfNative } from '../../../workload/readers/kubernetes-manifests/native-object.ts';
import { amountOf } from '../../../workload/readers/kubernetes-manifests/pod-amounts.ts';
import type { Shape } from '../../../workload/shape.ts';
import { type ContainerResources, type QosClass, qosOfContainers } from './qos.ts';
import { type Probe, type ProbedContainer, UNPROBED } from './probes.ts';

/** What the kubelet reads of a pod beside its requests. */
export interface PodSettings {
  readonly probed: ProbedContainer;
  /** From the deletion of a running pod until its container is gone, microseconds. */
  readonly stopUs: number;
  /** Quality-of-service class; `null` = by the requests alone. */
  readonly qos: QosClass | null;
  /** Limit of the container's memory, bytes. */
  readonly memoryLimitBytes: number;
  /** Tolerates the taint of nodes under memory pressure. */
  readonly toleratesMemoryPressure: boolean;
  /** A container that has failed is started again in place. */
  readonly restartsOnFailure: boolean;
  /** One that has finished is, too. */
  readonly restartsAlways: boolean;
}

/** From the start of the container until the application answers: `20s`. */
const ANSWERS_ANNOTATION = 'seatrial.dev/answers-after';
/** From SIGTERM until the application is gone: `5s`. */
const STOPS_ANNOTATION = 'seatrial.dev/stops-after';
const SECOND_US = 1_000_000;
/** Priority class system-node-critical (pkg/apis/scheduling/types.go). */
const NODE_CRITICAL = 2_000_001_000;
/** SystemCriticalPriority: pods from here on are critical to the kubelet (kubelettypes.IsCriticalPodBasedOnPriority). */
export const SYSTEM_CRITICAL = 2_000_000_000;
const MEMORY_PRESSURE = 'node.kubernetes.io/memory-pressure';

interface ProbeManifest {
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
}

interface ContainerManifest {
  readonly startupProbe?: ProbeManifest | null;
  readonly readinessProbe?: ProbeManifest | null;
  readonly livenessProbe?: ProbeManifest | null;
  readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds?: number } } };
}

/**
 * Settings of the pods of a shape. A shape without a Kubernetes object of its own has none of them: no probes, a container that obeys SIGTERM at once, restartPolicy Never for
 * batch work and Always for services.
 * @throws QuantityError on an annotation that is no duration
 */
export function podSettings(shape: Shape): PodSettings {
  const service = shape.kind === 'service';
  if (shape.native?.format !== 'kubernetes') return { probed: UNPROBED, stopUs: 0, qos: null, memoryLimitBytes: Infinity, toleratesMemoryPressure: false, restartsOnFailure: service, restartsAlways: service };
  const object = shape.native.spec as NativeObject;
  const { metadata, spec } = podOfNative(object);
  const { terminationGracePeriodSeconds, restartPolicy } = spec as { readonly terminationGracePeriodSeconds?: number; readonly restartPolicy?: string };
  const annotated = (key: string): number => {
    const text = object.metadata.annotations?.[key] ?? metadata.annotations[key];
    return text === undefined ? 0 : parseDurationUs(text);
  };
  const main = spec.containers[0] as ContainerManifest;
  const preStopUs = (main.lifecycle?.preStop?.sleep?.seconds ?? 0) * SECOND_US;
  // SIGKILL ends what goes on after the grace period (30 s by default: core/v1 defaults.go SetDefaults_PodSpec).
  const stopUs = Math.min((terminationGracePeriodSeconds ?? 30) * SECOND_US, preStopUs + annotated(STOPS_ANNOTATION));
  return {
    probed: { startup: probeOf(main.startupProbe), readiness: probeOf(main.readinessProbe), liveness: probeOf(main.livenessProbe), answersAfterUs: annotated(ANSWERS_ANNOTATION) },
    stopUs,
    // Pods of system priority are treated as guaranteed (kubelettypes.IsNodeCriticalPod in pkg/kubelet/qos/policy.go).
    qos: shape.priority >= NODE_CRITICAL ? 'Guaranteed' : qosOfContainers(spec.containers as readonly ContainerResources[], amountOf),
    memoryLimitBytes: memoryLimitOf(spec.containers as readonly ContainerResources[]),
    toleratesMemoryPressure: object.kind === 'DaemonSet' || (spec.tolerations ?? []).some(({ key, effect }) => (key === undefined || key === MEMORY_PRESSURE) && (!effect || effect === 'NoSchedule')),
    restartsOnFailure: service || restartPolicy === 'OnFailure',
    restartsAlways: service,
  };
}

/** One container stands for all: their limits together; no limit where one of them has none. */
function memoryLimitOf(containers: readonly ContainerResources[]): number {
  let sum = 0;
  for (const { resources } of containers) sum += resources?.limits?.memory === undefined ? Infinity : amountOf('memory', resources.limits.memory);
  return sum;
}

/** core/v1 defaults.go SetDefaults_Probe: period 10 s, one success, three failures. */
function probeOf(probe: ProbeManifest | null | undefined): Probe | null {
  if (probe === undefined || probe === null) return null;
  return {
    initialDelayUs: (probe.initialDelaySeconds ?? 0) * SECOND_US,
    periodUs: (probe.periodSeconds || 10) * SECOND_US,
    successThreshold: probe.successThreshold || 1,
    failureThreshold: probe.failureThreshold || 3,
  };
}
