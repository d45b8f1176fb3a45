import { z } from 'zod';
import { DURATION_US } from '../engine/quantity-schema.ts';
import type { WorkloadColumns } from '../workload/workload.ts';

const SHARE = z
  .strictObject({
    least: z.number().min(0).max(1000).default(1).describe('smallest share of the request'),
    most: z.number().min(0).max(1000).default(1).describe('largest share of the request'),
  })
  .refine(({ least, most }) => least <= most, { message: 'expected at most as much as `most`', path: ['least'] })
  .prefault({});

/** The section `workload.use`: what tasks really use as a share of what they ask for. */
export const USE = z.strictObject({
  cpu: SHARE.describe('CPU: each task draws its share once, uniformly'),
  memory: SHARE.describe('memory, likewise'),
  memoryGrowth: DURATION_US.default(0).describe('memory grows evenly from nothing to its full amount within this from the start of the work: 10min; 0s: at once'),
});

/** The workload with actual use in every shape that does not state its own. */
export function withUse(columns: WorkloadColumns, use: z.output<typeof USE> | undefined): WorkloadColumns {
  if (use === undefined) return columns;
  const { cpu, memory, memoryGrowth } = use;
  const shapes = columns.shapes.map((shape) => ({
    ...shape,
    use: shape.use ?? { cpuMilli: [cpu.least * shape.cpuMilli, cpu.most * shape.cpuMilli] as const, memoryBytes: [memory.least * shape.memoryBytes, memory.most * shape.memoryBytes] as const, growthUs: memoryGrowth },
  }));
  return { ...columns, shapes };
}
