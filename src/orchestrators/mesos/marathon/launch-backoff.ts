/** Back-off parameters of an app. Microseconds. */
export interface BackoffStrategy {
  readonly backoffUs: number;
  readonly factor: number;
  readonly maxLaunchDelayUs: number;
}

/**
 * Delay of an app's next launch after failures (mesosphere/marathon 1.11, src/main/scala/mesosphere/marathon/core/launchqueue/impl/RateLimiter.scala): the first failure sets it, each
 * further one multiplies it up to a maximum; progress moves the time from which it is forgotten.
 */
export class LaunchBackoff {
  readonly #strategy: BackoffStrategy;
  #delayUs = 0;
  #referenceUs = 0;
  #failed = false;

  constructor(strategy: BackoffStrategy) {
    this.#strategy = strategy;
  }

  /** Earliest next launch; -Infinity when there is no delay. */
  deadlineUs(nowUs: number): number {
    this.#forget(nowUs);
    return this.#failed ? this.#referenceUs + this.#delayUs : -Infinity;
  }

  /** An instance failed or ended by itself. */
  fail(nowUs: number): void {
    this.#forget(nowUs);
    const { backoffUs, factor, maxLaunchDelayUs } = this.#strategy;
    this.#delayUs = Math.min(maxLaunchDelayUs, this.#failed ? Math.round(this.#delayUs * factor) : backoffUs);
    this.#failed = true;
    this.#referenceUs = nowUs;
  }

  /** An instance was launched or runs: the delay stays, the time from which it is forgotten moves. */
  advance(nowUs: number): void {
    this.#forget(nowUs);
    if (this.#failed) this.#referenceUs = nowUs;
  }

  #forget(nowUs: number): void {
    if (this.#failed && nowUs > this.#referenceUs + this.#strategy.maxLaunchDelayUs) this.#failed = false;
  }
}
