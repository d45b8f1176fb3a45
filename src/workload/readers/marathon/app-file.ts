import { isMap, LineCounter, type Node, parseDocument } from 'yaml';
import type { ReportBuilder } from '../../read-report.ts';
import type { TraceFile } from '../../reader.ts';
import { readText } from '../../read-text.ts';
import { TraceInputError } from '../../trace-input-error.ts';

/** An app as it stands in a file, with the group that it stands in. */
export interface WrittenApp {
  readonly value: Readonly<Record<string, unknown>>;
  /** Absolute id of the group around it; '' = none. */
  readonly group: string;
  /** Dependencies of the groups around it, absolute. */
  readonly groupDependencies: readonly string[];
  /** Line of the value at a path inside the app, or of the nearest ancestor that is there. */
  line(path: readonly PropertyKey[]): number;
}

const EXPECTED = 'an app, a group, a list of them, or what /v2/apps or /v2/groups answer';

/**
 * Takes a file of Marathon's JSON apart: an app, a group with groups inside, a list of both, or the answers of `/v2/apps`, `/v2/apps/{id}` and `/v2/groups`. Pods are counted as unusable.
 * @throws TraceInputError if the file is missing, no JSON, or holds something else
 */
export function readAppFile(file: TraceFile, report: ReportBuilder): WrittenApp[] {
  const text = readText(file, EXPECTED);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, stringKeys: true, schema: 'core', prettyErrors: false, logLevel: 'error' });
  const complaint = document.errors[0];
  if (complaint !== undefined) throw new TraceInputError({ file: file.label, line: lines.linePos(complaint.pos[0]).line, problem: complaint.message.includes('call stack') ? 'is nested too deeply' : complaint.message.split('\n')[0]!, expected: EXPECTED });
  const line = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? document.contents : (document.getIn(path.slice(0, length), true) as Node | undefined);
      const offset = node?.range?.[0];
      if (offset !== undefined) return lines.linePos(offset).line;
    }
    return 1;
  };
  const apps: WrittenApp[] = [];
  const walk = (value: unknown, path: readonly PropertyKey[], group: string, groupDependencies: readonly string[]): void => {
    if (Array.isArray(value)) {
      value.forEach((entry, i) => walk(entry, [...path, i], group, groupDependencies));
      return;
    }
    if (typeof value !== 'object' || value === null) throw new TraceInputError({ file: file.label, line: line(path), problem: 'is neither an app nor a group', expected: EXPECTED });
    const object = value as Readonly<Record<string, unknown>>;
    if (path.length === 0 && isMap(document.contents) && object['app'] !== undefined && object['id'] === undefined) {
      walk(object['app'], ['app'], group, groupDependencies);
      return;
    }
    const { id, apps: inner, groups, pods } = object;
    if (inner === undefined && groups === undefined && pods === undefined) {
      apps.push({ value: object, group, groupDependencies, line: (below) => line([...path, ...below]) });
      return;
    }
    // A group; the answer of /v2/apps is one without an id.
    const base = typeof id === 'string' ? absolute(id, group) : group;
    const own = Array.isArray(object['dependencies']) ? object['dependencies'].filter((entry): entry is string => typeof entry === 'string').map((entry) => absolute(entry, base)) : [];
    const below = [...groupDependencies, ...own];
    for (const key of ['apps', 'groups'] as const) if (object[key] !== undefined && object[key] !== null) walk(object[key], [...path, key], base, below);
    if (Array.isArray(pods)) {
      pods.forEach((_, i) => {
        report.rows++;
        report.reject(file.label, line([...path, 'pods', i]), 'is a pod: only apps are read');
      });
    }
  };
  walk(document.toJS({ maxAliasCount: 10_000 }), [], '', []);
  return apps;
}

/** An id as seen from a group: absolute ones stand, `..` goes up. */
export function absolute(id: string, group: string): string {
  const parts = id.startsWith('/') ? [] : group.split('/').filter((part) => part !== '');
  for (const part of id.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
