import type { OrchestratorContext } from '../orchestrator.ts';
import type { AgentFit } from './agent-fit.ts';
import type { Agents } from './agent/agents.ts';
import type { EntryChoice, EntryUse } from './allocator/entry-choice.ts';
import type { Offers } from './allocator/offers.ts';
import type { RoleEntry } from './framework-entries.ts';
import type { Master } from './master/master.ts';
import type { DriverSpec } from './master/scheduler-driver.ts';
import type { TaskWork } from './task-work.ts';
import type { TaskTable } from './task-table.ts';

/** What every framework of the cluster is given. */
export interface FrameworkParts {
  /** Unique in the cluster. */
  readonly name: string;
  /** Roles that it subscribes to. */
  readonly roles: readonly RoleEntry[];
  /** Which entries of offers its tasks take; undefined where every resource has one. */
  readonly choice: (use: EntryUse) => EntryChoice | undefined;
  /** What it registers with, as its entry says. */
  readonly subscription: DriverSpec['subscription'];
  readonly context: OrchestratorContext;
  readonly tasks: TaskTable;
  readonly master: Master;
  /** Processes and endpoints of agents: for requests to what runs on them. */
  readonly agents: Pick<Agents, 'process' | 'endpoint'>;
  /** Which agents shapes may use. */
  readonly fit: AgentFit;
  /** Columns of GPUs in what is offered, whoever they are reserved to. */
  readonly gpuColumns: readonly number[];
  /** Books of frameworks about tasks of the workload: each task belongs to one framework. */
  readonly work: TaskWork;
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
  readonly name: string;
  /** Number by which the master knows it. */
  readonly index: number;
  /** Roles on whose offers tasks of a shape are launched. */
  rolesOf(shape: number): readonly string[];
  /** Which entries of an offer to a role they take; undefined where every resource has one. */
  choiceOf(shape: number, role: string): EntryChoice | undefined;
  readonly fit: AgentFit;
  /** Tasks that wait for an offer. */
  readonly waiting: number;
  submit(job: number): void;
  retry(task: number): void;
  cancel(job: number): void;
  /** Changes the number of tasks of a service; absent where the framework has no such notion. */
  scale?(job: number, count: number): void;
  /** Tasks that it would end if a service had only so many; absent: the highest. */
  victims?(job: number, count: number): readonly number[] | undefined;
  /** Gives a service another shape; absent as above. */
  update?(job: number, shape: number): void;
  view(task: number): TaskView;
  /** Every reason for which it would not launch a waiting task of its own on an agent with these thousandths left, in its own words; undefined = none. Absent: what all frameworks look at. */
  refusal?(task: number, agent: number, left: (column: number) => number): string | undefined;
  invariants(): string[];
}
