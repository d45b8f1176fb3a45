import { logNormal } from '../../../engine/random/distributions.ts';
import { ContainerState } from '../../../world/container-state.ts';
import type { Supervisor } from '../../../world/containers.ts';
import { ExitOutcome } from '../../../world/exit-outcome.ts';
import { GpuDevices } from '../../../world/gpu-devices.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { MesosOptions } from '../mesos-options.ts';
import { Holder, type TaskTable } from '../task-table.ts';
import { TaskState } from '../task-state.ts';
import { AgentRegistration } from './agent-registration.ts';
import { ExecutorRegistrations } from './executor-registrations.ts';
import { Oversubscription } from './oversubscription.ts';

/** What agents send to the master. Operations of the simulation. */
export interface MasterPort {
  readonly endpoint: number;
  /** (agent, attempt) */
  readonly register: number;
  /** (row, id, state) */
  readonly statusUpdate: number;
  /** (agent): the connection of the agent's process was closed by its host. */
  readonly exited: number;
  /** (agent, thousandths): the agent lends so much CPU that may be revoked. */
  readonly oversubscribed: number;
  /** Resource column of that. */
  readonly revocableCpus: number;
  /** Time of the last ping sent to an agent by now. */
  lastPingUs(agent: number): number;
  /** Whether a framework's tasks survive the death of the agent process. */
  checkpoints(framework: number): boolean;
}

const START_LATENCY = 41;
/** Why a task was ended, in the table's column `killed`: 1 = it was to be, 2 = its CPU was revoked. */
const PREEMPTED = 2;

/**
 * The agent processes, one per machine: they run tasks under executors that outlive them, report states reliably, and register with the master again when
 * it has been silent for too long (Apache Mesos 1.12, src/slave/slave.cpp).
 */
export class Agents implements Supervisor {
  /** Process per machine. */
  readonly process: readonly number[];
  /** (row, id): the master launches a task. */
  readonly runTask: number;
  /** (row, id): the master ends a task. */
  readonly killTask: number;
  /** (agent): the master has admitted the agent. */
  readonly registered: number;
  /** (row, id): the end of a task is known to its framework. */
  readonly acknowledged: number;
  /** (row, id): an update or its acknowledgement has not arrived. */
  readonly updateFailed: number;
  /** (agent): the master tells the agent to end, with all that it runs. */
  readonly shutdown: number;
  /** Accounted to containers per agent, executors included. */
  readonly accountedCpuMilli: Float64Array;
  readonly accountedMemoryBytes: Float64Array;
  readonly #context: OrchestratorContext;
  readonly #options: MesosOptions['agent'];
  readonly #tasks: TaskTable;
  #master!: MasterPort;
  readonly #devices: GpuDevices;
  readonly #registration: AgentRegistration;
  /** Estimator and quality-of-service controller; null = no agent lends anything. */
  readonly oversubscription: Oversubscription | null;
  readonly #machineOf = new Map<number, number>();
  readonly #executorsGone: number;
  readonly #registrations: ExecutorRegistrations;
  readonly #recovered: number;
  readonly #retryUpdate: number;

  constructor(context: OrchestratorContext, options: MesosOptions, tasks: TaskTable) {
    this.#context = context;
    this.#options = options.agent;
    this.#tasks = tasks;
    const { simulation, inventory, processes } = context;
    const { count } = inventory;
    this.#devices = new GpuDevices(inventory);
    this.accountedCpuMilli = new Float64Array(count);
    this.accountedMemoryBytes = new Float64Array(count);
    const component = 'mesos/agents';
    this.runTask = simulation.on(component, (row, id) => this.#runTask(row, id));
    this.killTask = simulation.on(component, (row, id) => this.#killTask(row, id));
    this.registered = simulation.on(component, (agent) => this.#onRegistered(agent));
    this.acknowledged = simulation.on(component, (row, id) => {
      if (tasks.keeps(row, id, Holder.agent)) this.#forget(row);
    });
    this.shutdown = simulation.on(component, (agent) => this.#shutDown(agent));
    this.#executorsGone = simulation.on(component, (agent, incarnation) => this.#executorsGiveUp(agent, incarnation));
    this.#registrations = new ExecutorRegistrations(simulation, this.#options.executorRegistration, tasks, (row) => this.#begun(row), (row) => this.#executorOverdue(row));
    this.#registration = new AgentRegistration(context, options, {
      serving: (agent) => processes.serving(this.process[agent]!),
      send: (agent, attempt) => context.network.send(this.endpoint(agent), this.#master.endpoint, this.#master.register, agent, attempt),
      lastPingUs: (agent) => this.#master.lastPingUs(agent),
    });
    const { oversubscription } = options.agent;
    this.oversubscription =
      oversubscription === undefined
        ? null
        : new Oversubscription(context, oversubscription, {
            serving: (agent) => processes.serving(this.process[agent]!),
            report: (agent, thousandths) => this.#reportRevocable(agent, thousandths),
            preempt: (row) => this.#preempt(row),
          });
    this.#recovered = simulation.on(component, (agent, incarnation) => {
      if (context.processes.incarnation[this.process[agent]!] === incarnation) this.#registration.begin(agent);
    });
    this.updateFailed = simulation.on(component, (row, id) => this.#onUpdateFailed(row, id));
    this.#retryUpdate = simulation.on(component, (row, id) => this.#resend(row, id));
    this.process = inventory.names.map((name, machine) =>
      processes.spawn({
        role: `mesos/agent-${name}`,
        machine,
        startupUs: this.#options.startup,
        containersSurvive: true,
        program: { started: (process) => this.#started(process), died: (process) => this.#died(process), continued: (process) => this.#continued(this.#machineOf.get(process)!) },
      }),
    );
    this.process.forEach((process, machine) => {
      this.#machineOf.set(process, machine);
      processes.watch(process, () => this.#connectionChanged(machine));
    });
  }

  connect(master: MasterPort): void {
    this.#master = master;
  }

  endpoint(agent: number): number {
    return this.#context.processes.endpoint[this.process[agent]!]!;
  }

  /** A ping of the master has arrived. */
  pingArrived(agent: number, timeUs: number): void {
    this.#registration.pinged(agent, timeUs);
  }

  /** What an agent reports when it registers: rows of its tasks, ended ones that the master has not acknowledged included. */
  tasksOf(agent: number): number[] {
    const { containers } = this.#context;
    const rows: number[] = [];
    for (const container of containers.on(agent)) if (containers.process[container] === this.process[agent]) rows.push(containers.cookie[container]!);
    return rows.reverse();
  }

  /** State of a task as its agent knows it. */
  stateOf(row: number): TaskState {
    const container = this.#tasks.container[row]!;
    const { containers } = this.#context;
    if (containers.state[container] === ContainerState.running) return TaskState.running;
    if (containers.state[container] !== ContainerState.exited) return TaskState.staging;
    const outcome = containers.outcome[container];
    if (outcome === ExitOutcome.finished) return TaskState.finished;
    if (outcome === ExitOutcome.stopped && this.#tasks.killed[row] === PREEMPTED) return TaskState.gone;
    return outcome === ExitOutcome.stopped && this.#tasks.killed[row] === 1 ? TaskState.killed : TaskState.failed;
  }

  #forget(row: number): void {
    this.#context.containers.remove(this.#tasks.container[row]!);
    this.#tasks.forget(row, Holder.agent);
  }

  containerRunning(container: number): void {
    this.oversubscription?.changed(this.#context.containers.machine[container]!, -1);
    this.#report(this.#context.containers.cookie[container]!);
  }

  containerExited(container: number): void {
    this.#ended(container);
    this.#report(this.#context.containers.cookie[container]!);
  }

  // Tasks

  #runTask(row: number, id: number): void {
    const tasks = this.#tasks;
    // Nobody else waits for it any more, or the agent is not in touch with its master: the message is void.
    if (!tasks.is(row, id) || !this.#registration.isRegistered(tasks.agent[row]!)) return;
    const { containers, requests, workload, random } = this.#context;
    const agent = tasks.agent[row]!;
    const task = tasks.task[row]!;
    const request = requests[tasks.shape[row]!]!;
    const mask = this.#devices.choose(agent, request.gpuCount, request.gpuMilli);
    if (mask !== 0) this.#devices.take(agent, mask, request.gpuMilli);
    tasks.gpuMask[row] = mask;
    this.#account(agent, row, 1);
    tasks.hold(row, Holder.agent);
    const u = random.u(workload.entityOf(task), containers.starts[task]!, START_LATENCY);
    const container = containers.run({
      machine: agent,
      process: this.process[agent]!,
      supervisor: this,
      task,
      shape: tasks.shape[row]!,
      cookie: row,
      startLatencyUs: Math.round(logNormal(u, this.#options.executorStartMedian, this.#options.executorStartSigma)),
      serialPull: false,
      gpuMask: mask,
      oomScoreAdj: 0,
    });
    tasks.container[row] = container;
    this.#registrations.expect(row, id);
    this.oversubscription?.launched(agent, row, tasks.resources[row]![this.#master.revocableCpus]!);
  }

  /** The executor of a task has not registered in time: its task has failed. */
  #executorOverdue(row: number): void {
    const { containers, processes } = this.#context;
    if (processes.serving(this.process[this.#tasks.agent[row]!]!)) containers.stop(this.#tasks.container[row]!);
  }

  #begun(row: number): boolean {
    const state = this.#context.containers.state[this.#tasks.container[row]!]!;
    return state === ContainerState.running || state === ContainerState.exited;
  }

  #killTask(row: number, id: number): void {
    if (!this.#tasks.keeps(row, id, Holder.agent)) return;
    this.#tasks.killed[row] = 1;
    this.#context.containers.stop(this.#tasks.container[row]!);
  }

  /** Its CPU is wanted by those who own it: the executor is ended (src/slave/slave.cpp, `_qosCorrections`). */
  #preempt(row: number): void {
    this.#tasks.killed[row] = PREEMPTED;
    this.#context.containers.stop(this.#tasks.container[row]!);
  }

  #reportRevocable(agent: number, thousandths: number): boolean {
    if (!this.#registration.isRegistered(agent) || !this.#context.processes.serving(this.process[agent]!)) return false;
    this.#context.network.send(this.endpoint(agent), this.#master.endpoint, this.#master.oversubscribed, agent, thousandths);
    return true;
  }

  /** Books of a container that has ended. */
  #ended(container: number): void {
    const row = this.#context.containers.cookie[container]!;
    const agent = this.#tasks.agent[row]!;
    if (this.#tasks.accounted[row] === 0) return;
    this.#account(agent, row, -1);
    this.oversubscription?.changed(agent, row);
    const mask = this.#tasks.gpuMask[row]!;
    if (mask !== 0) this.#devices.give(agent, mask, this.#context.requests[this.#tasks.shape[row]!]!.gpuMilli);
  }

  #account(agent: number, row: number, sign: 1 | -1): void {
    const request = this.#context.requests[this.#tasks.shape[row]!]!;
    this.#tasks.accounted[row] = sign === 1 ? 1 : 0;
    this.accountedCpuMilli[agent]! += sign * (request.cpuMilli + this.#options.executorCpus);
    this.accountedMemoryBytes[agent]! += sign * (request.memoryBytes + this.#options.executorMemory);
  }

  // Status updates

  /** Sends the present state of a task; without a master it waits for the registration. */
  #report(row: number): void {
    const agent = this.#tasks.agent[row]!;
    if (!this.#registration.isRegistered(agent)) return;
    const { network } = this.#context;
    network.request(this.endpoint(agent), this.#master.endpoint, this.#master.statusUpdate, row, this.#tasks.id[row]!, this.stateOf(row), this.updateFailed, 0);
  }

  #onUpdateFailed(row: number, id: number): void {
    const tasks = this.#tasks;
    if (!tasks.keeps(row, id, Holder.agent)) return;
    const waitUs = tasks.retryUs[row] === 0 ? this.#options.statusRetry : tasks.retryUs[row]!;
    tasks.retryUs[row] = Math.min(2 * waitUs, this.#options.statusRetryMax);
    this.#context.simulation.after(waitUs, this.#retryUpdate, row, id);
  }

  #resend(row: number, id: number): void {
    const tasks = this.#tasks;
    if (!tasks.keeps(row, id, Holder.agent)) return;
    if (this.#context.processes.serving(this.process[tasks.agent[row]!]!)) this.#report(row);
  }

  // Life of the process and registration

  #started(process: number): void {
    const agent = this.#machineOf.get(process)!;
    const { containers, simulation, processes } = this.#context;
    this.#registration.lost(agent);
    let recovering = false;
    for (const container of containers.on(agent)) {
      if (containers.process[container] !== process) continue;
      const row = containers.cookie[container]!;
      if (containers.state[container] === ContainerState.exited) {
        this.#ended(container);
        // Tasks of an earlier boot are not recovered: the master will find out that they are unknown here.
        if (containers.outcome[container] === ExitOutcome.machineLost) this.#forget(row);
      } else recovering = true;
    }
    simulation.after(recovering ? this.#options.executorReregistration : 0, this.#recovered, agent, processes.incarnation[process]!);
  }

  #died(process: number): void {
    const agent = this.#machineOf.get(process)!;
    const { containers } = this.#context;
    this.#registration.lost(agent);
    for (const row of this.tasksOf(agent)) {
      if (this.#master.checkpoints(this.#tasks.framework[row]!)) continue;
      // Executors of frameworks that do not checkpoint end with their agent, which will know nothing of them.
      const container = this.#tasks.container[row]!;
      containers.stop(container);
      this.#ended(container);
      this.#forget(row);
    }
    // Executors that outlive the agent wait for it, but not for ever.
    const { recoveryTimeout } = this.#options;
    if (this.tasksOf(agent).length > 0) this.#context.simulation.after(recoveryTimeout, this.#executorsGone, agent, this.#context.processes.incarnation[process]!);
    // The host closes the connection; a host that is gone cannot.
    this.#context.network.send(this.endpoint(agent), this.#master.endpoint, this.#master.exited, agent);
  }

  /** Executors that have been without their agent for too long end, and their tasks with them. */
  #executorsGiveUp(agent: number, incarnation: number): void {
    const { processes, containers } = this.#context;
    if (processes.incarnation[this.process[agent]!] !== incarnation || processes.serving(this.process[agent]!)) return;
    for (const row of this.tasksOf(agent)) containers.stop(this.#tasks.container[row]!);
  }

  #shutDown(agent: number): void {
    const { containers, processes } = this.#context;
    for (const row of this.tasksOf(agent)) {
      const container = this.#tasks.container[row]!;
      containers.stop(container);
      this.#ended(container);
      this.#forget(row);
    }
    processes.kill(this.process[agent]!);
  }

  /** The agent process goes on after a hang: it finds what has ended meanwhile, and how long it has not been pinged. */
  #continued(agent: number): void {
    const { containers } = this.#context;
    for (const row of this.tasksOf(agent)) {
      const container = this.#tasks.container[row]!;
      if (containers.state[container] === ContainerState.exited) this.#ended(container);
      this.#report(row);
    }
    this.oversubscription?.changed(agent, -1);
    this.#registration.checkPings(agent);
  }

  /** Something between the agent and the master has changed. */
  #connectionChanged(agent: number): void {
    if (!this.#context.network.reachable(this.#master.endpoint, this.endpoint(agent))) {
      this.#registration.silence(agent);
      return;
    }
    // What could not be sent while the network was cut goes out now, as TCP would have it.
    for (const row of this.tasksOf(agent)) if (this.#tasks.retryUs[row]! > 0) this.#report(row);
    this.oversubscription?.reportAgain(agent);
  }

  #onRegistered(agent: number): void {
    if (!this.#registration.admitted(agent)) return;
    this.oversubscription?.reportAgain(agent);
    for (const row of this.tasksOf(agent)) this.#report(row);
  }
}
