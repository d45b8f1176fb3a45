import type { NodeColumns } from './node-columns.ts';
import type { PodSpec } from './pod-spec.ts';

/** A pod in the queue, as QueueSort sees it. Times in microseconds. */
export interface QueuedPod {
  readonly pod: number;
  readonly spec: PodSpec;
  /** Time of the last insertion by the queue. */
  readonly timestampUs: number;
  /** Time of the first. */
  readonly initialUs: number;
}

/** What Permit says of a pod that has been given a node. */
export interface PermitAnswer {
  /** 0 = it may be bound now; otherwise how long it waits to be let go (framework Wait), after which it is rejected; -1 = it is rejected. Microseconds. */
  readonly waitUs: number;
  /** Pods that wait at Permit and may be bound now. */
  readonly allowed?: readonly number[];
}

/**
 * A plugin that takes part in a pod's way through the scheduler beside the choice of its node (framework/interface.go, v1.35.4): each method is the extension point of
 * its name, and may be left out. A pod is a number, the same from its first queueing until it is gone; state of one's own belongs into the plugin.
 */
export interface LifecyclePlugin {
  readonly name: string;
  /** Why the pod may not enter activeQ yet; '' = it may. Asked when the pod comes, and of pods that it holds back, in order, whenever a pod or a node came, changed or went. */
  preEnqueue?(pod: number, spec: PodSpec): string;
  /** QueueSort: the pod with the smaller keys is popped first, the second and third deciding between equals. Asked whenever the pod enters a queue; one plugin at most. */
  queueKeys?(queued: QueuedPod): readonly [number, number, number];
  /** Reserve: the pod is assumed on the node. */
  reserve?(pod: number, spec: PodSpec, nodes: NodeColumns, row: number): void;
  /** Unreserve, and the end of a bound pod: it is off the node. */
  unreserve?(pod: number, spec: PodSpec, nodes: NodeColumns, row: number): void;
  permit?(pod: number, spec: PodSpec, nodes: NodeColumns, row: number): PermitAnswer;
  /** The pod was deleted, wherever it was (an informer's event): its number may be given to another. */
  gone?(pod: number): void;
}
