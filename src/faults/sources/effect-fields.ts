import { z } from 'zod';
import { FAULT_KINDS, type FaultKind } from '../fault-plan.ts';
import { FAULT_KIND_LIST } from '../kinds/registry.ts';

/** Keys that say what happens, the same in every source. Check with {@link factorFits}. */
export const EFFECT_FIELDS = {
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'expected a name of up to 64 letters, digits and . _ -').optional().describe('label, and root of the entry\'s draws: a named entry keeps its faults when others are added before it'),
  // Looked up when it is first needed: plugins may have brought further kinds.
  kind: z.lazy((): z.ZodType<FaultKind> => z.enum(FAULT_KINDS)).describe('what befalls the machines'),
  factor: z.number().gt(1).max(1e6).optional().describe('how many times slower; for slow only'),
};

/** What {@link EFFECT_FIELDS} amount to. */
export interface Effect {
  readonly kind: (typeof FAULT_KINDS)[number];
  readonly factor?: number | undefined;
}

/** A factor belongs to the kinds that take one, and only to them. */
export function factorFits(spec: Effect, context: z.RefinementCtx): void {
  const takesFactor = FAULT_KIND_LIST.find((kind) => kind.name === spec.kind)!.takesFactor;
  if (takesFactor && spec.factor === undefined) context.addIssue({ code: 'custom', path: ['factor'], message: `kind ${spec.kind} needs a factor, such as 4 for four times slower` });
  if (!takesFactor && spec.factor !== undefined) context.addIssue({ code: 'custom', path: ['factor'], message: `kind ${spec.kind} takes no factor` });
}
