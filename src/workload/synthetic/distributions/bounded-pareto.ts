import { z } from 'zod';
import { ln, pow } from '../../../engine/numeric.ts';
import { boundedPareto as draw } from '../../../engine/random/distributions.ts';
import type { DistributionKind } from '../distribution.ts';

/** Pareto with both ends cut: heavy tails with a stated largest value. */
export const boundedPareto: DistributionKind<{ kind: 'bounded-pareto'; alpha: number; minimum: number; maximum: number }> = {
  name: 'bounded-pareto',
  summary: 'Pareto with exponent alpha between minimum and maximum',
  parameters: (quantity) =>
    z
      .strictObject({ kind: z.literal('bounded-pareto'), alpha: z.number().gt(0).max(100), minimum: quantity, maximum: quantity })
      .refine(({ minimum }) => minimum > 0, { message: 'expected a minimum above 0', path: ['minimum'] })
      .refine(({ minimum, maximum }) => maximum > minimum, { message: 'expected a maximum above the minimum', path: ['maximum'] }),
  of: ({ alpha, minimum, maximum }) => ({ mean: meanOf(alpha, minimum, maximum), draw: (u) => draw(u, alpha, minimum, maximum) }),
};

function meanOf(alpha: number, minimum: number, maximum: number): number {
  const ratio = minimum / maximum;
  const share = 1 - pow(ratio, alpha);
  if (alpha === 1) return (minimum * ln(1 / ratio)) / share;
  return ((alpha * minimum) / (alpha - 1)) * ((1 - pow(ratio, alpha - 1)) / share);
}
