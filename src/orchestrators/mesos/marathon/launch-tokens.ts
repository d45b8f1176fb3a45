/**
 * Marathon's limit on launches: set (not topped up) to a number at each refresh; a launch takes one, an instance that becomes running gives one back and may take the
 * number beyond it (mesosphere/marathon 1.11, src/main/scala/mesosphere/marathon/core/matcher/manager/impl/OfferMatcherManagerActor.scala).
 */
export class LaunchTokens {
  readonly #perRefresh: number;
  readonly #refreshUs: number;
  #tokens: number;
  #refresh = 0;

  constructor(perRefresh: number, refreshUs: number) {
    this.#perRefresh = perRefresh;
    this.#refreshUs = refreshUs;
    this.#tokens = perRefresh;
  }

  /** Tokens at a time; refreshes are at whole multiples of the refresh time. */
  at(nowUs: number): number {
    const refresh = Math.floor(nowUs / this.#refreshUs);
    if (refresh > this.#refresh) {
      this.#refresh = refresh;
      this.#tokens = this.#perRefresh;
    }
    return this.#tokens;
  }

  take(nowUs: number): void {
    this.#tokens = this.at(nowUs) - 1;
  }

  add(nowUs: number): void {
    this.#tokens = this.at(nowUs) + 1;
  }
}
