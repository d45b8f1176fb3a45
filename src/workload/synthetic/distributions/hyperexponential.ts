import { z } from 'zod';
import { exponential as draw } from '../../../engine/random/distributions.ts';
import type { DistributionKind } from '../distribution.ts';

/**
 * Two exponentials mixed so that mean and squared coefficient of variation are as given, with balanced means (each branch contributes half of the mean): the usual two-moment fit for variation
 * above that of the exponential.
 */
export const hyperexponential: DistributionKind<{ kind: 'hyperexponential'; mean: number; scv: number }> = {
  name: 'hyperexponential',
  summary: 'two exponentials with a mean and a squared coefficient of variation of 1 or more',
  parameters: (quantity) => z.strictObject({ kind: z.literal('hyperexponential'), mean: quantity, scv: z.number().min(1).max(1e6) }),
  of: ({ mean, scv }) => {
    const short = (1 + Math.sqrt((scv - 1) / (scv + 1))) / 2;
    const long = 1 - short;
    // One uniform value chooses the branch and is used again, stretched, within it.
    return { mean, draw: (u) => (u < short ? draw(u / short, mean / (2 * short)) : draw((u - short) / long, mean / (2 * long))) };
  },
};
