import { type Document, isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { nearest } from '../../../engine/nearest.ts';
import type { TraceFile } from '../../reader.ts';
import { readText } from '../../read-text.ts';
import { TraceInputError } from '../../trace-input-error.ts';
import { interpolateAll } from './interpolate.ts';

/** A service as it stands in a file, variables filled in. */
export interface WrittenService {
  readonly name: string;
  readonly value: Readonly<Record<string, unknown>>;
  /** Line of the value at a path inside the service, or of the nearest ancestor that is there. */
  line(path: readonly PropertyKey[]): number;
}

export interface ComposeFile {
  /** Name of the project; '' = none. */
  readonly project: string;
  readonly services: readonly WrittenService[];
}

const EXPECTED = 'a Compose file: a mapping with services';
/** Compose Specification, 00-overview.md and the pages it leads to. */
const TOP_LEVEL = ['name', 'version', 'services', 'networks', 'volumes', 'configs', 'secrets', 'models', 'include'];

/**
 * Takes a Compose file apart: anchors, aliases and merge keys (`<<`) resolved, variables filled in.
 * @throws TraceInputError if the file is missing, no YAML, or no Compose file; `include` is not supported
 */
export function readComposeFile(file: TraceFile, variables: ReadonlyMap<string, string>): ComposeFile {
  const lines = new LineCounter();
  const document = parseDocument(readText(file, EXPECTED), { lineCounter: lines, uniqueKeys: true, stringKeys: true, merge: true, schema: 'core', prettyErrors: false, logLevel: 'error' });
  const complaint = document.errors[0];
  if (complaint !== undefined) throw new TraceInputError({ file: file.label, line: lines.linePos(complaint.pos[0]).line, problem: complaint.message.includes('call stack') ? 'is nested too deeply' : complaint.message.split('\n')[0]!, expected: EXPECTED });
  const line = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length >= 0; length--) {
      const offset = placeOf(document, path.slice(0, length));
      if (offset !== undefined) return lines.linePos(offset).line;
    }
    return 1;
  };
  const fail = (path: readonly PropertyKey[], problem: string, more: { expected?: string; hint?: string } = {}): TraceInputError =>
    new TraceInputError({ file: file.label, line: line(path), ...(path.length > 0 && { path: path.join('.') }), problem, ...more });
  let written: unknown;
  try {
    written = document.toJS({ maxAliasCount: 10_000 });
  } catch (error) {
    throw fail([], (error as Error).message, { expected: EXPECTED });
  }
  if (typeof written !== 'object' || written === null || Array.isArray(written)) throw fail([], 'is no mapping', { expected: EXPECTED });
  for (const key of Object.keys(written)) {
    if (TOP_LEVEL.includes(key) || key.startsWith('x-')) continue;
    const hint = nearest(key, TOP_LEVEL);
    throw fail([key], 'a Compose file has no such section', hint === undefined ? {} : { hint: `did you mean "${hint}"?` });
  }
  const { name, services, include } = written as Readonly<Record<string, unknown>>;
  if (include !== undefined) throw fail(['include'], 'including other files is not supported', { hint: 'docker compose config prints one whole file' });
  if (typeof services !== 'object' || services === null || Array.isArray(services)) throw fail(['services'], services === undefined ? 'is missing' : 'is no mapping', { expected: 'a mapping of services by name' });
  const project = interpolateAll(name ?? '', variables, ['name'], (path, error) => fail(path, error.message, { hint: variableHint(error.variable) }));
  if (typeof project !== 'string') throw fail(['name'], 'is no text');
  return {
    project,
    services: Object.entries(services).map(([service, value]): WrittenService => {
      const path = ['services', service];
      if (!/^[a-zA-Z0-9._-]+$/.test(service) || service === '__proto__') throw fail(path, `"${service}" is no name of a service`, { expected: 'letters, digits, ".", "_" and "-"' });
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fail(path, 'is no mapping', { expected: 'a service' });
      return {
        name: service,
        value: interpolateAll(value, variables, path, (at, error) => fail(at, error.message, { hint: variableHint(error.variable) })) as Readonly<Record<string, unknown>>,
        line: (below) => line([...path, ...below]),
      };
    }),
  };
}

function variableHint(variable: string): string {
  return variable === '' ? 'see the Compose Specification, Interpolation' : `give it to the reader: variables: { ${variable}: ... }`;
}

/** Where a value begins; one of a mapping begins with its key. */
function placeOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  if (path.length === 0) return document.contents?.range?.[0];
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const key = path.at(-1);
  if (isMap(parent)) return (parent.items.find((pair) => isScalar(pair.key) && pair.key.value === key)?.key as Node | undefined)?.range?.[0];
  return (document.getIn(path, true) as Node | undefined)?.range?.[0];
}
