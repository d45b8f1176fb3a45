import { InputError } from '../../../engine/input-error.ts';
import type { LifecyclePlugin, PermitAnswer, QueuedPod } from './lifecycle-plugin.ts';
import type { NodeColumns } from './node-columns.ts';
import type { PendingPods } from './pending-pods.ts';
import type { PodGroups } from './pod-groups.ts';
import type { PodSpec } from './pod-spec.ts';

const AT_ONCE: PermitAnswer = { waitUs: 0 };

/** The lifecycle plugins of all profiles, each asked about the pods of its own profile (framework/runtime/framework.go, v1.35.4). */
export class LifecyclePlugins {
  readonly #pending: PendingPods;
  readonly #nodes: NodeColumns;
  readonly #sort: Required<Pick<LifecyclePlugin, 'queueKeys'>> | null;
  readonly #isEmpty: boolean;

  /**
   * @param groups orders the queue where pods are scheduled in groups and no plugin does; `null` = PrioritySort
   * @throws InputError where two plugins are to sort one queue
   */
  constructor(pending: PendingPods, nodes: NodeColumns, groups: PodGroups | null) {
    this.#pending = pending;
    this.#nodes = nodes;
    const all = new Set(pending.profiles.flatMap((profile) => profile?.lifecycle ?? []));
    this.#isEmpty = all.size === 0;
    const sorting = [...all].filter(({ queueKeys }) => queueKeys !== undefined);
    const names = new Set(sorting.map(({ name }) => name));
    if (names.size > 1) throw new InputError(`all profiles share one queue, but ${[...names].join(' and ')} would each sort it`);
    this.#sort = (sorting[0] as Required<LifecyclePlugin> | undefined) ?? groups;
  }

  /** Keys of a pod in activeQ; `null` = PrioritySort's. */
  get queueKeys(): ((queued: QueuedPod) => readonly [number, number, number]) | null {
    const sort = this.#sort;
    return sort === null ? null : (queued) => sort.queueKeys(queued);
  }

  /** Why a pod may not enter activeQ yet; '' = it may. */
  refusal(pod: number): string {
    for (const plugin of this.#of(pod)) {
      const reason = plugin.preEnqueue?.(pod, this.#spec(pod)) ?? '';
      if (reason !== '') return reason;
    }
    return '';
  }

  gone(pod: number): void {
    for (const plugin of this.#of(pod)) plugin.gone?.(pod);
  }

  reserve(pod: number, row: number): void {
    for (const plugin of this.#of(pod)) plugin.reserve?.(pod, this.#spec(pod), this.#nodes, row);
  }

  unreserve(pod: number, spec: PodSpec, row: number): void {
    for (const plugin of this.#of(pod)) plugin.unreserve?.(pod, spec, this.#nodes, row);
  }

  /** RunPermitPlugins: the first rejection counts, otherwise the longest wait. */
  permit(pod: number, row: number): PermitAnswer {
    if (this.#isEmpty) return AT_ONCE;
    let waitUs = 0;
    const allowed: number[] = [];
    for (const plugin of this.#of(pod)) {
      if (plugin.permit === undefined) continue;
      const answer = plugin.permit(pod, this.#spec(pod), this.#nodes, row);
      if (answer.waitUs < 0) return answer;
      waitUs = Math.max(waitUs, answer.waitUs);
      allowed.push(...(answer.allowed ?? []));
    }
    return { waitUs, allowed };
  }

  #of(pod: number): readonly LifecyclePlugin[] {
    return this.#isEmpty ? NONE : (this.#pending.profiles[this.#pending.table.template[pod]!]?.lifecycle ?? NONE);
  }

  #spec(pod: number): PodSpec {
    return this.#pending.templates[this.#pending.table.template[pod]!]!;
  }
}

const NONE: readonly LifecyclePlugin[] = [];
