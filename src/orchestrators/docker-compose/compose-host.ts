import { Loop } from '../../engine/loop.ts';
import { entityOf } from '../../engine/random/keyed-random.ts';
import { FixedSchedule } from '../../engine/tick-schedule.ts';
import { Counter, RecordKind } from '../../metrics/log.ts';
import { ContainerState } from '../../world/container-state.ts';
import type { Supervisor } from '../../world/containers.ts';
import { ExitOutcome } from '../../world/exit-outcome.ts';
import { DEDICATED } from '../../world/processes.ts';
import type { Explanation, Orchestrator, OrchestratorContext } from '../orchestrator.ts';
import { hostOf } from './host-of.ts';
import type { DockerComposeOptions } from './options.ts';
import { portConflict } from './port-conflict.ts';
import { Restarts } from './restarts.ts';
import { type ServiceSettings, serviceSettings } from './service-settings.ts';

const CANNOT_CONNECT = 'Cannot connect to the Docker daemon. Is the docker daemon running?';
const WATCH_PHASE = 1;
/** What ran on while its host was silent is removed if nobody has asked for it that long after: twice the longest wait of the default client. */
const FORSAKEN_US = 600_000_000;

/**
 * Docker Compose and the one engine that it talks to. Nothing asks whether a container fits: what the host cannot bear, its kernel and its CPUs sort out. The user sits elsewhere, waits for the end of
 * containers, and looks after the host now and then; when the host is silent, everything on it has failed for the user. Containers that their policy brings back come back with the engine.
 */
export class ComposeHost implements Orchestrator, Supervisor {
  readonly #context: OrchestratorContext;
  readonly #options: DockerComposeOptions;
  readonly #host: number;
  readonly #engine: number;
  readonly #user: number;
  readonly #watch: Loop;
  readonly #settings: readonly (ServiceSettings | null)[];
  readonly #restartOp: number;
  /** Per task. The user waits for the outcome of the present attempt. */
  readonly #wanted: Uint8Array;
  /** The user was told of a failure because the host was silent: the container may run on, and is taken up again by the next attempt. */
  readonly #forsaken: Uint8Array;
  /** Waits for services that it depends on. */
  readonly #waiting: Uint8Array;
  /** Row in the world's containers, also of one that has ended; -1 = none. */
  readonly #row: Int32Array;
  /** The end of the container has been dealt with by its policy: it will be started again. */
  readonly #restarting: Uint8Array;
  readonly #restarts: Restarts;
  /** Voids restarts that were due in an earlier life of the container. */
  readonly #life: Int32Array;
  readonly #everStarted: Uint8Array;
  /** Version of the task's service: index of a shape. */
  readonly #shape: Int32Array;
  readonly #startedTasks: Int32Array;
  readonly #before: Map<number, readonly number[]> = new Map();
  readonly #after: Map<number, number[]> = new Map();
  readonly #lastError: Map<number, string> = new Map();
  #drained = false;
  #silent = false;
  /** When the host was found to answer again. */
  #returnedUs = -Infinity;

  constructor(context: OrchestratorContext, options: DockerComposeOptions) {
    this.#context = context;
    this.#options = options;
    const { inventory, processes, simulation, workload, requests } = context;
    this.#host = hostOf(options, inventory);
    const program = { started: () => this.#engineStarted(), continued: () => this.#engineContinued(), died: () => this.#engineDied() };
    this.#engine = processes.spawn({ role: `docker-compose/docker-${inventory.names[this.#host]}`, machine: this.#host, program, startupUs: options.engineStartup, containersSurvive: false });
    this.#user = processes.spawn({ role: 'docker-compose/user', machine: DEDICATED, program: {}, startupUs: 0 });
    this.#settings = requests.map((request) => (request === null ? null : serviceSettings(request, options.restart)));
    const { taskCount, jobCount } = workload;
    this.#wanted = new Uint8Array(taskCount);
    this.#forsaken = new Uint8Array(taskCount);
    this.#waiting = new Uint8Array(taskCount);
    this.#row = new Int32Array(taskCount).fill(-1);
    this.#restarting = new Uint8Array(taskCount);
    this.#restarts = new Restarts(taskCount);
    this.#life = new Int32Array(taskCount);
    this.#everStarted = new Uint8Array(taskCount);
    this.#shape = Int32Array.from({ length: taskCount }, (_, task) => workload.shapeOf(task));
    this.#startedTasks = new Int32Array(jobCount);
    this.#linkServices();
    this.#restartOp = simulation.on('docker-compose/engine', (task, life) => {
      if (this.#life[task] !== life || this.#restarting[task] === 0) return;
      if (processes.serving(this.#engine)) this.#startAgain(task);
    });
    this.#watch = new Loop(simulation, 'docker-compose/user', () => {
      this.#lookAfter();
      return false;
    });
    this.#watch.start(new FixedSchedule(-Math.floor(options.watch * context.random.u(entityOf(inventory.names[this.#host]!), 0, WATCH_PHASE)), options.watch), false);
    processes.watch(this.#engine, () => this.#watch.wake());
  }

  submit(job: number): void {
    const { client, workload } = this.#context;
    const first = workload.firstTask(job);
    for (let task = first; task < first + client.wanted(job); task++) this.#up(task);
  }

  retry(task: number): void {
    this.#up(task);
  }

  cancel(job: number): void {
    this.#eachTask(job, (task) => this.#down(task));
  }

  remove(): void {}

  /** `docker compose up --scale`. */
  scale(job: number, count: number): void {
    const first = this.#context.workload.firstTask(job);
    this.#eachTask(job, (task) => {
      if (task - first >= count) this.#down(task);
      else if (this.#wanted[task] === 0) this.#up(task);
    });
  }

  /** `docker compose up` after a change: every container of the service is stopped and made anew (docker/compose v2, pkg/compose/convergence.go), then it is started. */
  update(job: number, shape: number): void {
    this.#eachTask(job, (task) => {
      this.#shape[task] = shape;
      if (this.#wanted[task] === 0 || this.#row[task]! < 0 || !this.#reachable()) return;
      this.#drop(task);
      this.#create(task);
    });
  }

  /** There is nowhere else to go: `docker compose down`, and up again when the host is back in service. */
  drain(machine: number, drained: boolean): void {
    if (machine !== this.#host) return;
    this.#drained = drained;
    if (!drained) return;
    for (let task = 0; task < this.#row.length; task++) {
      if (this.#row[task]! < 0 && this.#waiting[task] === 0) continue;
      if (this.#row[task]! >= 0 && this.#reachable()) this.#drop(task);
      this.#over(task, false);
    }
  }

  explain(task: number): Explanation {
    const { inventory, workload } = this.#context;
    const machine = inventory.names[this.#host]!;
    const row = this.#row[task]!;
    const name = workload.taskName(task);
    if (this.#settings[workload.shapeOf(task)] === null) return { state: 'rejected', summary: 'the request cannot be expressed', machines: [] };
    if (row >= 0) {
      const state = this.#restarting[task] === 1 ? 'restarting' : this.#context.containers.state[row] === ContainerState.exited ? 'exited' : this.#context.containers.state[row] === ContainerState.running ? 'running' : 'created';
      return { state, summary: `Container ${name} is ${state} on ${machine}`, machines: [{ machine, verdict: state }] };
    }
    if (this.#waiting[task] === 1) {
      const missing = (this.#before.get(workload.jobOf(task)) ?? []).filter((job) => !this.#hasStarted(job)).map((job) => workload.jobName(job));
      return { state: 'waiting', summary: `Container ${name} waits for ${missing.join(', ')} to be started`, machines: [] };
    }
    return { state: 'absent', summary: this.#lastError.get(task) ?? `no container ${name} on ${machine}`, machines: [] };
  }

  invariants(): string[] {
    const { containers, workload } = this.#context;
    const broken: string[] = [];
    for (let task = 0; task < this.#row.length; task++) {
      const row = this.#row[task]!;
      if (row >= 0 && containers.cookie[row] !== task) broken.push(`container ${workload.taskName(task)} is not the one on its engine`);
      if (row < 0 && this.#restarting[task] === 1) broken.push(`container ${workload.taskName(task)} is to be restarted and does not exist`);
    }
    return broken;
  }

  containerRunning(row: number): void {
    const task = this.#context.containers.cookie[row]!;
    if (this.#everStarted[task] === 1) return;
    this.#everStarted[task] = 1;
    const job = this.#context.workload.jobOf(task);
    this.#startedTasks[job]!++;
    if (!this.#hasStarted(job)) return;
    for (const dependent of this.#after.get(job) ?? []) {
      this.#eachTask(dependent, (other) => {
        if (this.#waiting[other] === 1 && this.#mayStart(other) && this.#reachable()) this.#create(other);
      });
    }
  }

  containerExited(row: number, outcome: ExitOutcome): void {
    if (outcome === ExitOutcome.stopped) return;
    this.#exited(this.#context.containers.cookie[row]!, outcome);
  }

  #linkServices(): void {
    const { workload } = this.#context;
    for (let job = 0; job < workload.jobCount; job++) {
      const settings = this.#settings[workload.shapeOf(workload.firstTask(job))];
      if (settings === null || settings === undefined || settings.dependsOn.length === 0) continue;
      // Services that are not in the workload (another profile) count as started.
      const before = settings.dependsOn.map((name) => workload.taskByName(name) >= 0 ? workload.taskByName(name) : workload.taskByName(`${name}/0`)).filter((task) => task >= 0).map((task) => workload.jobOf(task));
      this.#before.set(job, before);
      for (const other of before) this.#after.set(other, [...(this.#after.get(other) ?? []), job]);
    }
  }

  #eachTask(job: number, work: (task: number) => void): void {
    const { workload } = this.#context;
    const first = workload.firstTask(job);
    for (let task = first; task < first + workload.size(job); task++) work(task);
  }

  #hasStarted(job: number): boolean {
    return this.#startedTasks[job]! >= Math.max(1, this.#context.workload.initialCount(job));
  }

  #mayStart(task: number): boolean {
    return (this.#before.get(this.#context.workload.jobOf(task)) ?? []).every((job) => this.#hasStarted(job));
  }

  #reachable(): boolean {
    const { network, processes } = this.#context;
    return network.reachable(processes.endpoint[this.#user]!, processes.endpoint[this.#engine]!);
  }

  /** `docker compose up` for one container. */
  #up(task: number): void {
    const { client, containers, inventory, log, watchedTask } = this.#context;
    log.count(Counter.decisions);
    const cores = Math.floor(inventory.cpuMilli[this.#host]! / 1000);
    const { cpuLimit } = this.#settings[this.#shape[task]!]!;
    // moby, daemon/daemon_unix.go, verifyPlatformContainerResources.
    const refusal = this.#drained || !this.#reachable() ? CANNOT_CONNECT : cpuLimit > cores ? `Range of CPUs is from 0.01 to ${cores}.00, as there are only ${cores} CPUs available` : null;
    if (refusal !== null) {
      if (task === watchedTask) this.#lastError.set(task, refusal);
      client.refused(task, refusal);
      return;
    }
    this.#wanted[task] = 1;
    this.#forsaken[task] = 0;
    const row = this.#row[task]!;
    // One that runs already, brought back by its policy, is left alone.
    if (row >= 0 && containers.state[row] !== ContainerState.exited) return;
    if (row >= 0) this.#drop(task);
    if (this.#mayStart(task)) this.#create(task);
    else this.#waiting[task] = 1;
  }

  #create(task: number): void {
    const { client, log, inventory, watchedTask, workload } = this.#context;
    this.#waiting[task] = 0;
    const conflict = this.#portConflict(task);
    if (conflict !== null) {
      this.#wanted[task] = 0;
      if (task === watchedTask) this.#lastError.set(task, conflict);
      client.refused(task, conflict);
      return;
    }
    this.#restarts.forget(task);
    log.record(RecordKind.bind, task, this.#host);
    const machine = inventory.names[this.#host]!;
    if (task === watchedTask) this.#context.explained({ state: 'created', summary: `${machine} is the only host; nothing asks whether ${workload.taskName(task)} fits`, machines: [{ machine, verdict: 'the host' }] });
    this.#run(task, this.#options.createTime + this.#options.startTime);
  }

  /** Ports belong to containers that have not ended. */
  #portConflict(task: number): string | null {
    const { containers } = this.#context;
    const { hostPorts } = this.#settings[this.#shape[task]!]!;
    if (hostPorts.length === 0) return null;
    const others = containers.on(this.#host).filter((row) => containers.state[row] !== ContainerState.exited);
    return portConflict(hostPorts, others.flatMap((row) => this.#settings[this.#shape[containers.cookie[row]!]!]!.hostPorts));
  }

  #run(task: number, startLatencyUs: number): void {
    this.#restarting[task] = 0;
    this.#row[task] = this.#context.containers.run({
      machine: this.#host,
      process: this.#engine,
      supervisor: this,
      task,
      cookie: task,
      startLatencyUs,
      serialPull: false,
      gpuMask: 0,
      oomScoreAdj: 0,
      shape: this.#shape[task]!,
    });
  }

  /** Stops and removes a container. */
  #drop(task: number): void {
    const row = this.#row[task]!;
    this.#row[task] = -1;
    this.#restarting[task] = 0;
    this.#life[task]!++;
    this.#context.containers.remove(row);
    this.#context.log.record(RecordKind.release, task, this.#host);
  }

  /** `docker compose rm --stop`: now, or when the host answers again. */
  #down(task: number): void {
    this.#wanted[task] = 0;
    this.#forsaken[task] = 0;
    this.#waiting[task] = 0;
    if (this.#row[task]! < 0) return;
    if (this.#reachable()) this.#drop(task);
    else this.#watch.wake();
  }

  #over(task: number, success: boolean): void {
    this.#waiting[task] = 0;
    if (this.#wanted[task] === 0) return;
    this.#wanted[task] = 0;
    this.#context.client.ended(task, success);
  }

  #allows(task: number, outcome: ExitOutcome): boolean {
    return this.#restarts.allows(task, this.#settings[this.#shape[task]!]!.restart, outcome);
  }

  /** The engine sees a container end. */
  #exited(task: number, outcome: ExitOutcome): void {
    const { containers, simulation } = this.#context;
    if (!this.#allows(task, outcome)) {
      if (!this.#reachable()) return;
      this.#drop(task);
      this.#over(task, outcome === ExitOutcome.finished);
      return;
    }
    this.#restarting[task] = 1;
    const delayUs = this.#restarts.nextDelayUs(task, simulation.nowUs - containers.runningSinceUs[this.#row[task]!]!);
    simulation.after(delayUs, this.#restartOp, task, this.#life[task]!);
  }

  #startAgain(task: number): void {
    this.#restarts.restarted(task);
    this.#context.log.record(RecordKind.decide, task);
    this.#life[task]!++;
    this.#context.containers.remove(this.#row[task]!);
    this.#run(task, this.#options.startTime);
  }

  #engineDied(): void {
    for (let task = 0; task < this.#row.length; task++) {
      this.#life[task]!++;
      this.#restarting[task] = 0;
    }
  }

  /** The engine starts again what its policies say (moby, daemon/daemon.go, restore). */
  #engineStarted(): void {
    const { containers } = this.#context;
    for (let task = 0; task < this.#row.length; task++) {
      const row = this.#row[task]!;
      if (row >= 0 && containers.state[row] === ContainerState.exited && this.#allows(task, containers.outcome[row] as ExitOutcome)) this.#startAgain(task);
    }
  }

  /** What happened to its containers during a hang the engine finds out now. */
  #engineContinued(): void {
    const { containers } = this.#context;
    for (let task = 0; task < this.#row.length; task++) {
      const row = this.#row[task]!;
      if (row < 0) continue;
      if (this.#restarting[task] === 1) this.#startAgain(task);
      else if (containers.state[row] === ContainerState.exited) this.#exited(task, containers.outcome[row] as ExitOutcome);
      else if (containers.state[row] === ContainerState.running) this.containerRunning(row);
    }
  }

  /** The user looks after the host: is it there, what has ended unnoticed, what should not be there. */
  #lookAfter(): void {
    const { containers, log } = this.#context;
    if (!this.#reachable()) {
      if (this.#silent) return;
      this.#silent = true;
      log.record(RecordKind.detect, this.#host);
      for (let task = 0; task < this.#wanted.length; task++) {
        this.#forsaken[task] = this.#wanted[task]! & +(this.#row[task]! >= 0);
        this.#over(task, false);
      }
      return;
    }
    const { nowUs } = this.#context.simulation;
    if (this.#silent) {
      this.#silent = false;
      this.#returnedUs = nowUs;
      this.#watch.wakeAt(nowUs + FORSAKEN_US);
    }
    const patient = nowUs < this.#returnedUs + FORSAKEN_US;
    for (let task = 0; task < this.#row.length; task++) {
      const row = this.#row[task]!;
      if (row < 0) continue;
      const ended = containers.state[row] === ContainerState.exited && this.#restarting[task] === 0;
      if (!ended && (this.#wanted[task] === 1 || (this.#forsaken[task] === 1 && patient))) continue;
      const { [row]: outcome } = containers.outcome;
      this.#drop(task);
      this.#over(task, ended && outcome === ExitOutcome.finished);
    }
  }
}
