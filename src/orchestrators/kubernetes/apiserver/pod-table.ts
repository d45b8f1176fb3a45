import { grown16, grown32, grown64, grown8 } from '../../../engine/columns.ts';

/** `status.phase`. */
export const PodPhase = { pending: 0, running: 1, succeeded: 2, failed: 3 } as const;
export type PodPhase = (typeof PodPhase)[keyof typeof PodPhase];
export const POD_PHASE_NAMES: readonly string[] = ['Pending', 'Running', 'Succeeded', 'Failed'];

/**
 * Pods as the API server stores them: one row each. A row is recycled when the object is gone and nobody still refers to it; whoever has an event under way
 * that names a row holds it.
 */
export class PodTable {
  /** 1 = the object is stored and not terminal. */
  alive = new Uint8Array(256);
  phase = new Uint8Array(256);
  task = new Int32Array(256);
  /** Index of the shape, which is the pod template. */
  template = new Int32Array(256);
  owner = new Int32Array(256);
  /** `spec.nodeName` as machine index; -1 = none. */
  node = new Int32Array(256);
  /** Machine that it is pinned to by required node affinity on its name (DaemonSet); -1 = none. */
  target = new Int32Array(256);
  /** 1 = has a deletionTimestamp. */
  deleting = new Uint8Array(256);
  /** Never used twice. */
  uid = new Float64Array(256);
  /** Devices that a GPU-sharing device plugin has assigned; bit i = device i. */
  gpuMask = new Int32Array(256);
  /** When the pod's container ended by the kubelet's account; until then, when it was deleted. Microseconds. */
  finishedUs = new Float64Array(256);
  /** When the API server has or will have the report that the pod runs; `Infinity` = none under way. Microseconds. */
  runningUs = new Float64Array(256);
  /** `status.conditions[Ready]` as stored: 1 = true. Kept for pods of services alone: nobody asks for those of Jobs. */
  ready = new Uint8Array(256);
  /** Since when {@link ready} is what it is, microseconds. */
  readySinceUs = new Float64Array(256);
  /** Counts changes of readiness under way: reports of an earlier one are void. */
  readyEpoch = new Int32Array(256);
  /** 1 = kube-proxy sends clients of the service here. */
  routed = new Uint8Array(256);
  /** 1 = its owner has counted it out. */
  counted = new Uint8Array(256);
  /** Restarts of its container, as its status has them. */
  restarts = new Uint16Array(256);
  /** Which of its task's pods it is, from 1, the task's identity, and how many requests about it have been numbered: keys of its draws. */
  incarnation = new Uint16Array(256);
  entity = new Float64Array(256);
  requests = new Uint16Array(256);
  live = 0;
  #references = new Int32Array(256);
  // Pods of one node: doubly linked.
  #next = new Int32Array(256);
  #previous = new Int32Array(256);
  readonly #firstOnNode: Int32Array;
  readonly #free: number[] = [];
  #used = 0;
  #uids = 0;

  constructor(nodeCount: number) {
    this.#firstOnNode = new Int32Array(nodeCount).fill(-1);
  }

  /** Highest row in use plus one; columns of others must reach that far. */
  get rows(): number {
    return this.#used;
  }

  add(task: number, template: number, owner: number, target = -1, incarnation = 1, entity = 0): number {
    let pod = this.#free.pop();
    if (pod === undefined) {
      if (this.#used === this.alive.length) this.#grow();
      pod = this.#used++;
    }
    this.alive[pod] = 1;
    this.phase[pod] = PodPhase.pending;
    this.task[pod] = task;
    this.template[pod] = template;
    this.owner[pod] = owner;
    this.node[pod] = -1;
    this.target[pod] = target;
    this.deleting[pod] = 0;
    this.uid[pod] = ++this.#uids;
    this.gpuMask[pod] = 0;
    this.finishedUs[pod] = 0;
    this.runningUs[pod] = Infinity;
    this.ready[pod] = 0;
    this.readySinceUs[pod] = 0;
    this.readyEpoch[pod]!++;
    this.routed[pod] = 0;
    this.counted[pod] = 0;
    this.restarts[pod] = 0;
    this.incarnation[pod] = incarnation;
    this.entity[pod] = entity;
    this.requests[pod] = 0;
    this.#references[pod] = 0;
    this.live++;
    return pod;
  }

  /** Keeps the row until the matching {@link drop}. */
  hold(pod: number): void {
    this.#references[pod]!++;
  }

  drop(pod: number): void {
    if (--this.#references[pod]! === 0 && this.alive[pod] === 0) this.#free.push(pod);
  }

  setNode(pod: number, node: number): void {
    const first = this.#firstOnNode[node]!;
    this.node[pod] = node;
    this.#next[pod] = first;
    this.#previous[pod] = -1;
    if (first >= 0) this.#previous[first] = pod;
    this.#firstOnNode[node] = pod;
  }

  /** The object is gone or terminal: off its node. The row stays until nobody holds it; the caller must hold it. */
  retire(pod: number): void {
    this.alive[pod] = 0;
    this.live--;
    const node = this.node[pod]!;
    if (node < 0) return;
    const next = this.#next[pod]!;
    const previous = this.#previous[pod]!;
    if (previous >= 0) this.#next[previous] = next;
    else this.#firstOnNode[node] = next;
    if (next >= 0) this.#previous[next] = previous;
  }

  /** `status.phase` as stored now. */
  phaseAt(pod: number, nowUs: number): PodPhase {
    return this.phase[pod] === PodPhase.pending && this.runningUs[pod]! <= nowUs ? PodPhase.running : (this.phase[pod] as PodPhase);
  }

  /** Pods bound to a node, latest first. */
  on(node: number): number[] {
    const found: number[] = [];
    for (let pod = this.#firstOnNode[node]!; pod >= 0; pod = this.#next[pod]!) found.push(pod);
    return found;
  }

  #grow(): void {
    this.alive = grown8(this.alive);
    this.phase = grown8(this.phase);
    this.task = grown32(this.task);
    this.template = grown32(this.template);
    this.owner = grown32(this.owner);
    this.node = grown32(this.node);
    this.target = grown32(this.target);
    this.deleting = grown8(this.deleting);
    this.uid = grown64(this.uid);
    this.gpuMask = grown32(this.gpuMask);
    this.finishedUs = grown64(this.finishedUs);
    this.runningUs = grown64(this.runningUs);
    this.ready = grown8(this.ready);
    this.readySinceUs = grown64(this.readySinceUs);
    this.readyEpoch = grown32(this.readyEpoch);
    this.routed = grown8(this.routed);
    this.counted = grown8(this.counted);
    this.restarts = grown16(this.restarts);
    this.incarnation = grown16(this.incarnation);
    this.entity = grown64(this.entity);
    this.requests = grown16(this.requests);
    this.#references = grown32(this.#references);
    this.#next = grown32(this.#next);
    this.#previous = grown32(this.#previous);
  }
}
