import type { PodTemplateManifest } from './object-schema.ts';
import { withDefaultRequests } from './object-schema.ts';

/** Annotation with the node that each replica of the job begins on, in order, joined by commas; '' = placed by the scheduler. */
export const NODES_ANNOTATION = 'seatrial.dev/nodes';

/** What stands in `Shape.native.spec` under the format `kubernetes`: the object as its user wrote it, and beside it the others that bear on it. */
export interface NativeObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>>;
  /** PodDisruptionBudgets, HorizontalPodAutoscalers, Services, ResourceQuotas and the PriorityClass that concern it. */
  readonly related?: readonly { readonly kind: string; readonly metadata: { readonly name: string }; readonly spec?: Readonly<Record<string, unknown>> }[];
}

/** A pod as the object's controller would create it: labels, annotations and spec of its template, requests filled in from limits. */
export function podOfNative(object: NativeObject): { readonly metadata: { readonly namespace: string; readonly labels: Readonly<Record<string, string>>; readonly annotations: Readonly<Record<string, string>> }; readonly spec: PodTemplateManifest['spec'] } {
  const template = templateOfNative(object);
  return {
    metadata: { namespace: object.metadata.namespace ?? 'default', labels: template.metadata?.labels ?? {}, annotations: template.metadata?.annotations ?? {} },
    spec: withDefaultRequests(template.spec),
  };
}

function templateOfNative(object: NativeObject): PodTemplateManifest {
  if (object.kind === 'Pod') return { metadata: object.metadata, spec: object.spec } as unknown as PodTemplateManifest;
  const spec = object.kind === 'CronJob' ? (object.spec.jobTemplate as { readonly spec: unknown }).spec : object.spec;
  return (spec as { readonly template: PodTemplateManifest }).template;
}
