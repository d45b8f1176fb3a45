/** How a container ended, physically. */
export const ExitOutcome = {
  /** Its work was done. */
  finished: 1,
  /** It crashed by itself (non-zero exit). */
  failed: 2,
  /** The kernel killed it: memory above the machine's capacity. */
  outOfMemory: 3,
  /** Its supervisor stopped it. */
  stopped: 4,
  /** Its machine crashed. */
  machineLost: 5,
  /** Its supervisor died and took it along. */
  supervisorLost: 6,
} as const;
export type ExitOutcome = (typeof ExitOutcome)[keyof typeof ExitOutcome];

/** Names for files, by code. */
export const EXIT_OUTCOME_NAMES: readonly string[] = ['', 'finished', 'failed', 'out-of-memory', 'stopped', 'machine-lost', 'supervisor-lost'];
