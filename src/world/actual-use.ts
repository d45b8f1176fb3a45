import type { KeyedRandom } from '../engine/random/keyed-random.ts';

/** What the tasks of a shape really use where that is not what they ask for: each draws its own amounts once, uniformly between two bounds, and keeps them over all its attempts. */
export interface UseRange {
  readonly cpuMilli: readonly [least: number, most: number];
  readonly memoryBytes: readonly [least: number, most: number];
  /** Memory grows evenly from nothing at the start of the work to its full amount within this, microseconds; 0 = at once. */
  readonly growthUs: number;
}

/** Memory grows in so many steps. */
export const GROWTH_STEPS = 32;

/** CPU that a task uses, milli-cores. */
export function cpuUse({ cpuMilli: [least, most] }: UseRange, random: KeyedRandom, entity: number): number {
  return least + random.u(entity, 0, USED_CPU) * (most - least);
}

/** Memory that a task uses in the end, whole bytes. */
export function memoryUse({ memoryBytes: [least, most] }: UseRange, random: KeyedRandom, entity: number): number {
  return Math.floor(least + random.u(entity, 0, USED_MEMORY) * (most - least));
}

const USED_CPU = 13;
const USED_MEMORY = 14;
