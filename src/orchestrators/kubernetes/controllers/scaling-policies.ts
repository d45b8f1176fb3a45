/** One scaling policy (autoscaling/v2 HPAScalingPolicy). */
export interface ScalingPolicy {
  readonly type: 'Pods' | 'Percent';
  readonly value: number;
  readonly periodUs: number;
}

/** Rules of one direction (autoscaling/v2 HPAScalingRules). */
export interface ScalingRules {
  readonly stabilizationUs: number;
  readonly select: 'Max' | 'Min' | 'Disabled';
  readonly policies: readonly ScalingPolicy[];
}

const SECOND_US = 1_000_000;

/** pkg/apis/autoscaling/v2/defaults.go, v1.35: up without delay by 4 pods or 100 % per 15 s, whichever is more; down by up to 100 % per 15 s, after five minutes. */
export const DEFAULT_SCALE_UP: ScalingRules = {
  stabilizationUs: 0,
  select: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodUs: 15 * SECOND_US },
    { type: 'Percent', value: 100, periodUs: 15 * SECOND_US },
  ],
};
export const DEFAULT_SCALE_DOWN: ScalingRules = { stabilizationUs: 300 * SECOND_US, select: 'Max', policies: [{ type: 'Percent', value: 100, periodUs: 15 * SECOND_US }] };

/** A change of `spec.replicas` that the autoscaler made. */
export interface ScaleEvent {
  readonly timeUs: number;
  readonly change: number;
}

/**
 * How far the policies let the replicas go now (calculateScaleUpLimitWithScalingRules and its counterpart in horizontal.go): each allows so much change within its period, and what was changed within it
 * already counts.
 */
export function policyLimit(rules: ScalingRules, up: boolean, current: number, events: readonly ScaleEvent[], nowUs: number): number {
  if (rules.select === 'Disabled') return current;
  const limits = rules.policies.map(({ type, value, periodUs }) => {
    let changed = 0;
    for (const { timeUs, change } of events) if (timeUs > nowUs - periodUs) changed += change;
    const before = current - changed;
    if (up) return type === 'Pods' ? before + value : ceilOf(before * (1 + value / 100));
    return type === 'Pods' ? before - value : Math.floor(before * (1 - value / 100) + EPSILON);
  });
  const most = (rules.select === 'Max') === up ? Math.max(...limits) : Math.min(...limits);
  return up ? Math.max(current, most) : Math.min(current, Math.max(0, most));
}

const EPSILON = 1e-9;

function ceilOf(value: number): number {
  return Math.ceil(value - EPSILON);
}
