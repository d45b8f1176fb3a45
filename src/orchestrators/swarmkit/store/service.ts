import type { ServiceSpec } from './service-spec.ts';
import type { Task } from './task.ts';

/** Progress of an update (api/objects.proto, UpdateStatus). */
export type UpdateState = 'updating' | 'paused' | 'completed' | 'rollback_started' | 'rollback_paused' | 'rollback_completed';

/** One service object of the store with its tasks. */
export class Service {
  /** Job of the workload that it is; its id. */
  readonly job: number;
  spec: ServiceSpec;
  previousSpec: ServiceSpec | null = null;
  updateState: UpdateState | null = null;
  deleted = false;
  /** Tasks by slot, oldest first; of a global service by node. */
  readonly slots = new Map<number, Task[]>();
  /** Highest version so far: a rollback goes back to an old one, the next update on from here. */
  latestVersion: number;
  /** Tasks of a job that were seen complete. */
  completed = 0;
  /** Global: task of the workload per node, given out in order of first need. */
  readonly indexOfNode = new Map<number, number>();

  constructor(job: number, spec: ServiceSpec) {
    this.job = job;
    this.spec = spec;
    this.latestVersion = spec.version;
  }

  *tasks(): Generator<Task> {
    for (const tasks of this.slots.values()) yield* tasks;
  }
}
