import { z } from 'zod';
import { exponential as draw } from '../../../engine/random/distributions.ts';
import type { DistributionKind } from '../distribution.ts';

/** Exponential: squared coefficient of variation 1. */
export const exponential: DistributionKind<{ kind: 'exponential'; mean: number }> = {
  name: 'exponential',
  summary: 'exponential with a mean',
  parameters: (quantity) => z.strictObject({ kind: z.literal('exponential'), mean: quantity }),
  of: ({ mean }) => ({ mean, draw: (u) => draw(u, mean) }),
};
