import { FilterVerdict } from '../filter-verdict.ts';
import { NO_TAINTS, type NodeColumns } from '../node-columns.ts';
import { type FilterPlugin, MAX_NODE_SCORE, type ScorePlugin } from '../plugin.ts';
import type { PodSpec, Taint, Toleration } from '../pod-spec.ts';

/** Whether a toleration tolerates a taint (component-helpers/scheduling/corev1/helpers.go, v1.35.4). */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== '' && toleration.effect !== taint.effect) return false;
  if (toleration.key !== '' && toleration.key !== taint.key) return false;
  return toleration.operator === 'Exists' || toleration.value === taint.value;
}

/** First NoSchedule or NoExecute taint that no toleration covers. */
export function untoleratedTaint(tolerations: readonly Toleration[], taints: readonly Taint[]): Taint | undefined {
  return taints.find((taint) => taint.effect !== 'PreferNoSchedule' && !tolerations.some((toleration) => tolerates(toleration, taint)));
}

/** TaintToleration (pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go, v1.35.4). */
export class TaintToleration implements FilterPlugin, ScorePlugin {
  readonly name = 'TaintToleration';

  filter(pod: PodSpec, nodes: NodeColumns, row: number): FilterVerdict {
    const list = nodes.taintList[row]!;
    if (list === NO_TAINTS) return FilterVerdict.success;
    return untoleratedTaint(pod.tolerations, nodes.taintLists[list]!) === undefined ? FilterVerdict.success : FilterVerdict.unresolvable;
  }

  reasons(): string[] {
    return ['node(s) had untolerated taint(s)'];
  }

  skips(): boolean {
    return false;
  }

  score(pod: PodSpec, nodes: NodeColumns, row: number): number {
    const list = nodes.taintList[row]!;
    if (list === NO_TAINTS) return 0;
    const tolerations = pod.tolerations.filter((toleration) => toleration.effect === '' || toleration.effect === 'PreferNoSchedule');
    let intolerable = 0;
    for (const taint of nodes.taintLists[list]!) {
      if (taint.effect === 'PreferNoSchedule' && !tolerations.some((toleration) => tolerates(toleration, taint))) intolerable++;
    }
    return intolerable;
  }

  normalize(scores: number[]): void {
    normalizeToHundred(scores, true);
  }
}

/** DefaultNormalizeScore (pkg/scheduler/framework/plugins/helper/normalize_score.go, v1.35.4). */
export function normalizeToHundred(scores: number[], reverse: boolean): void {
  let max = 0;
  for (const score of scores) if (score > max) max = score;
  for (let i = 0; i < scores.length; i++) {
    const scaled = max === 0 ? 0 : Math.floor((MAX_NODE_SCORE * scores[i]!) / max);
    scores[i] = reverse ? MAX_NODE_SCORE - scaled : scaled;
  }
}
