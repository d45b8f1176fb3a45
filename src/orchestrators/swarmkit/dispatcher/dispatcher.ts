import { Loop } from '../../../engine/loop.ts';
import { entityOf } from '../../../engine/random/keyed-random.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import { RecordKind } from '../../../metrics/log.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { Agents, StatusSink } from '../agent/agents.ts';
import type { SwarmkitOptions } from '../options.ts';
import { NodeStatus } from '../scheduler/node-set.ts';
import type { Store } from '../store/store.ts';
import type { Task } from '../store/task.ts';
import { TaskState } from '../task-state.ts';
import { type SessionEvents, Sessions } from './sessions.ts';

/** Status updates of tasks and nodes are written together (manager/dispatcher/dispatcher.go: maxBatchInterval). */
const STATUS_BATCH_US = 100_000;
/** Changes of a node's assignments are sent when none came for this long, or when there are so many (batchingWaitTime, modificationBatchLimit). */
const ASSIGNMENT_WAIT_US = 100_000;
const ASSIGNMENT_LIMIT = 100;

const PHASE = 2;

/** Reports that have been sent. Lists keep their length; {@link count} says how much of them is in use. */
interface Reports {
  readonly tasks: Task[];
  /** What the task was when the report was sent: its object may be another by the time that a late one arrives. */
  readonly ids: number[];
  readonly states: TaskState[];
  readonly arrivalsUs: number[];
  count: number;
}

/** Sends assignments to agents, takes their reports, and watches their heartbeats (manager/dispatcher). */
export class Dispatcher implements SessionEvents, StatusSink {
  readonly sessions: Sessions;
  readonly #context: OrchestratorContext;
  readonly #options: SwarmkitOptions;
  readonly #store: Store;
  readonly #agents: Agents;
  readonly #manager: number;
  #reports: Reports = { tasks: [], ids: [], states: [], arrivalsUs: [], count: 0 };
  /** Takes turns with {@link #reports}: what is on its way to the store. */
  #spare: Reports | null = { tasks: [], ids: [], states: [], arrivalsUs: [], count: 0 };
  #nodeUpdates: { readonly node: number; readonly status: NodeStatus; readonly arrivalUs: number }[] = [];
  // What of each node's assignments is still to be sent: nearly always one task, so that lists are for the others only.
  readonly #changed: (Task | null)[];
  readonly #changedMore = new Map<number, Task[]>();
  readonly #removed = new Map<number, Task[]>();
  readonly #changes: Int32Array;
  readonly #dueUs: Float64Array;
  readonly #armed: Uint8Array;
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
    this.#changed = inventory.names.map(() => null);
    this.#changes = new Int32Array(inventory.count);
    this.#dueUs = new Float64Array(inventory.count);
    this.#armed = new Uint8Array(inventory.count);
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
    add(this.#reports, task, task.id, state, arrivalUs);
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
    this.#clear(node);
    this.#agents.assignAll(node, this.#store.tasksOn[node]!.filter(({ state }) => state >= TaskState.assigned));
    this.resumed(node);
  }

  resumed(node: number): void {
    this.#agents.reportAll(node);
    if (this.#changes[node]! > 0) this.#arm(node);
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
    if (removed) append(this.#removed, node, task);
    else if (this.#changed[node] === null) this.#changed[node] = task;
    else append(this.#changedMore, node, task);
    const { simulation, network } = this.#context;
    if (++this.#changes[node]! <= ASSIGNMENT_LIMIT) this.#dueUs[node] = simulation.nowUs + ASSIGNMENT_WAIT_US + network.delayUs(this.#manager, this.#agents.endpoint(node));
    this.#arm(node);
  }

  #arm(node: number): void {
    if (this.#armed[node] === 1) return;
    this.#armed[node] = 1;
    this.#context.simulation.at(Math.max(this.#context.simulation.nowUs, this.#dueUs[node]!), this.#flushOp, node);
  }

  /** Assignments arrive: sending and arrival are one event where the link is up. */
  #flush(node: number): void {
    this.#armed[node] = 0;
    if (this.#changes[node] === 0) return;
    if (this.#context.simulation.nowUs < this.#dueUs[node]!) {
      this.#arm(node);
      return;
    }
    if (!this.sessions.open(node)) return;
    const changed = this.#changed[node]!;
    if (changed !== null) this.#agents.assign(changed);
    if (this.#changedMore.size > 0) for (const task of this.#changedMore.get(node) ?? []) this.#agents.assign(task);
    if (this.#removed.size > 0) for (const task of this.#removed.get(node) ?? []) this.#agents.remove(task);
    this.#clear(node);
  }

  #clear(node: number): void {
    this.#changes[node] = 0;
    this.#changed[node] = null;
    if (this.#changedMore.size > 0) this.#changedMore.delete(node);
    if (this.#removed.size > 0) this.#removed.delete(node);
  }

  #updateNode(node: number, status: NodeStatus, arrivalUs: number): void {
    this.#nodeUpdates.push({ node, status, arrivalUs });
    this.#batch.wakeAt(arrivalUs);
  }

  /** Writes what has arrived. @returns whether something is still on its way */
  #processUpdates(): boolean {
    const sent = this.#reports;
    if (sent.count + this.#nodeUpdates.length === 0) return false;
    const { nowUs } = this.#context.simulation;
    // What has not arrived goes to the other list.
    const later = this.#spare ?? { tasks: [], ids: [], states: [], arrivalsUs: [], count: 0 };
    later.count = 0;
    this.#spare = null;
    this.#reports = later;
    let count = 0;
    for (let i = 0; i < sent.count; i++) {
      if (sent.arrivalsUs[i]! > nowUs) add(later, sent.tasks[i]!, sent.ids[i]!, sent.states[i]!, sent.arrivalsUs[i]!);
      else {
        sent.tasks[count] = sent.tasks[i]!;
        sent.ids[count] = sent.ids[i]!;
        sent.states[count++] = sent.states[i]!;
      }
    }
    const nodes = this.#nodeUpdates.length === 0 ? null : this.#arrivedNodes(nowUs);
    const changes = count + (nodes?.size ?? 0);
    if (changes === 0) this.#spare = sent;
    else {
      sent.count = count;
      if (nodes === null) this.#store.write(changes, this.#applyReports, sent);
      else {
        this.#store.write(changes, () => {
          this.#applyReports(sent);
          this.#applyNodes(nodes);
        });
      }
    }
    return later.count + this.#nodeUpdates.length > 0;
  }

  readonly #applyReports = (sent: Reports): void => {
    const { tasks, ids, states, count } = sent;
    for (let i = 0; i < count; i++) if (tasks[i]!.id === ids[i]) this.#store.setState(tasks[i]!, states[i]!);
    this.#spare = sent;
  };

  /** The last word on each node; but one that has registered anew is READY, even if its old session has run out at the same time. */
  #arrivedNodes(nowUs: number): ReadonlyMap<number, NodeStatus> {
    const arrived = new Map<number, NodeStatus>();
    for (const { node, status, arrivalUs } of this.#nodeUpdates) {
      if (arrivalUs <= nowUs && arrived.get(node) !== NodeStatus.ready) arrived.set(node, status);
    }
    this.#nodeUpdates = this.#nodeUpdates.filter(({ arrivalUs }) => arrivalUs > nowUs);
    return arrived;
  }

  #applyNodes(nodes: ReadonlyMap<number, NodeStatus>): void {
    for (const [node, status] of nodes) {
      this.#store.setNode(node, { status });
      if (status !== NodeStatus.ready) continue;
      this.#downs[node]!++;
      this.sessions.granted(node);
    }
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

function add(reports: Reports, task: Task, id: number, state: TaskState, arrivalUs: number): void {
  const at = reports.count++;
  reports.tasks[at] = task;
  reports.ids[at] = id;
  reports.states[at] = state;
  reports.arrivalsUs[at] = arrivalUs;
}

function append(lists: Map<number, Task[]>, node: number, task: Task): void {
  const list = lists.get(node);
  if (list === undefined) lists.set(node, [task]);
  else list.push(task);
}
