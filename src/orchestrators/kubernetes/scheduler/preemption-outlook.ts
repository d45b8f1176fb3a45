import { INFEASIBLE, ScoreMemo } from '../../../engine/score-memo.ts';
import { FilterVerdict } from './filter-verdict.ts';
import type { PendingPods } from './pending-pods.ts';
import type { SchedulerCache } from './scheduler-cache.ts';

/** What preemption can do for a pod on a node: it cannot help, there is nobody to take away, taking all less important pods away is not enough, or it is; or nobody knows. */
export const Outlook = { unhelpful: INFEASIBLE, nobody: 0, tooLittle: 1, room: 2, unknown: 3 } as const;

/**
 * What preemption can do for the pods of a template, remembered per node and brought up to date only for nodes that changed: most pods that fit nowhere are refused
 * help on nearly all nodes, again and again. Holds where no filter that looks at the whole cluster takes part, and on nodes that nobody is nominated for.
 */
export class PreemptionOutlook {
  readonly #memo: ScoreMemo;
  readonly #keyOf: Int32Array;

  /** @param keys templates of one priority that the filters cannot tell apart, by the first of them */
  constructor(cache: SchedulerCache, pending: PendingPods, keys: Int32Array) {
    this.#memo = new ScoreMemo(cache.nodes.count, (row, template) => outlook(cache, pending, row, template));
    this.#keyOf = keys;
  }

  /** The state of a node changed. */
  touch(row: number): void {
    this.#memo.touch(row);
  }

  /** One of {@link Outlook}. Needs the template's profile prepared for one of its pods. */
  of(template: number, row: number): number {
    return this.#memo.score(this.#keyOf[template]!, row);
  }

  /** The best outlook on any node, how many nodes have it, and on how many preemption might help. Needs what {@link of} needs. */
  summary(template: number): { readonly best: number; readonly nodesAtBest: number; readonly nodes: number } {
    const memo = this.#memo;
    memo.best(this.#keyOf[template]!);
    return { best: memo.bestScore, nodesAtBest: memo.bestCount, nodes: memo.feasible };
  }

  /** Lists the nodes on which preemption might help, in order, and the outlook on each. Needs what {@link of} needs. */
  collect(template: number, rows: number[], outlooks: number[]): void {
    this.#memo.collect(this.#keyOf[template]!, 0, this.#memo.rows, rows, outlooks);
  }
}

function outlook(cache: SchedulerCache, pending: PendingPods, row: number, template: number): number {
  const { nodes, pods } = cache;
  const spec = pending.templates[template]!;
  const profile = pending.profiles[template]!;
  if (profile.verdict(spec, nodes, row) !== FilterVerdict.unschedulable) return Outlook.unhelpful;
  const lower = pods.below(row, spec.priority);
  if (lower.length === 0) return Outlook.nobody;
  // Filters that look at one node alone are asked: its books suffice, and nobody else need hear of the trial.
  for (let i = 0; i < lower.length; i++) cache.lift(lower[i]!);
  const fits = profile.verdict(spec, nodes, row) === FilterVerdict.success;
  for (let i = 0; i < lower.length; i++) cache.settle(lower[i]!);
  return fits ? Outlook.room : Outlook.tooLittle;
}
