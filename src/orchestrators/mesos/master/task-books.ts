import { RecordKind } from '../../../metrics/log.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { HierarchicalAllocator } from '../allocator/hierarchical-allocator.ts';
import type { ServiceDiscovery } from '../service-discovery.ts';
import { TaskState } from '../task-state.ts';
import { Holder, type TaskTable } from '../task-table.ts';
import { type FrameworkInfo, packStatus, type Reason } from './framework-port.ts';

/** The master's books of tasks per agent, and what it tells frameworks of them. */
export class TaskBooks {
  readonly frameworks: FrameworkInfo[] = [];
  /** Set once the allocator exists. */
  allocator!: HierarchicalAllocator;
  /** Follows which tasks run. */
  discovery: ServiceDiscovery | null = null;
  readonly #context: OrchestratorContext;
  readonly #tasks: TaskTable;
  readonly #endpoint: number;
  /** First task of the list per agent; -1 = none. */
  readonly #head: Int32Array;

  /**
   * @param endpoint the master's
   */
  constructor(context: OrchestratorContext, tasks: TaskTable, endpoint: number) {
    this.#context = context;
    this.#tasks = tasks;
    this.#endpoint = endpoint;
    this.#head = new Int32Array(context.inventory.count).fill(-1);
  }

  /** Tasks on an agent, latest last. */
  rows(agent: number): number[] {
    const rows: number[] = [];
    for (let row = this.#head[agent]!; row >= 0; row = this.#tasks.next[row]!) rows.push(row);
    return rows.reverse();
  }

  /** Frameworks with tasks on an agent. */
  users(agent: number): Set<number> {
    const users = new Set<number>();
    for (let row = this.#head[agent]!; row >= 0; row = this.#tasks.next[row]!) users.add(this.#tasks.framework[row]!);
    return users;
  }

  infoOf(row: number): FrameworkInfo {
    return this.frameworks[this.#tasks.framework[row]!]!;
  }

  /** What a task uses, by resource column. */
  resourcesOf(row: number): Float64Array {
    return this.#tasks.resources[row]!;
  }

  /** A task is on its agent, as far as the master knows. */
  add(row: number): void {
    const tasks = this.#tasks;
    const agent = tasks.agent[row]!;
    tasks.hold(row, Holder.master);
    const head = this.#head[agent]!;
    tasks.next[row] = head;
    tasks.previous[row] = -1;
    if (head >= 0) tasks.previous[head] = row;
    this.#head[agent] = row;
    this.#context.log.record(RecordKind.bind, tasks.task[row]!, agent);
  }

  /** The state of a task, as far as the master knows. */
  believe(row: number, state: TaskState): void {
    this.#tasks.masterState[row] = state;
    if (state === TaskState.running) this.discovery?.taskRunning(row);
  }

  /** The end of a task is known: its resources are free again. */
  release(row: number): void {
    const tasks = this.#tasks;
    const agent = tasks.agent[row]!;
    this.#unlink(row);
    this.#context.log.record(RecordKind.release, tasks.task[row]!, agent);
    this.allocator.recover(tasks.framework[row]!, tasks.role[row]!, agent, this.resourcesOf(row));
    tasks.forget(row, Holder.master);
  }

  /** A task is gone although its agent is not. */
  lose(row: number, reason: Reason): void {
    this.#context.log.record(RecordKind.evict, this.#tasks.task[row]!, this.#tasks.agent[row]!);
    this.tell(row, TaskState.lost, reason);
    this.release(row);
  }

  /** An agent leaves the books with all that is on it; frameworks hear `state` of their tasks. */
  removeAgent(agent: number, state: TaskState, reason: Reason): void {
    const tasks = this.#tasks;
    const { log } = this.#context;
    const rows = this.rows(agent);
    this.allocator.agents.remove(agent, rows.map((row) => ({ framework: tasks.framework[row]!, role: tasks.role[row]!, resources: this.resourcesOf(row) })));
    for (const row of rows) {
      log.record(RecordKind.evict, tasks.task[row]!, agent);
      log.record(RecordKind.release, tasks.task[row]!, agent);
      this.tell(row, state, reason);
      this.#unlink(row);
      tasks.forget(row, Holder.master);
    }
  }

  tell(row: number, state: TaskState, reason: Reason): void {
    const framework = this.infoOf(row);
    this.#context.network.send(this.#endpoint, framework.endpoint, framework.statusOp, row, this.#tasks.id[row]!, packStatus(state, reason));
  }

  #unlink(row: number): void {
    const tasks = this.#tasks;
    this.discovery?.taskGone(row);
    const next = tasks.next[row]!;
    const previous = tasks.previous[row]!;
    if (previous >= 0) tasks.next[previous] = next;
    else this.#head[tasks.agent[row]!] = next;
    if (next >= 0) tasks.previous[next] = previous;
  }
}
