import { RE2JS } from 're2js';

/** The text is no pattern, or one that cannot be evaluated in time linear in the text. */
export class PatternError extends Error {
  /** It may well be a pattern of Java's: only this engine cannot evaluate it. */
  readonly unsupported: boolean;

  constructor(message: string, unsupported: boolean) {
    super(message);
    this.name = 'PatternError';
    this.unsupported = unsupported;
  }
}

/** Classes of java.util.regex.Pattern ("POSIX character classes, US-ASCII only") by RE2's names. */
const CLASSES = new Map<string, string>(
  ['Lower', 'Upper', 'ASCII', 'Alpha', 'Digit', 'Alnum', 'Punct', 'Graph', 'Print', 'Blank', 'Cntrl', 'XDigit', 'Space'].map((name) => [name, name.toLowerCase()]),
);
const SUPPORTED_FLAGS = /^[ims]+$/;
const compiled = new Map<string, RE2JS | PatternError>();
const CACHED = 10_000;

/**
 * Whether a pattern matches a whole text, as java.lang.String.matches, in time linear in the text whatever the pattern: RE2 instead of Java's backtracking. What is written differently is translated
 * (`\p{Alnum}`, `\u0041`); what RE2 has no counterpart for is refused: lookaround, back references, possessive quantifiers, atomic groups, class intersections and unions, flags other than i, m, s.
 *
 * @throws PatternError
 */
export function matchesWhole(pattern: string, text: string): boolean {
  let expression = compiled.get(pattern);
  if (expression === undefined) {
    expression = compile(pattern);
    if (compiled.size >= CACHED) compiled.clear();
    compiled.set(pattern, expression);
  }
  if (expression instanceof PatternError) throw expression;
  return expression.matches(text);
}

/** @throws PatternError if it cannot be evaluated */
export function checkPattern(pattern: string): void {
  matchesWhole(pattern, '');
}

function compile(pattern: string): RE2JS | PatternError {
  try {
    return RE2JS.compile(translated(pattern));
  } catch (error) {
    if (error instanceof PatternError) return error;
    if (!isReadable(pattern)) return new PatternError(`"${pattern}" is no regular expression`, false);
    return new PatternError(`"${pattern}" can only be evaluated by trying (lookaround, back references, possessive quantifiers), which is not done here`, true);
  }
}

/** Whether a backtracking engine can read it: only compiled, never run. */
function isReadable(pattern: string): boolean {
  // Possessive quantifiers are Java's alone: without the plus they are greedy ones.
  const greedy = pattern.replaceAll(/([*+?}])\+/g, '$1');
  try {
    new RegExp(greedy.replaceAll(/\(\?>/g, '(?:').replaceAll(/\(\?[a-zA-Z]+\)/g, ''));
    return true;
  } catch {
    return false;
  }
}

/** A pattern of Java's in RE2's dialect. */
function translated(pattern: string): string {
  const refuse = (what: string): never => {
    throw new PatternError(`"${pattern}" has ${what}, which is not evaluated here`, true);
  };
  let out = '';
  let inClass = false;
  for (let i = 0; i < pattern.length; i++) {
    const rest = pattern.slice(i);
    const c = pattern[i]!;
    if (c === '\\') {
      const posix = /^\\([pP])\{(\w+)\}/.exec(rest);
      const name = posix === null ? undefined : CLASSES.get(posix[2]!);
      const unicode = /^\\u([0-9A-Fa-f]{4})/.exec(rest);
      const quoted = /^\\Q[^]*?(?:\\E|$)/.exec(rest);
      if (name !== undefined) {
        const set = `[:${posix![1] === 'P' ? '^' : ''}${name}:]`;
        out += inClass ? set : `[${set}]`;
        i += posix![0].length - 1;
      } else if (unicode !== null) {
        out += `\\x{${unicode[1]}}`;
        i += unicode[0].length - 1;
      } else if (quoted !== null) {
        out += quoted[0];
        i += quoted[0].length - 1;
      } else {
        out += rest.slice(0, 2);
        i++;
      }
      continue;
    }
    if (inClass) {
      if (c === '[') refuse('a class within a class');
      if (rest.startsWith('&&')) refuse('an intersection of classes');
      if (c === ']') inClass = false;
    } else if (c === '[') {
      inClass = true;
      // A bracket that comes first stands for itself.
      const first = /^\[\^?\]/.exec(rest);
      if (first !== null) {
        out += first[0];
        i += first[0].length - 1;
        continue;
      }
    } else if (c === '(') {
      const flags = /^\(\?([a-zA-Z]+)(?:-[a-zA-Z]+)?[):]/.exec(rest);
      if (flags !== null && !SUPPORTED_FLAGS.test(flags[1]!)) refuse(`the flags ${flags[1]}`);
    }
    out += c;
  }
  return out;
}
