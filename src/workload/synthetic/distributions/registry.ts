import { z } from 'zod';
import type { Distribution, DistributionKind } from '../distribution.ts';
import { boundedPareto } from './bounded-pareto.ts';
import { exponential } from './exponential.ts';
import { fixed } from './fixed.ts';
import { gamma } from './gamma.ts';
import { hyperexponential } from './hyperexponential.ts';
import { logNormal } from './log-normal.ts';
import { never } from './never.ts';
import { normal } from './normal.ts';
import { uniform } from './uniform.ts';
import { weibull } from './weibull.ts';

/** Every distribution that scenarios can name. Adding one = its file and a line here. */
export const DISTRIBUTIONS: readonly DistributionKind[] = [fixed, exponential, uniform, logNormal, boundedPareto, hyperexponential, gamma, weibull, normal, never] as readonly DistributionKind[];

/** A distribution as validated. */
export interface DistributionParameters {
  readonly kind: string;
}

/** Schema of any distribution of a quantity, told apart by `kind`. */
export function distributionSchema(quantity: z.ZodType<number>): z.ZodType<DistributionParameters> {
  const options = DISTRIBUTIONS.map((kind) => kind.parameters(quantity));
  return z.discriminatedUnion('kind', options as [z.ZodObject, ...z.ZodObject[]]) as unknown as z.ZodType<DistributionParameters>;
}

/** The distribution of validated parameters. */
export function distributionOf(parameters: DistributionParameters): Distribution {
  const kind = DISTRIBUTIONS.find(({ name }) => name === parameters.kind);
  if (kind === undefined) throw new Error(`no distribution "${parameters.kind}"`);
  return kind.of(parameters);
}
