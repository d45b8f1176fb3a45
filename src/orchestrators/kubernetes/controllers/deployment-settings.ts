import type { NativeObject } from '../../../workload/readers/kubernetes-manifests/native-object.ts';
import type { Shape } from '../../../workload/shape.ts';

/** `spec.strategy` and what goes with it (apps/v1 Deployment). */
export interface DeploymentSettings {
  /** All old pods are gone before the first new one is created. */
  readonly recreate: boolean;
  /** A number of pods, or a share of the replicas. */
  readonly maxSurge: number | { readonly share: number };
  readonly maxUnavailable: number | { readonly share: number };
  readonly minReadyUs: number;
  readonly progressDeadlineUs: number;
}

const SECOND_US = 1_000_000;

/** pkg/apis/apps/v1/defaults.go SetDefaults_Deployment, v1.35: RollingUpdate with 25 % and 25 %, minReadySeconds 0, progressDeadlineSeconds 600. */
export const DEFAULT_DEPLOYMENT: DeploymentSettings = { recreate: false, maxSurge: { share: 0.25 }, maxUnavailable: { share: 0.25 }, minReadyUs: 0, progressDeadlineUs: 600 * SECOND_US };

/** Settings of a service's shape; those of a shape without a Deployment of its own are the defaults. */
export function deploymentSettings(shape: Shape): DeploymentSettings {
  if (shape.native?.format !== 'kubernetes') return DEFAULT_DEPLOYMENT;
  const { spec } = shape.native.spec as NativeObject;
  const { strategy, minReadySeconds, progressDeadlineSeconds } = spec as {
    readonly strategy?: { readonly type?: string; readonly rollingUpdate?: { readonly maxSurge?: number | string | null; readonly maxUnavailable?: number | string | null } | null } | null;
    readonly minReadySeconds?: number;
    readonly progressDeadlineSeconds?: number;
  };
  return {
    recreate: strategy?.type === 'Recreate',
    maxSurge: numberOrShare(strategy?.rollingUpdate?.maxSurge, DEFAULT_DEPLOYMENT.maxSurge),
    maxUnavailable: numberOrShare(strategy?.rollingUpdate?.maxUnavailable, DEFAULT_DEPLOYMENT.maxUnavailable),
    minReadyUs: (minReadySeconds ?? 0) * SECOND_US,
    progressDeadlineUs: (progressDeadlineSeconds ?? 600) * SECOND_US,
  };
}

/**
 * Pods beyond the replicas and below them that a rollout may have (ResolveFenceposts in pkg/controller/deployment/util): shares round up for the surge and down for what may be
 * missing; if both come to nothing, one may be missing.
 */
export function fenceposts(settings: DeploymentSettings, replicas: number): { readonly surge: number; readonly unavailable: number } {
  const surge = typeof settings.maxSurge === 'number' ? settings.maxSurge : Math.ceil(settings.maxSurge.share * replicas - 1e-9);
  const unavailable = typeof settings.maxUnavailable === 'number' ? settings.maxUnavailable : Math.floor(settings.maxUnavailable.share * replicas + 1e-9);
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

function numberOrShare(value: number | string | null | undefined, fallback: DeploymentSettings['maxSurge']): DeploymentSettings['maxSurge'] {
  if (value === undefined || value === null) return fallback;
  if (typeof value === 'number') return value;
  return value.endsWith('%') ? { share: Number(value.slice(0, -1)) / 100 } : Number(value);
}
