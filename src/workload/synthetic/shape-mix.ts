import { z } from 'zod';
import { BYTES, CPU_MILLI } from '../../engine/quantity-schema.ts';
import { GPU_MILLI } from '../../world/machine-inventory.ts';
import type { Shape } from '../shape.ts';

const CONSTRAINT = z
  .string()
  .regex(/^\s*[^=!;]+(==|!=)[^;]*$/, 'expected attribute==value or attribute!=value')
  .transform((text) => {
    const match = /^\s*([^=!]+?)\s*(==|!=)\s*(.*?)\s*$/.exec(text)!;
    return { attribute: match[1]!, operator: match[2] as '==' | '!=', value: match[3]! };
  });

/** What tasks of a class ask for: one of several shapes, chosen by weight. */
export const SHAPE_MIX = z
  .array(
    z
      .strictObject({
        weight: z.number().gt(0).default(1).describe('share of jobs of this shape, relative to the others'),
        cpu: CPU_MILLI.describe('cores per task: 0.5 or 500m'),
        memory: BYTES.describe('memory per task: 512MiB'),
        gpu: z.int().min(0).max(30).default(0).describe('GPU devices per task'),
        gpuMilli: z.int().min(1).max(GPU_MILLI).default(GPU_MILLI).describe('milli-GPU on each device; less than 1,000: a part of one shared device'),
        gpuModels: z.array(z.string().min(1)).default([]).describe('acceptable GPU models; empty: any'),
        image: z.string().default('').describe('container image; empty: nothing to pull'),
        priority: z.int().default(0).describe('larger is more important'),
        constraints: z.array(CONSTRAINT).default([]).describe('attribute==value or attribute!=value'),
        user: z.string().default('').describe('whose job it is'),
        failureShare: z.number().min(0).max(1).default(0).describe('probability that one attempt fails by itself'),
      })
      .refine(({ gpu, gpuMilli }) => gpu <= 1 || gpuMilli === GPU_MILLI, { message: 'parts are of one device: expected gpuMilli 1000 where gpu is above 1', path: ['gpuMilli'] }),
  )
  .min(1);

export type ShapeMix = z.output<typeof SHAPE_MIX>;

/** The shape at the share u of the mix. */
export function shapeAt(mix: ShapeMix, kind: Shape['kind'], u: number): Shape {
  const total = mix.reduce((sum, { weight }) => sum + weight, 0);
  let left = u * total;
  const entry = mix.find(({ weight }) => (left -= weight) < 0) ?? mix.at(-1)!;
  const shapes = made[kind];
  let shape = shapes.get(entry);
  if (shape === undefined) {
    shape = shapeOf(entry, kind);
    shapes.set(entry, shape);
  }
  return shape;
}

/** What was made of an entry before: jobs of one kind share it. */
const made: Readonly<Record<Shape['kind'], WeakMap<ShapeMix[number], Shape>>> = { batch: new WeakMap(), service: new WeakMap() };

function shapeOf(entry: ShapeMix[number], kind: Shape['kind']): Shape {
  return {
    kind,
    cpuMilli: entry.cpu,
    memoryBytes: entry.memory,
    gpuCount: entry.gpu,
    gpuMilli: entry.gpu === 0 ? 0 : entry.gpuMilli,
    gpuModels: entry.gpuModels,
    image: entry.image,
    priority: entry.priority,
    constraints: entry.constraints,
    user: entry.user,
    failureShare: entry.failureShare,
    native: null,
  };
}
