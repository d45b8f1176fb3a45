/** Restart back-off of one container (pkg/kubelet/kubelet.go, client-go flowcontrol.Backoff), microseconds. */
export interface RestartBackOff {
  readonly initialUs: number;
  readonly maxUs: number;
}

/** MaxCrashLoopBackOff 300 s, first delay 10 s: pkg/kubelet/kubelet.go, v1.35 (KEP-4603 gates off). */
export const DEFAULT_RESTART: RestartBackOff = { initialUs: 10_000_000, maxUs: 300_000_000 };

/**
 * Delay that the *next* restart will have to keep after this one, given the delay in force. The first restart is immediate and sets the first delay; each further one
 * doubles it; a container that ran for twice the longest delay starts afresh.
 * @param currentUs delay in force; 0 = none yet
 * @param ranUs time from the last restart to the exit
 */
export function nextRestartDelay(options: RestartBackOff, currentUs: number, ranUs: number): number {
  if (currentUs === 0 || ranUs > 2 * options.maxUs) return options.initialUs;
  return Math.min(2 * currentUs, options.maxUs);
}

/** Delay from the exit to this restart. */
export function restartDelay(options: RestartBackOff, currentUs: number, ranUs: number): number {
  return ranUs > 2 * options.maxUs ? 0 : currentUs;
}
