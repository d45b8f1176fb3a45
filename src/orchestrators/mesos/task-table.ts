import { grown16, grown32, grown64, grown8 } from '../../engine/columns.ts';
import type { TaskState } from './task-state.ts';

/** Who still keeps a record of a task. */
export const Holder = { master: 1, agent: 2, framework: 4 } as const;

/**
 * One row per Mesos task, that is per attempt to run a task of the workload. Each component reads and writes only its own columns: what the master
 * believes may differ from what is so on the agent. A row is recycled once nobody keeps it; {@link id} tells whether a message still means the same task.
 */
export class TaskTable {
  // Given at launch.
  id = new Float64Array(256);
  task = new Int32Array(256);
  agent = new Int32Array(256);
  framework = new Uint16Array(256);
  shape = new Int32Array(256);
  /** Role of the offer that it was launched on. */
  readonly role: string[] = [];
  /** What it uses, by resource column in thousandths. */
  readonly resources: Float64Array[] = [];
  /** The master's belief. */
  masterState = new Uint8Array(256);
  /** The framework's belief. */
  frameworkState = new Uint8Array(256);
  /** Container on the agent; -1 = not created. */
  container = new Int32Array(256);
  /** The framework still thinks about the launch: 1 = yes, 2 = yes, and it is to be killed right after. */
  undecided = new Uint8Array(256);
  /** The agent was told to end it. */
  killed = new Uint8Array(256);
  /** GPU devices taken on the agent, and whether the agent's books still count it. */
  gpuMask = new Int32Array(256);
  accounted = new Uint8Array(256);
  /** Next wait before the agent sends a status update again, microseconds. */
  retryUs = new Float64Array(256);
  // The master's list per agent.
  next = new Int32Array(256);
  previous = new Int32Array(256);
  readonly #holders: number[] = [];
  readonly #free: number[] = [];
  #launches = 0;

  /** A new task, held by its framework. @param resources what it takes of an offer to `role` */
  launch(task: number, shape: number, agent: number, framework: number, role: string, resources: Float64Array): number {
    const row = this.#free.pop() ?? this.#add();
    this.id[row] = ++this.#launches;
    this.task[row] = task;
    this.shape[row] = shape;
    this.agent[row] = agent;
    this.framework[row] = framework;
    this.role[row] = role;
    this.resources[row] = resources;
    this.masterState[row] = 0;
    this.frameworkState[row] = 0;
    this.container[row] = -1;
    this.undecided[row] = 0;
    this.killed[row] = 0;
    this.gpuMask[row] = 0;
    this.accounted[row] = 0;
    this.retryUs[row] = 0;
    this.#holders[row] = Holder.framework;
    return row;
  }

  /** Whether a message about (row, id) means a task that this component keeps. */
  keeps(row: number, id: number, holder: number): boolean {
    return this.id[row] === id && (this.#holders[row]! & holder) !== 0;
  }

  holds(row: number, holder: number): boolean {
    return (this.#holders[row]! & holder) !== 0;
  }

  /** Whether (row, id) has not been recycled. */
  is(row: number, id: number): boolean {
    return this.id[row] === id && this.#holders[row] !== 0;
  }

  hold(row: number, holder: number): void {
    this.#holders[row]! |= holder;
  }

  forget(row: number, holder: number): void {
    if ((this.#holders[row]! & holder) === 0) return;
    this.#holders[row]! &= ~holder;
    if (this.#holders[row] === 0) {
      this.id[row] = 0;
      this.#free.push(row);
    }
  }

  stateOf(row: number): TaskState {
    return this.frameworkState[row] as TaskState;
  }

  /** Rows in use. */
  get live(): number {
    return this.#holders.length - this.#free.length;
  }

  #add(): number {
    const row = this.#holders.push(0) - 1;
    if (row < this.id.length) return row;
    this.id = grown64(this.id);
    this.retryUs = grown64(this.retryUs);
    this.task = grown32(this.task);
    this.agent = grown32(this.agent);
    this.shape = grown32(this.shape);
    this.container = grown32(this.container);
    this.gpuMask = grown32(this.gpuMask);
    this.accounted = grown8(this.accounted);
    this.next = grown32(this.next);
    this.previous = grown32(this.previous);
    this.framework = grown16(this.framework);
    this.masterState = grown8(this.masterState);
    this.frameworkState = grown8(this.frameworkState);
    this.killed = grown8(this.killed);
    this.undecided = grown8(this.undecided);
    return row;
  }
}
