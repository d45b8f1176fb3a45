import { InputError } from '../engine/input-error.ts';
import { ScenarioError } from '../scenario/problem.ts';
import { ExitCode } from './exit-code.ts';

/** The command was called in a way that makes no sense. */
export class UsageError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = ExitCode.invalid) {
    super(message);
    this.name = 'UsageError';
    this.exitCode = exitCode;
  }
}

/** Whether an error is for the user to mend: shown as its message alone. */
export function isUsersFault(error: unknown): error is Error {
  if (error instanceof InputError || error instanceof ScenarioError || error instanceof UsageError) return true;
  return error instanceof Error && error.name === 'ReportInputError';
}
