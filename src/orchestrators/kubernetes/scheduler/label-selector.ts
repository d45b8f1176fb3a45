import type { LabelSelector, SelectorRequirement } from './pod-spec.ts';

/** Whole numbers as strconv.ParseInt takes them; undefined for anything else. */
export function wholeNumber(text: string): bigint | undefined {
  return /^[+-]?\d+$/.test(text) ? BigInt(text.startsWith('+') ? text.slice(1) : text) : undefined;
}

/** Whether a requirement holds for labels looked up one by one. */
export function holds({ key, operator, values }: SelectorRequirement, label: (key: string) => string | undefined): boolean {
  const value = label(key);
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default: {
      if (value === undefined || values.length !== 1) return false;
      const left = wholeNumber(value);
      const right = wholeNumber(values[0]!);
      if (left === undefined || right === undefined) return false;
      return operator === 'Gt' ? left > right : left < right;
    }
  }
}

/** Whether labels match a selector; `null` matches nothing, an empty selector everything. */
export function selects(selector: LabelSelector | null, labels: ReadonlyMap<string, string>): boolean {
  return selector !== null && selector.every((requirement) => holds(requirement, (key) => labels.get(key)));
}
