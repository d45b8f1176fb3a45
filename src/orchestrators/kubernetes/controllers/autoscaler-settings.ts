import { parseCpuMilli, parseDurationUs } from '../../../engine/quantity.ts';
import type { NativeObject } from '../../../workload/readers/kubernetes-manifests/native-object.ts';
import { parseQuantity } from '../../../workload/readers/kubernetes-manifests/quantity.ts';
import type { Shape } from '../../../workload/shape.ts';
import { DEFAULT_SCALE_DOWN, DEFAULT_SCALE_UP, type ScalingRules } from './replica-recommendation.ts';

/** CPU that a service's pods use together from a time on, milli-cores. */
export interface LoadStep {
  readonly fromUs: number;
  readonly totalMilli: number;
}

/** A HorizontalPodAutoscaler on CPU, and the use that it will see. */
export interface AutoscalerSettings {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Wanted use as a share of the request. */
  readonly target: number;
  readonly up: ScalingRules;
  readonly down: ScalingRules;
  readonly tolerance: number;
  /** Steps of the load on the whole service, first at zero; empty = each pod uses {@link perPodMilli}. */
  readonly load: readonly LoadStep[];
  readonly perPodMilli: number;
  readonly requestMilli: number;
}

/** `seatrial.dev/load: 0s=2 30min=6 1h=2`: cores that the service's pods use together from each time on. */
const LOAD_ANNOTATION = 'seatrial.dev/load';
/** `seatrial.dev/actual-cpu: 200m`: what each pod uses. */
const ACTUAL_ANNOTATION = 'seatrial.dev/actual-cpu';
const SECOND_US = 1_000_000;

interface RulesManifest {
  readonly stabilizationWindowSeconds?: number;
  readonly selectPolicy?: ScalingRules['select'];
  readonly policies?: readonly { readonly type: 'Pods' | 'Percent'; readonly value: number; readonly periodSeconds: number }[];
}

interface AutoscalerManifest {
  readonly minReplicas?: number;
  readonly maxReplicas: number;
  readonly targetCPUUtilizationPercentage?: number;
  readonly metrics?: readonly { readonly type: string; readonly resource?: { readonly name: string; readonly target: { readonly averageUtilization?: number; readonly averageValue?: string | number } } }[];
  readonly behavior?: { readonly scaleUp?: RulesManifest & { readonly tolerance?: string | number }; readonly scaleDown?: RulesManifest };
}

/**
 * The autoscaler of a shape's object; `null` = it has none, or none on CPU.
 * @throws QuantityError on annotations that are no durations or amounts of CPU
 */
export function autoscalerSettings(shape: Shape): AutoscalerSettings | null {
  if (shape.native?.format !== 'kubernetes') return null;
  const object = shape.native.spec as unknown as NativeObject;
  const manifest = object.related?.find(({ kind }) => kind === 'HorizontalPodAutoscaler');
  if (manifest === undefined || shape.cpuMilli === 0) return null;
  const spec = manifest.spec as unknown as AutoscalerManifest;
  const target = cpuTarget(spec, shape.cpuMilli);
  if (target === null) return null;
  const annotations = object.metadata.annotations ?? {};
  const actual = annotations[ACTUAL_ANNOTATION];
  return {
    minReplicas: spec.minReplicas ?? 1,
    maxReplicas: spec.maxReplicas,
    target,
    up: rulesOf(spec.behavior?.scaleUp, DEFAULT_SCALE_UP),
    down: rulesOf(spec.behavior?.scaleDown, DEFAULT_SCALE_DOWN),
    // --horizontal-pod-autoscaler-tolerance 0.1.
    tolerance: spec.behavior?.scaleUp?.tolerance === undefined ? 0.1 : parseQuantity(spec.behavior.scaleUp.tolerance, 1_000_000) / 1_000_000,
    load: loadOf(annotations[LOAD_ANNOTATION]),
    perPodMilli: Math.min(shape.cpuMilli, actual === undefined ? shape.cpuMilli : parseCpuMilli(actual)),
    requestMilli: shape.cpuMilli,
  };
}

function cpuTarget({ metrics, targetCPUUtilizationPercentage }: AutoscalerManifest, requestMilli: number): number | null {
  const target = metrics?.find(({ type, resource }) => type === 'Resource' && resource?.name === 'cpu')?.resource?.target;
  if (target?.averageUtilization !== undefined) return target.averageUtilization / 100;
  if (target?.averageValue !== undefined) return parseQuantity(target.averageValue, 1000) / requestMilli;
  if (metrics !== undefined && metrics.length > 0) return null;
  // Without metrics: 80 % of CPU (pkg/apis/autoscaling/v1/defaults.go).
  return (targetCPUUtilizationPercentage ?? 80) / 100;
}

function rulesOf(manifest: RulesManifest | undefined, fallback: ScalingRules): ScalingRules {
  return {
    stabilizationUs: manifest?.stabilizationWindowSeconds === undefined ? fallback.stabilizationUs : manifest.stabilizationWindowSeconds * SECOND_US,
    select: manifest?.selectPolicy ?? fallback.select,
    policies: manifest?.policies?.map(({ type, value, periodSeconds }) => ({ type, value, periodUs: periodSeconds * SECOND_US })) ?? fallback.policies,
  };
}

function loadOf(text: string | undefined): LoadStep[] {
  if (text === undefined) return [];
  const steps = text.trim().split(/\s+/).map((step): LoadStep => {
    const [from, cores] = step.split('=');
    return { fromUs: parseDurationUs(from), totalMilli: parseCpuMilli(cores) };
  });
  return steps.sort((a, b) => a.fromUs - b.fromUs);
}
