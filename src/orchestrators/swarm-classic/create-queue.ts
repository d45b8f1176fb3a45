import type { Simulation } from '../../engine/simulation.ts';
import type { Log } from '../../metrics/log.ts';
import type { ContainerRecord } from './container-record.ts';

/** A request to create a container. */
export interface CreateRequest {
  readonly task: number;
  readonly attempt: number;
  readonly shape: number;
  readonly retriesLeft: number;
  /** Only machines that have the image. */
  readonly withImage: boolean;
  /** The container that the watchdog replaces. */
  readonly replaces: ContainerRecord | undefined;
}

/** Requests that wait for the scheduler lock, first come, first served; each holds it for the time of a decision (docker/classicswarm 1.2.9, cluster/swarm/cluster.go, createContainer). */
export class CreateQueue {
  readonly #simulation: Simulation;
  readonly #log: Log;
  readonly #decisionUs: number;
  readonly #decideOp: number;
  #queue: CreateRequest[] = [];
  #head = 0;

  /** @param decide the lock is held: takes the next request */
  constructor(simulation: Simulation, log: Log, decisionUs: number, decide: () => void) {
    this.#simulation = simulation;
    this.#log = log;
    this.#decisionUs = decisionUs;
    this.#decideOp = simulation.on('swarm-classic/manager', decide);
  }

  get waiting(): number {
    return this.#queue.length - this.#head;
  }

  add(request: CreateRequest): void {
    this.#queue.push(request);
    if (this.waiting === 1) this.#startDeciding();
    this.#log.queueDepth(this.waiting);
  }

  /** The request whose turn it is; the one after it begins to be decided. */
  next(): CreateRequest {
    const request = this.#queue[this.#head++]!;
    if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    if (this.waiting > 0) this.#startDeciding();
    this.#log.queueDepth(this.waiting);
    return request;
  }

  #startDeciding(): void {
    this.#simulation.after(this.#decisionUs, this.#decideOp);
  }
}
