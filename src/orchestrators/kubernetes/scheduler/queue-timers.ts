import { Loop } from '../../../engine/loop.ts';
import type { Simulation } from '../../../engine/simulation.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import { FLUSH_PERIOD_US, type SchedulingQueue } from './scheduling-queue.ts';

const SECOND_US = 1_000_000;

/** What the queue's timers tell the scheduler. */
export interface QueueTimerListener {
  /** Pods whose back-off is over are active. */
  flushed(): void;
  /** So many pods have waited for too long in unschedulablePods and are tried again, in vain, as {@link SchedulingQueue.retriesAt} explains. */
  retried(pods: number): void;
}

/** The queue's two timers (scheduling_queue.go Run, v1.35.4): back-off every 1 s, aligned to whole seconds, unschedulablePods every 30 s. */
export class QueueTimers {
  readonly #simulation: Simulation;
  readonly #queue: SchedulingQueue;
  readonly #listener: QueueTimerListener;
  readonly #backoff: Loop;
  readonly #retry: Loop;

  constructor(simulation: Simulation, component: string, queue: SchedulingQueue, listener: QueueTimerListener) {
    this.#simulation = simulation;
    this.#queue = queue;
    this.#listener = listener;
    this.#backoff = new Loop(simulation, component, () => this.#flush());
    this.#backoff.start(new FixedSchedule(SECOND_US, SECOND_US), false);
    this.#retry = new Loop(simulation, component, (timeUs) => this.#retryAt(timeUs));
    this.#retry.start(new FixedSchedule(FLUSH_PERIOD_US, FLUSH_PERIOD_US), false);
  }

  /** A pod went to back-off. */
  backoffChanged(): void {
    const nextUs = this.#queue.nextFlushUs();
    if (nextUs !== Infinity) this.#backoff.wakeAt(Math.max(nextUs, this.#simulation.nowUs));
  }

  /** A pod went to unschedulablePods. */
  unschedulableChanged(): void {
    this.#retry.wakeAt(this.#queue.nextRetryUs(this.#simulation.nowUs));
  }

  #flush(): boolean {
    this.#queue.flushBackoff(this.#simulation.nowUs);
    this.#listener.flushed();
    this.backoffChanged();
    return false;
  }

  #retryAt(timeUs: number): boolean {
    const retries = this.#queue.retriesAt(timeUs);
    if (retries > 0) this.#listener.retried(retries);
    const nextUs = this.#queue.nextRetryUs(timeUs);
    if (nextUs !== Infinity) this.#retry.wakeAt(nextUs);
    return false;
  }
}
