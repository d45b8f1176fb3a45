const SECOND_US = 1_000_000;

/**
 * Nodes of one zone that wait for their NoExecute taint (pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go): first in, first out, one token per node
 * from a bucket of one. A node that was taken out of the queue is not added again until {@link remove}.
 */
export class TaintQueue {
  readonly #waiting: number[] = [];
  readonly #known = new Set<number>();
  #intervalUs: number;
  /** From when on a token is there. */
  #tokenAtUs = -Infinity;

  /** @param perSecond nodes per second; 0 = never */
  constructor(perSecond: number) {
    this.#intervalUs = intervalOf(perSecond);
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** False if the node is or was already in the queue. */
  add(node: number): boolean {
    if (this.#known.has(node)) return false;
    this.#known.add(node);
    this.#waiting.push(node);
    return true;
  }

  /** The node is healthy: it may be queued again later. */
  remove(node: number): void {
    if (!this.#known.delete(node)) return;
    const at = this.#waiting.indexOf(node);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /** Next node if the limiter lets one through now; -1 = none. */
  next(nowUs: number): number {
    if (this.#waiting.length === 0 || !this.#take(nowUs)) return -1;
    return this.#waiting.shift()!;
  }

  /** First moment at which {@link next} can succeed; `Infinity` = never as things are. */
  readyUs(): number {
    return this.#waiting.length === 0 || this.#intervalUs === Infinity ? Infinity : this.#tokenAtUs;
  }

  /** SwapLimiter: a new rate takes effect with a full bucket, or an empty one if the old one was empty. */
  setRate(perSecond: number, nowUs: number): void {
    const intervalUs = intervalOf(perSecond);
    if (intervalUs === this.#intervalUs) return;
    const hadToken = this.#intervalUs !== Infinity && this.#tokenAtUs <= nowUs;
    this.#intervalUs = intervalUs;
    this.#tokenAtUs = hadToken || intervalUs === Infinity ? -Infinity : nowUs + intervalUs;
  }

  #take(nowUs: number): boolean {
    if (this.#intervalUs === Infinity || this.#tokenAtUs > nowUs) return false;
    this.#tokenAtUs = nowUs + this.#intervalUs;
    return true;
  }
}

function intervalOf(perSecond: number): number {
  return perSecond > 0 ? Math.round(SECOND_US / perSecond) : Infinity;
}
