/** One thing wrong with a scenario. */
export interface Problem {
  /** Path of keys: `workload.source.kind`; '' = the whole file. */
  readonly path: string;
  /** Where, as `file:line:column` or `--set a.b=c`. */
  readonly where: string;
  readonly message: string;
}

/** A scenario that cannot be run, with everything found wrong with it. */
export class ScenarioError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map((problem) => `${problem.where}: ${problem.path === '' ? '' : `${problem.path}: `}${problem.message}`).join('\n'));
    this.name = 'ScenarioError';
    this.problems = problems;
  }
}
