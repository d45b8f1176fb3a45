import { Loop } from '../../../engine/loop.ts';
import { entityOf } from '../../../engine/random/keyed-random.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import { RecordKind } from '../../../metrics/log.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { Agents, Assignment, StatusSink } from '../agent/agents.ts';
import type { SwarmkitOptions } from '../options.ts';
import { NodeStatus } from '../scheduler/node-set.ts';
import type { Store, StoreListener } from '../store/store.ts';
import type { Task } from '../store/task.ts';
import { TaskState } from '../task-state.ts';
import { type SessionEvents, Sessions } from './sessions.ts';

/** Status updates of tasks and nodes are written together (manager/dispatcher/dispatcher.go: maxBatchInterval). */
const STATUS_BATCH_US = 100_000;
/** Changes of a node's assignments are sent when none came for this long, or when there are so many (batchingWaitTime, modificationBatchLimit). */
const ASSIGNMENT_WAIT_US = 100_000;
const ASSIGNMENT_LIMIT = 100;

const PHASE = 2;

interface Report {
  readonly task: Task;
  readonly state: TaskState;
  readonly arrivalUs: number;
}

/** What of a node's assignments is still to be sent. */
interface Outgoing {
  changed: Task[];
  removed: Task[];
  changes: number;
  dueUs: number;
  armed: boolean;
}

/** Sends assignments to agents, takes their reports, and watches their heartbeats (manager/dispatcher). */
export class Dispatcher implements StoreListener, SessionEvents, StatusSink {
  readonly sessions: Sessions;
  readonly #context: OrchestratorContext;
  readonly #options: SwarmkitOptions;
  readonly #store: Store;
  readonly #agents: Agents;
  readonly #manager: number;
  #reports: Report[] = [];
  /** Latest arrival of any report so far. */
  #latestUs = 0;
  #nodeUpdates: { readonly node: number; readonly status: NodeStatus; readonly arrivalUs: number }[] = [];
  readonly #outgoing = new Map<number, Outgoing>();
  /** Which DOWN each timer of orphaning is about. */
  readonly #downs: Int32Array;
  readonly #batch: Loop;
  readonly #flushOp: number;
  readonly #orphanOp: number;

  constructor(context: OrchestratorContext, options: SwarmkitOptions, store: Store, agents: Agents, manager: number) {
    this.#context = context;
    this.#options = options;
    this.#store = store;
    this.#agents = agents;
    this.#manager = manager;
    const { simulation, inventory } = context;
    this.#downs = new Int32Array(inventory.count);
    this.#flushOp = simulation.on('swarmkit/manager', (node) => this.#flush(node));
    this.#orphanOp = simulation.on('swarmkit/manager', (node, down) => this.#orphan(node, down));
    this.#batch = new Loop(simulation, 'swarmkit/manager', () => this.#processUpdates());
    const phaseUs = Math.floor(STATUS_BATCH_US * context.random.u(entityOf('swarmkit/manager-0'), 0, PHASE));
    this.#batch.start(new FixedSchedule(phaseUs, STATUS_BATCH_US), false);
    agents.sink = this;
    this.sessions = new Sessions(context, options, agents, manager, this);
    agents.serving = (node, restarted) => {
      if (restarted) this.sessions.agentStarted(node);
      else this.sessions.agentContinued(node);
    };
  }

  // From agents.

  report(node: number, task: Task, state: TaskState): boolean {
    // Without a session the agent keeps it; all states are reported once there is one.
    if (!this.sessions.open(node)) return false;
    const arrivalUs = this.#context.simulation.nowUs + this.#context.network.delayUs(this.#agents.endpoint(node), this.#manager);
    this.#reports.push({ task, state, arrivalUs });
    if (arrivalUs > this.#latestUs) this.#latestUs = arrivalUs;
    this.#batch.wakeAt(arrivalUs);
    return true;
  }

  // From sessions.

  expired(node: number): void {
    this.#context.log.record(RecordKind.detect, node);
    this.#updateNode(node, NodeStatus.down, this.#context.simulation.nowUs);
    this.#context.simulation.after(this.#options.nodeDownPeriod, this.#orphanOp, node, ++this.#downs[node]!);
  }

  registering(node: number, arrivalUs: number): void {
    this.#updateNode(node, NodeStatus.ready, arrivalUs);
  }

  established(node: number): void {
    this.#outgoing.delete(node);
    const assignments: Assignment[] = [];
    for (const task of this.#store.tasksOn[node]!) if (task.state >= TaskState.assigned) assignments.push({ task, desired: task.desired });
    this.#agents.assign(node, assignments, true);
    this.resumed(node);
  }

  resumed(node: number): void {
    this.#agents.reportAll(node);
    const outgoing = this.#outgoing.get(node);
    if (outgoing !== undefined) this.#arm(node, outgoing);
  }

  // From the store.

  taskUpdated(task: Task, stateBefore: TaskState, desiredBefore: TaskState): void {
    if (task.node < 0) return;
    const assigned = stateBefore < TaskState.assigned && task.state >= TaskState.assigned;
    if (assigned || (task.desired !== desiredBefore && task.state >= TaskState.assigned && task.state <= TaskState.running)) this.#change(task.node, task, false);
    this.#route(task);
  }

  taskDeleted(task: Task): void {
    if (task.node >= 0 && task.state >= TaskState.assigned) {
      // Nothing of an ended task is left on the machine but a record: no message is modelled for that.
      if (task.state <= TaskState.running) this.#change(task.node, task, true);
      else if (this.sessions.open(task.node)) this.#agents.remove(task);
    }
    this.#route(task);
  }

  #change(node: number, task: Task, removed: boolean): void {
    // Without a session the whole set is sent once there is one.
    let outgoing = this.#outgoing.get(node);
    if (outgoing === undefined) this.#outgoing.set(node, (outgoing = { changed: [], removed: [], changes: 0, dueUs: 0, armed: false }));
    if (removed) outgoing.removed.push(task);
    else outgoing.changed.push(task);
    outgoing.changes++;
    const { simulation, network } = this.#context;
    if (outgoing.changes <= ASSIGNMENT_LIMIT) outgoing.dueUs = simulation.nowUs + ASSIGNMENT_WAIT_US + network.delayUs(this.#manager, this.#agents.endpoint(node));
    this.#arm(node, outgoing);
  }

  #arm(node: number, outgoing: Outgoing): void {
    if (outgoing.armed) return;
    outgoing.armed = true;
    this.#context.simulation.at(Math.max(this.#context.simulation.nowUs, outgoing.dueUs), this.#flushOp, node);
  }

  /** Assignments arrive: sending and arrival are one event where the link is up. */
  #flush(node: number): void {
    const outgoing = this.#outgoing.get(node);
    if (outgoing === undefined) return;
    outgoing.armed = false;
    if (this.#context.simulation.nowUs < outgoing.dueUs) {
      this.#arm(node, outgoing);
      return;
    }
    if (!this.sessions.open(node)) return;
    this.#outgoing.delete(node);
    const assignments: Assignment[] = [];
    for (const task of outgoing.changed) if (!task.deleted) assignments.push({ task, desired: task.desired });
    this.#agents.assign(node, assignments, false);
    for (const task of outgoing.removed) this.#agents.remove(task);
  }

  #updateNode(node: number, status: NodeStatus, arrivalUs: number): void {
    this.#nodeUpdates.push({ node, status, arrivalUs });
    this.#batch.wakeAt(arrivalUs);
  }

  /** Writes what has arrived. @returns whether something is still on its way */
  #processUpdates(): boolean {
    if (this.#reports.length + this.#nodeUpdates.length === 0) return false;
    const { nowUs } = this.#context.simulation;
    let arrived = this.#reports;
    if (this.#latestUs <= nowUs) this.#reports = [];
    else {
      this.#reports = arrived.filter(({ arrivalUs }) => arrivalUs > nowUs);
      arrived = arrived.filter(({ arrivalUs }) => arrivalUs <= nowUs);
    }
    const nodes = this.#nodeUpdates;
    if (nodes.length > 0) this.#nodeUpdates = nodes.filter(({ arrivalUs }) => arrivalUs > nowUs);
    const updates = new Map<number, NodeStatus>();
    // The last word on a node counts.
    for (const { node, status, arrivalUs } of nodes) if (arrivalUs <= nowUs) updates.set(node, status);
    if (arrived.length + updates.size > 0) {
      this.#store.write(arrived.length + updates.size, () => {
        for (const { task, state } of arrived) this.#store.setState(task, state);
        for (const [node, status] of updates) {
          this.#store.setNode(node, { status });
          if (status === NodeStatus.ready) {
            this.#downs[node]!++;
            this.sessions.granted(node);
          }
        }
      });
    }
    return this.#reports.length + this.#nodeUpdates.length > 0;
  }

  /** A node was DOWN for so long that nobody knows any more what became of its tasks (moveTasksToOrphaned). */
  #orphan(node: number, down: number): void {
    if (this.#downs[node] !== down) return;
    const tasks = this.#store.tasksOn[node]!.filter(({ state }) => state >= TaskState.assigned && state <= TaskState.running);
    if (tasks.length === 0) return;
    this.#store.write(tasks.length, () => {
      if (this.#downs[node] !== down) return;
      for (const task of tasks) this.#store.setState(task, TaskState.orphaned);
    });
  }

  /** A service's address leads to its tasks that are observed RUNNING and should be (manager/dispatcher/assignments.go; agent/exec, service activation). */
  #route(task: Task): void {
    const routed = task.state === TaskState.running && task.desired <= TaskState.running && !task.deleted && task.spec.mode !== 'replicated-job' && task.spec.mode !== 'global-job';
    if (routed === task.routed) return;
    task.routed = routed;
    this.#context.log.record(routed ? RecordKind.route : RecordKind.unroute, task.index, task.node);
  }
}
