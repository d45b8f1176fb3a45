import { suggestion } from '../engine/nearest.ts';
import type { Problem } from './problem.ts';
import type { PathSegment } from './yaml-document.ts';

const REFERENCE = /\$\{([^}]*)\}/g;

/** Values of a scenario's parameters: given on the command line, or the scenario's own defaults. `null` = must be given. */
export interface ParameterValues {
  readonly values: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

/**
 * Settles the parameters that a scenario declares.
 * @param declared the scenario's `parameters` mapping
 * @param given from the command line
 */
export function settleParameters(
  declared: unknown,
  given: ReadonlyMap<string, string>,
  where: (path: readonly PathSegment[]) => string,
): ParameterValues {
  const problems: Problem[] = [];
  const values = new Map<string, string>();
  const entries = declared !== null && typeof declared === 'object' && !Array.isArray(declared) ? Object.entries(declared) : [];
  const names = entries.map(([name]) => name);
  for (const name of given.keys()) {
    if (!names.includes(name)) problems.push({ path: 'parameters', where: `--param ${name}`, message: `the scenario has no parameter "${name}"${suggestion(name, names)}` });
  }
  for (const [name, value] of entries) {
    const set = given.get(name);
    if (set !== undefined) values.set(name, set);
    else if (typeof value === 'string' || typeof value === 'number') values.set(name, String(value));
    else if (value === null) problems.push({ path: `parameters.${name}`, where: where(['parameters', name]), message: `needs a value: --param ${name}=VALUE` });
    else problems.push({ path: `parameters.${name}`, where: where(['parameters', name]), message: 'expected a text (the default) or nothing (must be given)' });
  }
  return { values, problems };
}

/** Replaces `${name}` in every text of the data, but for the declaration itself. Unknown names are problems. */
export function substituteParameters(
  data: unknown,
  parameters: ParameterValues,
  where: (path: readonly PathSegment[]) => string,
): { data: unknown; problems: Problem[] } {
  const problems: Problem[] = [];
  const declaredButMissing = new Set(parameters.problems.map((problem) => problem.path));
  const walk = (node: unknown, path: readonly PathSegment[]): unknown => {
    if (typeof node === 'string') {
      return node.replace(REFERENCE, (text, name: string) => {
        const value = parameters.values.get(name);
        if (value !== undefined) return value;
        if (!declaredButMissing.has(`parameters.${name}`)) {
          problems.push({ path: path.join('.'), where: where(path), message: `"${name}" is not among the scenario's parameters${suggestion(name, [...parameters.values.keys()])}` });
        }
        return text;
      });
    }
    if (Array.isArray(node)) return node.map((element, i) => walk(element, [...path, i]));
    if (node === null || typeof node !== 'object') return node;
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, path.length === 0 && key === 'parameters' ? value : walk(value, [...path, key])]));
  };
  return { data: walk(data, []), problems };
}
