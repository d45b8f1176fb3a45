import type { NativeObject } from '../../../workload/readers/kubernetes-manifests/native-object.ts';
import type { Shape } from '../../../workload/shape.ts';
import type { JobOptions } from './job-controller.ts';

/** What one Job says of itself (batch/v1 JobSpec). */
export interface JobSettings {
  readonly backoffLimit: number;
  /** Pods active at once; `Infinity` = as many as completions. */
  readonly parallelism: number;
  /** From the start of the Job until it is given up, microseconds; `Infinity` = never. */
  readonly deadlineUs: number;
}

/** Settings of a batch shape; one without a Job of its own has as many pods at once as tasks, and the back-off limit of the options. */
export function jobSettings(shape: Shape, options: JobOptions): JobSettings {
  const settings = { backoffLimit: options.backoffLimit, parallelism: Infinity, deadlineUs: Infinity };
  if (shape.native?.format !== 'kubernetes') return settings;
  const object = shape.native.spec as unknown as NativeObject;
  const spec = object.kind === 'CronJob' ? (object.spec.jobTemplate as { readonly spec: object }).spec : object.spec;
  const { backoffLimit, parallelism, completions, activeDeadlineSeconds } = spec as { readonly backoffLimit?: number; readonly parallelism?: number; readonly completions?: number; readonly activeDeadlineSeconds?: number };
  return {
    backoffLimit: backoffLimit ?? settings.backoffLimit,
    // Absent: 1 (pkg/apis/batch/v1/defaults.go SetDefaults_Job). A Pod of its own has neither.
    parallelism: parallelism ?? (completions === undefined ? Infinity : 1),
    deadlineUs: activeDeadlineSeconds === undefined ? Infinity : activeDeadlineSeconds * 1_000_000,
  };
}
