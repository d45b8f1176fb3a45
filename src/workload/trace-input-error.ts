import { InputError } from '../engine/input-error.ts';

/** Where and why an input file cannot be used. */
export interface TraceProblem {
  /** The file as the user named it. */
  readonly file: string;
  /** From 1. */
  readonly line?: number;
  /** From 1; characters. */
  readonly column?: number;
  /** The field concerned: a column's name. */
  readonly path?: string;
  readonly problem: string;
  readonly expected?: string;
  readonly hint?: string;
}

/** A trace file as a whole cannot be used: one message with file, line and field, what is wrong, what was expected, and a hint. */
export class TraceInputError extends InputError {
  readonly file: string;
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly path: string | undefined;
  readonly expected: string | undefined;
  readonly hint: string | undefined;

  constructor(problem: TraceProblem) {
    super(messageOf(problem));
    this.file = problem.file;
    this.line = problem.line;
    this.column = problem.column;
    this.path = problem.path;
    this.expected = problem.expected;
    this.hint = problem.hint;
  }
}

function messageOf({ file, line, column, path, problem, expected, hint }: TraceProblem): string {
  const place = [file, ...(line === undefined ? [] : [line]), ...(column === undefined ? [] : [column])].join(':');
  const subject = path === undefined ? '' : ` ${path}:`;
  return `${place}:${subject} ${problem}${expected === undefined ? '' : `; expected ${expected}`}${hint === undefined ? '' : ` (${hint})`}`;
}
