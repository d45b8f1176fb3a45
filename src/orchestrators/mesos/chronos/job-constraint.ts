import { z } from 'zod';
import type { MachineInventory } from '../../../world/machine-inventory.ts';
import { checkPattern, matchesWhole, PatternError } from '../../../workload/java-pattern.ts';
import { attributeText, isScalar } from '../attribute-text.ts';

/** Constraints of a job as its user writes them: `[["rack", "LIKE", "rack-[1-3]"]]` (mesos/chronos 3.0, docs/docs/api.md). */
export const JOB_CONSTRAINTS = z.array(
  z.tuple([z.string().min(1), z.enum(['EQUALS', 'LIKE', 'UNLIKE']), z.string()]).superRefine(([, operator, value], context) => {
    if (operator === 'EQUALS') return;
    try {
      checkPattern(value);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      context.addIssue({ code: 'custom', path: [2], message: error.message });
    }
  }),
);

export type JobConstraint = z.infer<typeof JOB_CONSTRAINTS>[number];

/**
 * Whether an agent meets a constraint (mesos/chronos 3.0, src/main/scala/org/apache/mesos/chronos/scheduler/jobs/constraints). EQUALS compares text only; LIKE and UNLIKE match a whole text, a scalar as Java writes it
 * (`2.0`), or the items of a set, and never ranges. Unlike Marathon's, UNLIKE is not met by an agent that lacks the attribute.
 *
 * @param value the attribute as the agent names it; undefined = it has none
 */
export function meetsJobConstraint([, operator, expected]: JobConstraint, value: string | undefined): boolean {
  if (value === undefined) return false;
  const text = attributeText(value);
  const items = text.startsWith('{') ? text.slice(1, -1).split(',').filter(Boolean) : undefined;
  if (operator === 'EQUALS') return items === undefined && !text.startsWith('[') && !isScalar(value) && text === expected;
  if (text.startsWith('[')) return false;
  const like = (items ?? [isScalar(value) ? javaDouble(Number(text)) : text]).some((item) => matchesWhole(expected, item));
  return like === (operator === 'LIKE');
}

/** The value of an attribute that constraints read: `hostname` is the machine's name unless the agent says otherwise. */
export function constrainedValue(inventory: MachineInventory, machine: number, attribute: string): string | undefined {
  return inventory.attributes[machine]!.get(attribute) ?? (attribute === 'hostname' ? inventory.names[machine] : undefined);
}

/** As java.lang.Double.toString: a point always, an exponent from ten million on and below a thousandth. */
function javaDouble(value: number): string {
  if (value === 0) return '0.0';
  if (value >= 1e-3 && value < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
}
