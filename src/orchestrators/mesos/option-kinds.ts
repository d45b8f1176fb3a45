import { DURATION_US } from '../../engine/quantity-schema.ts';

export const SECOND_US = 1_000_000;

/** A duration with its unit that need not be given. */
export function duration(defaultUs: number, description: string) {
  return DURATION_US.default(defaultUs).describe(description);
}
