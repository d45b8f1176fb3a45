import type { FieldCounts } from './field-counts.ts';
import { scalarText } from '../../attribute-text.ts';
import { matchesWhole, PatternError } from '../../../../workload/java-pattern.ts';

export const OPERATORS = ['UNIQUE', 'CLUSTER', 'GROUP_BY', 'LIKE', 'UNLIKE', 'MAX_PER', 'IS', 'IN'] as const;
export type Operator = (typeof OPERATORS)[number];

/**
 * Which rule GROUP_BY follows: `min-groups` is that of every tagged release to 1.10.26, `fixed-groups` that of the untagged 1.11 line
 * (mesosphere/marathon commit ddd6b19b1 of October 2020).
 */
export type GroupByRule = 'min-groups' | 'fixed-groups';

/** One constraint of an app, as written: `["rackid", "GROUP_BY", "3"]`. */
export interface PlacementConstraint {
  readonly field: string;
  readonly operator: Operator;
  /** '' = none. */
  readonly value: string;
}

/** The attempt to match fails altogether: Marathon throws, the offer is unmatched. */
export class UnusableConstraint extends Error {}

/**
 * Whether an offer meets a constraint (mesosphere/marathon 1.11, src/main/scala/mesosphere/mesos/Constraints.scala).
 *
 * @param offered the field's value on the offered agent as {@link attributeText} writes it; undefined = the agent lacks it
 * @param counts values of the field over the app's counted instances
 * @param wanted instances that the app should have
 * @throws UnusableConstraint where Marathon throws: no number for MAX_PER or for GROUP_BY by fixed groups, no regular expression
 */
export function meets(constraint: PlacementConstraint, offered: string | undefined, counts: FieldCounts, wanted: number, rule: GroupByRule): boolean {
  const { operator, value } = constraint;
  if (offered === undefined) return operator === 'UNLIKE';
  switch (operator) {
    case 'UNIQUE':
      return counts.count(offered) === 0;
    case 'CLUSTER':
      return value === '' ? counts.instances === 0 || counts.first() === offered : offered === value;
    case 'LIKE':
      return value !== '' && likeness(value, offered);
    case 'UNLIKE':
      return value !== '' && !likeness(value, offered);
    case 'MAX_PER':
      return belowMaximum(counts.count(offered), required(constraint));
    case 'IS':
      return offered === (SCALAR_VALUE.test(value) ? scalarText(Number(value)) : value);
    case 'IN':
      return value.split(/ *, */).includes(offered);
    case 'GROUP_BY':
      return rule === 'min-groups' ? meetsMinGroups(offered, counts, Math.max(0, integer(value) ?? 0)) : meetsFixedGroups(offered, counts, wanted, Math.max(0, integer(value) ?? 0));
  }
}

/** Whether a pattern matches a whole value. */
function likeness(pattern: string, offered: string): boolean {
  try {
    return matchesWhole(pattern, offered);
  } catch (error) {
    if (error instanceof PatternError) throw new UnusableConstraint(error.message);
    throw error;
  }
}

/** A value not seen yet is welcome; a known one only when there are enough groups and its group is the smallest. */
function meetsMinGroups(offered: string, counts: FieldCounts, minimum: number): boolean {
  const count = counts.count(offered);
  return count === 0 || (counts.groups >= minimum && count === counts.smallest);
}

/** The instances are divided evenly over a number of groups; what does not divide goes to those that come first. */
function meetsFixedGroups(offered: string, counts: FieldCounts, wanted: number, groups: number): boolean {
  if (groups === 0) throw new UnusableConstraint('GROUP_BY needs the number of groups: / by zero');
  const divided = counts.instances > 0 ? wanted : 1;
  const base = Math.trunc(divided / groups);
  const count = counts.count(offered);
  if (count === 0) return counts.groups < groups;
  return count < base || (count === base && (divided % groups) - counts.above(Math.max(0, base)) > 0);
}

/** A value that no instance has yet is accepted whatever the maximum (`checkMaxPer`, `forall`). */
function belowMaximum(count: number, maximum: number): boolean {
  return count === 0 || count < maximum;
}

function required({ operator, value }: PlacementConstraint): number {
  const number = javaInteger(value);
  if (number === undefined) throw new UnusableConstraint(`${operator} needs a number, not "${value}"`);
  return number;
}

function integer(value: string): number | undefined {
  return value === 'inf' ? 2147483647 : javaInteger(value);
}

/** As java.lang.Integer.parseInt: 32 bits. */
function javaInteger(value: string): number | undefined {
  const number = /^[+-]?\d+$/.test(value) ? Number(value) : undefined;
  return number !== undefined && number >= -2147483648 && number <= 2147483647 ? number : undefined;
}

/** What counts as a number in the value of IS (`MesosScalarValue`). */
const SCALAR_VALUE = /^[0-9]+(?:\.[0-9]+)?$/;
