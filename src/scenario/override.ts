import { suggestion } from '../engine/nearest.ts';
import { ScenarioError } from './problem.ts';
import { isRange } from './axis.ts';
import { splitValues } from './split-values.ts';
import { isForbiddenKey, parseYaml, type PathSegment } from './yaml-document.ts';

/** A value set from the command line: `workload.load=0.9`. */
export interface Override {
  readonly path: readonly PathSegment[];
  readonly value: unknown;
  /** Several values, of which each makes runs of its own; `null` = one value. */
  readonly values: readonly unknown[] | null;
  /** As typed. */
  readonly text: string;
}

/** Reads `a.b.c=value`; the value is YAML (a number, text, a list in brackets), or several with commas between them, or a range. @throws ScenarioError */
export function parseOverride(text: string, option = '--set'): Override {
  const where = `${option} ${text}`;
  const equals = text.indexOf('=');
  const fail = (message: string): never => {
    throw new ScenarioError([{ path: '', where, message }]);
  };
  if (equals <= 0) fail('expected PATH=VALUE, such as workload.load=0.9');
  const path = text.slice(0, equals).split('.');
  for (const segment of path) {
    if (segment === '') fail('an empty key in the path');
    if (isForbiddenKey(segment)) fail(`the key "${segment}" is not allowed`);
  }
  if (path.length > 16) fail('the path has more than 16 keys');
  const parts = splitValues(text.slice(equals + 1));
  if (parts.length === 1 && !isRange(parts[0]!)) return { path, value: parseYaml(text.slice(equals + 1), where).value, values: null, text };
  // A seed's range has a meaning of its own.
  if (path.at(-1) === 'seeds') return { path, value: parts, values: null, text };
  if (parts.includes('')) fail('an empty value between commas');
  const values = parts.map((part) => parseYaml(part, where).value);
  return { path, value: values, values, text };
}

/**
 * A copy of the data with one value set. Elements of lists are named by number, or by their `label`, `use` or `name` (`orchestrators.mesos.options.seed`); a missing mapping on the way is
 * made, a missing list element is an error. A text element of a list of orchestrators becomes a mapping when something inside it is set.
 * @returns the data and the path actually set, with list positions as numbers
 */
export function applyOverride(data: unknown, override: Pick<Override, 'path' | 'value'> & { readonly where?: string; readonly text?: string }): { data: unknown; path: PathSegment[] } {
  const fail = (message: string): never => {
    throw new ScenarioError([{ path: override.path.join('.'), where: override.where ?? `--set ${override.text}`, message }]);
  };
  const taken: PathSegment[] = [];
  const set = (node: unknown, depth: number): unknown => {
    if (depth === override.path.length) return override.value;
    const segment = String(override.path[depth]);
    if (Array.isArray(node)) {
      const index = elementIndex(node, segment);
      if (index < 0) return fail(`no element "${segment}" in ${taken.join('.')}${suggestion(segment, node.map(elementName).filter((name) => name !== ''))}`);
      taken.push(index);
      return node.map((element, i) => (i === index ? set(element, depth + 1) : element));
    }
    if (typeof node === 'string' && taken[0] === 'orchestrators') return set({ use: node }, depth);
    if (node !== null && node !== undefined && typeof node !== 'object') return fail(`${taken.join('.')} is a single value and has no key "${segment}"`);
    taken.push(segment);
    const mapping = (node ?? {}) as Record<string, unknown>;
    return { ...mapping, [segment]: set(Object.hasOwn(mapping, segment) ? mapping[segment] : undefined, depth + 1) };
  };
  return { data: set(data, 0), path: taken };
}

function elementIndex(list: readonly unknown[], segment: string): number {
  if (/^\d+$/.test(segment)) return Number(segment) < list.length ? Number(segment) : -1;
  return list.findIndex((element) => elementName(element) === segment);
}

function elementName(element: unknown): string {
  if (typeof element === 'string') return element;
  if (element === null || typeof element !== 'object') return '';
  const { label, use, name } = element as Record<string, unknown>;
  return [label, use, name].find((value) => typeof value === 'string') as string | undefined ?? '';
}
