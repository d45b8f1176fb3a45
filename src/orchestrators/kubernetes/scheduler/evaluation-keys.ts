import type { PodSpec } from './pod-spec.ts';
import type { Profile } from './profile.ts';

/**
 * Templates that {@link Profile.evaluate} cannot tell apart, by the first of them: they share what is remembered of a node. Jobs that differ in their priority, labels
 * or affinity to other pods often ask for the same resources.
 */
export function evaluationKeys(templates: readonly (PodSpec | null)[], profiles: readonly (Profile | null)[]): Int32Array {
  const keys = new Int32Array(templates.length);
  const known = new Map<Profile, Map<string, number>>();
  templates.forEach((spec, template) => {
    keys[template] = template;
    const profile = profiles[template]!;
    if (spec === null || profile === null || !profile.evaluatesKnownFields) return;
    let first = known.get(profile);
    if (first === undefined) known.set(profile, (first = new Map()));
    const { request, scored, nodeName, tolerations, nodeSelector, affinity, images, gpuShare } = spec;
    const fields = JSON.stringify([request, scored, nodeName, tolerations, nodeSelector, affinity, images, gpuShare]);
    const found = first.get(fields);
    if (found === undefined) first.set(fields, template);
    else keys[template] = found;
  });
  return keys;
}

/** Those of {@link evaluationKeys} that have the same priority besides: pods that are nominated for a node matter to those that are not more important. */
export function keysByPriority(templates: readonly (PodSpec | null)[], keys: Int32Array): Int32Array {
  const first = new Map<string, number>();
  return keys.map((key, template) => {
    const id = `${key} ${templates[template]?.priority ?? ''}`;
    const known = first.get(id);
    if (known === undefined) first.set(id, template);
    return known ?? template;
  });
}
