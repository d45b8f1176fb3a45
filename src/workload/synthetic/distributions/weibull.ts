import { z } from 'zod';
import { lnGamma } from '../../../engine/gamma.ts';
import { exp } from '../../../engine/numeric.ts';
import { weibull as draw } from '../../../engine/random/distributions.ts';
import type { DistributionKind } from '../distribution.ts';

/** Weibull by shape and scale, as times to failure are. */
export const weibull: DistributionKind<{ kind: 'weibull'; shape: number; scale: number }> = {
  name: 'weibull',
  summary: 'Weibull by shape and scale: heavier tail than the exponential below shape 1, lighter above',
  parameters: (quantity) => z.strictObject({ kind: z.literal('weibull'), shape: z.number().min(0.1).max(100), scale: quantity }),
  of: ({ shape, scale }) => ({ mean: scale * exp(lnGamma(1 + 1 / shape)), draw: (u) => draw(u, shape, scale) }),
};
