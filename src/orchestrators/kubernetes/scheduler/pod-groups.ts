import type { QueuedPod } from './lifecycle-plugin.ts';

/** `scheduleTimeoutSeconds` of a PodGroup: how long pods wait for their siblings (kubernetes-sigs/scheduler-plugins apis/scheduling, CoschedulingArgs permitWaitingTimeSeconds). */
export const PERMIT_WAIT_US = 60_000_000;

interface Group {
  readonly number: number;
  readonly minMember: number;
  readonly createdUs: number;
  readonly members: Set<number>;
  readonly reserved: Set<number>;
  /** Pods that wait at Permit, in order. */
  readonly waiting: Set<number>;
}

/**
 * Coscheduling (kubernetes-sigs/scheduler-plugins pkg/coscheduling): pods of a group are bound only when as many as it needs have a node. PreFilter rejects while
 * fewer exist, Permit holds what is reserved, and one that waits too long, or loses its node while it waits, takes its siblings with it.
 */
export class PodGroups {
  readonly #groups = new Map<string, Group>();
  readonly #groupOf = new Map<number, Group>();

  /** Makes a pod a member. A group is as old as its first member's arrival. */
  add(pod: number, name: string, minMember: number, nowUs: number): void {
    let group = this.#groups.get(name);
    if (group === undefined) this.#groups.set(name, (group = { number: this.#groups.size, minMember, createdUs: nowUs, members: new Set(), reserved: new Set(), waiting: new Set() }));
    group.members.add(pod);
    this.#groupOf.set(pod, group);
  }

  remove(pod: number): void {
    const group = this.#groupOf.get(pod);
    if (group === undefined) return;
    group.members.delete(pod);
    group.reserved.delete(pod);
    group.waiting.delete(pod);
    this.#groupOf.delete(pod);
  }

  /** Less: by priority, then by the age of the pod's group, or of the pod itself, so that the pods of a group follow each other. */
  queueKeys({ pod, spec, initialUs }: QueuedPod): readonly [number, number, number] {
    const group = this.#groupOf.get(pod);
    return group === undefined ? [-spec.priority, initialUs, -1] : [-spec.priority, group.createdUs, group.number];
  }

  /** PreFilter: members that the pod's group lacks; 0 = none, or no group. */
  missing(pod: number): number {
    const group = this.#groupOf.get(pod);
    return group === undefined ? 0 : Math.max(0, group.minMember - group.members.size);
  }

  /** Permit: pods that may be bound now that this one has a node; empty = it waits. */
  reserve(pod: number): readonly number[] {
    const group = this.#groupOf.get(pod);
    if (group === undefined) return [pod];
    group.reserved.add(pod);
    group.waiting.add(pod);
    if (group.reserved.size < group.minMember) return [];
    const free = [...group.waiting];
    group.waiting.clear();
    return free;
  }

  isWaiting(pod: number): boolean {
    return this.#groupOf.get(pod)?.waiting.has(pod) ?? false;
  }

  /** The pod's reservation ended: it was rejected, or its binding failed. */
  unreserve(pod: number): void {
    const group = this.#groupOf.get(pod);
    group?.reserved.delete(pod);
    group?.waiting.delete(pod);
  }

  /** Pods of the group that wait at Permit, this one included. */
  waitingWith(pod: number): readonly number[] {
    return [...(this.#groupOf.get(pod)?.waiting ?? [])];
  }
}
