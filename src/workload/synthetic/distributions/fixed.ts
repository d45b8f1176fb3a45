import { z } from 'zod';
import type { DistributionKind } from '../distribution.ts';

/** Always the same value. */
export const fixed: DistributionKind<{ kind: 'fixed'; value: number }> = {
  name: 'fixed',
  summary: 'always the same value',
  parameters: (quantity) => z.strictObject({ kind: z.literal('fixed'), value: quantity }),
  of: ({ value }) => ({ mean: value, draw: () => value }),
};
