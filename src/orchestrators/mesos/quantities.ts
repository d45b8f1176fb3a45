import { z } from 'zod';
import { BYTES, CPU_MILLI } from '../../engine/quantity-schema.ts';
import { memoryThousandths } from './translate.ts';

/** Amounts of resources; what is not named is not meant. */
export const QUANTITIES = z.strictObject({ cpus: CPU_MILLI.optional().describe('cores'), memory: BYTES.optional().describe('memory'), gpus: z.number().nonnegative().optional().describe('devices') });

/** Quantities of an option by resource name, in thousandths. */
export function quantities({ cpus, memory, gpus }: z.infer<typeof QUANTITIES>): Map<string, number> {
  const given: (readonly [string, number | undefined])[] = [['cpus', cpus], ['mem', memory === undefined ? undefined : memoryThousandths(memory)], ['gpus', gpus === undefined ? undefined : gpus * 1000]];
  return new Map(given.flatMap(([name, amount]) => (amount === undefined ? [] : [[name, amount] as const])));
}
