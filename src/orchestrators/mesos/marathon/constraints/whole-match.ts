import { UnusableConstraint } from './placement-constraint.ts';

const compiled = new Map<string, RegExp>();

/**
 * Whether a regular expression matches a whole text, as java.lang.String.matches. Inline flags at the beginning (`(?i)`) are understood; what only Java's dialect has (possessive
 * quantifiers, classes such as `\p{Alnum}`) is not.
 *
 * @throws UnusableConstraint if it is no regular expression
 */
export function wholeMatch(pattern: string, text: string): boolean {
  let expression = compiled.get(pattern);
  if (expression === undefined) {
    const flags = /^\(\?([ims]+)\)/.exec(pattern);
    try {
      expression = new RegExp(`^(?:${flags === null ? pattern : pattern.slice(flags[0].length)})$`, flags === null ? '' : [...new Set(flags[1])].join(''));
    } catch {
      throw new UnusableConstraint(`not a regular expression: ${pattern}`);
    }
    compiled.set(pattern, expression);
  }
  return expression.test(text);
}
