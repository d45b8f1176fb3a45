import type { LabelSelector, PodSpec } from '../pod-spec.ts';
import { selects } from '../label-selector.ts';
import type { PodIndex } from '../pod-index.ts';

/** DefaultPreemptionArgs (kubescheduler.config.k8s.io/v1); defaults in pkg/scheduler/apis/config/v1/defaults.go, v1.35.4. */
export interface PreemptionArguments {
  readonly minCandidateNodesPercentage: number;
  readonly minCandidateNodesAbsolute: number;
}

export const DEFAULT_PREEMPTION: PreemptionArguments = { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100 };

/** A PodDisruptionBudget as its controller last stated it. */
export interface DisruptionBudget {
  readonly namespace: string;
  readonly selector: LabelSelector | null;
  readonly disruptionsAllowed: number;
  /** Pods whose disruption the budget has counted already (`status.disruptedPods`); absent = none. */
  readonly counted?: (pod: number) => boolean;
}

/** A node that the pod would fit after its victims have gone, most important victim first. */
export interface PreemptionCandidate {
  readonly row: number;
  readonly victims: readonly number[];
  readonly violations: number;
}

/** The cluster in which removals are tried and taken back. */
export interface PreemptionTrial {
  readonly pods: PodIndex;
  /** Takes a pod off its node, and puts it back. */
  take(pod: number): void;
  put(pod: number): void;
  /** Whether the pod passes every filter on the node as it is now. */
  fits(row: number): boolean;
}

/** DefaultPreemption (pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go and framework/preemption/preemption.go, v1.35.4). */
export class DefaultPreemption {
  readonly name = 'DefaultPreemption';
  readonly arguments: PreemptionArguments;
  /** Nodes that the last {@link candidates} looked at. */
  examined = 0;
  readonly #needsVictims: boolean;

  /** @param needsVictims false = as up to v1.20, a node that needs no victims is a candidate too */
  constructor(options: PreemptionArguments = DEFAULT_PREEMPTION, needsVictims = true) {
    this.arguments = options;
    this.#needsVictims = needsVictims;
  }

  /** How many candidates are looked for among so many nodes (calculateNumCandidates). */
  candidatesWanted(nodes: number): number {
    const { minCandidateNodesPercentage, minCandidateNodesAbsolute } = this.arguments;
    return Math.min(nodes, Math.max(minCandidateNodesAbsolute, Math.floor((nodes * minCandidateNodesPercentage) / 100)));
  }

  /**
   * Dry runs on nodes from `offset` on, cyclically, until enough candidates are found of which one violates no budget.
   * @param rows nodes where preemption might help
   */
  candidates(pod: PodSpec, rows: readonly number[], offset: number, wanted: number, budgets: readonly DisruptionBudget[], trial: PreemptionTrial): PreemptionCandidate[] {
    const found: PreemptionCandidate[] = [];
    this.examined = 0;
    let harmless = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[(offset + i) % rows.length]!;
      this.examined++;
      const candidate = this.#dryRun(pod, row, budgets, trial);
      if (candidate === null) continue;
      found.push(candidate);
      if (candidate.violations === 0) harmless++;
      if (harmless > 0 && found.length >= wanted) break;
    }
    return found;
  }

  /** The candidates among which the real plugin would take any (pickOneNodeForPreemption): fewest violations, least important victims, fewest of them, youngest. */
  best(candidates: readonly PreemptionCandidate[], pods: PodIndex): PreemptionCandidate[] {
    if (candidates.length === 0) return [];
    const free = candidates.filter(({ victims }) => victims.length === 0);
    if (free.length > 0) return free;
    const priority = (pod: number) => pods.spec(pod).priority;
    let left = [...candidates];
    for (const cost of [
      (candidate: PreemptionCandidate) => candidate.violations,
      ({ victims }: PreemptionCandidate) => priority(victims[0]!),
      // Shifted by 2^31 so that more victims of negative priority do not look cheaper.
      ({ victims }: PreemptionCandidate) => victims.reduce((sum, pod) => sum + priority(pod) + 2_147_483_648, 0),
      ({ victims }: PreemptionCandidate) => victims.length,
      ({ victims }: PreemptionCandidate) => -victims.filter((pod) => priority(pod) === priority(victims[0]!)).reduce((earliest, pod) => Math.min(earliest, pods.startUs[pod]!), Infinity),
    ]) {
      const least = left.reduce((min, candidate) => Math.min(min, cost(candidate)), Infinity);
      left = left.filter((candidate) => cost(candidate) === least);
    }
    return left;
  }

  #dryRun(pod: PodSpec, row: number, budgets: readonly DisruptionBudget[], trial: PreemptionTrial): PreemptionCandidate | null {
    const { pods } = trial;
    const lower = pods.below(row, pod.priority);
    if (lower.length === 0 && this.#needsVictims) return null;
    const byImportance = (a: number, b: number): number => pods.spec(b).priority - pods.spec(a).priority || pods.startUs[a]! - pods.startUs[b]!;
    lower.sort((a, b) => byImportance(a, b) || a - b);
    for (const other of lower) trial.take(other);
    if (!trial.fits(row)) {
      for (const other of lower) trial.put(other);
      return null;
    }
    const violating = budgets.length === 0 ? null : violatingPods(lower, pods, budgets);
    const victims = new Set<number>();
    let violations = 0;
    const reprieve = (other: number): boolean => {
      trial.put(other);
      if (trial.fits(row)) return true;
      trial.take(other);
      victims.add(other);
      return false;
    };
    if (violating !== null) for (const other of lower) if (violating.has(other) && !reprieve(other)) violations++;
    for (const other of lower) if (violating === null || !violating.has(other)) reprieve(other);
    for (const other of victims) trial.put(other);
    if (victims.size === 0 && this.#needsVictims) return null;
    // Of equally important victims those that violate a budget stay in front, as they were tried first.
    return { row, victims: [...victims].sort(byImportance), violations };
  }
}

/** Pods whose removal, in this order, would take some budget below zero (filterPodsWithPDBViolation). */
function violatingPods(victims: readonly number[], pods: PodIndex, budgets: readonly DisruptionBudget[]): Set<number> {
  const allowed = budgets.map(({ disruptionsAllowed }) => disruptionsAllowed);
  const violating = new Set<number>();
  for (const pod of victims) {
    const { namespace, labels } = pods.spec(pod);
    if (labels.size === 0) continue;
    budgets.forEach((budget, i) => {
      if (budget.namespace !== namespace || budget.selector === null || budget.selector.length === 0 || !selects(budget.selector, labels) || budget.counted?.(pod) === true) return;
      if (--allowed[i]! < 0) violating.add(pod);
    });
  }
  return violating;
}
