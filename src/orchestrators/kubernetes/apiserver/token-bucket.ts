/**
 * Client-side rate limit (client-go util/flowcontrol NewTokenBucketRateLimiter): a bucket of `burst` tokens that refills at `qps`. Waiters are served in order of
 * asking, so the time of a request is known when it asks.
 */
export class TokenBucket {
  readonly #intervalUs: number;
  readonly #slackUs: number;
  /** When the bucket will be full again if nobody asks. */
  #fullAtUs = 0;

  constructor(qps: number, burst: number) {
    this.#intervalUs = 1_000_000 / qps;
    this.#slackUs = (burst - 1) * this.#intervalUs;
  }

  /** Takes a token; the request may be sent at the time returned (whole microseconds, not before now). */
  reserve(nowUs: number): number {
    const readyUs = Math.max(nowUs, this.#fullAtUs - this.#slackUs);
    this.#fullAtUs = Math.max(readyUs, this.#fullAtUs) + this.#intervalUs;
    return Math.ceil(readyUs);
  }
}
