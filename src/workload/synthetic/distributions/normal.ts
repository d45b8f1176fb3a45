import { z } from 'zod';
import { exp } from '../../../engine/numeric.ts';
import { normalShare, positiveNormal } from '../../../engine/random/distributions.ts';
import type { DistributionKind } from '../distribution.ts';

const SQRT_2_PI = 2.5066282746310007;

/** Normal without its part below zero. */
export const normal: DistributionKind<{ kind: 'normal'; mean: number; deviation: number }> = {
  name: 'normal',
  summary: 'normal by mean and standard deviation, given that it is above zero',
  parameters: (quantity) =>
    z
      .strictObject({ kind: z.literal('normal'), mean: quantity, deviation: quantity })
      .refine(({ mean }) => mean > 0, { message: 'expected a mean above 0', path: ['mean'] }),
  of: ({ mean, deviation }) => ({ mean: deviation === 0 ? mean : meanOf(mean, deviation), draw: (u) => positiveNormal(u, mean, deviation) }),
};

/** What the cut leaves has a larger mean. */
function meanOf(mean: number, deviation: number): number {
  const z = mean / deviation;
  return mean + (deviation * exp((-z * z) / 2)) / SQRT_2_PI / normalShare(z);
}
