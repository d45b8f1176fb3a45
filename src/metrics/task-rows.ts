/** What the families keep per task, by the family that writes it. */
export const TaskField = {
  /** Counts: {@link TaskState}. */
  state: 0,
  /** Counts: instances that began to work (stays at 65,535). */
  starts: 1,
  /** Instances: those that run. */
  live: 2,
  /** Instances: 1 once one has done the task's work. */
  finished: 3,
  /** Availability: instances on machines that are up. */
  reachable: 4,
  /** Availability: 1 while the task is a service between first start and end. */
  due: 5,
  /** Utilization: instances of a service on machines that do work. */
  serving: 6,
  /** Recovery: 1 = a fault concerns the task. */
  concerned: 7,
} as const;
/** Numbers per task: a row is two words of eight bytes. */
export const TASK_ROW = 8;

/**
 * The families' small numbers per task, side by side: each record touches most of those of one task, and tens of thousands of tasks are alive at a time, so that a
 * column of its own for each would cost a miss of the cache for each.
 */
export class TaskRows {
  readonly values: Uint16Array;
  readonly taskCount: number;

  constructor(taskCount: number) {
    this.taskCount = taskCount;
    this.values = new Uint16Array(taskCount * TASK_ROW);
  }

  get(task: number, field: number): number {
    return this.values[task * TASK_ROW + field]!;
  }

  set(task: number, field: number, value: number): void {
    this.values[task * TASK_ROW + field] = value;
  }

  /** Adds to a field; answers what it is then. */
  add(task: number, field: number, change: number): number {
    return (this.values[task * TASK_ROW + field]! += change);
  }
}
