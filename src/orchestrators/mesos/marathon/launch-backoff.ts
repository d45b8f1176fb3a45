/** Back-off parameters of an app. Microseconds. */
export interface BackoffStrategy {
  readonly backoffUs: number;
  readonly factor: number;
  readonly maxLaunchDelayUs: number;
}

/** How often Marathon forgets delays that are overdue (RateLimiterActor.scala, overdueDelayCleanupInterval). */
export const CLEANUP_INTERVAL_US = 10_000_000;

/**
 * Delay of an app's next launch after failures (mesosphere/marathon 1.11, src/main/scala/mesosphere/marathon/core/launchqueue/impl/RateLimiter.scala): the first failure sets it, each
 * further one multiplies it up to a maximum; progress moves the time from which it counts. Only a clean-up forgets it.
 */
export class LaunchBackoff {
  readonly #strategy: BackoffStrategy;
  /** Whole nanoseconds, as Marathon multiplies them. */
  #delayNs = 0;
  #referenceUs = 0;
  #failed = false;

  constructor(strategy: BackoffStrategy) {
    this.#strategy = strategy;
  }

  /** Earliest next launch; -Infinity when there is no delay. */
  get deadlineUs(): number {
    return this.#failed ? this.#referenceUs + Math.round(this.#delayNs / 1000) : -Infinity;
  }

  /** An instance failed or ended by itself. */
  fail(nowUs: number): void {
    const { backoffUs, factor, maxLaunchDelayUs } = this.#strategy;
    this.#delayNs = Math.min(maxLaunchDelayUs * 1000, this.#failed ? Math.trunc(this.#delayNs * factor) : backoffUs * 1000);
    this.#failed = true;
    this.#referenceUs = nowUs;
  }

  /** An instance was launched or runs: the delay stays, the time from which it counts moves. */
  advance(nowUs: number): void {
    if (this.#failed) this.#referenceUs = nowUs;
  }

  /** Forgets the delay if the maximum has passed since the last failure or progress (cleanUpOverdueDelays). */
  cleanUp(nowUs: number): void {
    if (this.#failed && nowUs > this.#referenceUs + this.#strategy.maxLaunchDelayUs) this.#failed = false;
  }
}
