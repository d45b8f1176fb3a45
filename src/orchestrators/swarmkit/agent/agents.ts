import { ContainerState, type Supervisor } from '../../../world/containers.ts';
import { ExitOutcome } from '../../../world/exit-outcome.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { SwarmkitOptions } from '../options.ts';
import type { Task } from '../store/task.ts';
import { TaskState } from '../task-state.ts';
import { AgentTask } from './agent-task.ts';

/** Where agents send what they see. */
export interface StatusSink {
  /** A state of a task has been reached. @returns whether it is on its way; else it has to be reported once there is a session */
  report(node: number, task: Task, state: TaskState): boolean;
}

/**
 * The swarm agents, each inside the Docker engine of its machine, with a task manager per task (agent/worker.go, agent/task.go, agent/exec/controller.go): pull, start, watch, stop, report.
 * Swarm mode excludes live-restore (Docker documentation, "Keep containers alive during daemon downtime"): containers end with the engine. Tasks are kept on disk.
 */
export class Agents implements Supervisor {
  /** World process per machine. */
  readonly processes: readonly number[];
  readonly #context: OrchestratorContext;
  readonly #options: SwarmkitOptions;
  readonly #endpoints: Int32Array;
  readonly #tasks: readonly AgentTask[][];
  readonly #table: (AgentTask | undefined)[] = [];
  readonly #free: number[] = [];
  /** Where reports go; set by the dispatcher. */
  sink: StatusSink = { report: () => false };
  /** The engine of a machine serves again: after a start (true) or after a hang. */
  serving: (node: number, restarted: boolean) => void = () => {};

  constructor(context: OrchestratorContext, options: SwarmkitOptions) {
    this.#context = context;
    this.#options = options;
    const { processes, inventory } = context;
    const machineOf = (process: number): number => processes.machine[process]!;
    const program = {
      started: (process: number) => this.#started(machineOf(process)),
      continued: (process: number) => this.#continued(machineOf(process)),
    };
    this.#tasks = inventory.names.map(() => []);
    this.processes = inventory.names.map((name, machine) => processes.spawn({ role: `swarmkit/docker-${name}`, machine, program, startupUs: options.engineStartup, containersSurvive: false }));
    this.#endpoints = Int32Array.from(this.processes, (process) => processes.endpoint[process]!);
  }

  endpoint(node: number): number {
    return this.#endpoints[node]!;
  }

  /** Whether the agent acts: its engine runs and neither it nor the machine hangs. */
  serves(node: number): boolean {
    return this.#context.processes.serving(this.processes[node]!);
  }

  /** Reports every state that the manager may not have. */
  reportAll(node: number): void {
    for (const entry of this.#tasks[node]!.slice()) if (entry.state > entry.task.state) this.#reached(entry, entry.state);
  }

  /** The first `count` of these assignments have arrived, with their present desired states. @param complete they are all there are: tasks that are not listed are removed */
  assign(node: number, tasks: readonly Task[], count: number, complete: boolean): void {
    if (complete) {
      const listed = new Set(tasks);
      for (const entry of this.#tasks[node]!.slice()) if (!listed.has(entry.task)) this.remove(entry.task);
    }
    for (let i = 0; i < count; i++) {
      const task = tasks[i]!;
      if (task.deleted) continue;
      const { desired, agent: entry } = task;
      if (entry === null) this.#accept(node, task, desired);
      else if (desired > entry.desired) {
        entry.desired = desired;
        this.#advance(entry);
      }
    }
  }

  /** The manager has deleted a task. */
  remove(task: Task): void {
    const entry = task.agent;
    if (entry === null) return;
    task.agent = null;
    if (entry.listed) this.#remove(entry);
  }

  containerCreated(container: number): void {
    this.#entryOf(container).state = TaskState.ready;
  }

  containerRunning(container: number): void {
    this.#reached(this.#entryOf(container), TaskState.running);
  }

  containerExited(container: number, outcome: ExitOutcome): void {
    this.#exited(this.#entryOf(container), outcome);
  }

  #accept(node: number, task: Task, desired: TaskState): void {
    const index = this.#free.pop() ?? this.#table.push(undefined) - 1;
    let gpuMask = 0;
    for (const { named } of task.claims) for (const name of named) gpuMask |= 1 << Number(name);
    const entry = new AgentTask(task, node, desired, gpuMask, index);
    this.#table[index] = entry;
    this.#tasks[node]!.push(entry);
    task.agent = entry;
    this.#advance(entry);
  }

  /** Does what the desired state asks for (agent/exec/controller.go, Do). */
  #advance(entry: AgentTask): void {
    const { containers } = this.#context;
    if (entry.state > TaskState.running) return;
    if (entry.desired >= TaskState.shutdown) {
      if (entry.container >= 0 && containers.state[entry.container] !== ContainerState.exited) containers.stop(entry.container);
      else this.#reached(entry, TaskState.shutdown);
    } else if (entry.container < 0) this.#run(entry);
    else if (entry.desired >= TaskState.running) containers.start(entry.container);
  }

  #run(entry: AgentTask): void {
    const { containers } = this.#context;
    const { createTime, startTime } = this.#options;
    const held = entry.desired < TaskState.running;
    entry.state = TaskState.preparing;
    entry.container = containers.run({
      machine: entry.node,
      process: this.processes[entry.node]!,
      supervisor: this,
      task: entry.task.index,
      shape: entry.task.spec.shape,
      cookie: entry.index,
      // A container that has to wait is created meanwhile.
      startLatencyUs: held ? startTime : createTime + startTime,
      serialPull: false,
      gpuMask: entry.gpuMask,
      oomScoreAdj: 0,
      held,
    });
    const state = containers.state[entry.container];
    if (state === ContainerState.pulling) this.sink.report(entry.node, entry.task, TaskState.preparing);
    else if (state === ContainerState.created) entry.state = TaskState.ready;
    else entry.state = TaskState.starting;
  }

  #exited(entry: AgentTask, outcome: number): void {
    this.#context.containers.remove(entry.container);
    entry.container = -1;
    const state = outcome === ExitOutcome.finished ? TaskState.complete : outcome === ExitOutcome.stopped ? TaskState.shutdown : TaskState.failed;
    this.#reached(entry, state);
  }

  #reached(entry: AgentTask, state: TaskState): void {
    entry.state = state;
    // Of an ended task that has been reported nothing is left to do; its state is remembered with the task.
    if (this.sink.report(entry.node, entry.task, state) && state > TaskState.running) this.#drop(entry);
  }

  #remove(entry: AgentTask): void {
    if (entry.container >= 0) this.#context.containers.remove(entry.container);
    this.#drop(entry);
  }

  #drop(entry: AgentTask): void {
    const tasks = this.#tasks[entry.node]!;
    const at = tasks.indexOf(entry);
    entry.listed = false;
    const last = tasks.pop()!;
    if (last !== entry) tasks[at] = last;
    this.#table[entry.index] = undefined;
    this.#free.push(entry.index);
  }

  /** The engine has started: what it has on disk is taken up again. Containers that had been started are found dead, others are prepared anew. */
  #started(node: number): void {
    const { containers } = this.#context;
    for (const entry of this.#tasks[node]!.slice()) {
      if (entry.container >= 0) containers.remove(entry.container);
      entry.container = -1;
      if (entry.state > TaskState.running) continue;
      if (entry.state >= TaskState.starting) entry.state = entry.desired >= TaskState.shutdown ? TaskState.shutdown : TaskState.failed;
      else this.#advance(entry);
    }
    this.serving(node, true);
  }

  /** What happened to its containers during a hang the engine finds out now. */
  #continued(node: number): void {
    const { containers } = this.#context;
    for (const entry of this.#tasks[node]!.slice()) {
      if (entry.container < 0) continue;
      const state = containers.state[entry.container];
      if (state === ContainerState.created) entry.state = TaskState.ready;
      else if (state === ContainerState.running && entry.state < TaskState.running) this.#reached(entry, TaskState.running);
      else if (state === ContainerState.exited) this.#exited(entry, containers.outcome[entry.container]!);
    }
    this.serving(node, false);
  }

  #entryOf(container: number): AgentTask {
    return this.#table[this.#context.containers.cookie[container]!]!;
  }
}
