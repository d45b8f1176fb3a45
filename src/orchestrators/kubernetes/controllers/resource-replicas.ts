/** What the autoscaler knows of one pod and one resource. */
export interface MeasuredPod {
  /** Measured and counted; not ready, or too freshly so; without a measurement. Pods that are being deleted or have failed are left out altogether. */
  readonly group: 'ready' | 'unready' | 'missing';
  /** Whole milli-cores or bytes. */
  readonly use: number;
  readonly request: number;
}

/** A Resource metric of an autoscaler: a share of the requests in percent, or an average per pod in whole milli-cores or bytes. */
export interface ResourceTarget {
  readonly resource: 'cpu' | 'memory';
  readonly percent: number | null;
  readonly average: number;
}

/** How far the ratio of use to target may be from one without consequence, down and up (--horizontal-pod-autoscaler-tolerance, behavior.scaleDown.tolerance, behavior.scaleUp.tolerance). */
export interface Tolerances {
  readonly down: number;
  readonly up: number;
}

/**
 * Replicas that one metric asks for (GetResourceReplicas and calcPlainMetricReplicas in pkg/controller/podautoscaler/replica_calculator.go, v1.35). Where the answer is to grow, pods that are not ready or
 * not measured count as idle; where it is to shrink, those not measured count with all that they ask for, or the target if that is more; an answer that this turns around is none.
 * @returns `null` where the metric cannot be had: no pod is measured
 */
export function resourceReplicas(target: ResourceTarget, pods: readonly MeasuredPod[], current: number, tolerances: Tolerances): number | null {
  const ready = pods.filter(({ group }) => group === 'ready');
  const missing = pods.filter(({ group }) => group === 'missing');
  const unready = pods.filter(({ group }) => group === 'unready');
  if (ready.length === 0) return null;
  const measured = ready.map(({ use, request }) => ({ use, request }));
  const ratio = ratioOf(target, measured);
  if (ratio === null) return null;
  const growsBesideUnready = unready.length > 0 && ratio > 1;
  if (!growsBesideUnready && missing.length === 0) return within(ratio, tolerances) ? current : Math.ceil(ratio * ready.length);
  for (const { request } of missing) {
    if (ratio < 1) measured.push({ use: target.percent === null ? target.average : Math.floor((request * Math.max(100, target.percent)) / 100), request });
    else if (ratio > 1) measured.push({ use: 0, request });
  }
  if (growsBesideUnready) for (const { request } of unready) measured.push({ use: 0, request });
  const again = ratioOf(target, measured)!;
  if (within(again, tolerances) || (ratio < 1 && again > 1) || (ratio > 1 && again < 1)) return current;
  const replicas = Math.ceil(again * measured.length);
  return (again < 1 && replicas > current) || (again > 1 && replicas < current) ? current : replicas;
}

/**
 * The largest answer of several metrics. One that cannot be had does not count, but keeps the autoscaler from shrinking (computeReplicasForMetrics in horizontal.go).
 * @returns `null` = no change can be decided on
 */
export function replicasForAll(answers: readonly (number | null)[], current: number): number | null {
  let most = -1;
  for (const answer of answers) if (answer !== null && answer > most) most = answer;
  return most < 0 || (answers.includes(null) && most < current) ? null : most;
}

/** Integer shares as in metrics/utilization.go: what is used in percent of what is asked for, or the average, each cut to a whole number. */
function ratioOf({ percent, average }: ResourceTarget, pods: readonly { readonly use: number; readonly request: number }[]): number | null {
  let use = 0;
  let request = 0;
  for (const pod of pods) {
    use += pod.use;
    request += pod.request;
  }
  if (percent === null) return Math.floor(use / pods.length) / average;
  return request === 0 ? null : Math.floor((use * 100) / request) / percent;
}

function within(ratio: number, { down, up }: Tolerances): boolean {
  return 1 - down <= ratio && ratio <= 1 + up;
}
