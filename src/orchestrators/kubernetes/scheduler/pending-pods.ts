import type { PodTable } from '../apiserver/pod-table.ts';
import type { PodSpec } from './pod-spec.ts';
import type { Profile } from './profile.ts';

/** What the scheduler reads of pods: the stored objects, their templates, and which of its profiles each template asks for. */
export interface PendingPods {
  readonly table: PodTable;
  /** Per template; `null` = never submitted. */
  readonly templates: readonly (PodSpec | null)[];
  /** Per template; `null` = another scheduler's. */
  readonly profiles: readonly (Profile | null)[];
  /** Owner whose replicas a pod is one of; -1 = none. */
  groupOf(pod: number): number;
  /** Node that a pod is pinned to (DaemonSet); -1 = none. */
  targetRow(pod: number): number;
}
