import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { type Alias, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { firstBadByte } from '../engine/first-bad-byte.ts';
import { type Problem, ScenarioError } from './problem.ts';

/** Bounds on what is read; a scenario is written by hand, and nothing near these sizes is one. */
const LIMITS = { bytes: 1_048_576, nodes: 100_000, depth: 64 } as const;

/** Keys that would reach into JavaScript's own object machinery. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor', '__defineGetter__', '__defineSetter__']);

export type PathSegment = string | number;

/** A YAML file as plain data that still knows where each value stands. */
export interface YamlDocument {
  readonly file: string;
  readonly value: unknown;
  /** SHA-256 of the text. */
  readonly sha256: string;
  /** `file:line:column` of the value at a path, or of the nearest ancestor that exists. */
  where(path: readonly PathSegment[]): string;
  /** `file:line:column` of a key itself. */
  whereKey(path: readonly PathSegment[], key: string): string;
}

/** Reads a YAML file. @throws ScenarioError if it is missing, not UTF-8, not YAML, too large, or has keys that no scenario needs */
export function readYaml(file: string): YamlDocument {
  return parseYaml(decodeUtf8(readBytes(file), file), file);
}

/** As {@link readYaml}, from text. */
export function parseYaml(text: string, file: string): YamlDocument {
  const lines = new LineCounter();
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const fail = (where: string, message: string): never => {
    throw new ScenarioError([{ path: '', where, message }]);
  };
  let document;
  try {
    document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, stringKeys: true, schema: 'core', prettyErrors: false, logLevel: 'error' });
  } catch (error) {
    if (error instanceof RangeError) fail(file, 'nested too deeply to be a scenario');
    throw error;
  }
  const complaints: Problem[] = [...document.errors, ...document.warnings].map((error) => ({ path: '', where: at(error.pos[0]), message: complaintOf(error.code, error.message) }));
  if (complaints.some((problem) => problem.message.includes('call stack'))) fail(complaints[0]!.where, 'nested too deeply to be a scenario');
  if (complaints.length > 0) throw new ScenarioError(complaints.slice(0, 20));

  const targets = aliasTargets(document.contents);
  const positions = new Map<string, number>();
  const keyPositions = new Map<string, number>();
  const forbidden: Problem[] = [];
  const twice: Problem[] = [];
  let nodes = 0;
  const convert = (node: unknown, path: readonly PathSegment[], aliased: boolean): unknown => {
    const offset = (node as Node | null)?.range?.[0] ?? 0;
    if (++nodes > LIMITS.nodes) fail(at(offset), `more than ${LIMITS.nodes} values once aliases are expanded`);
    if (path.length > LIMITS.depth) fail(at(offset), `nested more than ${LIMITS.depth} levels deep`);
    if (node === null || node === undefined) return null;
    positions.set(pathKey(path), offset);
    if (isAlias(node)) {
      const target = targets.get(node);
      if (target === undefined) return fail(at(offset), `alias *${node.source} refers to nothing`);
      return convert(target, path, true);
    }
    if (isScalar(node)) {
      if (node.value !== null && typeof node.value === 'object') return fail(at(offset), `the tag ${node.tag ?? ''} is not allowed`);
      return node.value;
    }
    if (isSeq(node)) return node.items.map((item, i) => convert(item, [...path, i], aliased));
    if (!isMap(node)) return fail(at(offset), 'expected a value, a list or a mapping');
    const result: Record<string, unknown> = {};
    const seen = new Set<string>();
    for (const pair of node.items) {
      const key = String(isScalar(pair.key) ? pair.key.value : pair.key);
      const keyOffset = (pair.key as Node | null)?.range?.[0] ?? offset;
      // The parser's own check compares every key with every other.
      if (seen.has(key)) {
        twice.push({ path: '', where: at(keyOffset), message: 'Map keys must be unique' });
        continue;
      }
      seen.add(key);
      if (FORBIDDEN_KEYS.has(key)) {
        forbidden.push({ path: [...path, key].join('.'), where: at(keyOffset), message: `the key "${key}" is not allowed` });
        continue;
      }
      keyPositions.set(pathKey([...path, key]), keyOffset);
      positions.set(pathKey([...path, key]), keyOffset);
      result[key] = convert(pair.value, [...path, key], aliased);
    }
    return result;
  };
  const value = convert(document.contents, [], false);
  if (twice.length > 0) throw new ScenarioError(twice.slice(0, 20));
  if (forbidden.length > 0) throw new ScenarioError(forbidden);
  return {
    file,
    value,
    sha256: createHash('sha256').update(text).digest('hex'),
    where(path) {
      for (let length = path.length; length >= 0; length--) {
        const offset = positions.get(pathKey(path.slice(0, length)));
        if (offset !== undefined) return at(offset);
      }
      return `${file}:1:1`;
    },
    whereKey(path, key) {
      const offset = keyPositions.get(pathKey([...path, key]));
      return offset === undefined ? this.where(path) : at(offset);
    },
  };
}

/**
 * What every alias stands for: the last node before it that has the anchor. Found in one pass; the parser's own `Alias.resolve` goes through the whole document for each, which a
 * hostile file makes quadratic.
 */
function aliasTargets(contents: unknown): Map<Alias, Node> {
  const targets = new Map<Alias, Node>();
  const anchored = new Map<string, Node>();
  const visit = (node: unknown, depth: number): void => {
    // What lies deeper is refused.
    if (depth > LIMITS.depth + 1) return;
    if (isAlias(node)) {
      const target = anchored.get(node.source);
      if (target !== undefined) targets.set(node, target);
      return;
    }
    if (!isScalar(node) && !isSeq(node) && !isMap(node)) return;
    if (node.anchor !== undefined) anchored.set(node.anchor, node);
    if (isSeq(node)) for (const item of node.items) visit(item, depth + 1);
    if (!isMap(node)) return;
    for (const { key, value } of node.items) {
      visit(key, depth + 1);
      visit(value, depth + 1);
    }
  };
  visit(contents, 0);
  return targets;
}

/** Whether a key is refused wherever it stands. */
export function isForbiddenKey(key: string): boolean {
  return FORBIDDEN_KEYS.has(key);
}

function readBytes(file: string): Uint8Array {
  const fail = (message: string): never => {
    throw new ScenarioError([{ path: '', where: file, message }]);
  };
  try {
    const stat = statSync(file);
    if (stat.isDirectory()) return fail('is a folder; expected a scenario file (YAML)');
    if (stat.size > LIMITS.bytes) return fail(`has ${stat.size} bytes; a scenario has at most ${LIMITS.bytes}`);
    return readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return fail('there is no such file');
    if (code === 'EACCES') return fail('cannot be read: permission denied');
    throw error;
  }
}

function decodeUtf8(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const { line, column } = firstBadByte(bytes);
    throw new ScenarioError([{ path: '', where: `${file}:${line}:${column}`, message: 'not UTF-8 text' }]);
  }
}

function pathKey(path: readonly PathSegment[]): string {
  return path.join('\u0000');
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}

/** The parser's message, unless it speaks to programmers. */
function complaintOf(code: string, message: string): string {
  return code === 'MULTIPLE_DOCS' ? 'a second document begins here; a scenario is one' : firstLine(message);
}
