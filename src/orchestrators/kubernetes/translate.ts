import { GPU_MILLI } from '../../world/machine-inventory.ts';
import type { Shape } from '../../workload/shape.ts';
import type { Translation, TranslationRule } from '../orchestrator.ts';
import type { NativeObject } from '../../workload/readers/kubernetes-manifests/native-object.ts';
import { LEFT_OUT_RULES, leftOutFields } from './manifests/left-out-fields.ts';
import { unknownResources } from './pod-template.ts';
import type { KubernetesOptions } from './kubernetes-options.ts';

export const KUBERNETES_TRANSLATIONS: readonly TranslationRule[] = [
  { key: 'whole-units', meaning: 'CPU is asked for in whole milli-cores and memory in whole bytes, rounded up' },
  { key: 'gpu-share-whole', meaning: 'a request for part of a GPU takes a whole device: nvidia.com/gpu is an extended resource, which is handed out in whole units' },
  { key: 'extended-resources', meaning: 'requests for ephemeral storage, hugepages and extended resources other than GPUs are left out: machines do not state how much of them they have' },
  ...LEFT_OUT_RULES,
  { key: 'gpu-share-reject', meaning: 'a request for part of a GPU is rejected' },
];

/** A neutral shape as a pod template can ask for it. */
export function translateShape(shape: Shape, options: Pick<KubernetesOptions, 'gpuShare'>): Translation {
  const cpuMilli = Math.ceil(shape.cpuMilli);
  const memoryBytes = Math.ceil(shape.memoryBytes);
  const whole = cpuMilli === shape.cpuMilli && memoryBytes === shape.memoryBytes;
  const request = whole ? shape : { ...shape, cpuMilli, memoryBytes };
  const applied: string[] = whole ? [] : ['whole-units'];
  if (shape.native?.format === 'kubernetes') {
    const object = shape.native.spec as unknown as NativeObject;
    if (unknownResources(object).length > 0) applied.push('extended-resources');
    applied.push(...leftOutFields(object));
  }
  if (shape.gpuCount === 0 || shape.gpuMilli >= GPU_MILLI || options.gpuShare === 'plugin') return { request, applied };
  if (options.gpuShare === 'reject') return { request: null, applied: ['gpu-share-reject'] };
  return { request: { ...request, gpuMilli: GPU_MILLI }, applied: [...applied, 'gpu-share-whole'] };
}
