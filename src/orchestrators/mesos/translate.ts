import type { Shape } from '../../workload/shape.ts';
import { GPU_MILLI } from '../../world/machine-inventory.ts';
import type { Translation, TranslationRule } from '../orchestrator.ts';
import type { MesosOptions } from './mesos-options.ts';

export const MESOS_TRANSLATIONS: readonly TranslationRule[] = [
  { key: 'three-decimals', meaning: 'CPU is asked for in thousandths of a core and memory in thousandths of a MB, rounded up: scalars have three decimals' },
  { key: 'gpu-share-whole', meaning: 'a request for part of a GPU takes a whole device: gpus is a whole number' },
  { key: 'gpu-share-reject', meaning: 'a request for part of a GPU is rejected' },
];

/** Bytes of one MB as Mesos counts. */
const MEGABYTE = 1_048_576;

/** Memory in thousandths of a MB. */
export function memoryThousandths(bytes: number): number {
  return (bytes * 1000) / MEGABYTE;
}

/** A neutral shape as a Mesos task can ask for it. */
export function translate(shape: Shape, options: Pick<MesosOptions, 'gpuShare'>): Translation {
  const applied: string[] = [];
  const cpuMilli = Math.ceil(shape.cpuMilli);
  // A remainder of less than a thousandth of a MB is a matter of the unit and not of the request.
  if (cpuMilli !== shape.cpuMilli) applied.push('three-decimals');
  let request: Shape = cpuMilli === shape.cpuMilli ? shape : { ...shape, cpuMilli };
  if (shape.gpuCount > 0 && shape.gpuMilli < GPU_MILLI) {
    if (options.gpuShare === 'reject') return { request: null, applied: ['gpu-share-reject'] };
    request = { ...request, gpuMilli: GPU_MILLI };
    applied.push('gpu-share-whole');
  }
  return { request, applied };
}
