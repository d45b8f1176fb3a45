const FIRST_US = 5_000;
const LAST_US = 1_000_000_000;

/** When a controller's key that has failed so many times before comes back: 5 ms, twice as long each time, at most 1,000 s (client-go util/workqueue DefaultControllerRateLimiter, per item). Microseconds. */
export function retryDelayUs(failures: number): number {
  return failures > 20 ? LAST_US : Math.min(LAST_US, FIRST_US * (1 << failures));
}
