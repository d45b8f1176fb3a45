import type { TaskSpec } from '../scheduler/task-spec.ts';

/** When and how often an instance that ended is replaced (api/types.proto, RestartPolicy). */
export interface RestartPolicy {
  readonly condition: 'any' | 'on-failure' | 'none';
  readonly delayUs: number;
  /** 0 = without limit. */
  readonly maxAttempts: number;
  /** Attempts count within this time only; 0 = for ever. */
  readonly windowUs: number;
}

/** How instances are replaced by others (api/types.proto, UpdateConfig). */
export interface UpdateConfig {
  /** Slots at a time; 0 = all. */
  readonly parallelism: number;
  readonly delayUs: number;
  readonly failureAction: 'pause' | 'continue' | 'rollback';
  readonly monitorUs: number;
  /** Share of updated tasks that may fail. */
  readonly maxFailureRatio: number;
  readonly order: 'stop-first' | 'start-first';
}

export type Mode = 'replicated' | 'global' | 'replicated-job' | 'global-job';

/** One version of what the user wants of a service (api/specs.proto, ServiceSpec). */
export interface ServiceSpec {
  /** Index of the version; a higher one is newer. */
  readonly version: number;
  /** Shape of the workload that it was made from. */
  readonly shape: number;
  readonly mode: Mode;
  /** Replicated: slots wanted. Replicated job: completions wanted. */
  readonly replicas: number;
  /** Replicated job: tasks at once. */
  readonly maxConcurrent: number;
  readonly task: TaskSpec;
  /** All of the task's specification but its constraints, as text: tasks with another one are replaced by an update. */
  readonly content: string;
  readonly restart: RestartPolicy;
  readonly update: UpdateConfig;
  readonly rollback: UpdateConfig;
}

export function isJob(mode: Mode): boolean {
  return mode === 'replicated-job' || mode === 'global-job';
}

export function isGlobal(mode: Mode): boolean {
  return mode === 'global' || mode === 'global-job';
}
