import { FilterVerdict } from '../filter-verdict.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { FilterPlugin, ScorePlugin } from '../plugin.ts';
import type { NodeAffinityTerms, NodeSelectorTerm, PodSpec, SelectorRequirement } from '../pod-spec.ts';
import { holds, wholeNumber } from '../label-selector.ts';
import { normalizeToHundred } from './taint-toleration.ts';

const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
const LABEL_KEY = /^(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** labels.NewRequirement and nodeSelectorRequirementsAsFieldSelector: a term with a requirement that does not parse matches nothing. */
function parses({ key, operator, values }: SelectorRequirement, field: boolean): boolean {
  if (field) return (operator === 'In' || operator === 'NotIn') && values.length === 1;
  if (!LABEL_KEY.test(key) || values.some((value) => value.length > 63 || !LABEL_VALUE.test(value))) return false;
  if (operator === 'In' || operator === 'NotIn') return values.length > 0;
  if (operator === 'Exists' || operator === 'DoesNotExist') return values.length === 0;
  return values.length === 1 && wholeNumber(values[0]!) !== undefined;
}

/** Whether a node matches a term; a term without requirements matches nothing. */
export function matchesTerm(term: NodeSelectorTerm, labels: ReadonlyMap<string, string>, nodeName: string): boolean {
  if (term.matchExpressions.length === 0 && term.matchFields.length === 0) return false;
  return (
    term.matchExpressions.every((requirement) => parses(requirement, false) && holds(requirement, (key) => labels.get(key))) &&
    term.matchFields.every((requirement) => parses(requirement, true) && holds(requirement, (key) => (key === 'metadata.name' ? nodeName : undefined)))
  );
}

/** Whether a node has what the pod's nodeSelector and required node affinity ask for. */
export function matchesRequired(pod: PodSpec, nodes: NodeColumns, row: number): boolean {
  return pod.nodeSelector.every(([key, value]) => nodes.labels[row]!.get(key) === value) && termsMatch(pod.affinity, nodes, row);
}

function termsMatch(terms: NodeAffinityTerms | null, nodes: NodeColumns, row: number): boolean {
  return terms === null || terms.required === null || terms.required.some((term) => matchesTerm(term, nodes.labels[row]!, nodes.names[row]!));
}

/**
 * Names to which required node affinity restricts a pod (NodeAffinity PreFilter): the union over its terms, each of which must ask for `metadata.name`; `null` =
 * any node. An empty list is a contradiction: the pod is rejected as a whole.
 */
export function namedNodes(pod: PodSpec): readonly string[] | null {
  const terms = pod.affinity?.required ?? [];
  if (terms.length === 0) return null;
  const names = new Set<string>();
  for (const { matchFields } of terms) {
    const lists = matchFields.filter(({ key, operator }) => key === 'metadata.name' && operator === 'In').map(({ values }) => values);
    if (lists.length === 0) return null;
    for (const name of lists[0]!) if (lists.every((list) => list.includes(name))) names.add(name);
  }
  return [...names];
}

/** NodeAffinity (pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go and component-helpers/scheduling/corev1/nodeaffinity, v1.35.4). */
export class NodeAffinity implements FilterPlugin, ScorePlugin {
  readonly name = 'NodeAffinity';
  readonly #added: NodeAffinityTerms | null;

  /** @param addedAffinity the plugin argument of that name */
  constructor(addedAffinity: NodeAffinityTerms | null = null) {
    this.#added = addedAffinity;
  }

  filter(pod: PodSpec, nodes: NodeColumns, row: number): FilterVerdict {
    if (pod.nodeSelector.length === 0 && pod.affinity === null && this.#added === null) return FilterVerdict.success;
    const matches = matchesRequired(pod, nodes, row) && termsMatch(this.#added, nodes, row);
    return matches ? FilterVerdict.success : FilterVerdict.unresolvable;
  }

  reasons(_pod: PodSpec, nodes: NodeColumns, row: number): string[] {
    const added = this.#added?.required;
    if (added && !added.some((term) => matchesTerm(term, nodes.labels[row]!, nodes.names[row]!))) return ["node(s) didn't match scheduler-enforced node affinity"];
    return ["node(s) didn't match Pod's node affinity/selector"];
  }

  skips(pod: PodSpec): boolean {
    return (pod.affinity?.preferred.length ?? 0) === 0 && (this.#added?.preferred.length ?? 0) === 0;
  }

  score(pod: PodSpec, nodes: NodeColumns, row: number): number {
    let sum = 0;
    for (const terms of [this.#added, pod.affinity]) {
      for (const { weight, preference } of terms?.preferred ?? []) {
        if (weight !== 0 && matchesTerm(preference, nodes.labels[row]!, nodes.names[row]!)) sum += weight;
      }
    }
    return sum;
  }

  normalize(scores: number[]): void {
    normalizeToHundred(scores, false);
  }
}
