import { z } from 'zod';
import { logNormal as draw } from '../../../engine/random/distributions.ts';
import { exp } from '../../../engine/numeric.ts';
import type { DistributionKind } from '../distribution.ts';

/** Log-normal by its median and the standard deviation of the logarithm. */
export const logNormal: DistributionKind<{ kind: 'log-normal'; median: number; sigma: number }> = {
  name: 'log-normal',
  summary: 'log-normal by median and sigma, the standard deviation of the natural logarithm',
  parameters: (quantity) => z.strictObject({ kind: z.literal('log-normal'), median: quantity, sigma: z.number().min(0).max(10) }),
  of: ({ median, sigma }) => ({ mean: median * exp((sigma * sigma) / 2), draw: (u) => draw(u, median, sigma) }),
};
