import { RequestFailure } from '../../../engine/network.ts';
import { entityOf } from '../../../engine/random/keyed-random.ts';
import { Counter, RecordKind } from '../../../metrics/log.ts';
import { DEDICATED } from '../../../world/processes.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { Agents } from '../agent/agents.ts';
import { HierarchicalAllocator } from '../allocator/hierarchical-allocator.ts';
import type { Offers } from '../allocator/offers.ts';
import type { MesosOptions } from '../mesos-options.ts';
import { isTerminal, TaskState } from '../task-state.ts';
import type { ServiceDiscovery } from '../service-discovery.ts';
import { Holder, type TaskTable } from '../task-table.ts';
import { quantities } from '../quantities.ts';
import type { ResourceKinds } from '../resource-kinds.ts';
import { memoryThousandths } from '../translate.ts';
import { AgentRegistry, AgentStatus } from './agent-registry.ts';
import { type Answer, type FrameworkInfo, Reason } from './framework-port.ts';
import { OperatorReservations } from './operator-reservations.ts';
import { scheduleSettings } from './operator-settings.ts';
import { TaskBooks } from './task-books.ts';

/**
 * The leading master: agents and their tasks as it believes them to be, offers on their way, and the allocator, which lives in the same process
 * (Apache Mesos 1.12, src/master/master.cpp). Knows of agents only what they send and whether they answer pings.
 */
export class Master {
  readonly process: number;
  readonly endpoint: number;
  readonly allocator: HierarchicalAllocator;
  readonly registry: AgentRegistry;
  readonly operator: OperatorReservations;
  // Operations.
  readonly statusUpdate: number;
  readonly oversubscribed: number;
  /** (index of an answer) */
  readonly accept: number;
  /** (row, id) */
  readonly kill: number;
  /** (row, id): a framework asks for the state of a task. */
  readonly reconcile: number;
  /** (framework, roles: bit i = role i of the framework's) */
  readonly revive: number;
  readonly suppress: number;
  /** (framework, agent, 1 = accepted, 0 = declined): an answer to an inverse offer. */
  readonly answerInverse: number;
  readonly #context: OrchestratorContext;
  readonly #options: MesosOptions;
  readonly #tasks: TaskTable;
  readonly #agents: Agents;
  readonly #books: TaskBooks;
  readonly #kinds: ResourceKinds;
  readonly #offers = new Map<number, Offers>();
  readonly #answers = new Map<number, Answer>();
  #serial = 0;
  #cycleUs = 0;
  readonly #sendOffers: number;
  readonly #offerTimedOut: number;
  readonly #runUndelivered: number;
  readonly #killUndelivered: number;
  /** Offers that time out, by index. */
  readonly #timing = new Map<number, Offers>();
  /** Messages on connections that are cut, per agent. */
  readonly #unsent = new Map<number, { readonly row: number; readonly id: number; readonly operation: number; readonly incarnation: number }[]>();

  constructor(context: OrchestratorContext, options: MesosOptions, tasks: TaskTable, agents: Agents, kinds: ResourceKinds) {
    this.#context = context;
    this.#options = options;
    this.#tasks = tasks;
    this.#agents = agents;
    const { simulation, processes, inventory, network } = context;
    this.process = processes.spawn({ role: 'mesos/master-0', machine: DEDICATED, program: {}, startupUs: 0 });
    this.endpoint = processes.endpoint[this.process]!;
    this.#books = new TaskBooks(context, tasks, this.endpoint);
    this.#kinds = kinds;
    this.allocator = this.#createAllocator();
    this.#books.allocator = this.allocator;
    const component = 'mesos/master';
    this.statusUpdate = simulation.on(component, (row, id, state) => this.#onStatusUpdate(row, id, state as TaskState));
    this.accept = simulation.on(component, (answer) => this.#onAccept(answer));
    this.kill = simulation.on(component, (row, id) => this.#onKill(row, id));
    this.reconcile = simulation.on(component, (row, id) => this.#onReconcile(row, id));
    this.revive = simulation.on(component, (framework, roles) => this.allocator.frameworks.revive(framework, this.#rolesOf(framework, roles)));
    this.suppress = simulation.on(component, (framework, roles) => this.allocator.frameworks.suppress(framework, this.#rolesOf(framework, roles)));
    this.answerInverse = simulation.on(component, (framework, agent, accepted) => this.allocator.answerInverse(framework, agent, accepted === 1 ? 'accepted' : 'declined'));
    this.oversubscribed = simulation.on(component, (agent, thousandths) => {
      if (this.registry.status[agent] === AgentStatus.registered) this.allocator.agents.setRevocable(agent, this.revocableCpus, thousandths);
    });
    this.#sendOffers = simulation.on(component, (index) => this.#send(index));
    this.#offerTimedOut = simulation.on(component, (index) => this.#timeOut(index));
    this.#runUndelivered = simulation.on(component, (row, id, failure) => this.#undelivered(row, id, agents.runTask, failure));
    this.#killUndelivered = simulation.on(component, (row, id, failure) => this.#undelivered(row, id, agents.killTask, failure));
    this.registry = new AgentRegistry(context, options.master, tasks, agents, this.#books, kinds, this.endpoint, (row) => this.#sendToAgent(row, agents.killTask));
    for (let agent = 0; agent < inventory.count; agent++) {
      processes.watch(agents.process[agent]!, () => {
        if (network.reachable(this.endpoint, agents.endpoint(agent))) this.#sendAgain(agent);
      });
    }
    scheduleSettings(simulation, this.allocator, options.allocator.updates);
    this.operator = new OperatorReservations(simulation, inventory, kinds, this.allocator, options.reservations, options.master.reservationRetry, (agent) => this.registry.status[agent]! <= AgentStatus.disconnected);
  }

  // What agents need to know of their master

  get register(): number {
    return this.registry.register;
  }

  get exited(): number {
    return this.registry.exited;
  }

  get revocableCpus(): number {
    return this.#kinds.revocableCpus;
  }

  lastPingUs(agent: number): number {
    return this.registry.observer.lastPingUs(agent);
  }

  checkpoints(framework: number): boolean {
    return this.#books.frameworks[framework]!.checkpoint;
  }

  // Frameworks

  /** Lets service discovery follow which tasks run. */
  followTasks(discovery: ServiceDiscovery | null): void {
    this.#books.discovery = discovery;
  }

  /** Subscribes a framework; in its roles it is suppressed at first. Returns its index. */
  subscribe(framework: FrameworkInfo): number {
    this.#books.frameworks.push(framework);
    const index = this.allocator.frameworks.add({ name: framework.name, roles: framework.roles, suppressedRoles: framework.roles, gpuResources: framework.gpuResources, revocableResources: framework.revocable });
    for (const role of framework.minAllocatable.length === 0 ? [] : framework.roles) this.allocator.frameworks.setMinimum(index, role, framework.minAllocatable);
    return index;
  }

  #rolesOf(framework: number, bits: number): string[] {
    return this.#books.frameworks[framework]!.roles.filter((_, i) => (bits & (1 << i)) !== 0);
  }

  /** Static partitioning: deals machines out to the frameworks, each the next one to whoever has least of what it is to have. */
  partition(shares: readonly number[]): void {
    const dealt = shares.map(() => 0);
    const owners = Int32Array.from(this.#context.inventory.names, () => {
      let poorest = 0;
      for (let i = 1; i < shares.length; i++) if (dealt[i]! / shares[i]! < dealt[poorest]! / shares[poorest]!) poorest = i;
      dealt[poorest]!++;
      return poorest;
    });
    this.allocator.setOwners(owners);
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

  /** The end of a task is known to its framework: the agent may forget it. Lost on the way, it is asked for again with the update. */
  acknowledge(from: number, row: number, id: number): void {
    const agents = this.#agents;
    this.#context.network.request(from, agents.endpoint(this.#tasks.agent[row]!), agents.acknowledged, row, id, 0, agents.updateFailed, 0);
  }

  /** Broken invariants. */
  invariants(): string[] {
    const { inventory } = this.#context;
    const broken = this.allocator.invariants();
    const { books } = this.allocator;
    for (let agent = 0; agent < inventory.count; agent++) {
      const used = new Float64Array(books.width);
      for (const row of this.#books.rows(agent)) for (let c = 0; c < used.length; c++) used[c]! += this.#books.resourcesOf(row)[c]!;
      if (this.registry.status[agent]! >= AgentStatus.unreachable) {
        if (used.some((amount) => amount > 0)) broken.push(`${inventory.names[agent]} is not in the cluster and has tasks in the books`);
        continue;
      }
      for (let c = 0; c < used.length; c++) {
        const known = used[c]! + books.free[agent * books.width + c]!;
        if (known > books.total[agent * books.width + c]!) broken.push(`${inventory.names[agent]}: tasks and free resources are ${known} thousandths of ${books.total[agent * books.width + c]} ${this.#kinds.columns.columns[c]!.name}`);
      }
    }
    return broken;
  }

  // Offers

  #createAllocator(): HierarchicalAllocator {
    const context = this.#context;
    const { allocator } = this.#options;
    const { simulation, random, inventory } = context;
    const sorterStream = context.stream('role-sorter');
    const created = new HierarchicalAllocator({
      simulation,
      columns: this.#kinds.columns,
      agentCapacity: inventory.count,
      options: {
        allocationIntervalUs: allocator.allocationInterval,
        minAllocatable: [new Map([['cpus', allocator.minCpus]]), new Map([['mem', memoryThousandths(allocator.minMemory)]])],
        fairnessExcluded: allocator.fairnessExcluded,
        staleInternalWeights: allocator.staleInternalWeights,
        roleSorter: allocator.roleSorter,
        frameworkSorter: allocator.frameworkSorter,
        filterGpuResources: true,
      },
      orderSeed: Math.floor(random.u(entityOf('mesos/allocator'), 0, 0) * 4294967296) | 0,
      keepsStandings: context.watchedTask >= 0,
      draw: () => sorterStream.u(),
      deliver: (offers) => this.#deliver(offers),
      cycled: (agents) => {
        context.log.count(Counter.cycles);
        this.#cycleUs = Math.round(allocator.cycleTime + allocator.cycleTimePerAgent * (agents?.length ?? inventory.count));
        context.log.count(Counter.decisionUs, this.#cycleUs);
      },
      users: (agent) => this.#books.users(agent),
      ask: (framework, agent) => this.#ask(framework, agent),
    });
    for (const [role, { guarantee, limit }] of Object.entries(allocator.quota)) created.setQuota(role, quantities(guarantee), quantities(limit));
    if (this.#kinds.wholeAgents !== null) created.setReservedRoles(this.#kinds.wholeAgents);
    if (this.#options.master.whitelist !== undefined) created.agents.setWhitelist(new Set(this.#options.master.whitelist));
    return created;
  }

  #deliver(offers: Offers): void {
    this.#context.log.count(Counter.offersSent, offers.count);
    this.#offers.set(++this.#serial, offers);
    this.#context.simulation.after(this.#cycleUs, this.#sendOffers, this.#serial);
  }

  #send(index: number): void {
    const offers = this.#offers.get(index)!;
    const framework = this.#books.frameworks[offers.framework]!;
    this.#context.network.send(this.endpoint, framework.endpoint, framework.offersOp, index);
    const { offerTimeout } = this.#options.master;
    if (offerTimeout === undefined) return;
    this.#timing.set(index, offers);
    this.#context.simulation.after(offerTimeout, this.#offerTimedOut, index);
  }

  /** Takes back what has not been answered in time; a message of it reaches the framework as a matter of course. */
  #timeOut(index: number): void {
    const offers = this.#timing.get(index)!;
    this.#timing.delete(index);
    if (offers.answered || offers.ended) return;
    this.allocator.takeBack(offers);
  }

  #ask(framework: number, agent: number): void {
    const { endpoint, inverseOp } = this.#books.frameworks[framework]!;
    if (inverseOp >= 0) this.#context.network.send(this.endpoint, endpoint, inverseOp, agent);
  }

  #onAccept(index: number): void {
    const answer = this.#answers.get(index)!;
    this.#answers.delete(index);
    const { offers, launches } = answer;
    const stands = !offers.ended;
    const { log } = this.#context;
    const tasks = this.#tasks;
    const launched = new Map<number, Float64Array>();
    for (const row of launches) {
      const agent = tasks.agent[row]!;
      if (!offers.holds(agent) || !this.registry.usable(agent)) {
        this.#books.tell(row, TaskState.dropped, Reason.invalidOffers);
        continue;
      }
      const demand = this.#books.resourcesOf(row);
      const sum = launched.get(agent);
      if (sum === undefined) launched.set(agent, demand.slice());
      else for (let c = 0; c < sum.length; c++) sum[c]! += demand[c]!;
      this.#books.add(row);
      this.#sendToAgent(row, this.#agents.runTask);
    }
    if (!stands) return;
    offers.answered = true;
    log.count(Counter.offersDeclined, offers.count - launched.size);
    this.allocator.answer(offers, launched, { used: answer.refuseUsedUs, unused: answer.refuseUnusedUs });
  }

  #onKill(row: number, id: number): void {
    const tasks = this.#tasks;
    if (!tasks.is(row, id)) return;
    if (tasks.holds(row, Holder.master)) this.#sendToAgent(row, this.#agents.killTask);
    // Unknown to the master: reconciliation says so, unless its agent is out of sight.
    else if (this.registry.status[tasks.agent[row]!] === AgentStatus.registered) this.#books.tell(row, TaskState.lost, Reason.reconciliation);
  }

  /** Explicit reconciliation: silent about agents that are out of sight (docs/reconciliation.md of Apache Mesos). */
  #onReconcile(row: number, id: number): void {
    const tasks = this.#tasks;
    if (!tasks.is(row, id)) return;
    if (tasks.holds(row, Holder.master)) this.#books.tell(row, tasks.masterState[row]! as TaskState, Reason.reconciliation);
    else if (this.registry.status[tasks.agent[row]!] === AgentStatus.registered) this.#books.tell(row, TaskState.lost, Reason.reconciliation);
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
    if (this.registry.status[agent] !== AgentStatus.registered) return;
    const draining = this.registry.drained[agent] === 1 ? Reason.agentDraining : Reason.none;
    if (tasks.holds(row, Holder.master)) {
      if (tasks.masterState[row] === state) return;
      this.#books.believe(row, state);
      if (state === TaskState.gone) this.#context.log.record(RecordKind.evict, tasks.task[row]!, agent);
      if (state !== TaskState.running || this.#books.infoOf(row).heedsRunning) this.#books.tell(row, state, draining);
      if (isTerminal(state)) this.#books.release(row);
      return;
    }
    // Known already, or no task of any framework's: there is nobody else to acknowledge it.
    if (isTerminal(state)) this.acknowledge(this.endpoint, row, id);
  }
}
