import { z } from 'zod';
import { uniform as draw } from '../../../engine/random/distributions.ts';
import type { DistributionKind } from '../distribution.ts';

/** Evenly between two values. */
export const uniform: DistributionKind<{ kind: 'uniform'; low: number; high: number }> = {
  name: 'uniform',
  summary: 'evenly between low and high',
  parameters: (quantity) =>
    z.strictObject({ kind: z.literal('uniform'), low: quantity, high: quantity }).refine(({ low, high }) => high >= low, { message: 'expected high to be at least low', path: ['high'] }),
  of: ({ low, high }) => ({ mean: (low + high) / 2, draw: (u) => draw(u, low, high) }),
};
