import { Loop } from '../../../engine/loop.ts';
import { entityOf } from '../../../engine/random/keyed-random.ts';
import { RequestFailure } from '../../../engine/network.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import { Counter, RecordKind } from '../../../metrics/log.ts';
import { DEDICATED } from '../../../world/processes.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { Agents } from '../agent/agents.ts';
import { HierarchicalAllocator } from '../allocator/hierarchical-allocator.ts';
import type { Offers } from '../allocator/offers.ts';
import { plainColumn, ResourceColumns } from '../allocator/resource-columns.ts';
import type { MesosOptions } from '../mesos-options.ts';
import { isTerminal, RESOURCE_NAMES, TaskState } from '../task-state.ts';
import { Holder, type TaskTable } from '../task-table.ts';
import { memoryThousandths } from '../translate.ts';
import { Reason } from './framework-port.ts';

/** A subscribed framework as the master knows it. */
export interface FrameworkInfo {
  readonly name: string;
  readonly role: string;
  readonly endpoint: number;
  readonly checkpoint: boolean;
  /** Does something when a task of its own begins to run; others are not sent that state, which nothing could show. */
  readonly heedsRunning: boolean;
  /** Operation (index of offers, 0, 0) at the framework. */
  readonly offersOp: number;
  /** Operation (row, id, state + 16 * reason) at the framework. */
  readonly statusOp: number;
}

/** One ACCEPT: everything that a framework answers to one bulk of offers. */
export interface Answer {
  readonly offers: Offers;
  /** Rows to launch. */
  readonly launches: readonly number[];
  readonly refuseUsedUs: number;
  readonly refuseUnusedUs: number;
}

export const AgentStatus = { registered: 0, disconnected: 1, unreachable: 2 } as const;

const PING_PHASE = 51;
const REASON_UNIT = 16;

/**
 * The leading master: agents and their tasks as it believes them to be, offers on their way, and the allocator, which lives in the same process
 * (Apache Mesos 1.12, src/master/master.cpp). Knows of agents only what they send and whether they answer pings.
 */
export class Master {
  readonly process: number;
  readonly endpoint: number;
  readonly allocator: HierarchicalAllocator;
  /** {@link AgentStatus} per agent. */
  readonly status: Uint8Array;
  readonly drained: Uint8Array;
  // Operations.
  readonly register: number;
  readonly statusUpdate: number;
  readonly exited: number;
  /** (index of an answer) */
  readonly accept: number;
  /** (row, id) */
  readonly kill: number;
  /** (framework) */
  readonly revive: number;
  readonly suppress: number;
  readonly #context: OrchestratorContext;
  readonly #options: MesosOptions;
  readonly #tasks: TaskTable;
  readonly #agents: Agents;
  readonly #demands: readonly Float64Array[];
  readonly #frameworks: FrameworkInfo[] = [];
  /** First task of the master's list per agent; -1 = none. */
  readonly #head: Int32Array;
  readonly #loops: readonly Loop[];
  readonly #pinged: Uint8Array;
  readonly #timeouts: Uint8Array;
  readonly #admitting: Uint8Array;
  readonly #offers = new Map<number, Offers>();
  readonly #answers = new Map<number, Answer>();
  #serial = 0;
  readonly #sendOffers: number;
  readonly #removed: number;
  readonly #admitted: number;
  readonly #runUndelivered: number;
  readonly #killUndelivered: number;
  /** Messages on connections that are cut, per agent. */
  readonly #unsent = new Map<number, { readonly row: number; readonly id: number; readonly operation: number; readonly incarnation: number }[]>();

  /** @param demands per shape: thousandths of cpus, mem, gpus */
  constructor(context: OrchestratorContext, options: MesosOptions, tasks: TaskTable, agents: Agents, demands: readonly Float64Array[]) {
    this.#context = context;
    this.#options = options;
    this.#tasks = tasks;
    this.#agents = agents;
    this.#demands = demands;
    const { simulation, processes, inventory, random, network } = context;
    const { count } = inventory;
    this.process = processes.spawn({ role: 'mesos/master-0', machine: DEDICATED, program: {}, startupUs: 0 });
    this.endpoint = processes.endpoint[this.process]!;
    this.status = new Uint8Array(count);
    this.drained = new Uint8Array(count);
    this.#head = new Int32Array(count).fill(-1);
    this.#pinged = new Uint8Array(count);
    this.#timeouts = new Uint8Array(count);
    this.#admitting = new Uint8Array(count);
    const { allocator } = options;
    const sorterStream = context.stream('role-sorter');
    this.allocator = new HierarchicalAllocator({
      simulation,
      columns: new ResourceColumns(RESOURCE_NAMES.map(plainColumn)),
      agentCapacity: count,
      options: {
        allocationIntervalUs: allocator.allocationInterval,
        minAllocatable: [new Map([['cpus', allocator.minCpus]]), new Map([['mem', memoryThousandths(allocator.minMemory)]])],
        fairnessExcluded: allocator.fairnessExcluded,
        staleInternalWeights: allocator.staleInternalWeights,
        roleSorter: allocator.roleSorter,
        filterGpuResources: true,
      },
      orderSeed: Math.floor(random.u(entityOf('mesos/allocator'), 0, 0) * 4294967296) | 0,
      draw: () => sorterStream.u(),
      deliver: (offers) => this.#deliver(offers),
      cycled: () => context.log.count(Counter.cycles),
    });
    const component = 'mesos/master';
    this.register = simulation.on(component, (agent) => this.#onRegister(agent));
    this.statusUpdate = simulation.on(component, (row, id, state) => this.#onStatusUpdate(row, id, state as TaskState));
    this.exited = simulation.on(component, (agent) => this.#onExited(agent));
    this.accept = simulation.on(component, (answer) => this.#onAccept(answer));
    this.kill = simulation.on(component, (row, id) => this.#onKill(row, id));
    this.revive = simulation.on(component, (framework) => this.allocator.revive(framework));
    this.suppress = simulation.on(component, (framework) => this.allocator.suppress(framework));
    this.#sendOffers = simulation.on(component, (index) => this.#send(index));
    this.#removed = simulation.on(component, (agent) => this.#remove(agent));
    this.#admitted = simulation.on(component, (agent) => this.#admit(agent));
    this.#runUndelivered = simulation.on(component, (row, id, failure) => this.#undelivered(row, id, agents.runTask, failure));
    this.#killUndelivered = simulation.on(component, (row, id, failure) => this.#undelivered(row, id, agents.killTask, failure));
    for (let agent = 0; agent < count; agent++) this.allocator.addAgent(agent, inventory.names[agent]!, this.totalOf(agent));
    this.#loops = inventory.names.map((name, agent) => {
      const loop = new Loop(simulation, component, () => this.#ping(agent));
      const phaseUs = Math.floor(random.u(entityOf(name), 0, PING_PHASE) * options.master.agentPingTimeout);
      loop.start(new FixedSchedule(phaseUs, options.master.agentPingTimeout), false);
      processes.watch(agents.process[agent]!, () => {
        if (network.reachable(this.endpoint, agents.endpoint(agent))) this.#sendAgain(agent);
        else loop.wake();
      });
      return loop;
    });
  }

  /** Subscribes a framework; in the roles that it names it is suppressed at first. Returns its index. */
  subscribe(framework: FrameworkInfo): number {
    this.#frameworks.push(framework);
    return this.allocator.addFramework({ name: framework.name, roles: [framework.role], suppressedRoles: [framework.role], gpuResources: true });
  }

  /** What an agent registers with: cpus and gpus as the machine has them, memory in whole MB (src/slave/containerizer/containerizer.cpp). */
  totalOf(agent: number): Float64Array {
    const { inventory } = this.#context;
    return Float64Array.of(Math.floor(inventory.cpuMilli[agent]!), Math.floor(memoryThousandths(inventory.memoryBytes[agent]!) / 1000) * 1000, inventory.gpuCount[agent]! * 1000);
  }

  lastPingUs(agent: number): number {
    const loop = this.#loops[agent]!;
    return loop.running ? Math.max(0, loop.lastTickUs()) : -Infinity;
  }

  checkpoints(framework: number): boolean {
    return this.#frameworks[framework]!.checkpoint;
  }

  /** Puts an answer on its way: the index for {@link accept}. */
  answerIndex(answer: Answer): number {
    this.#answers.set(++this.#serial, answer);
    return this.#serial;
  }

  answerAt(index: number): Answer {
    return this.#answers.get(index)!;
  }

  /** Takes the offers that a message carries. */
  offersAt(index: number): Offers {
    const offers = this.#offers.get(index)!;
    this.#offers.delete(index);
    return offers;
  }

  /** Takes an agent out of service, or back in (DRAIN_AGENT and REACTIVATE_AGENT of the operator API). */
  drain(agent: number, drained: boolean): void {
    if ((this.drained[agent] === 1) === drained) return;
    this.drained[agent] = drained ? 1 : 0;
    if (this.status[agent] !== AgentStatus.registered) return;
    if (!drained) {
      this.allocator.activateAgent(agent);
      return;
    }
    this.allocator.deactivateAgent(agent);
    for (const row of this.#rows(agent)) this.#sendKill(row);
  }

  /** Broken invariants. */
  invariants(): string[] {
    const { inventory } = this.#context;
    const broken = this.allocator.invariants();
    const { books } = this.allocator;
    for (let agent = 0; agent < inventory.count; agent++) {
      const used = new Float64Array(books.width);
      for (const row of this.#rows(agent)) for (let c = 0; c < used.length; c++) used[c]! += this.#demands[this.#tasks.shape[row]!]![c]!;
      if (this.status[agent] === AgentStatus.unreachable) {
        if (used.some((amount) => amount > 0)) broken.push(`${inventory.names[agent]} is unreachable and has tasks in the books`);
        continue;
      }
      for (let c = 0; c < used.length; c++) {
        const known = used[c]! + books.free[agent * books.width + c]!;
        if (known > books.total[agent * books.width + c]!) broken.push(`${inventory.names[agent]}: tasks and free resources are ${known} thousandths of ${books.total[agent * books.width + c]} ${RESOURCE_NAMES[c]}`);
      }
    }
    return broken;
  }

  // Offers

  #deliver(offers: Offers): void {
    this.#context.log.count(Counter.offersSent, offers.count);
    this.#offers.set(++this.#serial, offers);
    const { cycleTime } = this.#options.allocator;
    this.#context.log.count(Counter.decisionUs, cycleTime);
    this.#context.simulation.after(cycleTime, this.#sendOffers, this.#serial);
  }

  #send(index: number): void {
    const framework = this.#frameworks[this.#offers.get(index)!.framework]!;
    this.#context.network.send(this.endpoint, framework.endpoint, framework.offersOp, index);
  }

  #onAccept(index: number): void {
    const answer = this.#answers.get(index)!;
    this.#answers.delete(index);
    const { offers, launches } = answer;
    const { log } = this.#context;
    const tasks = this.#tasks;
    const launched = new Map<number, Float64Array>();
    for (const row of launches) {
      const agent = tasks.agent[row]!;
      if (!offers.holds(agent) || this.status[agent] !== AgentStatus.registered || this.drained[agent] === 1) {
        this.#tellState(row, TaskState.dropped, Reason.invalidOffers);
        continue;
      }
      const demand = this.#demands[tasks.shape[row]!]!;
      const sum = launched.get(agent);
      if (sum === undefined) launched.set(agent, demand.slice());
      else for (let c = 0; c < sum.length; c++) sum[c]! += demand[c]!;
      tasks.hold(row, Holder.master);
      this.#link(row);
      log.record(RecordKind.bind, tasks.task[row]!, agent);
      this.#sendToAgent(row, this.#agents.runTask);
    }
    log.count(Counter.offersDeclined, offers.count - launched.size);
    this.allocator.answer(offers, launched, { used: answer.refuseUsedUs, unused: answer.refuseUnusedUs });
  }

  #onKill(row: number, id: number): void {
    const tasks = this.#tasks;
    if (!tasks.is(row, id)) return;
    if (tasks.holds(row, Holder.master)) this.#sendKill(row);
    // Unknown to the master: reconciliation says so, unless its agent is out of sight.
    else if (this.status[tasks.agent[row]!] === AgentStatus.registered) this.#tellState(row, TaskState.lost, Reason.reconciliation);
  }

  #sendKill(row: number): void {
    this.#sendToAgent(row, this.#agents.killTask);
  }

  /** Sends a message about a task on the connection to its agent: while the network is cut, it waits for it, as TCP would have it. */
  #sendToAgent(row: number, operation: number): void {
    const agent = this.#tasks.agent[row]!;
    const failed = operation === this.#agents.runTask ? this.#runUndelivered : this.#killUndelivered;
    this.#context.network.request(this.endpoint, this.#agents.endpoint(agent), operation, row, this.#tasks.id[row]!, 0, failed, 0);
  }

  #undelivered(row: number, id: number, operation: number, failure: number): void {
    // Refused: the process is gone, and with it the connection.
    if (failure === RequestFailure.refused || !this.#tasks.keeps(row, id, Holder.master)) return;
    const agent = this.#tasks.agent[row]!;
    const message = { row, id, operation, incarnation: this.#context.processes.incarnation[this.#agents.process[agent]!]! };
    const waiting = this.#unsent.get(agent);
    if (waiting === undefined) this.#unsent.set(agent, [message]);
    else waiting.push(message);
  }

  #sendAgain(agent: number): void {
    const waiting = this.#unsent.get(agent);
    if (waiting === undefined) return;
    this.#unsent.delete(agent);
    const incarnation = this.#context.processes.incarnation[this.#agents.process[agent]!]!;
    for (const message of waiting) {
      if (message.incarnation === incarnation && this.#tasks.keeps(message.row, message.id, Holder.master)) this.#sendToAgent(message.row, message.operation);
    }
  }

  // Task states

  #onStatusUpdate(row: number, id: number, state: TaskState): void {
    const tasks = this.#tasks;
    if (!tasks.is(row, id)) return;
    const agent = tasks.agent[row]!;
    // Updates of agents that are not registered are ignored: they come again with the registration.
    if (this.status[agent] !== AgentStatus.registered) return;
    const draining = this.drained[agent] === 1 ? Reason.agentDraining : Reason.none;
    if (tasks.holds(row, Holder.master)) {
      if (tasks.masterState[row] === state) return;
      tasks.masterState[row] = state;
      if (state !== TaskState.running || this.#frameworks[tasks.framework[row]!]!.heedsRunning) this.#tellState(row, state, draining);
      if (isTerminal(state)) this.#release(row);
    }
    if (isTerminal(state)) this.#agents.acknowledged(row);
  }

  /** The end of a task is known: its resources are free again. */
  #release(row: number): void {
    const tasks = this.#tasks;
    const framework = tasks.framework[row]!;
    const agent = tasks.agent[row]!;
    this.#unlink(row);
    this.#context.log.record(RecordKind.release, tasks.task[row]!, agent);
    this.allocator.recover(framework, this.#frameworks[framework]!.role, agent, this.#demands[tasks.shape[row]!]!);
    tasks.forget(row, Holder.master);
  }

  #tellState(row: number, state: TaskState, reason: Reason): void {
    const framework = this.#frameworks[this.#tasks.framework[row]!]!;
    this.#context.network.send(this.endpoint, framework.endpoint, framework.statusOp, row, this.#tasks.id[row]!, state + REASON_UNIT * reason);
  }

  // Agents

  /** One round of an agent's observer: has the last ping been answered? Then the next one. */
  #ping(agent: number): boolean {
    if (this.#pinged[agent] === 1) {
      this.#timeouts[agent]!++;
      if (this.#timeouts[agent]! >= this.#options.master.maxAgentPingTimeouts) {
        this.#loops[agent]!.stop();
        this.#context.simulation.after(this.#options.master.registryStore, this.#removed, agent);
        return false;
      }
    }
    if (this.#context.network.reachable(this.endpoint, this.#agents.endpoint(agent))) {
      this.#pinged[agent] = 0;
      this.#timeouts[agent] = 0;
      this.#agents.pingArrived(agent, this.#context.simulation.nowUs);
      return false;
    }
    this.#pinged[agent] = 1;
    return true;
  }

  /** The agent is unreachable: it and its tasks leave the books. */
  #remove(agent: number): void {
    const { log } = this.#context;
    const tasks = this.#tasks;
    log.record(RecordKind.detect, agent);
    const rows = this.#rows(agent);
    const used = rows.map((row) => ({ framework: tasks.framework[row]!, role: this.#frameworks[tasks.framework[row]!]!.role, resources: this.#demands[tasks.shape[row]!]! }));
    this.allocator.removeAgent(agent, used);
    this.status[agent] = AgentStatus.unreachable;
    for (const row of rows) {
      log.record(RecordKind.evict, tasks.task[row]!, agent);
      log.record(RecordKind.release, tasks.task[row]!, agent);
      this.#tellState(row, TaskState.unreachable, Reason.agentRemoved);
      this.#unlink(row);
      tasks.forget(row, Holder.master);
    }
  }

  /** The agent's process is gone from a host that answers. */
  #onExited(agent: number): void {
    if (this.status[agent] !== AgentStatus.registered) return;
    this.#context.log.record(RecordKind.detect, agent);
    this.status[agent] = AgentStatus.disconnected;
    this.allocator.deactivateAgent(agent);
    for (const row of this.#rows(agent)) {
      if (this.#frameworks[this.#tasks.framework[row]!]!.checkpoint) continue;
      this.#lose(row, Reason.agentDisconnected);
    }
  }

  /** A task is gone although its agent is not. */
  #lose(row: number, reason: Reason): void {
    const tasks = this.#tasks;
    this.#context.log.record(RecordKind.evict, tasks.task[row]!, tasks.agent[row]!);
    this.#tellState(row, TaskState.lost, reason);
    this.#release(row);
  }

  #onRegister(agent: number): void {
    if (this.status[agent] === AgentStatus.unreachable) {
      // Known as unreachable: the registry must be written first.
      if (this.#admitting[agent] === 1) return;
      this.#admitting[agent] = 1;
      this.#context.simulation.after(this.#options.master.registryStore, this.#admitted, agent);
      return;
    }
    const tasks = this.#tasks;
    const known = new Set(this.#agents.tasksOf(agent));
    const rows = this.#rows(agent);
    const missing = rows.filter((row) => !known.has(row));
    // A machine that was down for less than it takes to find out is found out now.
    if (missing.length > 0 && this.status[agent] === AgentStatus.registered) this.#context.log.record(RecordKind.detect, agent);
    for (const row of missing) this.#lose(row, Reason.reconciliation);
    this.#adopt(agent, [...known].filter((row) => !tasks.holds(row, Holder.master)));
    this.#reactivate(agent);
  }

  /** An agent that was unreachable is back: it is admitted with all its unfinished tasks. */
  #admit(agent: number): void {
    const { simulation, inventory } = this.#context;
    this.#admitting[agent] = 0;
    this.#pinged[agent] = 0;
    this.#timeouts[agent] = 0;
    this.allocator.addAgent(agent, inventory.names[agent]!, this.totalOf(agent));
    this.#adopt(agent, this.#agents.tasksOf(agent));
    this.#loops[agent]!.start(new FixedSchedule(simulation.nowUs, this.#options.master.agentPingTimeout), true);
    this.#reactivate(agent);
  }

  /** Takes tasks that an agent reports into the books and tells their frameworks. */
  #adopt(agent: number, rows: readonly number[]): void {
    const tasks = this.#tasks;
    for (const row of rows) {
      const state = this.#agents.stateOf(row);
      tasks.masterState[row] = state;
      if (!isTerminal(state)) {
        tasks.hold(row, Holder.master);
        this.#link(row);
        this.allocator.use(tasks.framework[row]!, this.#frameworks[tasks.framework[row]!]!.role, agent, this.#demands[tasks.shape[row]!]!);
        this.#context.log.record(RecordKind.bind, tasks.task[row]!, agent);
      }
      this.#tellState(row, state, Reason.agentReregistered);
    }
  }

  #reactivate(agent: number): void {
    this.status[agent] = AgentStatus.registered;
    if (this.drained[agent] === 1) {
      this.allocator.deactivateAgent(agent);
      for (const row of this.#rows(agent)) this.#sendKill(row);
    } else this.allocator.activateAgent(agent);
    this.#context.network.send(this.endpoint, this.#agents.endpoint(agent), this.#agents.registered, agent);
  }

  // Lists of tasks per agent

  #rows(agent: number): number[] {
    const rows: number[] = [];
    for (let row = this.#head[agent]!; row >= 0; row = this.#tasks.next[row]!) rows.push(row);
    return rows.reverse();
  }

  #link(row: number): void {
    const tasks = this.#tasks;
    const agent = tasks.agent[row]!;
    const head = this.#head[agent]!;
    tasks.next[row] = head;
    tasks.previous[row] = -1;
    if (head >= 0) tasks.previous[head] = row;
    this.#head[agent] = row;
  }

  #unlink(row: number): void {
    const tasks = this.#tasks;
    const next = tasks.next[row]!;
    const previous = tasks.previous[row]!;
    if (previous >= 0) tasks.next[previous] = next;
    else this.#head[tasks.agent[row]!] = next;
    if (next >= 0) tasks.previous[next] = previous;
  }
}

/** Splits what a status message carries. */
export function splitStatus(packed: number): { readonly state: TaskState; readonly reason: Reason } {
  return { state: (packed % REASON_UNIT) as TaskState, reason: Math.floor(packed / REASON_UNIT) as Reason };
}
