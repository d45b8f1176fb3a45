import { grown16, grown32, grown64, grown8 } from '../../../engine/columns.ts';

/** Kind of object that owns pods. */
export const OwnerKind = { job: 0, replicaSet: 1, statefulSet: 2, daemonSet: 3 } as const;
export const OWNER_KIND_NAMES: readonly string[] = ['Job', 'ReplicaSet', 'StatefulSet', 'DaemonSet'];
export type OwnerKind = (typeof OwnerKind)[keyof typeof OwnerKind];

export const OwnerState = { active: 0, complete: 1, failed: 2, deleted: 3 } as const;
export type OwnerState = (typeof OwnerState)[keyof typeof OwnerState];

/** In {@link ReplicaSlots}: no pod; one whose creation is under way. */
export const NO_POD = -1;
export const CREATING = -2;

/** The pods of a ReplicaSet whose number of replicas changes: at most one per task of the job, not necessarily of the first tasks. */
export interface ReplicaSlots {
  /** `spec.replicas` as its controller has heard it. */
  wanted: number;
  /** Pods that are active or being created. */
  filled: number;
  /** Tasks from here on are not wanted any more (the service was scaled down). */
  limit: number;
  /** Per task, from the owner's first on: the active pod, {@link NO_POD} or {@link CREATING}. */
  readonly pod: Int32Array;
}

/** How far a task is in its present submission. */
export const TaskProgress = { none: 0, hadPod: 1, succeeded: 2 } as const;

/**
 * Jobs, ReplicaSets, StatefulSets and DaemonSets: one row each, over a run of consecutive tasks. Each task stands for one completion index or replica; the pods that are missing are a
 * range that has never had a pod plus a list of those that lost theirs.
 */
export class OwnerTable {
  kind = new Uint8Array(64);
  state = new Uint8Array(64);
  template = new Int32Array(64);
  firstTask = new Int32Array(64);
  count = new Int32Array(64);
  /** Tasks from the first on that have been given their first pod. */
  begun = new Int32Array(64);
  /** Pods that may be active at once (`spec.parallelism` of a Job). */
  most = new Float64Array(64);
  /** Job: completion indexes still to succeed. */
  open = new Int32Array(64);
  /** Job: failed pods so far, and those since the last success with the time of the last (backoff_utils.go). */
  failures = new Int32Array(64);
  recentFailures = new Int32Array(64);
  lastFailureUs = new Float64Array(64);
  /** Job: time of the next sync that pod events wait for (SyncJobBatchPeriod). */
  syncAtUs = new Float64Array(64);
  /** No further creations before the informer has shown those under way. */
  creatingUntilUs = new Float64Array(64);
  /** 1 = a sync is scheduled for when creation may go on. */
  waiting = new Uint8Array(64);
  /** Pods that its first task had had before, and requests about it: keys of its draws. */
  incarnation = new Uint16Array(64);
  requests = new Uint16Array(64);
  lost = new Int32Array(64);
  #firstLost = new Int32Array(64);
  #lastLost = new Int32Array(64);
  #references = new Int32Array(64);
  readonly #slots = new Map<number, ReplicaSlots>();
  readonly #free: number[] = [];
  #used = 0;
  /** Per task: the active pod, -1 = none; the owner, -1 = none; next in the owner's list of lost ones. */
  readonly podOf: Int32Array;
  readonly ownerOf: Int32Array;
  readonly #nextLost: Int32Array;
  /** Per task: {@link TaskProgress}. */
  readonly progress: Uint8Array;
  /** Per task: pods that it has had. */
  readonly podsMade: Uint16Array;

  constructor(taskCount: number) {
    this.podOf = new Int32Array(taskCount).fill(-1);
    this.ownerOf = new Int32Array(taskCount).fill(-1);
    this.#nextLost = new Int32Array(taskCount).fill(-1);
    this.progress = new Uint8Array(taskCount);
    this.podsMade = new Uint16Array(taskCount);
  }

  /** Highest row ever in use plus one. */
  get rows(): number {
    return this.#used;
  }

  /**
   * Adds an owner, held once by itself until {@link end}.
   * @param adopts tasks that another ReplicaSet of the same Deployment has too: their pods stay what they are
   */
  add(kind: OwnerKind, template: number, firstTask: number, count: number, adopts = false): number {
    let owner = this.#free.pop();
    if (owner === undefined) {
      if (this.#used === this.kind.length) this.#grow();
      owner = this.#used++;
    }
    this.kind[owner] = kind;
    this.state[owner] = OwnerState.active;
    this.template[owner] = template;
    this.firstTask[owner] = firstTask;
    this.count[owner] = count;
    this.begun[owner] = 0;
    this.most[owner] = Infinity;
    this.open[owner] = count;
    this.failures[owner] = 0;
    this.recentFailures[owner] = 0;
    this.lastFailureUs[owner] = 0;
    this.syncAtUs[owner] = -Infinity;
    this.creatingUntilUs[owner] = -Infinity;
    this.waiting[owner] = 0;
    this.incarnation[owner] = this.podsMade[firstTask]!;
    this.requests[owner] = 0;
    this.lost[owner] = 0;
    this.#firstLost[owner] = -1;
    this.#lastLost[owner] = -1;
    this.#references[owner] = 1;
    for (let task = firstTask; task < firstTask + count; task++) {
      this.ownerOf[task] = owner;
      if (adopts) continue;
      this.podOf[task] = -1;
      this.progress[task] = TaskProgress.none;
    }
    return owner;
  }

  hold(owner: number): void {
    this.#references[owner]!++;
  }

  drop(owner: number): void {
    if (--this.#references[owner]! > 0) return;
    const first = this.firstTask[owner]!;
    for (let task = first; task < first + this.count[owner]!; task++) if (this.ownerOf[task] === owner) this.ownerOf[task] = -1;
    this.#slots.delete(owner);
    this.#free.push(owner);
  }

  /** The object has reached its end; the row goes when its pods and events are through. */
  end(owner: number, state: OwnerState): void {
    if (this.state[owner] !== OwnerState.active) return;
    this.state[owner] = state;
    this.drop(owner);
  }

  /** From now on the ReplicaSet's replicas are counted apart from the tasks that it covers. */
  slotsOf(owner: number): ReplicaSlots {
    let slots = this.#slots.get(owner);
    if (slots !== undefined) return slots;
    const first = this.firstTask[owner]!;
    const count = this.count[owner]!;
    const pod = new Int32Array(count).fill(NO_POD);
    let filled = 0;
    // Begun and without a pod: lost, or its creation is under way.
    for (let i = 0; i < this.begun[owner]!; i++) {
      pod[i] = this.podOf[first + i]! >= 0 ? this.podOf[first + i]! : CREATING;
      filled++;
    }
    for (let task = this.#firstLost[owner]!; task >= 0; task = this.#nextLost[task]!) {
      pod[task - first] = NO_POD;
      filled--;
    }
    slots = { wanted: count, filled, limit: count, pod };
    this.#slots.set(owner, slots);
    return slots;
  }

  /** {@link ReplicaSlots} of an owner that has them. */
  managedSlots(owner: number): ReplicaSlots | undefined {
    return this.#slots.get(owner);
  }

  /** The owner's pod for a task is this one, or {@link NO_POD}. */
  setPod(owner: number, task: number, pod: number): void {
    const slots = this.#slots.get(owner);
    if (slots !== undefined) slots.pod[task - this.firstTask[owner]!] = pod;
    this.podOf[task] = pod;
  }

  /** Active pods of an owner. */
  podsOf(owner: number): number[] {
    const slots = this.#slots.get(owner);
    if (slots !== undefined) return [...slots.pod].filter((pod) => pod >= 0);
    const first = this.firstTask[owner]!;
    const found: number[] = [];
    for (let task = first; task < first + this.count[owner]!; task++) if (this.ownerOf[task] === owner && this.podOf[task]! >= 0) found.push(this.podOf[task]!);
    return found;
  }

  /** Pods that are wanted and not there. */
  missing(owner: number): number {
    const slots = this.#slots.get(owner);
    if (slots !== undefined) return Math.max(0, Math.min(slots.wanted, slots.limit) - slots.filled);
    const active = this.begun[owner]! - this.lost[owner]! - (this.count[owner]! - this.open[owner]!);
    return Math.min(this.lost[owner]! + this.count[owner]! - this.begun[owner]!, Math.max(0, this.most[owner]! - active));
  }

  /** The task that {@link takeMissing} gave gets no pod after all. */
  giveUp(owner: number, task: number): void {
    const slots = this.#slots.get(owner);
    if (slots === undefined) {
      this.lose(owner, task);
      return;
    }
    slots.pod[task - this.firstTask[owner]!] = NO_POD;
    slots.filled--;
  }

  /** All tasks have been given pods, but for those that lack one: they count as lost. */
  beginWithout(owner: number, lacking: readonly number[]): void {
    this.begun[owner] = this.count[owner]!;
    for (const task of lacking) this.lose(owner, task);
  }

  /** Notes that a task lost its pod. */
  lose(owner: number, task: number): void {
    this.#nextLost[task] = -1;
    const last = this.#lastLost[owner]!;
    if (last >= 0) this.#nextLost[last] = task;
    else this.#firstLost[owner] = task;
    this.#lastLost[owner] = task;
    this.lost[owner]!++;
  }

  /** Pods beyond those wanted of a ReplicaSet that is scaled, or of tasks that are not. */
  surplus(owner: number): number {
    const slots = this.#slots.get(owner);
    if (slots === undefined) return 0;
    let beyond = 0;
    for (let i = slots.limit; i < slots.pod.length; i++) if (slots.pod[i]! >= 0) beyond++;
    return Math.max(slots.filled - Math.min(slots.wanted, slots.limit), beyond);
  }

  /** Next task to get a pod: those that lost one first; -1 = none is missing. */
  takeMissing(owner: number): number {
    const slots = this.#slots.get(owner);
    if (slots !== undefined) return this.#takeSlot(owner, slots);
    const task = this.#firstLost[owner]!;
    if (task >= 0) {
      const next = this.#nextLost[task]!;
      this.#firstLost[owner] = next;
      if (next < 0) this.#lastLost[owner] = -1;
      this.lost[owner]!--;
      return task;
    }
    return this.begun[owner]! < this.count[owner]! ? this.firstTask[owner]! + this.begun[owner]!++ : -1;
  }

  /** A task that no pod of any ReplicaSet has, else the first that this one has none for. */
  #takeSlot(owner: number, slots: ReplicaSlots): number {
    if (slots.filled >= Math.min(slots.wanted, slots.limit)) return -1;
    const first = this.firstTask[owner]!;
    let taken = -1;
    for (let i = 0; i < slots.limit; i++) {
      if (slots.pod[i] !== NO_POD) continue;
      if (this.podOf[first + i]! < 0) {
        taken = i;
        break;
      }
      if (taken < 0) taken = i;
    }
    if (taken < 0) return -1;
    slots.pod[taken] = CREATING;
    slots.filled++;
    return first + taken;
  }

  #grow(): void {
    this.kind = grown8(this.kind);
    this.state = grown8(this.state);
    this.template = grown32(this.template);
    this.firstTask = grown32(this.firstTask);
    this.count = grown32(this.count);
    this.begun = grown32(this.begun);
    this.most = grown64(this.most);
    this.open = grown32(this.open);
    this.failures = grown32(this.failures);
    this.recentFailures = grown32(this.recentFailures);
    this.lastFailureUs = grown64(this.lastFailureUs);
    this.syncAtUs = grown64(this.syncAtUs);
    this.creatingUntilUs = grown64(this.creatingUntilUs);
    this.waiting = grown8(this.waiting);
    this.incarnation = grown16(this.incarnation);
    this.requests = grown16(this.requests);
    this.lost = grown32(this.lost);
    this.#firstLost = grown32(this.#firstLost);
    this.#lastLost = grown32(this.#lastLost);
    this.#references = grown32(this.#references);
  }
}
