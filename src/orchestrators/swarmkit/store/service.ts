import type { TaskSpec } from '../scheduler/task-spec.ts';
import type { ServiceSpec } from './service-spec.ts';
import type { Task } from './task.ts';

/** Progress of an update (api/objects.proto, UpdateStatus). */
export type UpdateState = 'updating' | 'paused' | 'completed' | 'rollback_started' | 'rollback_paused' | 'rollback_completed';

/** Tasks of one service and version that wait for a node. */
export interface WaitingGroup {
  service: Service;
  version: number;
  spec: TaskSpec;
  readonly tasks: Task[];
  /** A list of just this group: what most services have. */
  readonly alone: readonly WaitingGroup[];
  /** Place among the groups with the same specification. */
  at: number;
}

const NO_TASKS: readonly Task[] = [];
/** Of a service of which nothing waits. */
export const NO_GROUPS: readonly WaitingGroup[] = [];

/** One service object of the store with its tasks. */
export class Service {
  /** Job of the workload that it is; its id. */
  job: number;
  spec: ServiceSpec;
  previousSpec: ServiceSpec | null = null;
  updateState: UpdateState | null = null;
  deleted = false;
  /** Tasks of the workload that the user was told would go when the service was scaled down. */
  victims: ReadonlySet<number> | null = null;
  /** Highest version so far: a rollback goes back to an old one, the next update on from here. */
  latestVersion: number;
  /** Job orchestrator: on its list of jobs to look at. */
  listed = false;
  /** Tasks of a job that were seen complete. */
  completed = 0;
  /** Scheduler: tasks that wait for a node, by version. */
  waiting: readonly WaitingGroup[] = NO_GROUPS;
  /** One task was created, found a node and ended, and nothing else has ever happened to it: no component keeps the service or its task in mind for later. */
  uneventful = true;
  // One task is by far the most common case: no list and no map for it.
  #only: Task | null = null;
  #onlyKey = 0;
  #slots: Map<number, Task[]> | null = null;
  #indexOfNode: Map<number, number> | null = null;

  /** Global: task of the workload per node, given out in order of first need. */
  get indexOfNode(): Map<number, number> {
    return (this.#indexOfNode ??= new Map());
  }

  constructor(job: number, spec: ServiceSpec) {
    this.job = job;
    this.spec = spec;
    this.latestVersion = spec.version;
  }

  /** The object becomes another service: only for one of which nobody knows any more ({@link Store.recycle}). */
  reuse(job: number, spec: ServiceSpec): this {
    this.job = job;
    this.spec = spec;
    this.latestVersion = spec.version;
    this.deleted = false;
    this.completed = 0;
    return this;
  }

  /** Number of slots with tasks. */
  get slotCount(): number {
    return this.#slots === null ? Number(this.#only !== null) : this.#slots.size;
  }

  get hasOneTask(): boolean {
    return this.#only !== null;
  }

  /** Tasks of a slot, oldest first. @param key slot number; of a global service the node */
  slot(key: number): readonly Task[] {
    if (this.#slots === null) return this.#only !== null && key === this.#onlyKey ? [this.#only] : NO_TASKS;
    return this.#slots.get(key) ?? NO_TASKS;
  }

  forEachSlot(visit: (tasks: readonly Task[], key: number) => void): void {
    if (this.#slots !== null) this.#slots.forEach(visit);
    else if (this.#only !== null) visit([this.#only], this.#onlyKey);
  }

  everyTask(holds: (task: Task) => boolean): boolean {
    if (this.#slots === null) return this.#only === null || holds(this.#only);
    for (const tasks of this.#slots.values()) if (!tasks.every(holds)) return false;
    return true;
  }

  tasks(): Task[] {
    if (this.#slots !== null) return [...this.#slots.values()].flat();
    return this.#only === null ? [] : [this.#only];
  }

  /** For the store. */
  addTask(task: Task, key: number): void {
    if (this.#slots === null) {
      if (this.#only === null) {
        this.#only = task;
        this.#onlyKey = key;
        return;
      }
      this.#slots = new Map([[this.#onlyKey, [this.#only]]]);
      this.#only = null;
    }
    const tasks = this.#slots.get(key);
    if (tasks === undefined) this.#slots.set(key, [task]);
    else tasks.push(task);
  }

  /** For the store. */
  removeTask(task: Task, key: number): void {
    if (this.#slots === null) {
      if (this.#only === task) this.#only = null;
      return;
    }
    const tasks = this.#slots.get(key)!;
    if (tasks.at(-1) === task) tasks.pop();
    else tasks.splice(tasks.indexOf(task), 1);
    if (tasks.length === 0) this.#slots.delete(key);
  }
}
