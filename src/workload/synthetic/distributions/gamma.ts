import { z } from 'zod';
import { gamma as draw } from '../../../engine/random/distributions.ts';
import type { DistributionKind } from '../distribution.ts';

/** Gamma by mean and squared coefficient of variation: Erlang's law of k phases at 1 / k, the exponential at 1. */
export const gamma: DistributionKind<{ kind: 'gamma'; mean: number; scv: number }> = {
  name: 'gamma',
  summary: 'gamma with a mean and a squared coefficient of variation; 1/k: Erlang of k phases',
  parameters: (quantity) => z.strictObject({ kind: z.literal('gamma'), mean: quantity, scv: z.number().min(0.001).max(100) }),
  of: ({ mean, scv }) => ({ mean, draw: (u) => draw(u, 1 / scv, mean) }),
};
