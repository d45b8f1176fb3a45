import { ln } from '../../../../engine/numeric.ts';
import type { ClusterView } from '../cluster-view.ts';
import { FilterVerdict } from '../filter-verdict.ts';
import { selects } from '../label-selector.ts';
import type { NodeColumns } from '../node-columns.ts';
import { type FilterPlugin, MAX_NODE_SCORE, type ScorePlugin } from '../plugin.ts';
import type { LabelSelector, PodSpec, SpreadConstraint } from '../pod-spec.ts';
import type { RowCounts } from '../row-counts.ts';
import { matchesRequired } from './node-affinity.ts';
import { untoleratedTaint } from './taint-toleration.ts';

const HOSTNAME = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';
/** Score of a node that lacks a key (invalidScore). */
const IGNORED = -1;

/** A default constraint: its selector is that of the pod's Services and owner. */
export type DefaultConstraint = Pick<SpreadConstraint, 'maxSkew' | 'topologyKey' | 'hard'>;

/** PodTopologySpreadArgs (kubescheduler.config.k8s.io/v1). */
export interface PodTopologySpreadArguments {
  readonly defaultingType: 'System' | 'List';
  readonly defaultConstraints: readonly DefaultConstraint[];
  /** Up to about v1.20 raw scores are cut off instead of rounded. */
  readonly truncates: boolean;
}

/** systemDefaultConstraints (podtopologyspread/plugin.go, v1.35.4). */
const SYSTEM_DEFAULTS: readonly DefaultConstraint[] = [
  { topologyKey: HOSTNAME, hard: false, maxSkew: 3 },
  { topologyKey: ZONE, hard: false, maxSkew: 5 },
];

export const DEFAULT_POD_TOPOLOGY_SPREAD: PodTopologySpreadArguments = { defaultingType: 'System', defaultConstraints: [], truncates: false };

/** A constraint with the numbers of matching pods per value of its key. */
interface Counted {
  readonly constraint: SpreadConstraint;
  readonly domainOf: Int32Array;
  /** Some node is in no domain. */
  readonly isPartial: boolean;
  /** Pods per node; `null` = none match. */
  readonly pods: RowCounts | null;
  readonly counts: Float64Array;
  /** Hard: least number over the domains that count, or 0 if there are too few of them. Soft: weight of the constraint. */
  number: number;
  readonly matchesItself: number;
}

/** PodTopologySpread (pkg/scheduler/framework/plugins/podtopologyspread/{common,filtering,scoring,plugin}.go, v1.35.4). */
export class PodTopologySpread implements FilterPlugin, ScorePlugin {
  readonly name = 'PodTopologySpread';
  readonly #arguments: PodTopologySpreadArguments;
  #hard: Counted[] = [];
  #soft: Counted[] = [];
  readonly #constraintsOf = new WeakMap<PodSpec, readonly (readonly SpreadConstraint[])[]>();
  #sums = new Float64Array(64);
  #scoreOfDomain = new Float64Array(8);
  #addedInDomain = new Int32Array(8);
  #perRow = new Float64Array(0);
  #lacksKey: ((row: number) => boolean) | null = null;

  constructor(options: PodTopologySpreadArguments = DEFAULT_POD_TOPOLOGY_SPREAD) {
    this.#arguments = options;
  }

  /** Whether the system's default constraints give every node the same score: no pod counts yet, and no node lacks a key. */
  isUniform(pod: PodSpec, { nodes, pods }: ClusterView, group: number): boolean {
    if (this.#arguments.defaultingType !== 'System') return false;
    if (pod.defaultSpread !== 'replicas' || pods.ofGroup(group) !== undefined) return false;
    return !nodes.topology(HOSTNAME).isPartial && !nodes.topology(ZONE).isPartial;
  }

  preFilter(pod: PodSpec, cluster: ClusterView, group: number): boolean {
    const constraints = this.#constraints(pod, true);
    if (constraints.length === 0) {
      this.#hard = NONE_COUNTED;
      return false;
    }
    this.#countHard(constraints, pod, cluster, group);
    return true;
  }

  #countHard(constraints: readonly SpreadConstraint[], pod: PodSpec, cluster: ClusterView, group: number): void {
    this.#hard = constraints.map((constraint) => counted(constraint, pod, cluster, group));
    const { nodes } = cluster;
    const all = this.#hard.map(({ domainOf }) => domainOf);
    for (const entry of this.#hard) {
      const { constraint, domainOf, counts, pods } = entry;
      const isDomain = new Uint8Array(counts.length);
      for (let row = 0; row < nodes.count; row++) {
        if (nodes.exists[row] === 0 || !hasAll(all, row) || !isIncluded(constraint, pod, nodes, row)) continue;
        isDomain[domainOf[row]!] = 1;
        if (pods !== null) counts[domainOf[row]!]! += pods.at(row);
      }
      let domains = 0;
      let least = 2_147_483_647;
      for (let domain = 0; domain < counts.length; domain++) {
        if (isDomain[domain] === 0) continue;
        domains++;
        if (counts[domain]! < least) least = counts[domain]!;
      }
      entry.number = domains < constraint.minDomains ? 0 : least;
    }
  }

  filter(_pod: PodSpec, _nodes: NodeColumns, row: number): FilterVerdict {
    for (const { constraint, domainOf, counts, number, matchesItself } of this.#hard) {
      const domain = domainOf[row]!;
      if (domain < 0) return FilterVerdict.unresolvable;
      if (counts[domain]! + matchesItself - number > constraint.maxSkew) return FilterVerdict.unschedulable;
    }
    return FilterVerdict.success;
  }

  reasons(pod: PodSpec, nodes: NodeColumns, row: number): string[] {
    const missing = this.filter(pod, nodes, row) === FilterVerdict.unresolvable ? ' (missing required label)' : '';
    return [`node(s) didn't match pod topology spread constraints${missing}`];
  }

  skips(): boolean {
    return false;
  }

  preScore(pod: PodSpec, cluster: ClusterView, rows: ArrayLike<number>, group: number): boolean {
    const constraints = this.#constraints(pod, false);
    this.#soft = [];
    if (constraints.length === 0) return false;
    const { nodes } = cluster;
    this.#soft = constraints.map((constraint) => counted(constraint, pod, cluster, group));
    // Nodes that lack a key do not take part, unless the constraints are the system's own.
    const requireAll = pod.spread.length > 0 || this.#arguments.defaultingType === 'List';
    const all = this.#soft.map(({ domainOf }) => domainOf);
    this.#lacksKey = requireAll ? (row) => !hasAll(all, row) : null;
    let taking = rows.length;
    if (requireAll) for (let i = 0; i < rows.length; i++) if (!hasAll(all, rows[i]!)) taking--;
    for (const entry of this.#soft) {
      if (entry.constraint.topologyKey === HOSTNAME) {
        entry.number = ln(taking + 2);
        continue;
      }
      const { constraint, domainOf, isPartial, counts, pods } = entry;
      const isDomain = new Uint8Array(counts.length);
      let size = 0;
      let unlabelled = 0;
      // Usually the first few nodes show all domains that there are.
      for (let i = 0; i < rows.length && (isPartial || size < counts.length); i++) {
        if (requireAll && !hasAll(all, rows[i]!)) continue;
        const domain = domainOf[rows[i]!]!;
        // Under system defaults the nodes without the label are one domain more.
        if (domain < 0) unlabelled = 1;
        else if (isDomain[domain] === 0) {
          isDomain[domain] = 1;
          size++;
        }
      }
      entry.number = ln(size + unlabelled + 2);
      if (pods === null) continue;
      if (!requireAll && isPlain(constraint, pod)) pods.addTo(domainOf, counts, 1);
      else {
        for (const row of pods.rows()) {
          if (domainOf[row]! < 0 || (requireAll && !hasAll(all, row)) || !isIncluded(constraint, pod, nodes, row)) continue;
          counts[domainOf[row]!]! += pods.at(row);
        }
      }
    }
    return true;
  }

  score(_pod: PodSpec, _nodes: NodeColumns, row: number): number {
    if (this.#lacksKey?.(row) === true) return IGNORED;
    let score = 0;
    for (const { constraint, domainOf, counts, number, pods } of this.#soft) {
      const domain = domainOf[row]!;
      if (domain < 0) continue;
      const count = constraint.topologyKey === HOSTNAME ? (pods === null ? 0 : pods.at(row)) : counts[domain]!;
      score += count * number + (constraint.maxSkew - 1);
    }
    return rounded(score, this.#arguments.truncates);
  }

  scoreAll(rows: ArrayLike<number>, scores: number[]): void {
    const sums = (this.#sums = this.#sums.length < rows.length ? new Float64Array(2 * rows.length) : this.#sums);
    sums.fill(0, 0, rows.length);
    for (const { constraint, domainOf, counts, number, pods } of this.#soft) {
      const isHost = constraint.topologyKey === HOSTNAME;
      if (!isHost) addDomains(sums, rows, domainOf, counts, number, constraint.maxSkew - 1);
      else if (pods === null) addConstant(sums, rows, domainOf, constraint.maxSkew - 1);
      else {
        if (this.#perRow.length !== domainOf.length) this.#perRow = new Float64Array(domainOf.length);
        pods.writeTo(this.#perRow);
        addRows(sums, rows, domainOf, this.#perRow, number, constraint.maxSkew - 1);
        pods.clear(this.#perRow);
      }
    }
    const { truncates } = this.#arguments;
    for (let i = 0; i < rows.length; i++) {
      const lacks = this.#lacksKey !== null && this.#lacksKey(rows[i]!);
      scores.push(lacks ? IGNORED : rounded(sums[i]!, truncates));
    }
  }

  addScores(rows: ArrayLike<number>, totals: number[], weight: number): void {
    const [host, domain] = this.#soft;
    const isUsual = this.#soft.length === 2 && host!.constraint.topologyKey === HOSTNAME && !host!.isPartial && domain!.constraint.topologyKey !== HOSTNAME;
    if (isUsual && this.#lacksKey === null) {
      this.#addByDomain(host!, domain!, rows, totals, weight);
      return;
    }
    const scores: number[] = [];
    this.scoreAll(rows, scores);
    this.normalize(scores);
    for (let i = 0; i < scores.length; i++) totals[i]! += weight * scores[i]!;
  }

  /** The system's default constraints: nodes without a matching pod of their own, that is nearly all, score the same throughout a domain. */
  #addByDomain(host: Counted, domain: Counted, rows: ArrayLike<number>, totals: number[], weight: number): void {
    const { domainOf, counts, number } = domain;
    const { truncates } = this.#arguments;
    const domains = counts.length + 1;
    if (this.#scoreOfDomain.length < domains) {
      this.#scoreOfDomain = new Float64Array(2 * domains);
      this.#addedInDomain = new Int32Array(2 * domains);
    }
    const perRow = (this.#perRow = this.#perRow.length === domainOf.length ? this.#perRow : new Float64Array(domainOf.length));
    const scoreOfDomain = this.#scoreOfDomain;
    const added = this.#addedInDomain;
    host.pods?.writeTo(perRow);
    // Slot 0 stands for the nodes outside every domain.
    for (let slot = 0; slot < domains; slot++) {
      scoreOfDomain[slot] = rounded(host.constraint.maxSkew - 1 + (slot === 0 ? 0 : counts[slot - 1]! * number + (domain.constraint.maxSkew - 1)), truncates);
      added[slot] = 0;
    }
    const scoreWithPods = (row: number, slot: number): number =>
      rounded(perRow[row]! * host.number + (host.constraint.maxSkew - 1) + (slot === 0 ? 0 : counts[slot - 1]! * number + (domain.constraint.maxSkew - 1)), truncates);
    let min = Infinity;
    let max = -Infinity;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const slot = domainOf[row]! + 1;
      if (perRow[row] === 0) {
        added[slot] = 1;
        continue;
      }
      const score = scoreWithPods(row, slot);
      if (score < min) min = score;
      if (score > max) max = score;
    }
    for (let slot = 0; slot < domains; slot++) {
      if (added[slot] === 0) continue;
      if (scoreOfDomain[slot]! < min) min = scoreOfDomain[slot]!;
      if (scoreOfDomain[slot]! > max) max = scoreOfDomain[slot]!;
    }
    for (let slot = 0; slot < domains; slot++) added[slot] = weight * normalized(scoreOfDomain[slot]!, min, max);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const slot = domainOf[row]! + 1;
      totals[i]! += perRow[row] === 0 ? added[slot]! : weight * normalized(scoreWithPods(row, slot), min, max);
    }
    host.pods?.clear(perRow);
  }

  normalize(scores: number[]): void {
    let min = Infinity;
    let max = -Infinity;
    for (const score of scores) {
      if (score === IGNORED) continue;
      if (score < min) min = score;
      if (score > max) max = score;
    }
    for (let i = 0; i < scores.length; i++) {
      if (scores[i] === IGNORED) scores[i] = 0;
      else scores[i] = normalized(scores[i]!, min, max);
    }
  }

  /** The pod's own constraints of one kind, or the default ones. */
  #constraints(pod: PodSpec, hard: boolean): readonly SpreadConstraint[] {
    if (pod.spread.length === 0 && pod.defaultSpread === null) return NO_CONSTRAINTS;
    const known = this.#constraintsOf.get(pod);
    if (known !== undefined) return known[hard ? 0 : 1]!;
    const both = [this.#constraintsNow(pod, true), this.#constraintsNow(pod, false)];
    this.#constraintsOf.set(pod, both);
    return both[hard ? 0 : 1]!;
  }

  #constraintsNow(pod: PodSpec, hard: boolean): readonly SpreadConstraint[] {
    if (pod.spread.length > 0) return pod.spread.filter((constraint) => constraint.hard === hard);
    const { defaultSpread } = pod;
    if (defaultSpread === null) return [];
    const defaults = this.#arguments.defaultingType === 'System' ? SYSTEM_DEFAULTS : this.#arguments.defaultConstraints;
    const selector = defaultSpread === 'replicas' ? null : defaultSpread;
    return defaults.filter((constraint) => constraint.hard === hard).map((constraint) => ({ ...constraint, selector, minDomains: 1, honorAffinity: true, honorTaints: false }));
  }
}

function rounded(score: number, truncates: boolean): number {
  return truncates ? Math.trunc(score) : Math.floor(score + 0.5);
}

function normalized(score: number, min: number, max: number): number {
  return max === 0 ? MAX_NODE_SCORE : Math.floor((MAX_NODE_SCORE * (max + min - score)) / max);
}

function addDomains(sums: Float64Array, rows: ArrayLike<number>, domainOf: Int32Array, counts: Float64Array, weight: number, constant: number): void {
  for (let i = 0; i < rows.length; i++) {
    const domain = domainOf[rows[i]!]!;
    if (domain >= 0) sums[i]! += counts[domain]! * weight + constant;
  }
}

function addRows(sums: Float64Array, rows: ArrayLike<number>, domainOf: Int32Array, perRow: Float64Array, weight: number, constant: number): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (domainOf[row]! >= 0) sums[i]! += perRow[row]! * weight + constant;
  }
}

function addConstant(sums: Float64Array, rows: ArrayLike<number>, domainOf: Int32Array, constant: number): void {
  for (let i = 0; i < rows.length; i++) if (domainOf[rows[i]!]! >= 0) sums[i]! += constant;
}

const NO_CONSTRAINTS: readonly SpreadConstraint[] = [];
const NONE_COUNTED: Counted[] = [];

function counted(constraint: SpreadConstraint, pod: PodSpec, { nodes, pods }: ClusterView, group: number): Counted {
  const { domainOf, values, isPartial } = nodes.topology(constraint.topologyKey);
  const byOwner = pod.spread.length === 0 && pod.defaultSpread === 'replicas';
  const { selector } = constraint;
  let found: RowCounts | null = null;
  if (byOwner) found = pods.ofGroup(group) ?? null;
  // An empty selector counts nothing (countPodsMatchSelector), though the pod itself matches it.
  else if (selector !== null && selector.length > 0) found = pods.matching(keyOf(pod, selector), (other) => other.namespace === pod.namespace && selects(selector, other.labels), false);
  return { constraint, domainOf, isPartial, pods: found, counts: constraint.hard || constraint.topologyKey !== HOSTNAME ? new Float64Array(values.length) : NO_COUNTS, number: 0, matchesItself: byOwner || selects(selector, pod.labels) ? 1 : 0 };
}

function hasAll(columns: readonly Int32Array[], row: number): boolean {
  for (const column of columns) if (column[row]! < 0) return false;
  return true;
}

/** The constraint's inclusion policies let every node count for this pod. */
function isPlain(constraint: SpreadConstraint, pod: PodSpec): boolean {
  return !constraint.honorTaints && (!constraint.honorAffinity || (pod.nodeSelector.length === 0 && pod.affinity === null));
}

/** nodeAffinityPolicy and nodeTaintsPolicy (matchNodeInclusionPolicies). */
function isIncluded(constraint: SpreadConstraint, pod: PodSpec, nodes: NodeColumns, row: number): boolean {
  if (constraint.honorAffinity && !matchesRequired(pod, nodes, row)) return false;
  return !constraint.honorTaints || untoleratedTaint(pod.tolerations, nodes.taintLists[nodes.taintList[row]!]!) === undefined;
}

const NO_COUNTS = new Float64Array(0);
const KEYS = new WeakMap<LabelSelector, string>();

function keyOf(pod: PodSpec, selector: LabelSelector): string {
  let key = KEYS.get(selector);
  if (key === undefined) KEYS.set(selector, (key = JSON.stringify(selector)));
  return `${pod.namespace} ${key}`;
}
