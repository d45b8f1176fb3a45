import { type NativeObject, NODES_ANNOTATION } from '../../workload/readers/kubernetes-manifests/native-object.ts';
import type { Shape } from '../../workload/shape.ts';

/** Names of the nodes that the replicas of a job of a cluster's snapshot are on, '' = none; `null` = not of a snapshot. */
export function recordedNodes(shape: Shape): readonly string[] | null {
  if (shape.native?.format !== 'kubernetes') return null;
  return (shape.native.spec as unknown as NativeObject).metadata.annotations?.[NODES_ANNOTATION]?.split(',') ?? null;
}
