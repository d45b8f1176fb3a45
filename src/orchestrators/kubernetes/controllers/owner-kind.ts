import type { NativeObject } from '../../../workload/readers/kubernetes-manifests/native-object.ts';
import type { Shape } from '../../../workload/shape.ts';
import { OwnerKind } from '../apiserver/owner-table.ts';

/** What a user creates for a shape: the object that it came from, else a Job for batch work and a ReplicaSet for a service. */
export function ownerKind(shape: Shape): OwnerKind {
  if (shape.kind === 'batch') return OwnerKind.job;
  const kind = shape.native?.format === 'kubernetes' ? (shape.native.spec as unknown as NativeObject).kind : '';
  return kind === 'StatefulSet' ? OwnerKind.statefulSet : kind === 'DaemonSet' ? OwnerKind.daemonSet : OwnerKind.replicaSet;
}
