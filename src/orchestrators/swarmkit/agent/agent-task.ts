import type { Task } from '../store/task.ts';
import { TaskState } from '../task-state.ts';

/** What an agent has on disk of one task (agent/storage.go): what it was told, what it has seen. */
export class AgentTask {
  readonly task: Task;
  readonly node: number;
  readonly gpuMask: number;
  desired: TaskState;
  /** As the agent sees it; the manager's copy follows by reports. */
  state: TaskState = TaskState.accepted;
  /** Container of the world; -1 = none. */
  container = -1;
  /** Row in the agents' table: what containers are found by. */
  readonly index: number;
  /** Among the tasks that the agent still has to do something about. */
  listed = true;

  constructor(task: Task, node: number, desired: TaskState, gpuMask: number, index: number) {
    this.task = task;
    this.node = node;
    this.desired = desired;
    this.gpuMask = gpuMask;
    this.index = index;

  }
}
