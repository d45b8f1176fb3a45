import { selects } from './label-selector.ts';
import type { PodAffinityTerm, PodSpec } from './pod-spec.ts';

/**
 * Whether a pod that comes, goes or begins to terminate may change what the plugins that look at the whole cluster say of another pod (the queueing hints of
 * InterPodAffinity, PodTopologySpread and NodePorts: their isSchedulableAfterPodChange functions, v1.35.4). A pod that is selected by a term counts even if that
 * term alone does not decide: a retry too many costs a back-off, one too few would starve the pod.
 */
export function touches(waiting: PodSpec, changed: PodSpec): boolean {
  if (waiting.podAffinity.required.some((term) => mayMatch(term, changed)) || waiting.podAntiAffinity.required.some((term) => mayMatch(term, changed))) return true;
  if (changed.podAntiAffinity.required.some((term) => mayMatch(term, waiting))) return true;
  if (waiting.spread.some(({ hard, selector }) => hard && waiting.namespace === changed.namespace && selects(selector, changed.labels))) return true;
  if (waiting.spread.length === 0 && waiting.defaultSpread !== null) {
    if (waiting.defaultSpread === 'replicas' ? waiting === changed : waiting.namespace === changed.namespace && selects(waiting.defaultSpread, changed.labels)) return true;
  }
  return waiting.hostPorts.some(({ port }) => changed.hostPorts.some((other) => other.port === port));
}

/** Namespaces are taken as they are named; one chosen by its labels may be any. */
function mayMatch(term: PodAffinityTerm, pod: PodSpec): boolean {
  return (term.namespaceSelector !== null || term.namespaces.includes(pod.namespace)) && selects(term.selector, pod.labels);
}
