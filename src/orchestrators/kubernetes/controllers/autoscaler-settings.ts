import { parseBytes, parseCpuMilli, parseDurationUs } from '../../../engine/quantity.ts';
import { type NativeObject, podOfNative } from '../../../workload/readers/kubernetes-manifests/native-object.ts';
import { amountOf } from '../../../workload/readers/kubernetes-manifests/pod-amounts.ts';
import { parseQuantity } from '../../../workload/readers/kubernetes-manifests/quantity.ts';
import type { Shape } from '../../../workload/shape.ts';
import type { ResourceTarget, Tolerances } from './resource-replicas.ts';
import { DEFAULT_SCALE_DOWN, DEFAULT_SCALE_UP, type ScalingRules } from './scaling-policies.ts';

/** What a service's pods use together from a time on, whole milli-cores or bytes. */
export interface LoadStep {
  readonly fromUs: number;
  readonly total: number;
}

/** One resource of a service's pods. */
export interface ResourceUse {
  readonly request: number;
  /** What a pod cannot exceed. */
  readonly limit: number;
  /** Steps of the load on the whole service, first at zero; empty = each pod uses what it uses. */
  readonly load: readonly LoadStep[];
}

/** A HorizontalPodAutoscaler on CPU and memory, and the use that it will see. */
export interface AutoscalerSettings {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly targets: readonly ResourceTarget[];
  readonly up: ScalingRules;
  readonly down: ScalingRules;
  readonly tolerances: Tolerances;
  readonly cpu: ResourceUse;
  readonly memory: ResourceUse;
}

/** `seatrial.dev/load: 0s=2 30min=6 1h=2`: cores that the service's pods use together from each time on; `seatrial.dev/memory-load: 0s=2Gi 1h=8Gi`: memory. */
const LOAD_ANNOTATION = 'seatrial.dev/load';
const MEMORY_LOAD_ANNOTATION = 'seatrial.dev/memory-load';
/** --horizontal-pod-autoscaler-tolerance. */
const DEFAULT_TOLERANCE = 0.1;
const SECOND_US = 1_000_000;

interface RulesManifest {
  readonly stabilizationWindowSeconds?: number;
  readonly tolerance?: string | number;
  readonly selectPolicy?: ScalingRules['select'];
  readonly policies?: readonly { readonly type: 'Pods' | 'Percent'; readonly value: number; readonly periodSeconds: number }[];
}

interface MetricManifest {
  readonly name: string;
  readonly target: { readonly averageUtilization?: number; readonly averageValue?: string | number };
}

interface AutoscalerManifest {
  readonly minReplicas?: number;
  readonly maxReplicas: number;
  readonly targetCPUUtilizationPercentage?: number;
  readonly metrics?: readonly { readonly type: string; readonly resource?: MetricManifest; readonly containerResource?: MetricManifest }[];
  readonly behavior?: { readonly scaleUp?: RulesManifest; readonly scaleDown?: RulesManifest };
}

/**
 * The autoscaler of a shape's object; `null` = it has none, or none on CPU or memory.
 * @throws QuantityError on annotations that are no durations or amounts
 */
export function autoscalerSettings(shape: Shape): AutoscalerSettings | null {
  if (shape.native?.format !== 'kubernetes') return null;
  const object = shape.native.spec as unknown as NativeObject;
  const manifest = object.related?.find(({ kind }) => kind === 'HorizontalPodAutoscaler');
  if (manifest === undefined) return null;
  const spec = manifest.spec as unknown as AutoscalerManifest;
  const targets = targetsOf(spec);
  if (targets.length === 0) return null;
  const annotations = object.metadata.annotations ?? {};
  const { containers } = podOfNative(object).spec;
  const limit = (name: string): number => containers.reduce((sum, { resources }) => sum + (resources?.limits?.[name] === undefined ? Infinity : amountOf(name, resources.limits[name])), 0);
  return {
    minReplicas: spec.minReplicas ?? 1,
    maxReplicas: spec.maxReplicas,
    targets,
    up: rulesOf(spec.behavior?.scaleUp, DEFAULT_SCALE_UP),
    down: rulesOf(spec.behavior?.scaleDown, DEFAULT_SCALE_DOWN),
    tolerances: { down: toleranceOf(spec.behavior?.scaleDown), up: toleranceOf(spec.behavior?.scaleUp) },
    cpu: { request: shape.cpuMilli, limit: limit('cpu'), load: loadOf(annotations[LOAD_ANNOTATION], parseCpuMilli) },
    memory: { request: shape.memoryBytes, limit: limit('memory'), load: loadOf(annotations[MEMORY_LOAD_ANNOTATION], parseBytes) },
  };
}

function targetsOf({ metrics, targetCPUUtilizationPercentage }: AutoscalerManifest): ResourceTarget[] {
  // Without metrics: 80 % of CPU (pkg/apis/autoscaling/v1/defaults.go).
  if (metrics === undefined || metrics.length === 0) return [{ resource: 'cpu', percent: targetCPUUtilizationPercentage ?? 80, average: 0 }];
  return metrics.flatMap(({ resource, containerResource }): ResourceTarget[] => {
    // One container stands for all of a pod.
    const { name, target } = resource ?? containerResource ?? { name: '', target: {} };
    if (name !== 'cpu' && name !== 'memory') return [];
    if (target.averageUtilization !== undefined) return [{ resource: name, percent: target.averageUtilization, average: 0 }];
    return target.averageValue === undefined ? [] : [{ resource: name, percent: null, average: amountOf(name, target.averageValue) }];
  });
}

function toleranceOf(rules: RulesManifest | undefined): number {
  return rules?.tolerance === undefined ? DEFAULT_TOLERANCE : parseQuantity(rules.tolerance, 1_000_000) / 1_000_000;
}

function rulesOf(manifest: RulesManifest | undefined, fallback: ScalingRules): ScalingRules {
  return {
    stabilizationUs: manifest?.stabilizationWindowSeconds === undefined ? fallback.stabilizationUs : manifest.stabilizationWindowSeconds * SECOND_US,
    select: manifest?.selectPolicy ?? fallback.select,
    policies: manifest?.policies?.map(({ type, value, periodSeconds }) => ({ type, value, periodUs: periodSeconds * SECOND_US })) ?? fallback.policies,
  };
}

function loadOf(text: string | undefined, read: (text: string) => number): LoadStep[] {
  if (text === undefined) return [];
  const steps = text.trim().split(/\s+/).map((step): LoadStep => {
    const [from, amount] = step.split('=') as [string, string];
    return { fromUs: parseDurationUs(from), total: read(amount) };
  });
  return steps.sort((a, b) => a.fromUs - b.fromUs);
}
