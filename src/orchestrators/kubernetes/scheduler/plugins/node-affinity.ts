import { FilterVerdict } from '../filter-verdict.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { FilterPlugin, ScorePlugin } from '../plugin.ts';
import type { NodeAffinityTerms, NodeSelectorTerm, PodSpec, SelectorRequirement } from '../pod-spec.ts';
import { normalizeToHundred } from './taint-toleration.ts';

/** Whole numbers as strconv.ParseInt takes them; undefined for anything else. */
function wholeNumber(text: string): bigint | undefined {
  return /^[+-]?\d+$/.test(text) ? BigInt(text.startsWith('+') ? text.slice(1) : text) : undefined;
}

function holds({ key, operator, values }: SelectorRequirement, label: (key: string) => string | undefined): boolean {
  const value = label(key);
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default: {
      if (value === undefined || values.length !== 1) return false;
      const left = wholeNumber(value);
      const right = wholeNumber(values[0]!);
      if (left === undefined || right === undefined) return false;
      return operator === 'Gt' ? left > right : left < right;
    }
  }
}

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
    const labels = nodes.labels[row]!;
    const name = nodes.names[row]!;
    const matches = (terms: NodeAffinityTerms | null) => terms === null || terms.required === null || terms.required.some((term) => matchesTerm(term, labels, name));
    const selected = pod.nodeSelector.every(([key, value]) => labels.get(key) === value);
    return selected && matches(pod.affinity) && matches(this.#added) ? FilterVerdict.success : FilterVerdict.unresolvable;
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
