import { grown32, grown64, grown8 } from '../../../engine/columns.ts';
import { PodHeap } from './pod-heap.ts';

const SECOND_US = 1_000_000;

/** Where a pod is in the queue. */
export const QueuePlace = { none: 0, active: 1, backoff: 2, errorBackoff: 3, unschedulable: 4, inFlight: 5, gated: 6 } as const;
export type QueuePlace = (typeof QueuePlace)[keyof typeof QueuePlace];

export interface QueueOptions {
  /** podInitialBackoffSeconds, microseconds. */
  readonly initialBackoffUs: number;
  /** podMaxBackoffSeconds, microseconds. */
  readonly maxBackoffUs: number;
  /** Pods that stay in unschedulablePods longer than this are moved (podMaxInUnschedulablePodsDuration), microseconds. */
  readonly maxUnschedulableUs: number;
  /** An empty activeQ takes rejected pods from the back-off queue before their time (SchedulerPopFromBackoffQ, since v1.33). */
  readonly popsFromBackoff: boolean;
}

/** Keys of a pod in activeQ by times of its last and first insertion, microseconds: smaller ones are popped first (QueueSort). */
export type QueueOrder = (pod: number, timestampUs: number, initialUs: number) => readonly [number, number, number];

/** Interval of the timer that looks for pods that have waited too long in unschedulablePods (scheduling_queue.go Run, v1.35.4). */
export const FLUSH_PERIOD_US = 30 * SECOND_US;

/** pkg/scheduler/apis/config/v1/defaults.go and backend/queue/scheduling_queue.go, v1.35.4. */
export const DEFAULT_QUEUE: QueueOptions = { initialBackoffUs: SECOND_US, maxBackoffUs: 10 * SECOND_US, maxUnschedulableUs: 300 * SECOND_US, popsFromBackoff: true };

/**
 * The scheduling queue (pkg/scheduler/backend/queue, v1.35.4) over pod rows: activeQ, the back-off queues for rejected and for failed pods, and unschedulablePods
 * grouped by template. It knows no clock; callers pass the time.
 */
export class SchedulingQueue {
  place = new Uint8Array(256);
  /** Time of the last insertion by the queue, microseconds. */
  timestampUs = new Float64Array(256);
  attempts = new Int32Array(256);
  /** Rejections by plugins; never reset while the pod is in the queue. */
  unschedulableCount = new Int32Array(256);
  consecutiveErrors = new Int32Array(256);
  readonly #active = new PodHeap();
  readonly #backoff = new PodHeap();
  readonly #errorBackoff = new PodHeap();
  readonly #options: QueueOptions;
  readonly #order: QueueOrder | null;
  /** Time of the first insertion into activeQ (InitialAttemptTimestamp), microseconds. */
  #initialUs = new Float64Array(256);
  #priority = new Int32Array(256);
  #template = new Int32Array(256);
  #ticket = new Float64Array(256);
  // unschedulablePods: doubly linked per template, in order of insertion.
  #next = new Int32Array(256).fill(-1);
  #previous = new Int32Array(256).fill(-1);
  #first = new Int32Array(64).fill(-1);
  #last = new Int32Array(64).fill(-1);
  /** Templates that ever had a pod here, in that order. */
  readonly #templates: number[] = [];
  #isKnown = new Uint8Array(64);
  /** Pods in unschedulablePods by the 30 s tick, modulo the period, at which each is retried. */
  readonly #retries: Int32Array;
  #tickets = 0;
  #pending = 0;
  #unschedulable = 0;
  #activeCount = 0;
  #backoffCount = 0;

  /** @param order `null` = PrioritySort: by priority, then by time of insertion */
  constructor(options: QueueOptions = DEFAULT_QUEUE, order: QueueOrder | null = null) {
    this.#options = options;
    this.#order = order;
    this.#retries = new Int32Array(Math.floor(options.maxUnschedulableUs / FLUSH_PERIOD_US) + 1);
  }

  /** Pods that wait in any of the queues. */
  get pending(): number {
    return this.#pending;
  }

  get unschedulablePods(): number {
    return this.#unschedulable;
  }

  /** Templates that have pods in unschedulablePods. */
  unschedulableTemplates(): readonly number[] {
    return this.#templates.filter((template) => this.#first[template]! >= 0);
  }

  /** First pod of a template in unschedulablePods; -1 = none. */
  firstUnschedulable(template: number): number {
    return this.#first[template] ?? -1;
  }

  /** A new pod. */
  add(pod: number, template: number, priority: number, nowUs: number): void {
    while (pod >= this.place.length) this.#grow();
    if (this.place[pod] === QueuePlace.gated) this.#pending--;
    this.attempts[pod] = 0;
    this.unschedulableCount[pod] = 0;
    this.consecutiveErrors[pod] = 0;
    this.#template[pod] = template;
    this.#priority[pod] = priority;
    this.timestampUs[pod] = nowUs;
    this.#initialUs[pod] = nowUs;
    this.#toActive(pod);
  }

  /** A new pod that PreEnqueue refuses (SchedulingGates): it waits outside all queues until {@link add}. */
  gate(pod: number): void {
    while (pod >= this.place.length) this.#grow();
    this.place[pod] = QueuePlace.gated;
    this.#pending++;
  }

  /** Forgets a pod wherever it is. */
  remove(pod: number): void {
    if (pod >= this.place.length) return;
    this.#leave(pod);
    this.place[pod] = QueuePlace.none;
  }

  /** Head of activeQ, or of the back-off queue of rejected pods when activeQ is empty and the option allows it; -1 = nothing to do. */
  pop(): number {
    const heap = this.#activeCount > 0 ? this.#active : this.#backoffCount > 0 && this.#options.popsFromBackoff ? this.#backoff : null;
    if (heap === null) return -1;
    const pod = this.#takeFrom(heap);
    this.#leave(pod);
    this.place[pod] = QueuePlace.inFlight;
    this.attempts[pod]!++;
    return pod;
  }

  /** The pod popped last left for good: bound, or gone. */
  done(pod: number): void {
    if (this.place[pod] === QueuePlace.inFlight) this.place[pod] = QueuePlace.none;
  }

  /**
   * A popped pod was rejected by plugins.
   * @param eventMissed whether an event that would have requeued it came while it was in flight
   */
  rejected(pod: number, nowUs: number, eventMissed: boolean): void {
    this.timestampUs[pod] = nowUs;
    this.unschedulableCount[pod]!++;
    this.consecutiveErrors[pod] = 0;
    if (eventMissed) this.#requeue(pod, nowUs);
    else this.#toUnschedulable(pod);
  }

  /** A popped or bound pod came back through an error that no plugin answers for. */
  failed(pod: number, nowUs: number): void {
    this.timestampUs[pod] = nowUs;
    this.consecutiveErrors[pod]!++;
    this.place[pod] = QueuePlace.errorBackoff;
    this.#pending++;
    this.#errorBackoff.push(pod, (this.#ticket[pod] = ++this.#tickets), this.backoffExpiryUs(pod), 0, 0);
  }

  /** An event made pods of a template schedulable: all of them in unschedulablePods go to back-off or activeQ. Returns how many. */
  requeueTemplate(template: number, nowUs: number): number {
    let moved = 0;
    for (let pod = this.firstUnschedulable(template); pod >= 0; moved++) {
      const next = this.#next[pod]!;
      this.#leave(pod);
      this.#settleRetries(pod, nowUs);
      this.#requeue(pod, nowUs);
      pod = next;
    }
    return moved;
  }

  /** End of a pod's back-off: a whole second, since a queue that pops early compares seconds (backoff_queue.go alignToWindow); before, to the microsecond. */
  backoffExpiryUs(pod: number): number {
    const count = this.consecutiveErrors[pod]! > 0 ? this.consecutiveErrors[pod]! : this.unschedulableCount[pod]!;
    if (count === 0) return -Infinity;
    let durationUs = this.#options.initialBackoffUs;
    for (let i = 1; i < count && durationUs < this.#options.maxBackoffUs; i++) durationUs *= 2;
    const endUs = this.timestampUs[pod]! + Math.min(durationUs, this.#options.maxBackoffUs);
    return this.#options.popsFromBackoff ? floorToSecond(endUs) : endUs;
  }

  isBackingOff(pod: number, nowUs: number): boolean {
    return this.#options.popsFromBackoff ? this.backoffExpiryUs(pod) >= floorToSecond(nowUs) : this.backoffExpiryUs(pod) > nowUs;
  }

  /** The 1 s timer: pods whose back-off is over go to activeQ. */
  flushBackoff(nowUs: number): void {
    for (const heap of [this.#backoff, this.#errorBackoff]) {
      for (let pod = this.#head(heap); pod >= 0 && !this.isBackingOff(pod, nowUs); pod = this.#head(heap)) {
        this.#takeFrom(heap);
        this.#leave(pod);
        this.#toActive(pod);
      }
    }
  }

  /** First whole second at which {@link flushBackoff} will move something; `Infinity` = never. */
  nextFlushUs(): number {
    let next = Infinity;
    for (const heap of [this.#backoff, this.#errorBackoff]) {
      const pod = this.#head(heap);
      if (pod < 0) continue;
      const endUs = this.backoffExpiryUs(pod);
      next = Math.min(next, this.#options.popsFromBackoff ? endUs + SECOND_US : Math.ceil(endUs / SECOND_US) * SECOND_US);
    }
    return next;
  }

  /**
   * The 30 s timer: how many pods have been in unschedulablePods for longer than the limit and are tried again now. They stay where they are: since every event
   * that makes a node fit a pod requeues the pod at once, the retry is bound to fail, and the pod is back after one cycle. Its count and time stamp are
   * brought up to date when it is requeued.
   */
  retriesAt(tickUs: number): number {
    return this.#retries[(tickUs / FLUSH_PERIOD_US) % this.#retries.length]!;
  }

  /** First tick of the 30 s timer after `nowUs` at which {@link retriesAt} is not 0; `Infinity` = none. */
  nextRetryUs(nowUs: number): number {
    if (this.#unschedulable === 0) return Infinity;
    let tickUs = (Math.floor(nowUs / FLUSH_PERIOD_US) + 1) * FLUSH_PERIOD_US;
    while (this.retriesAt(tickUs) === 0) tickUs += FLUSH_PERIOD_US;
    return tickUs;
  }

  #firstRetryTick(pod: number): number {
    return Math.floor((this.timestampUs[pod]! + this.#options.maxUnschedulableUs) / FLUSH_PERIOD_US) + 1;
  }

  #settleRetries(pod: number, nowUs: number): void {
    const first = this.#firstRetryTick(pod) * FLUSH_PERIOD_US;
    if (nowUs < first) return;
    const periodUs = this.#retries.length * FLUSH_PERIOD_US;
    const times = Math.floor((nowUs - first) / periodUs);
    this.timestampUs[pod] = first + times * periodUs;
    this.unschedulableCount[pod]! += times + 1;
  }

  #requeue(pod: number, nowUs: number): void {
    if (!this.isBackingOff(pod, nowUs)) {
      this.#toActive(pod);
      return;
    }
    this.place[pod] = QueuePlace.backoff;
    this.#backoffCount++;
    this.#pending++;
    const ticket = (this.#ticket[pod] = ++this.#tickets);
    if (this.#order === null) this.#backoff.push(pod, ticket, this.backoffExpiryUs(pod), -this.#priority[pod]!, this.timestampUs[pod]!);
    else {
      const [first, second] = this.#order(pod, this.timestampUs[pod]!, this.#initialUs[pod]!);
      this.#backoff.push(pod, ticket, this.backoffExpiryUs(pod), first, second);
    }
  }

  #toActive(pod: number): void {
    this.place[pod] = QueuePlace.active;
    this.#activeCount++;
    this.#pending++;
    const ticket = (this.#ticket[pod] = ++this.#tickets);
    if (this.#order === null) this.#active.push(pod, ticket, -this.#priority[pod]!, this.timestampUs[pod]!, 0);
    else this.#active.push(pod, ticket, ...this.#order(pod, this.timestampUs[pod]!, this.#initialUs[pod]!));
  }

  #toUnschedulable(pod: number): void {
    const template = this.#template[pod]!;
    if (template >= this.#first.length || this.#isKnown[template] === 0) this.#addTemplate(template);
    const last = this.#last[template]!;
    this.place[pod] = QueuePlace.unschedulable;
    this.#unschedulable++;
    this.#retries[this.#firstRetryTick(pod) % this.#retries.length]!++;
    this.#pending++;
    this.#next[pod] = -1;
    this.#previous[pod] = last;
    if (last >= 0) this.#next[last] = pod;
    else this.#first[template] = pod;
    this.#last[template] = pod;
  }

  /** Takes a pod out of wherever it is; entries in heaps go stale with their ticket. */
  #leave(pod: number): void {
    const place = this.place[pod]!;
    if (place === QueuePlace.none || place === QueuePlace.inFlight) return;
    this.#pending--;
    this.#ticket[pod] = 0;
    if (place === QueuePlace.active) this.#activeCount--;
    else if (place === QueuePlace.backoff) this.#backoffCount--;
    else if (place === QueuePlace.unschedulable) {
      const template = this.#template[pod]!;
      const next = this.#next[pod]!;
      const previous = this.#previous[pod]!;
      this.#unschedulable--;
      this.#retries[this.#firstRetryTick(pod) % this.#retries.length]!--;
      if (previous >= 0) this.#next[previous] = next;
      else this.#first[template] = next;
      if (next >= 0) this.#previous[next] = previous;
      else this.#last[template] = previous;
    }
  }

  /** Head of a heap whose ticket is still good, without taking it; -1 = empty. */
  #head(heap: PodHeap): number {
    while (heap.size > 0) {
      const pod = heap.headPod;
      if (this.#ticket[pod] === heap.headTicket) return pod;
      heap.pop();
    }
    return -1;
  }

  #takeFrom(heap: PodHeap): number {
    const pod = this.#head(heap);
    heap.pop();
    return pod;
  }

  #addTemplate(template: number): void {
    while (template >= this.#first.length) {
      const before = this.#first.length;
      this.#first = grown32(this.#first);
      this.#first.fill(-1, before);
      this.#last = grown32(this.#last);
      this.#last.fill(-1, before);
      this.#isKnown = grown8(this.#isKnown);
    }
    if (this.#isKnown[template] === 1) return;
    this.#isKnown[template] = 1;
    this.#templates.push(template);
  }

  #grow(): void {
    this.place = grown8(this.place);
    this.timestampUs = grown64(this.timestampUs);
    this.#initialUs = grown64(this.#initialUs);
    this.attempts = grown32(this.attempts);
    this.unschedulableCount = grown32(this.unschedulableCount);
    this.consecutiveErrors = grown32(this.consecutiveErrors);
    this.#priority = grown32(this.#priority);
    this.#template = grown32(this.#template);
    this.#ticket = grown64(this.#ticket);
    this.#next = grown32(this.#next);
    this.#previous = grown32(this.#previous);
  }
}

function floorToSecond(timeUs: number): number {
  return Math.floor(timeUs / SECOND_US) * SECOND_US;
}
