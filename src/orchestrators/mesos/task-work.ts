/** Where a task of the workload stands with its framework; frameworks may add codes of their own from 4 on. */
export const Stage = { none: 0, waiting: 1, launched: 2, over: 3 } as const;

/** Columns over the tasks of the workload, shared by all frameworks: each writes the rows of its own tasks only. */
export class TaskWork {
  /** {@link Stage}. */
  readonly stage: Uint8Array;
  /** Row of the current attempt in the task table; -1 = none. */
  readonly row: Int32Array;
  /** Place in the framework's queue. */
  readonly sequence: Uint32Array;

  constructor(taskCount: number) {
    this.stage = new Uint8Array(taskCount);
    this.row = new Int32Array(taskCount).fill(-1);
    this.sequence = new Uint32Array(taskCount);
  }
}
