import type { CarriedTerm, CarriedTerms } from '../carried-terms.ts';
import type { ClusterView } from '../cluster-view.ts';
import { FilterVerdict } from '../filter-verdict.ts';
import { selects } from '../label-selector.ts';
import type { NodeColumns } from '../node-columns.ts';
import { type FilterPlugin, MAX_NODE_SCORE, type ScorePlugin } from '../plugin.ts';
import type { PodAffinityTerm, PodSpec } from '../pod-spec.ts';
import type { RowCounts } from '../row-counts.ts';

/** InterPodAffinityArgs (kubescheduler.config.k8s.io/v1); defaults in pkg/scheduler/apis/config/v1/defaults.go, v1.35.4. */
export interface InterPodAffinityArguments {
  readonly hardPodAffinityWeight: number;
  readonly ignorePreferredTermsOfExistingPods: boolean;
  /** Up to about v1.20 the least and the largest sum both start at 0 instead of at the true extremes. */
  readonly extremesFromZero: boolean;
}

export const DEFAULT_INTER_POD_AFFINITY: InterPodAffinityArguments = { hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: false, extremesFromZero: false };

/** Numbers per value of one topology key. */
interface DomainSums {
  readonly domainOf: Int32Array;
  readonly sums: Float64Array;
}

/** Terms of pods on nodes that match a pod. */
interface RelatedTerms {
  /** How many of all terms have been looked at. */
  seen: number;
  readonly forbidding: CarriedTerm[];
  readonly scoring: CarriedTerm[];
}

type Namespaces = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * InterPodAffinity (pkg/scheduler/framework/plugins/interpodaffinity/{filtering,scoring}.go, v1.35.4). Numbers per topology value come from the pod index, which
 * keeps them as pods come and go.
 */
export class InterPodAffinity implements FilterPlugin, ScorePlugin {
  readonly name = 'InterPodAffinity';
  readonly #arguments: InterPodAffinityArguments;
  readonly #filterOf = new Map<string, DomainSums>();
  readonly #scoreOf = new Map<string, DomainSums>();
  #affinity: DomainSums[] = [];
  #antiAffinity: DomainSums[] = [];
  #existing: DomainSums[] = [];
  /** Both. */
  #crowding: DomainSums[] = [];
  /** No pod matches all required terms anywhere, and the pod matches its own. */
  #isFirst = false;
  #scored: DomainSums[] = [];
  #carried: CarriedTerms | null = null;
  #relatedOf = new Map<PodSpec, RelatedTerms>();

  constructor(options: InterPodAffinityArguments = DEFAULT_INTER_POD_AFFINITY) {
    this.#arguments = options;
  }

  preFilter(pod: PodSpec, cluster: ClusterView): boolean {
    if (pod.podAffinity.required.length > 0 || pod.podAntiAffinity.required.length > 0 || cluster.pods.carried.carriers > 0) return this.#addUp(pod, cluster);
    this.#affinity = this.#antiAffinity = this.#existing = this.#crowding = NO_SUMS;
    return false;
  }

  #addUp(pod: PodSpec, cluster: ClusterView): boolean {
    const { nodes, pods, namespaces } = cluster;
    const required = pod.podAffinity.required;
    const sums = new Sums(this.#filterOf, nodes);
    this.#isFirst = false;
    this.#affinity = [];
    if (required.length > 0) {
      const all = required.map((term) => resolved(term, namespaces));
      const counts = pods.matching(keyOf(required), (other) => all.every((term) => matches(term, other, namespaces)), true);
      let found = 0;
      this.#affinity = required.map((term, i) => {
        const domains = sums.open(`affinity ${i}`, term.topologyKey);
        found += counts.addTo(domains.domainOf, domains.sums, 1);
        return domains;
      });
      this.#isFirst = found === 0 && all.every((term) => matches(term, pod, namespaces));
    }
    this.#antiAffinity = pod.podAntiAffinity.required.map((term, i) => {
      const counts = matching(cluster, term);
      const kept = keptSums(counts, nodes, term.topologyKey);
      if (kept !== null) return kept;
      const domains = sums.open(`anti-affinity ${i}`, term.topologyKey);
      counts.addTo(domains.domainOf, domains.sums, 1);
      return domains;
    });
    const existing = new Map<string, DomainSums>();
    const ready = new Map<string, DomainSums>();
    for (const { term, counts } of this.#related(pod, cluster).forbidding) {
      if (counts.total === 0) continue;
      const kept = ready.has(term.topologyKey) ? null : keptSums(counts, nodes, term.topologyKey);
      if (kept !== null) {
        ready.set(term.topologyKey, kept);
        continue;
      }
      let domains = existing.get(term.topologyKey);
      if (domains === undefined) existing.set(term.topologyKey, (domains = sums.open('existing', term.topologyKey)));
      counts.addTo(domains.domainOf, domains.sums, 1);
    }
    this.#existing = [...ready.values(), ...existing.values()];
    this.#crowding = [...this.#antiAffinity, ...this.#existing];
    return this.#affinity.length + this.#crowding.length > 0;
  }

  /** Whether {@link filter} lets a node pass. */
  admits(row: number): boolean {
    if (this.#affinity.length > 0 && !this.#satisfiesAffinity(row)) return false;
    const crowding = this.#crowding;
    for (let i = 0; i < crowding.length; i++) {
      const { domainOf, sums } = crowding[i]!;
      const domain = domainOf[row]!;
      if (domain >= 0 && sums[domain]! > 0) return false;
    }
    return true;
  }

  filter(_pod: PodSpec, _nodes: NodeColumns, row: number): FilterVerdict {
    if (!this.#satisfiesAffinity(row)) return FilterVerdict.unresolvable;
    return isCrowded(this.#antiAffinity, row) || isCrowded(this.#existing, row) ? FilterVerdict.unschedulable : FilterVerdict.success;
  }

  reasons(_pod: PodSpec, _nodes: NodeColumns, row: number): string[] {
    if (!this.#satisfiesAffinity(row)) return ["node(s) didn't match pod affinity rules"];
    if (isCrowded(this.#antiAffinity, row)) return ["node(s) didn't match pod anti-affinity rules"];
    return ["node(s) didn't satisfy existing pods anti-affinity rules"];
  }

  skips(): boolean {
    return false;
  }

  preScore(pod: PodSpec, cluster: ClusterView): boolean {
    const { nodes } = cluster;
    const { hardPodAffinityWeight, ignorePreferredTermsOfExistingPods } = this.#arguments;
    const own = pod.podAffinity.preferred.length + pod.podAntiAffinity.preferred.length > 0;
    this.#scored = [];
    if (ignorePreferredTermsOfExistingPods && !own) return false;
    const sums = new Sums(this.#scoreOf, nodes);
    const open = new Map<string, DomainSums>();
    const add = (topologyKey: string, counts: RowCounts, weight: number) => {
      if (counts.total === 0) return;
      const domains = open.get(topologyKey) ?? sums.open('score', topologyKey);
      if (counts.addTo(domains.domainOf, domains.sums, weight) > 0) open.set(topologyKey, domains);
    };
    for (const { weight, term } of pod.podAffinity.preferred) add(term.topologyKey, matching(cluster, term), weight);
    for (const { weight, term } of pod.podAntiAffinity.preferred) add(term.topologyKey, matching(cluster, term), -weight);
    for (const { kind, term, weight, counts } of this.#related(pod, cluster).scoring) {
      const signed = kind === 'required affinity' ? hardPodAffinityWeight : kind === 'preferred affinity' ? weight : -weight;
      if (signed !== 0) add(term.topologyKey, counts, signed);
    }
    this.#scored = [...open.values()];
    return open.size > 0;
  }

  score(_pod: PodSpec, _nodes: NodeColumns, row: number): number {
    let sum = 0;
    for (const { domainOf, sums } of this.#scored) if (domainOf[row]! >= 0) sum += sums[domainOf[row]!]!;
    return sum;
  }

  normalize(scores: number[]): void {
    let min = this.#arguments.extremesFromZero ? 0 : Infinity;
    let max = this.#arguments.extremesFromZero ? 0 : -Infinity;
    for (const score of scores) {
      if (score < min) min = score;
      if (score > max) max = score;
    }
    const range = max - min;
    // In this order of operations: the quotient is formed first.
    for (let i = 0; i < scores.length; i++) scores[i] = range > 0 ? Math.trunc(MAX_NODE_SCORE * ((scores[i]! - min) / range)) : 0;
  }

  /** Terms of pods on nodes that match the pod: looked up once for each that appears. */
  #related(pod: PodSpec, cluster: ClusterView): RelatedTerms {
    const { carried } = cluster.pods;
    if (this.#carried !== carried) {
      this.#carried = carried;
      this.#relatedOf = new Map();
    }
    let related = this.#relatedOf.get(pod);
    if (related === undefined) this.#relatedOf.set(pod, (related = { seen: 0, forbidding: [], scoring: [] }));
    for (; related.seen < carried.all.length; related.seen++) {
      const each = carried.all[related.seen]!;
      if (!matches(each.term, pod, cluster.namespaces)) continue;
      if (each.kind === 'required anti-affinity') related.forbidding.push(each);
      else related.scoring.push(each);
    }
    return related;
  }

  #satisfiesAffinity(row: number): boolean {
    if (this.#affinity.length === 0) return true;
    let all = true;
    for (const { domainOf, sums } of this.#affinity) {
      const domain = domainOf[row]!;
      if (domain < 0) return false;
      if (sums[domain]! <= 0) all = false;
    }
    return all || this.#isFirst;
  }
}

const NO_SUMS: DomainSums[] = [];

/** Tables of numbers per topology value, kept from one pod to the next. */
class Sums {
  readonly #tables: Map<string, DomainSums>;
  readonly #nodes: NodeColumns;

  constructor(tables: Map<string, DomainSums>, nodes: NodeColumns) {
    this.#tables = tables;
    this.#nodes = nodes;
  }

  /** An empty table of that name. */
  open(name: string, topologyKey: string): DomainSums {
    const id = `${name} ${topologyKey}`;
    const { domainOf, values } = this.#nodes.topology(topologyKey);
    let table = this.#tables.get(id);
    if (table === undefined || table.domainOf !== domainOf) this.#tables.set(id, (table = { domainOf, sums: new Float64Array(values.length) }));
    else table.sums.fill(0);
    return table;
  }
}

function isCrowded(terms: readonly DomainSums[], row: number): boolean {
  for (let i = 0; i < terms.length; i++) {
    const { domainOf, sums } = terms[i]!;
    const domain = domainOf[row]!;
    if (domain >= 0 && sums[domain]! > 0) return true;
  }
  return false;
}

/** Sums per topology value that the index keeps up to date; `null` = they have to be added up. */
function keptSums(counts: RowCounts, nodes: NodeColumns, topologyKey: string): DomainSums | null {
  const { domainOf, values } = nodes.topology(topologyKey);
  const sums = counts.sumsBy(domainOf, values.length);
  return sums === null ? null : { domainOf, sums };
}

/** Pods per node that match a term of the incoming pod. */
function matching(cluster: ClusterView, term: PodAffinityTerm): RowCounts {
  const own = resolved(term, cluster.namespaces);
  return cluster.pods.matching(keyOf(term), (other) => matches(own, other, cluster.namespaces), true);
}

/** framework/types.go AffinityTerm.Matches. */
function matches(term: PodAffinityTerm, pod: PodSpec, namespaces: Namespaces): boolean {
  if (!term.namespaces.includes(pod.namespace) && !selects(term.namespaceSelector, namespaces.get(pod.namespace) ?? NO_LABELS)) return false;
  return selects(term.selector, pod.labels);
}

/** A term of the incoming pod with its namespaceSelector replaced by the namespaces that exist (mergeAffinityTermNamespacesIfNotEmpty); one that selects all stays. */
function resolved(term: PodAffinityTerm, namespaces: Namespaces): PodAffinityTerm {
  const { namespaceSelector } = term;
  if (namespaceSelector === null || namespaceSelector.length === 0) return term;
  const named = [...namespaces].filter(([, labels]) => selects(namespaceSelector, labels)).map(([name]) => name);
  return { ...term, namespaces: [...term.namespaces, ...named], namespaceSelector: null };
}

const NO_LABELS: ReadonlyMap<string, string> = new Map();
const KEYS = new WeakMap<PodAffinityTerm | readonly PodAffinityTerm[], string>();

function keyOf(terms: PodAffinityTerm | readonly PodAffinityTerm[]): string {
  let key = KEYS.get(terms);
  if (key === undefined) KEYS.set(terms, (key = JSON.stringify(Array.isArray(terms) ? terms : [terms])));
  return key;
}
