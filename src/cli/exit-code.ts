/** What the command line says by its exit code. */
export const ExitCode = {
  ok: 0,
  /** Some runs failed. */
  failed: 1,
  /** Wrong usage, or input that cannot be used; nothing was written. */
  invalid: 2,
  /** A stated expectation does not hold: `expect` of a scenario, or a recorded decision. */
  expectation: 3,
  /** Interrupted; what was finished is kept. */
  interrupted: 130,
} as const;
