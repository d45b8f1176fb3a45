import type { OrchestratorContext } from '../orchestrator.ts';
import type { AgentFit } from './agent-fit.ts';
import type { Offers } from './allocator/offers.ts';
import type { Master } from './master/master.ts';
import type { TaskTable } from './task-table.ts';

/** What every framework of the cluster is given. */
export interface FrameworkParts {
  readonly context: OrchestratorContext;
  readonly tasks: TaskTable;
  readonly master: Master;
  readonly fit: AgentFit;
  /** Per shape: thousandths of cpus, mem, gpus. */
  readonly demands: readonly Float64Array[];
  /** The number of waiting tasks has changed by this much. */
  readonly waitingChanged: (by: number) => void;
  /** Explains why a watched task was or was not placed on the offers at hand; agent -1 = nowhere. */
  readonly explainMatch: (task: number, offers: Offers, agent: number) => void;
}

/** What a framework tells of one of its tasks. */
export interface TaskView {
  readonly waiting: boolean;
  /** Row in the task table; -1 = none. */
  readonly row: number;
  /** Further reason why it waits, in the framework's words. */
  readonly note: string;
}

/** A framework as the cluster calls it on behalf of the user. */
export interface Framework {
  readonly index: number;
  readonly role: string;
  readonly fit: AgentFit;
  /** Tasks that wait for an offer. */
  readonly waiting: number;
  submit(job: number): void;
  retry(task: number): void;
  cancel(job: number): void;
  view(task: number): TaskView;
  invariants(): string[];
}
