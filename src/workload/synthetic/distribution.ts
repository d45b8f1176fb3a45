import type { z } from 'zod';

/** A distribution with its parameters filled in: one uniform value per draw, so that keyed draws stay aligned. */
export interface Distribution {
  /** Expected value; `Infinity` where there is none. */
  readonly mean: number;
  /** The value at the share u of the distribution, 0 <= u < 1. */
  draw(u: number): number;
}

/** The seam for distributions that generators draw from. */
export interface DistributionKind<Parameters extends { readonly kind: string } = { readonly kind: string }> {
  /** The value of `kind:` in a scenario. */
  readonly name: string;
  readonly summary: string;
  /**
   * Strict object with `kind` and the parameters.
   * @param quantity schema of values of what is drawn: durations with units, or plain numbers
   */
  parameters(quantity: z.ZodType<number>): z.ZodObject;
  of(parameters: Parameters): Distribution;
}
