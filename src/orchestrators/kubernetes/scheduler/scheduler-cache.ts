import { grown32 } from '../../../engine/columns.ts';
import { type ClusterView, DEFAULT_NAMESPACES } from './cluster-view.ts';
import type { NodeColumns } from './node-columns.ts';
import type { GpuShare } from './plugins/gpu-share.ts';
import { PodIndex } from './pod-index.ts';
import type { PodSpec } from './pod-spec.ts';

/** The scheduler's cache (pkg/scheduler/backend/cache/cache.go, v1.35.4): nodes with what is assumed and bound on them. Assumed pods count at once and never expire. */
export class SchedulerCache implements ClusterView {
  readonly nodes: NodeColumns;
  readonly pods: PodIndex;
  readonly namespaces = DEFAULT_NAMESPACES;
  readonly #gpuShare: GpuShare | null;
  /** Devices of a GPU-sharing plugin per pod. */
  #gpuMask = new Int32Array(64);
  /** Placed pods per priority: whether anybody could be preempted at all. */
  readonly #priorities = new Map<number, number>();
  #lowestPriority = Infinity;
  /** Grows with every change that lasts: pods that come and go, nodes that change. */
  changes = 0;

  constructor(nodes: NodeColumns, gpuShare: GpuShare | null) {
    this.nodes = nodes;
    this.pods = new PodIndex(nodes.count);
    this.#gpuShare = gpuShare;
  }

  /** Lowest priority of any pod on a node; `Infinity` = there is none. */
  get lowestPriority(): number {
    return this.#lowestPriority;
  }

  gpuMask(pod: number): number {
    return this.#gpuMask[pod]!;
  }

  /** Counts a pod on a node from now on. */
  assume(pod: number, spec: PodSpec, row: number, nowUs: number, group: number): void {
    while (pod >= this.#gpuMask.length) this.#gpuMask = grown32(this.#gpuMask);
    this.changes++;
    this.nodes.add(row, spec, 1);
    this.pods.add(pod, spec, row, nowUs, group);
    this.#gpuMask[pod] = this.#gpuShare === null ? 0 : this.#gpuShare.reserve(spec, row);
    const { priority } = spec;
    this.#priorities.set(priority, (this.#priorities.get(priority) ?? 0) + 1);
    if (priority < this.#lowestPriority) this.#lowestPriority = priority;
  }

  forget(pod: number): void {
    const { priority } = this.pods.spec(pod);
    this.changes++;
    this.take(pod);
    const left = this.#priorities.get(priority)! - 1;
    if (left > 0) {
      this.#priorities.set(priority, left);
      return;
    }
    this.#priorities.delete(priority);
    if (priority === this.#lowestPriority) this.#lowestPriority = [...this.#priorities.keys()].reduce((min, other) => Math.min(min, other), Infinity);
  }

  /** Takes a pod off its node for a trial; {@link put} brings it back as it was. */
  take(pod: number): void {
    const row = this.pods.row[pod]!;
    const spec = this.pods.spec(pod);
    this.nodes.add(row, spec, -1);
    this.#gpuShare?.unreserve(spec, row, this.#gpuMask[pod]!);
    this.pods.remove(pod);
  }

  /**
   * Takes what a pod uses off its node's books alone, for a question that concerns nothing but these; {@link settle} brings it back. The pod stays in the index.
   */
  lift(pod: number): void {
    const row = this.pods.row[pod]!;
    const spec = this.pods.spec(pod);
    this.nodes.add(row, spec, -1);
    this.#gpuShare?.unreserve(spec, row, this.#gpuMask[pod]!);
  }

  settle(pod: number): void {
    const row = this.pods.row[pod]!;
    const spec = this.pods.spec(pod);
    this.nodes.add(row, spec, 1);
    this.#gpuShare?.reserveAgain(spec, row, this.#gpuMask[pod]!);
  }

  /** GPU devices that a pod would be given on a node. */
  devicesFor(spec: PodSpec, row: number): number {
    return this.#gpuShare?.choose(spec, row) ?? 0;
  }

  /** Counts GPU devices for a pod that is nominated for a node (sign 1), or no longer (-1); its other requests are the columns' matter. */
  holdDevices(spec: PodSpec, row: number, mask: number, sign: number): void {
    this.#gpuShare?.hold(spec, row, mask, sign);
  }

  put(pod: number, row: number): void {
    const { pods } = this;
    const spec = pods.spec(pod);
    const wasTerminating = pods.terminating[pod] === 1;
    this.nodes.add(row, spec, 1);
    this.#gpuShare?.reserveAgain(spec, row, this.#gpuMask[pod]!);
    pods.add(pod, spec, row, pods.startUs[pod]!, pods.group[pod]!);
    if (wasTerminating) pods.terminate(pod);
  }
}
