import { z } from 'zod';
import type { DistributionKind } from '../distribution.ts';

/** Without end: lifetimes of services. */
export const never: DistributionKind<{ kind: 'never' }> = {
  name: 'never',
  summary: 'without end (lifetimes of services only)',
  parameters: () => z.strictObject({ kind: z.literal('never') }),
  of: () => ({ mean: Infinity, draw: () => Infinity }),
};
