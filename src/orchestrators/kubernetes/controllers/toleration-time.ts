import { type NativeObject, podOfNative } from '../../../workload/readers/kubernetes-manifests/native-object.ts';
import type { Shape } from '../../../workload/shape.ts';

interface TolerationManifest {
  readonly key?: string;
  readonly operator?: string;
  readonly effect?: string;
  readonly tolerationSeconds?: number;
}

/**
 * How long a shape's pods stay on a node with the NoExecute taint unreachable (getMinTolerationTime in pkg/controller/tainteviction, v1.35), microseconds: the shortest of their tolerations
 * of it, `Infinity` = for ever; pods of DaemonSets always that (AddOrUpdateDaemonPodTolerations).
 * @param defaultUs of the toleration that admission adds to a pod without one of its own
 */
export function tolerationTimeUs(shape: Shape, defaultUs: number): number {
  if (shape.native?.format !== 'kubernetes') return defaultUs;
  const object = shape.native.spec as unknown as NativeObject;
  if (object.kind === 'DaemonSet') return Infinity;
  const { tolerations = [] } = podOfNative(object).spec as { readonly tolerations?: readonly TolerationManifest[] };
  const own = tolerations.filter(({ key, operator, effect }) => (effect === undefined || effect === 'NoExecute') && (key === 'node.kubernetes.io/unreachable' || (key === undefined && operator === 'Exists')));
  return own.length === 0 ? defaultUs : Math.min(...own.map(({ tolerationSeconds }) => (tolerationSeconds === undefined ? Infinity : Math.max(0, tolerationSeconds) * 1_000_000)));
}
