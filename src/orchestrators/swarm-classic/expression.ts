import { RE2JS } from 're2js';

/** A constraint, affinity or whitelist expression after parsing (docker/classicswarm 1.2.9, scheduler/filter/expr.go). */
export interface Expression {
  readonly key: string;
  readonly operator: '==' | '!=';
  /** Without the leading tildes that made it soft. */
  readonly value: string;
  /** Enforced in the scheduler's first pass only. */
  readonly soft: boolean;
}

/** The text is no expression; the message is the real system's. */
export class ExpressionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ExpressionError';
  }
}

const OPERATORS = ['==', '!='] as const;
const KEY = RE2JS.compile('^(?i)[a-z_][a-z0-9\\-_.]+$');
const VALUE = RE2JS.compile('^(?i)[=!\\/]?(~)?[a-z0-9:\\-_\\s\\.\\*/\\(\\)\\?\\+\\[\\]\\\\\\^\\$\\|]+$');
/** What the Go runtime says when a value of one slash is cut as if it had two; the real manager panics there while it holds its scheduler lock. */
const ONE_SLASH = 'runtime error: slice bounds out of range [1:0]';

/** Parses one expression. @throws ExpressionError with the real text */
export function parseExpression(text: string): Expression {
  for (const operator of OPERATORS) {
    const at = text.indexOf(operator);
    if (at < 0) continue;
    const key = text.slice(0, at);
    const value = text.slice(at + operator.length);
    if (!KEY.test(key)) throw new ExpressionError(`Key '${key}' is invalid`);
    if (!VALUE.test(value)) throw new ExpressionError(`Value '${value}' is invalid`);
    return { key, operator, value: value.replace(/^~+/, ''), soft: value.startsWith('~') };
  }
  throw new ExpressionError('One of operator ==, != is expected');
}

/** Parses all; the first bad one decides. */
export function parseExpressions(texts: readonly string[]): Expression[] {
  return texts.map(parseExpression);
}

/** The expressions of a list that a pass enforces: all in the first, only the hard ones in the second. @throws ExpressionError if any of them is bad */
export function activeExpressions(texts: readonly string[], soft: boolean): Expression[] {
  return parseExpressions(texts).filter((expression) => soft || !expression.soft);
}

/**
 * Whether a list of strings satisfies the expression: `==` if any string matches its pattern, `!=` if none does (so also for an empty list).
 * A value between slashes is an unanchored regular expression; in any other, `*` stands for any text and everything else keeps its meaning in a
 * regular expression. A pattern that is not valid RE2 matches nothing.
 * @throws ExpressionError for the value `/`, on which the real code panics
 */
export function matches(expression: Expression, strings: readonly string[]): boolean {
  const pattern = compiled(expression.value);
  const any = pattern !== null && strings.some((text) => pattern.test(text));
  return (expression.operator === '==') === any;
}

const patterns = new Map<string, RE2JS | null>();

/** Patterns are pure functions of their text, so the cache may be shared by all runs of a process. */
function compiled(value: string): RE2JS | null {
  if (value === '/') throw new ExpressionError(ONE_SLASH);
  let pattern = patterns.get(value);
  if (pattern === undefined) {
    const isRegularExpression = value.startsWith('/') && value.endsWith('/');
    pattern = compile(isRegularExpression ? value.slice(1, -1) : `^${value.replaceAll('*', '.*')}$`);
    if (patterns.size >= CACHED_PATTERNS) patterns.clear();
    patterns.set(value, pattern);
  }
  return pattern;
}

const CACHED_PATTERNS = 10_000;

function compile(pattern: string): RE2JS | null {
  try {
    return RE2JS.compile(pattern);
  } catch {
    // RE2 refuses it: by the rule above it matches nothing.
    return null;
  }
}
