/** One thing wrong with a scenario. */
export interface Problem {
  /** Path of keys: `workload.source.kind`; '' = the whole file. */
  readonly path: string;
  /** Where, as `file:line:column` or `--set a.b=c`. */
  readonly where: string;
  readonly message: string;
}

/** Problems that the message of an error tells one by one. */
const MOST_TOLD = 100;

const LONGEST = 400;

/** A text on one line, of a length that a terminal bears: what a file holds may be anything. */
function shortened(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters of a file do not reach the terminal
  const plain = text.replaceAll(/[\u0000-\u001F\u007F]+/g, ' ');
  return plain.length <= LONGEST ? plain : `${plain.slice(0, LONGEST)}...`;
}

/** A scenario that cannot be run, with everything found wrong with it. */
export class ScenarioError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const lines = problems.slice(0, MOST_TOLD).map(({ where, path, message }) => `${shortened(where)}: ${path === '' ? '' : `${shortened(path)}: `}${shortened(message)}`);
    super([...lines, ...(problems.length > MOST_TOLD ? [`... and ${problems.length - MOST_TOLD} more problems`] : [])].join('\n'));
    this.name = 'ScenarioError';
    this.problems = problems;
  }
}
