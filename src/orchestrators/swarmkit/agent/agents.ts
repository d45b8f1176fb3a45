import { ContainerState } from '../../../world/container-state.ts';
import type { Supervisor } from '../../../world/containers.ts';
import { ExitOutcome } from '../../../world/exit-outcome.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { SwarmkitOptions } from '../options.ts';
import type { Task } from '../store/task.ts';
import { TaskState } from '../task-state.ts';

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
  /** Per node, the tasks that its agent still has to do something about. */
  readonly #tasks: readonly Task[][];
  readonly #table: (Task | undefined)[] = [];
  readonly #free: number[] = [];
  /** What the world is asked for: one object for all containers. */
  readonly #runOptions = { machine: 0, process: 0, supervisor: this, task: 0, shape: 0, cookie: 0, startLatencyUs: 0, serialPull: false, gpuMask: 0, oomScoreAdj: 0, held: false };
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
    for (const task of this.#tasks[node]!.slice()) if (task.agentState > task.state) this.#reached(task, task.agentState);
  }

  /** All assignments of a node have arrived: tasks that are not among them are removed. */
  assignAll(node: number, tasks: readonly Task[]): void {
    const listed = new Set(tasks);
    for (const task of this.#tasks[node]!.slice()) if (!listed.has(task)) this.remove(task);
    for (const task of tasks) this.assign(task);
  }

  /** An assignment has arrived, with its present desired state. */
  assign(task: Task): void {
    if (task.deleted) return;
    const { desired } = task;
    if (task.agentState === TaskState.new) this.#accept(task, desired);
    else if (desired > task.agentDesired) {
      task.agentDesired = desired;
      this.#advance(task);
    }
  }

  /** The manager has deleted a task. */
  remove(task: Task): void {
    task.agentState = TaskState.new;
    if (task.agentRow < 0) return;
    if (task.container >= 0) this.#context.containers.remove(task.container);
    task.container = -1;
    this.#drop(task);
  }

  containerCreated(container: number): void {
    this.#taskOf(container).agentState = TaskState.ready;
  }

  containerRunning(container: number): void {
    this.#reached(this.#taskOf(container), TaskState.running);
  }

  containerExited(container: number, outcome: ExitOutcome): void {
    this.#exited(this.#taskOf(container), outcome);
  }

  #accept(task: Task, desired: TaskState): void {
    const row = this.#free.pop() ?? this.#table.push(undefined) - 1;
    this.#table[row] = task;
    this.#tasks[task.node]!.push(task);
    task.agentRow = row;
    task.agentState = TaskState.accepted;
    task.agentDesired = desired;
    this.#advance(task);
  }

  /** Does what the desired state asks for (agent/exec/controller.go, Do). */
  #advance(task: Task): void {
    const { containers } = this.#context;
    if (task.agentState > TaskState.running) return;
    if (task.agentDesired >= TaskState.shutdown) {
      if (task.container >= 0 && containers.state[task.container] !== ContainerState.exited) containers.stop(task.container);
      else this.#reached(task, TaskState.shutdown);
    } else if (task.container < 0) this.#run(task);
    else if (task.agentDesired >= TaskState.running) containers.start(task.container);
  }

  #run(task: Task): void {
    const { containers } = this.#context;
    const { createTime, startTime } = this.#options;
    const held = task.agentDesired < TaskState.running;
    const { node } = task;
    let gpuMask = 0;
    for (const { named } of task.claims) for (const name of named) gpuMask |= 1 << Number(name);
    task.agentState = TaskState.preparing;
    const run = this.#runOptions;
    run.machine = node;
    run.process = this.processes[node]!;
    run.task = task.index;
    run.shape = task.spec.shape;
    run.cookie = task.agentRow;
    // A container that has to wait is created meanwhile.
    run.startLatencyUs = held ? startTime : createTime + startTime;
    run.gpuMask = gpuMask;
    run.held = held;
    task.container = containers.run(run);
    const state = containers.state[task.container];
    if (state === ContainerState.pulling) this.sink.report(node, task, TaskState.preparing);
    else if (state === ContainerState.created) task.agentState = TaskState.ready;
    else task.agentState = TaskState.starting;
  }

  #exited(task: Task, outcome: number): void {
    this.#context.containers.remove(task.container);
    task.container = -1;
    const state = outcome === ExitOutcome.finished ? TaskState.complete : outcome === ExitOutcome.stopped ? TaskState.shutdown : TaskState.failed;
    this.#reached(task, state);
  }

  #reached(task: Task, state: TaskState): void {
    task.agentState = state;
    // Of an ended task that has been reported nothing is left to do; its state is remembered with the task.
    if (this.sink.report(task.node, task, state) && state > TaskState.running) this.#drop(task);
  }

  #drop(task: Task): void {
    const tasks = this.#tasks[task.node]!;
    const at = tasks.indexOf(task);
    const last = tasks.pop()!;
    if (last !== task) tasks[at] = last;
    this.#table[task.agentRow] = undefined;
    this.#free.push(task.agentRow);
    task.agentRow = -1;
  }

  /** The engine has started: what it has on disk is taken up again. Containers that had been started are found dead, others are prepared anew. */
  #started(node: number): void {
    const { containers } = this.#context;
    for (const task of this.#tasks[node]!.slice()) {
      if (task.container >= 0) containers.remove(task.container);
      task.container = -1;
      if (task.agentState > TaskState.running) continue;
      if (task.agentState >= TaskState.starting) task.agentState = task.agentDesired >= TaskState.shutdown ? TaskState.shutdown : TaskState.failed;
      else this.#advance(task);
    }
    this.serving(node, true);
  }

  /** What happened to its containers during a hang the engine finds out now. */
  #continued(node: number): void {
    const { containers } = this.#context;
    for (const task of this.#tasks[node]!.slice()) {
      if (task.container < 0) continue;
      const state = containers.state[task.container];
      if (state === ContainerState.created) task.agentState = TaskState.ready;
      else if (state === ContainerState.running && task.agentState < TaskState.running) this.#reached(task, TaskState.running);
      else if (state === ContainerState.exited) this.#exited(task, containers.outcome[task.container]!);
    }
    this.serving(node, false);
  }

  #taskOf(container: number): Task {
    return this.#table[this.#context.containers.cookie[container]!]!;
  }
}
