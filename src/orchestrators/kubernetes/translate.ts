import { GPU_MILLI } from '../../world/machine-inventory.ts';
import type { Shape } from '../../workload/shape.ts';
import type { Translation, TranslationRule } from '../orchestrator.ts';
import type { KubernetesOptions } from './kubernetes-options.ts';

export const KUBERNETES_TRANSLATIONS: readonly TranslationRule[] = [
  { key: 'gpu-share-whole', meaning: 'a request for part of a GPU takes a whole device: nvidia.com/gpu is an extended resource, which is handed out in whole units' },
  { key: 'gpu-share-reject', meaning: 'a request for part of a GPU is rejected' },
];

/** A neutral shape as a pod template can ask for it. */
export function translateShape(shape: Shape, options: Pick<KubernetesOptions, 'gpuShare'>): Translation {
  if (shape.gpuCount === 0 || shape.gpuMilli >= GPU_MILLI || options.gpuShare === 'plugin') return { request: shape, applied: [] };
  if (options.gpuShare === 'reject') return { request: null, applied: ['gpu-share-reject'] };
  return { request: { ...shape, gpuMilli: GPU_MILLI }, applied: ['gpu-share-whole'] };
}
