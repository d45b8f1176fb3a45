import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attributeText } from '../../attribute-text.ts';
import { FieldCounts } from './field-counts.ts';
import { meets, type Operator, UnusableConstraint } from './placement-constraint.ts';
import { selectInstancesToKill } from './select-instances-to-kill.ts';

describe('the text of an attribute', () => {
  test.each([
    ['1', '1'],
    ['1.0', '1'],
    // No scalar is negative (Mesos, src/common/values.cpp): text, as written.
    ['-2.50', '-2.50'],
    ['1e22', '10000000000000000000000'],
    ['inf', 'inf'],
    ['0x10', '0x10'],
    ['0.0625', '0.062'],
    ['0.1875', '0.188'],
    ['1.0005', '1'],
    ['0.9996', '1'],
    ['1.1005', '1.101'],
    ['[10-20, 3-5]', '[3-5,10-20]'],
    // Mesos merges ranges that touch or overlap, and drops blanks everywhere.
    ['[1-2,3-4,8-9]', '[1-4,8-9]'],
    ['[5]', '[5]'],
    ['rack 1', 'rack1'],
    ['{b, a}', '{a,b}'],
    ['5-7', '5-7'],
    ['rack-1', 'rack-1'],
  ])('%s is compared as %s', (value, text) => {
    expect(attributeText(value)).toBe(text);
  });
});

function placed(...values: (string | undefined)[]): FieldCounts {
  const counts = new FieldCounts();
  for (const [instance, value] of values.entries()) counts.add(instance, value);
  return counts;
}

function met(operator: Operator, value: string, offered: string | undefined, counts: FieldCounts, wanted = 10): boolean[] {
  return (['min-groups', 'fixed-groups'] as const).map((rule) => meets({ field: 'rack', operator, value }, offered, counts, wanted, rule));
}

test('the two rules of GROUP_BY differ in what they do about a fourth rack', () => {
  expect(met('GROUP_BY', '3', 'd', placed('a', 'b', 'c'))).toEqual([true, false]);
});

test('instances on agents without the field are a group of their own', () => {
  expect(met('GROUP_BY', '2', 'a', placed('a', undefined))).toEqual([true, true]);
  expect(met('GROUP_BY', '2', 'a', placed('a', 'a', undefined))[0]).toBe(false);
});

test('MAX_PER without a number, GROUP_BY by fixed groups without one and a broken expression cannot be used', () => {
  for (const [operator, value] of [['MAX_PER', 'two'], ['GROUP_BY', ''], ['LIKE', '(']] as const) {
    expect(() => meets({ field: 'rack', operator, value }, 'a', placed('a'), 3, 'fixed-groups')).toThrow(UnusableConstraint);
  }
});

test('MAX_PER accepts a value that no instance has yet, whatever the maximum, and no number beyond 32 bits', () => {
  expect(met('MAX_PER', '0', 'a', placed('b'))).toEqual([true, true]);
  expect(met('MAX_PER', '0', 'a', placed('a'))).toEqual([false, false]);
  expect(() => met('MAX_PER', '2147483648', 'a', placed('a'))).toThrow(UnusableConstraint);
  expect(() => met('GROUP_BY', '-1', 'a', placed('a'))).toThrow(UnusableConstraint);
});

test('IS takes a value of digits as a number and writes it as attributes are written; all else must be equal to the letter', () => {
  expect(met('IS', '1.0', '1', placed())).toEqual([true, true]);
  expect(met('IS', '1.', '1', placed())).toEqual([false, false]);
  expect(met('IS', '1e3', '1000', placed())).toEqual([false, false]);
  // A host may be called 1.0.
  expect(met('IS', '1.0', '1.0', placed())).toEqual([false, false]);
});

test('the smallest group, the number of groups and what lies above a size are those of a recount', () => {
  const values = ['a', 'b', 'c', undefined];
  fc.assert(
    fc.property(fc.array(fc.record({ add: fc.boolean(), pick: fc.nat(), value: fc.constantFrom(...values) }), { maxLength: 60 }), (steps) => {
      const counts = new FieldCounts();
      const kept: { instance: number; value: string | undefined }[] = [];
      for (const [instance, { add, pick, value }] of steps.entries()) {
        if (add || kept.length === 0) {
          counts.add(instance, value);
          kept.push({ instance, value });
        } else counts.remove(kept.splice(pick % kept.length, 1)[0]!.instance);
        const sizes = [...new Set(kept.map((entry) => entry.value))].map((group) => kept.filter((entry) => entry.value === group).length);
        expect([counts.instances, counts.groups, counts.smallest, counts.above(1), counts.first()]).toEqual([
          kept.length,
          sizes.length,
          sizes.length === 0 ? 0 : Math.min(...sizes),
          sizes.reduce((sum, size) => sum + Math.max(0, size - 1), 0),
          kept[0]?.value,
        ]);
      }
    }),
  );
});

test('the instances chosen to be killed leave every distribution even, or more even than it was', () => {
  const spread = (values: readonly string[], groups: readonly string[]): number => {
    const sizes = groups.map((group) => values.filter((value) => value === group).length);
    return Math.max(...sizes) - Math.min(...sizes);
  };
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('r1', 'r2', 'r3'), fc.constantFrom('blue', 'green')), { minLength: 1, maxLength: 30 }), fc.nat(29), (agents, count) => {
      fc.pre(count < agents.length);
      const fields = [agents.map(([rack]) => rack), agents.map(([, color]) => color)];
      const chosen = new Set(selectInstancesToKill(fields, agents.length, count));
      expect(chosen.size).toBeLessThanOrEqual(count);
      for (const values of fields) {
        const groups = [...new Set(values)];
        const after = spread(values.filter((_, i) => !chosen.has(i)), groups);
        expect(after <= 1 || after <= spread(values, groups)).toBe(true);
      }
    }),
  );
});
