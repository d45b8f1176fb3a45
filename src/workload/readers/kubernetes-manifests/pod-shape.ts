import { GPU_MILLI } from '../../../world/machine-inventory.ts';
import type { Constraint, Shape } from '../../shape.ts';
import { type PodSpecManifest, requestsOf } from './object-schema.ts';

/** Node label of the GPU model (NVIDIA gpu-feature-discovery). */
export const GPU_MODEL_LABEL = 'nvidia.com/gpu.product';
export const ZONE_LABEL = 'topology.kubernetes.io/zone';
/** Whole devices of a device plugin: `nvidia.com/gpu`, `amd.com/gpu`. */
export const GPU_RESOURCE = /\/gpu$/;

/** The fields of a neutral shape that a pod's spec decides. Affinity between pods, tolerations, spread constraints and the like are only in the original. */
export function podShape(spec: PodSpecManifest): Pick<Shape, 'cpuMilli' | 'memoryBytes' | 'gpuCount' | 'gpuMilli' | 'gpuModels' | 'image' | 'constraints'> {
  const requests = requestsOf(spec);
  let gpuCount = 0;
  for (const [name, amount] of requests) if (GPU_RESOURCE.test(name)) gpuCount += amount;
  const constraints: Constraint[] = [];
  let gpuModels: readonly string[] = [];
  const require = (key: string, values: readonly string[]): void => {
    if (key === GPU_MODEL_LABEL && gpuCount > 0) gpuModels = values;
    else if (values.length === 1) constraints.push({ attribute: attributeOf(key), operator: '==', value: values[0]! });
  };
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) require(key, [value]);
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  // Several terms are alternatives, which a list of constraints cannot say.
  if (terms.length === 1) {
    for (const { key, operator, values } of terms[0]!.matchExpressions ?? []) {
      if (operator === 'In') require(key, values ?? []);
      else if (operator === 'NotIn') for (const value of values ?? []) constraints.push({ attribute: attributeOf(key), operator: '!=', value });
    }
  }
  return { cpuMilli: requests.get('cpu') ?? 0, memoryBytes: requests.get('memory') ?? 0, gpuCount, gpuMilli: gpuCount > 0 ? GPU_MILLI : 0, gpuModels, image: spec.containers[0]!.image ?? '', constraints };
}

function attributeOf(label: string): string {
  return label === ZONE_LABEL ? 'zone' : label;
}
