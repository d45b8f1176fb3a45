import type { Simulation } from '../../../engine/simulation.ts';
import { Holder, type TaskTable } from '../task-table.ts';

/**
 * The time by which executors must have registered with their agents (`--executor_registration_timeout`). It is the same for all, so that deadlines come in order of launch and one
 * timer serves all agents: it looks at those that are due and passes over what has started in the meantime.
 */
export class ExecutorRegistrations {
  readonly #simulation: Simulation;
  readonly #timeoutUs: number;
  readonly #tasks: TaskTable;
  readonly #registered: (row: number) => boolean;
  readonly #overdue: (row: number) => void;
  #rows: number[] = [];
  #ids: number[] = [];
  #deadlines: number[] = [];
  #running = false;
  readonly #dueOp: number;

  /**
   * @param registered whether a task has begun to run
   * @param overdue a task has not, and its time is over
   */
  constructor(simulation: Simulation, timeoutUs: number, tasks: TaskTable, registered: (row: number) => boolean, overdue: (row: number) => void) {
    this.#simulation = simulation;
    this.#timeoutUs = timeoutUs;
    this.#tasks = tasks;
    this.#registered = registered;
    this.#overdue = overdue;
    this.#dueOp = simulation.on('mesos/agents', () => this.#due());
  }

  /** The executor of a task has been started. */
  expect(row: number, id: number): void {
    this.#rows.push(row);
    this.#ids.push(id);
    this.#deadlines.push(this.#simulation.nowUs + this.#timeoutUs);
    if (this.#running) return;
    this.#running = true;
    this.#simulation.after(this.#timeoutUs, this.#dueOp);
  }

  #due(): void {
    const { nowUs } = this.#simulation;
    let head = 0;
    for (; head < this.#rows.length; head++) {
      const row = this.#rows[head]!;
      if (!this.#tasks.keeps(row, this.#ids[head]!, Holder.agent) || this.#registered(row)) continue;
      if (this.#deadlines[head]! > nowUs) break;
      this.#overdue(row);
    }
    this.#rows = this.#rows.slice(head);
    this.#ids = this.#ids.slice(head);
    this.#deadlines = this.#deadlines.slice(head);
    this.#running = this.#rows.length > 0;
    if (this.#running) this.#simulation.at(this.#deadlines[0]!, this.#dueOp);
  }
}
