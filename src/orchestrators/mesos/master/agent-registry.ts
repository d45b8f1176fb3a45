import { RecordKind } from '../../../metrics/log.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { Agents } from '../agent/agents.ts';
import type { HierarchicalAllocator } from '../allocator/hierarchical-allocator.ts';
import type { MesosOptions } from '../mesos-options.ts';
import { isTerminal, TaskState } from '../task-state.ts';
import { Holder, type TaskTable } from '../task-table.ts';
import type { ResourceKinds } from '../resource-kinds.ts';
import { AgentObserver } from './agent-observer.ts';
import { Reason } from './framework-port.ts';
import type { TaskBooks } from './task-books.ts';

/** What an agent is to the master. `gone`: taken out for good by the operator, or its machine is down for maintenance; it may not register. */
export const AgentStatus = { registered: 0, disconnected: 1, unreachable: 2, gone: 3 } as const;

/**
 * Which agents belong to the cluster: registration and admission, silence and disconnection, and what an operator does to them (Apache Mesos 1.12, src/master/master.cpp).
 */
export class AgentRegistry {
  /** {@link AgentStatus} per agent. */
  readonly status: Uint8Array;
  /** Taken out of service by the operator. */
  readonly drained: Uint8Array;
  /** (agent): the agent asks to be admitted. */
  readonly register: number;
  /** (agent): the host of the agent has closed its connection. */
  readonly exited: number;
  readonly observer: AgentObserver;
  readonly #context: OrchestratorContext;
  readonly #options: MesosOptions['master'];
  readonly #tasks: TaskTable;
  readonly #agents: Agents;
  readonly #books: TaskBooks;
  readonly #allocator: HierarchicalAllocator;
  readonly #kinds: ResourceKinds;
  readonly #kill: (row: number) => void;
  readonly #endpoint: number;
  readonly #admitting: Uint8Array;
  readonly #unreachable: number;
  readonly #admitted: number;
  readonly #gone: number;
  /** (agent, serial): the window of a machine begins. */
  readonly #windowOp: number;
  readonly #window: Int32Array;

  /** @param kill tells the agent of a task to end it */
  constructor(context: OrchestratorContext, options: MesosOptions['master'], tasks: TaskTable, agents: Agents, books: TaskBooks, kinds: ResourceKinds, endpoint: number, kill: (row: number) => void) {
    this.#context = context;
    this.#options = options;
    this.#tasks = tasks;
    this.#agents = agents;
    this.#books = books;
    this.#kinds = kinds;
    this.#allocator = books.allocator;
    this.#kill = kill;
    this.#endpoint = endpoint;
    const { simulation, inventory } = context;
    const { count } = inventory;
    this.status = new Uint8Array(count);
    this.drained = new Uint8Array(count);
    this.#admitting = new Uint8Array(count);
    this.#window = new Int32Array(count);
    const component = 'mesos/master';
    this.register = simulation.on(component, (agent) => this.#onRegister(agent));
    this.exited = simulation.on(component, (agent) => this.#onExited(agent));
    this.#unreachable = simulation.on(component, (agent) => this.#markUnreachable(agent));
    this.#admitted = simulation.on(component, (agent) => this.#admit(agent));
    this.#gone = simulation.on(component, (agent) => this.#markGone(agent, Reason.agentGone));
    this.#windowOp = simulation.on(component, (agent, serial) => {
      if (this.#window[agent] === serial && this.drained[agent] === 1) this.#markGone(agent, Reason.machineDown);
    });
    for (let agent = 0; agent < count; agent++) this.#allocator.agents.add(agent, inventory.names[agent]!, this.#kinds.totalOf(agent));
    // The registry is written before the agent leaves the books.
    this.observer = new AgentObserver(context, options, agents, endpoint, (agent) => simulation.after(options.registryStore, this.#unreachable, agent));
  }

  /** Takes an agent out of service by the operator's way (`drain` of the options), or back in. */
  drain(agent: number, drained: boolean): void {
    if ((this.drained[agent] === 1) === drained) return;
    this.drained[agent] = drained ? 1 : 0;
    const { simulation } = this.#context;
    const { drain, maintenanceNotice, registryStore } = this.#options;
    if (drain === 'maintenance') {
      this.#window[agent]!++;
      if (drained) {
        this.#allocator.planUnavailability(agent, { startUs: simulation.nowUs + maintenanceNotice, durationUs: Infinity });
        simulation.after(maintenanceNotice, this.#windowOp, agent, this.#window[agent]!);
      } else {
        this.#allocator.planUnavailability(agent, undefined);
        if (this.status[agent] === AgentStatus.gone) this.#startAgain(agent);
      }
    } else if (drain === 'gone') {
      if (drained) simulation.after(registryStore, this.#gone, agent);
      else if (this.status[agent] === AgentStatus.gone) this.#startAgain(agent);
    } else if (this.status[agent] === AgentStatus.registered) {
      if (!drained) this.#allocator.agents.activate(agent);
      else {
        this.#allocator.agents.deactivate(agent);
        for (const row of this.#books.rows(agent)) this.#kill(row);
      }
    }
  }

  /** Whether the agent may run tasks now. */
  usable(agent: number): boolean {
    return this.status[agent] === AgentStatus.registered && (this.drained[agent] === 0 || this.#options.drain === 'maintenance');
  }

  #startAgain(agent: number): void {
    this.#context.processes.restart(this.#agents.process[agent]!);
  }

  /** The agent has been silent for too long: it and its tasks leave the books. */
  #markUnreachable(agent: number): void {
    if (this.status[agent]! >= AgentStatus.unreachable) return;
    this.#context.log.record(RecordKind.detect, agent);
    this.status[agent] = AgentStatus.unreachable;
    this.#books.removeAgent(agent, TaskState.unreachable, Reason.agentRemoved);
  }

  /** The operator has taken the agent out (MARK_AGENT_GONE, or its machine is down): it is told to end, and its tasks are over. */
  #markGone(agent: number, reason: Reason): void {
    if (this.drained[agent] === 0 || this.status[agent] === AgentStatus.gone) return;
    const known = this.status[agent] !== AgentStatus.unreachable;
    this.status[agent] = AgentStatus.gone;
    this.observer.end(agent);
    if (known) this.#books.removeAgent(agent, TaskState.lost, reason);
    this.#tellToEnd(agent);
  }

  #tellToEnd(agent: number): void {
    this.#context.network.send(this.#endpoint, this.#agents.endpoint(agent), this.#agents.shutdown, agent);
  }

  /** The agent's process is gone from a host that answers. */
  #onExited(agent: number): void {
    // It had not ended yet when it was taken in again.
    if (this.status[agent] === AgentStatus.gone && this.drained[agent] === 0) this.#startAgain(agent);
    if (this.status[agent] !== AgentStatus.registered) return;
    this.#context.log.record(RecordKind.detect, agent);
    this.status[agent] = AgentStatus.disconnected;
    this.#allocator.agents.deactivate(agent);
    for (const row of this.#books.rows(agent)) if (!this.#books.infoOf(row).checkpoint) this.#books.lose(row, Reason.agentDisconnected);
  }

  #onRegister(agent: number): void {
    const status = this.status[agent]!;
    if (status === AgentStatus.gone && this.drained[agent] === 1) {
      this.#tellToEnd(agent);
      return;
    }
    if (status >= AgentStatus.unreachable) {
      // Not admitted: the registry must be written first.
      if (this.#admitting[agent] === 1) return;
      this.#admitting[agent] = 1;
      this.#context.simulation.after(this.#options.registryStore, this.#admitted, agent);
      return;
    }
    const tasks = this.#tasks;
    const known = new Set(this.#agents.tasksOf(agent));
    const missing = this.#books.rows(agent).filter((row) => !known.has(row));
    // A machine that was down for less than it takes to find out is found out now.
    if (missing.length > 0 && status === AgentStatus.registered) this.#context.log.record(RecordKind.detect, agent);
    for (const row of missing) this.#books.lose(row, Reason.reconciliation);
    this.#adopt(agent, [...known].filter((row) => !tasks.holds(row, Holder.master)));
    this.#reactivate(agent);
  }

  /** An agent that was unreachable is back with all its unfinished tasks; one that was gone is a new one. */
  #admit(agent: number): void {
    this.#admitting[agent] = 0;
    this.#allocator.agents.add(agent, this.#context.inventory.names[agent]!, this.#kinds.totalOf(agent));
    const rows = this.#agents.tasksOf(agent);
    const kept = rows.filter((row) => this.#options.readmits === 'all' || this.#books.infoOf(row).partitionAware);
    this.#adopt(agent, kept);
    for (const row of rows) if (!kept.includes(row)) this.#kill(row);
    this.observer.begin(agent);
    this.#reactivate(agent);
  }

  /** Takes tasks that an agent reports into the books and tells their frameworks. */
  #adopt(agent: number, rows: readonly number[]): void {
    const tasks = this.#tasks;
    for (const row of rows) {
      const state = this.#agents.stateOf(row);
      this.#books.believe(row, state);
      if (!isTerminal(state)) {
        this.#books.add(row);
        this.#allocator.use(tasks.framework[row]!, tasks.role[row]!, agent, this.#books.resourcesOf(row));
      }
      this.#books.tell(row, state, Reason.agentReregistered);
    }
  }

  #reactivate(agent: number): void {
    this.status[agent] = AgentStatus.registered;
    if (this.drained[agent] === 1 && this.#options.drain === 'drain-agent') {
      this.#allocator.agents.deactivate(agent);
      for (const row of this.#books.rows(agent)) this.#kill(row);
    } else this.#allocator.agents.activate(agent);
    this.#context.network.send(this.#endpoint, this.#agents.endpoint(agent), this.#agents.registered, agent);
  }
}
