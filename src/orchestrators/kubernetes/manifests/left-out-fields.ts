import { type NativeObject, podOfNative } from '../../../workload/readers/kubernetes-manifests/native-object.ts';

/** Rules of the translation table for valid fields that the model does not act on and that would change what happens; those that could not (environment, commands, ports of containers) are no translation. */
export const LEFT_OUT_RULES = [
  { key: 'volumes', meaning: 'volumes, claims and volume mounts are left out: pods do not wait for them, and no disk fills' },
  { key: 'one-container', meaning: 'init containers, sidecars and further containers count with what they ask for, but one container stands for all: its image, its probes, one start' },
  { key: 'pod-fields-left-out', meaning: 'readiness gates, resource claims, runtimeClassName, activeDeadlineSeconds of pods, postStart and preStop hooks other than sleep are left out' },
  { key: 'job-policies-left-out', meaning: 'podFailurePolicy, successPolicy, backoffLimitPerIndex, maxFailedIndexes, podReplacementPolicy Failed and ttlSecondsAfterFinished of Jobs are left out' },
  { key: 'metrics-left-out', meaning: 'autoscaler metrics other than Resource and ContainerResource ones on CPU and memory are left out' },
] as const;

interface ContainerFields {
  readonly lifecycle?: { readonly postStart?: unknown; readonly preStop?: { readonly sleep?: unknown } };
}

interface PodFields {
  readonly volumes?: readonly unknown[];
  readonly readinessGates?: readonly unknown[];
  readonly resourceClaims?: readonly unknown[];
  readonly runtimeClassName?: string;
  readonly activeDeadlineSeconds?: number;
}

const JOB_POLICIES = ['podFailurePolicy', 'successPolicy', 'backoffLimitPerIndex', 'maxFailedIndexes', 'ttlSecondsAfterFinished'];

/** Keys of {@link LEFT_OUT_RULES} that an object uses. */
export function leftOutFields(object: NativeObject): string[] {
  const found: string[] = [];
  const { spec } = podOfNative(object);
  const pod = spec as PodFields;
  if ((pod.volumes?.length ?? 0) > 0 || object.spec.volumeClaimTemplates !== undefined) found.push('volumes');
  if (spec.containers.length > 1 || (spec.initContainers?.length ?? 0) > 0) found.push('one-container');
  const hooked = (spec.containers as readonly ContainerFields[]).some(({ lifecycle }) => lifecycle?.postStart !== undefined || (lifecycle?.preStop !== undefined && lifecycle.preStop.sleep === undefined));
  if (hooked || (pod.readinessGates?.length ?? 0) > 0 || (pod.resourceClaims?.length ?? 0) > 0 || pod.runtimeClassName !== undefined || pod.activeDeadlineSeconds !== undefined) found.push('pod-fields-left-out');
  const job = (object.kind === 'CronJob' ? (object.spec.jobTemplate as { readonly spec: unknown }).spec : object.spec) as Readonly<Record<string, unknown>>;
  if (JOB_POLICIES.some((field) => job[field] !== undefined) || job.podReplacementPolicy === 'Failed') found.push('job-policies-left-out');
  const metrics = (object.related ?? []).flatMap(({ kind, spec: other }) => (kind === 'HorizontalPodAutoscaler' ? ((other?.metrics ?? []) as readonly MetricFields[]) : []));
  if (metrics.some((metric) => !['cpu', 'memory'].includes((metric.resource ?? metric.containerResource)?.name ?? ''))) found.push('metrics-left-out');
  return found;
}

interface MetricFields {
  readonly resource?: { readonly name: string };
  readonly containerResource?: { readonly name: string };
}
