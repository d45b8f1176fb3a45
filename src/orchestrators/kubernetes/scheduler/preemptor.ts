import type { SequentialRandom } from '../../../engine/random/sequential-random.ts';
import { failureText } from './failure-text.ts';
import { FilterVerdict } from './filter-verdict.ts';
import type { NodeChoice } from './node-choice.ts';
import type { Nominations } from './nominations.ts';
import type { PendingPods } from './pending-pods.ts';
import type { DefaultPreemption, DisruptionBudget } from './plugins/default-preemption.ts';
import type { PodSpec } from './pod-spec.ts';
import { Outlook, PreemptionOutlook } from './preemption-outlook.ts';
import type { SchedulerCache } from './scheduler-cache.ts';
import type { VersionRules } from './version-rules.ts';

/** What PostFilter came to for a pod that fits nowhere. */
export interface PreemptionPlan {
  /** Node that is to be emptied for the pod; -1 = none. */
  readonly row: number;
  readonly victims: readonly number[];
  /** Nodes on which removals were tried. */
  readonly dryRuns: number;
  /** Nothing was looked at: the pod keeps the nomination that it has. */
  readonly notEligible: boolean;
}

const NO_PLAN: PreemptionPlan = { row: -1, victims: [], dryRuns: 0, notEligible: false };
const NOT_ELIGIBLE: PreemptionPlan = { ...NO_PLAN, notEligible: true };

const NOT_HELPFUL = 'Preemption is not helpful for scheduling';
const NO_VICTIMS = 'No preemption victims found for incoming pod';

/** Runs DefaultPreemption for pods that fit nowhere (framework/preemption/preemption.go Evaluator.Preempt, v1.35.4). */
export class Preemptor {
  readonly #cache: SchedulerCache;
  readonly #pending: PendingPods;
  readonly #nominations: Nominations;
  readonly #choice: NodeChoice;
  readonly #random: SequentialRandom;
  readonly #rules: VersionRules;
  readonly #budgets: () => readonly DisruptionBudget[];
  /** `null` = nothing is remembered, all is tried (the oracle). */
  readonly #outlook: PreemptionOutlook | null;
  /** Pods that were told to go to make room, until they are gone. */
  readonly #leaving = new Set<number>();
  /** Templates for whose pods nothing could be done, as of a state of the cache. */
  readonly #vain = new Map<number, PreemptionPlan>();
  #vainChanges = -1;
  /** Nodes on which preemption might help, in order, and the outlook on each. */
  readonly #rows: number[] = [];
  readonly #outlooks: number[] = [];
  /** Those of them to try, in order of trial. */
  readonly #hopeful: number[] = [];

  constructor(
    cache: SchedulerCache,
    pending: PendingPods,
    nominations: Nominations,
    choice: NodeChoice,
    random: SequentialRandom,
    options: { readonly rules: VersionRules; readonly placement: 'memo' | 'scan' },
    budgets: () => readonly DisruptionBudget[],
  ) {
    this.#cache = cache;
    this.#pending = pending;
    this.#nominations = nominations;
    this.#choice = choice;
    this.#random = random;
    this.#rules = options.rules;
    this.#outlook = options.placement === 'memo' && options.rules.preemptsOnlyRejected ? new PreemptionOutlook(cache, pending, choice.keyOf) : null;
    this.#budgets = budgets;
  }

  /** The state of a node changed. */
  touch(row: number): void {
    this.#outlook?.touch(row);
  }

  /** The pod was told to go. */
  leaves(pod: number): void {
    this.#leaving.add(pod);
  }

  gone(pod: number): void {
    this.#leaving.delete(pod);
  }

  /** Looks for a node that would have room without some of its less important pods. */
  plan(pod: number, template: number): PreemptionPlan {
    const spec = this.#pending.templates[template]!;
    const plugin = this.#pending.profiles[template]!.preemption;
    const cache = this.#cache;
    if (plugin === null || this.#ineligibility(pod, spec) !== '') return NOT_ELIGIBLE;
    if (cache.lowestPriority >= spec.priority && this.#rules.preemptsOnlyRejected) return NO_PLAN;
    // Where nothing has changed since a pod of this template was refused help, the next one is too.
    if (this.#vainChanges !== cache.changes || this.#nominations.size > 0) this.#vain.clear();
    this.#vainChanges = cache.changes;
    return this.#vain.get(template) ?? this.#search(pod, template, spec, plugin);
  }

  #search(pod: number, template: number, spec: PodSpec, plugin: DefaultPreemption): PreemptionPlan {
    const cache = this.#cache;
    const outlook = this.#outlookFor(pod, template);
    if (outlook !== null && this.#nominations.size === 0 && this.#choice.named(pod, template) === null) {
      const { best, nodesAtBest, nodes } = outlook.summary(template);
      if (best < Outlook.room) {
        // A walk over these nodes would begin anywhere and come to nothing on each.
        if (nodes > 1) this.#random.below(nodes);
        return this.#inVain(pod, template, best === Outlook.tooLittle ? nodesAtBest : 0);
      }
    }
    this.#potentialRows(pod, template, outlook);
    const nodes = this.#rows.length;
    if (nodes === 0) return this.#inVain(pod, template, 0);
    const vainBefore = this.#putInOrder(nodes === 1 ? 0 : this.#random.below(nodes));
    let tried = -1;
    let dryRuns = 0;
    const trial = {
      pods: cache.pods,
      take: (other: number) => {
        const row = cache.pods.row[other]!;
        if (row !== tried) dryRuns++;
        tried = row;
        cache.take(other);
      },
      // A dry run is about one node at a time.
      put: (other: number) => cache.put(other, tried),
      fits: (row: number) => this.#choice.passes(pod, template, row),
    };
    const candidates = plugin.candidates(spec, this.#hopeful, 0, plugin.candidatesWanted(nodes), this.#budgets(), trial);
    const stoppedAt = plugin.examined < this.#hopeful.length ? plugin.examined - 1 : this.#hopeful.length;
    dryRuns += vainBefore[stoppedAt]!;
    const [best] = plugin.best(candidates, cache.pods);
    return best === undefined ? this.#inVain(pod, template, dryRuns) : { row: best.row, victims: best.victims, dryRuns, notEligible: false };
  }

  /**
   * Lists the nodes of {@link #rows} that a dry run may come to something on, from `offset` on, cyclically.
   * @returns for each of them, and for the end: dry runs on nodes before it that come to nothing
   */
  #putInOrder(offset: number): number[] {
    const rows = this.#rows;
    const outlooks = this.#outlooks;
    const hopeful = this.#hopeful;
    const vainBefore: number[] = [];
    let vain = 0;
    hopeful.length = 0;
    for (let i = 0, at = offset; i < rows.length; i++, at = at + 1 === rows.length ? 0 : at + 1) {
      if (outlooks[at]! >= Outlook.room) {
        hopeful.push(rows[at]!);
        vainBefore.push(vain);
      } else if (outlooks[at] === Outlook.tooLittle) vain++;
    }
    vainBefore.push(vain);
    return vainBefore;
  }

  #inVain(pod: number, template: number, dryRuns: number): PreemptionPlan {
    const plan = { ...NO_PLAN, dryRuns };
    if (!this.#choice.clusterWide && this.#choice.named(pod, template) === null && this.#nominations.size === 0) this.#vain.set(template, plan);
    return plan;
  }

  /** What preemption adds to the event text of a pod for which it found nothing; '' = nothing. */
  explain(pod: number, template: number): string {
    const spec = this.#pending.templates[template]!;
    const profile = this.#pending.profiles[template]!;
    const cache = this.#cache;
    if (profile.preemption === null) return '';
    const ineligible = this.#ineligibility(pod, spec);
    if (ineligible !== '') return `preemption: ${ineligible}`;
    this.#potentialRows(pod, template, null);
    const rows = new Set(this.#rows);
    const reasons = cache.nodes.names.map((_, row): readonly string[] => {
      if (!rows.has(row)) return [NOT_HELPFUL];
      const lower = cache.pods.below(row, spec.priority);
      if (lower.length === 0) return [NO_VICTIMS];
      for (const other of lower) cache.take(other);
      profile.prepare(spec, cache, this.#pending.groupOf(pod));
      const rejection = profile.rejection(spec, cache.nodes, row);
      for (const other of lower) cache.put(other, row);
      return rejection;
    });
    return reasons.some((reason) => reason.length === 0) ? '' : `preemption: ${failureText(cache.nodes.existing, reasons.filter((_, row) => cache.nodes.exists[row] === 1))}`;
  }

  /** PodEligibleToPreemptOthers; '' = eligible. */
  #ineligibility(pod: number, spec: PodSpec): string {
    if (!spec.preempts) return 'not eligible due to preemptionPolicy=Never.';
    const nominated = this.#nominations.rowOf(pod);
    if (nominated < 0) return '';
    return this.#waitsForVictims(nominated, spec) ? 'not eligible due to a terminating pod on the nominated node.' : '';
  }

  #waitsForVictims(nominated: number, spec: PodSpec): boolean {
    return this.#cache.pods.below(nominated, spec.priority).some((other) => this.#leaving.has(other));
  }

  /** What is known of each node by itself; `null` = it says nothing of this pod. Leaves the profile prepared for the pod. */
  #outlookFor(pod: number, template: number): PreemptionOutlook | null {
    const isClusterWide = this.#pending.profiles[template]!.prepare(this.#pending.templates[template]!, this.#cache, this.#pending.groupOf(pod));
    return isClusterWide ? null : this.#outlook;
  }

  /** nodesWherePreemptionMightHelp, into {@link #rows}, with what is known of each. */
  #potentialRows(pod: number, template: number, outlook: PreemptionOutlook | null): void {
    const { nodes } = this.#cache;
    const rows = this.#rows;
    const outlooks = this.#outlooks;
    this.#pending.profiles[template]!.prepare(this.#pending.templates[template]!, this.#cache, this.#pending.groupOf(pod));
    const named = this.#choice.named(pod, template);
    if (outlook === null || named !== null) {
      rows.length = 0;
      if (named === null) for (let row = 0; row < nodes.count; row++) this.#lookAt(pod, template, row);
      else for (const row of named) this.#lookAt(pod, template, row);
      outlooks.length = rows.length;
      outlooks.fill(Outlook.unknown);
      return;
    }
    outlook.collect(template, rows, outlooks);
    // Of nodes that somebody is nominated for the outlook does not hold.
    for (const row of this.#nominations.rows()) {
      let at = 0;
      for (let end = rows.length; at < end; ) {
        const middle = (at + end) >> 1;
        if (rows[middle]! < row) at = middle + 1;
        else end = middle;
      }
      const isListed = rows[at] === row;
      const mightHelp = this.#mightHelp(pod, template, row);
      if (isListed && mightHelp) outlooks[at] = Outlook.unknown;
      else if (isListed) {
        rows.splice(at, 1);
        outlooks.splice(at, 1);
      } else if (mightHelp) {
        rows.splice(at, 0, row);
        outlooks.splice(at, 0, Outlook.unknown);
      }
    }
  }

  #lookAt(pod: number, template: number, row: number): void {
    if (this.#mightHelp(pod, template, row)) this.#rows.push(row);
  }

  #mightHelp(pod: number, template: number, row: number): boolean {
    const verdict = this.#pending.profiles[template]!.verdict(this.#pending.templates[template]!, this.#cache.nodes, row);
    return this.#rules.preemptsOnlyRejected ? verdict === FilterVerdict.unschedulable || this.#isHeld(pod, template, row, verdict) : verdict !== FilterVerdict.unresolvable;
  }

  /** The node has room, but only beside pods that are nominated for it. */
  #isHeld(pod: number, template: number, row: number, verdict: FilterVerdict): boolean {
    return verdict === FilterVerdict.success && this.#nominations.on(row).length > 0 && !this.#choice.passes(pod, template, row);
  }
}
