import type { Simulation } from '../../../engine/simulation.ts';
import type { Log } from '../../../metrics/log.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';
import type { TokenBucket } from '../apiserver/token-bucket.ts';
import type { LifecyclePlugins } from './lifecycle-plugins.ts';
import type { Placements } from './placements.ts';
import { PERMIT_WAIT_US, type PodGroups } from './pod-groups.ts';
import type { QueueTimers } from './queue-timers.ts';
import type { SchedulerCache } from './scheduler-cache.ts';
import type { SchedulingQueue } from './scheduling-queue.ts';

export interface BindingParts {
  readonly simulation: Simulation;
  readonly component: string;
  readonly log: Log;
  readonly api: ApiServer;
  readonly machineOf: Int32Array;
  readonly bucket: TokenBucket;
  readonly queue: SchedulingQueue;
  readonly timers: QueueTimers;
  readonly cache: SchedulerCache;
  readonly placements: Placements;
  readonly groups: PodGroups;
  readonly plugins: LifecyclePlugins;
  /** The scheduler may go on. */
  proceed(): void;
}

/**
 * From Permit to the binding (schedule_one.go bindingCycle, v1.35.4): beside the scheduling cycles, a pod waits until it is let go, and is bound through the
 * rate-limited API; one that is not gives its node back and returns to the queue.
 */
export class BindingCycle {
  readonly #parts: BindingParts;
  readonly #bound: number;
  readonly #timeout: number;
  /** Pods that plugins hold at Permit. */
  readonly #held = new Set<number>();
  /** Number of the wait that each waiting pod is in. */
  readonly #waitOf = new Map<number, number>();
  #waits = 0;

  constructor(parts: BindingParts) {
    const { simulation, component } = parts;
    this.#parts = parts;
    this.#bound = simulation.on(component, (pod) => this.#done(pod));
    this.#timeout = simulation.on(component, (pod, wait) => this.#giveUp(pod, wait));
  }

  /** Reserve and Permit of a pod that was just put on a node. */
  begin(pod: number, row: number): void {
    const { plugins, groups } = this.#parts;
    plugins.reserve(pod, row);
    const answer = plugins.permit(pod, row);
    if (answer.waitUs < 0) {
      this.reject(pod);
      return;
    }
    if (answer.waitUs > 0) this.#held.add(pod);
    const free = groups.reserve(pod);
    const waitUs = free.length === 0 ? Math.max(answer.waitUs, PERMIT_WAIT_US) : answer.waitUs;
    if (waitUs > 0) this.#wait(pod, waitUs);
    for (const each of free) if (!this.#held.has(each)) this.#bind(each);
    for (const each of answer.allowed ?? []) if (this.#held.delete(each) && !groups.isWaiting(each)) this.#bind(each);
  }

  /** The pod has a node and waits at Permit. */
  isWaiting(pod: number): boolean {
    return this.#held.has(pod) || this.#parts.groups.isWaiting(pod);
  }

  /** A pod that waited at Permit gives its node back and is tried again after its back-off, and so do the waiting pods of its group (Coscheduling's Unreserve). */
  reject(pod: number): void {
    const { groups } = this.#parts;
    const siblings = groups.waitingWith(pod);
    this.#return(pod);
    for (const sibling of siblings) if (sibling !== pod) this.#return(sibling);
  }

  /** The pod is gone. */
  forget(pod: number): void {
    this.#held.delete(pod);
    this.#waitOf.delete(pod);
    this.#parts.groups.remove(pod);
  }

  #return(pod: number): void {
    const { groups, placements, queue, simulation, log, timers } = this.#parts;
    this.#held.delete(pod);
    this.#waitOf.delete(pod);
    groups.unreserve(pod);
    placements.take(pod);
    queue.rejected(pod, simulation.nowUs, true);
    log.queueDepth(queue.pending);
    timers.backoffChanged();
  }

  #wait(pod: number, waitUs: number): void {
    const { api, simulation } = this.#parts;
    const wait = ++this.#waits;
    this.#waitOf.set(pod, wait);
    api.pods.hold(pod);
    simulation.after(waitUs, this.#timeout, pod, wait);
  }

  /** A pod that was let go or has come back meanwhile does not mind an earlier wait's end. */
  #giveUp(pod: number, wait: number): void {
    const { api, proceed } = this.#parts;
    if (this.#waitOf.get(pod) === wait) {
      this.#waitOf.delete(pod);
      if (this.isWaiting(pod)) this.reject(pod);
    }
    api.pods.drop(pod);
    proceed();
  }

  #bind(pod: number): void {
    const { api, simulation, bucket } = this.#parts;
    api.pods.hold(pod);
    simulation.at(api.podStoredUs(pod, RequestKind.bindPod, bucket.reserve(simulation.nowUs)), this.#bound, pod);
  }

  #done(pod: number): void {
    const { api, simulation, log, machineOf, cache, groups, placements, queue, timers, proceed } = this.#parts;
    const { pods } = cache;
    if (pods.isPlaced(pod) && !api.bindPod(pod, machineOf[pods.row[pod]!]!, cache.gpuMask(pod))) {
      placements.take(pod);
      groups.unreserve(pod);
      if (api.pods.alive[pod] === 1) {
        queue.failed(pod, simulation.nowUs);
        log.queueDepth(queue.pending);
        timers.backoffChanged();
      }
    }
    api.pods.drop(pod);
    proceed();
  }
}
