import { z } from 'zod';
import { exponential, logNormal, weibull } from '../engine/random/distributions.ts';
import { DURATION_US } from '../engine/quantity-schema.ts';

const POSITIVE_US = DURATION_US.refine((us) => us > 0, 'expected a duration above zero');

/** A law of times to failure or to repair, as users write it. */
export const LIFETIME_LAW = z.discriminatedUnion('law', [
  z.strictObject({ law: z.literal('exponential'), mean: POSITIVE_US.describe('mean time') }),
  z.strictObject({
    law: z.literal('weibull'),
    shape: z.number().min(0.1).max(100).describe('below 1: the longer up, the less likely to fail (0.7-0.8 in B. Schroeder, G. Gibson, "A large-scale study of failures in high-performance computing systems", DSN 2006)'),
    scale: POSITIVE_US.describe('63.2 % of times are shorter'),
  }),
  z.strictObject({
    law: z.literal('logNormal'),
    median: POSITIVE_US,
    sigma: z.number().min(0).max(10).describe('standard deviation of the logarithm'),
  }),
  z.strictObject({ law: z.literal('fixed'), value: POSITIVE_US }),
]);

export type LifetimeLaw = z.output<typeof LIFETIME_LAW>;

/** The time at quantile `u` in [0, 1) of a law, whole microseconds, at least 1. */
export function lifetimeUs(law: LifetimeLaw, u: number): number {
  return Math.max(1, Math.round(rawLifetimeUs(law, u)));
}

function rawLifetimeUs(law: LifetimeLaw, u: number): number {
  switch (law.law) {
    case 'exponential':
      return exponential(u, law.mean);
    case 'weibull':
      return weibull(u, law.shape, law.scale);
    case 'logNormal':
      return logNormal(u, law.median, law.sigma);
    case 'fixed':
      return law.value;
  }
}
