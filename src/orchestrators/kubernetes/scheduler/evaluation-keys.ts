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
