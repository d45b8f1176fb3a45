import type { Simulation } from '../../../engine/simulation.ts';
import type { ClientLimit } from './api-limits.ts';
import type { ApiServer } from './apiserver.ts';
import type { RequestKind } from './request-kinds.ts';
import { TokenBucket } from './token-bucket.ts';

/** A client set of the API server with a rate limit of its own. Each method says when a write that its owner makes now (or at a given time) is stored and answered. */
export class ApiClient {
  readonly #simulation: Simulation;
  readonly #api: ApiServer;
  readonly #bucket: TokenBucket;

  constructor(simulation: Simulation, api: ApiServer, limit: ClientLimit) {
    this.#simulation = simulation;
    this.#api = api;
    this.#bucket = new TokenBucket(limit.qps, limit.burst);
  }

  /** When the next request may go out: for those whose answer nobody waits for, and as the time that others begin with. */
  sentUs(fromUs = this.#simulation.nowUs): number {
    return this.#bucket.reserve(fromUs);
  }

  pod(pod: number, kind: RequestKind): number {
    return this.#api.podStoredUs(pod, kind, this.sentUs());
  }

  /** About a pod of the task that does not exist yet. */
  task(task: number, kind: RequestKind): number {
    return this.#api.taskStoredUs(task, kind, this.sentUs());
  }

  owner(owner: number, kind: RequestKind): number {
    return this.#api.ownerStoredUs(owner, kind, this.sentUs());
  }

  node(node: number, kind: RequestKind): number {
    return this.#api.nodeStoredUs(node, kind, this.sentUs());
  }
}
