import { DEDICATED } from '../../world/processes.ts';
import type { Explanation, Orchestrator, OrchestratorContext } from '../orchestrator.ts';
import { Agents } from './agent/agents.ts';
import { ControlLoops } from './control-loops.ts';
import { Dispatcher } from './dispatcher/dispatcher.ts';
import { Explanations } from './explanations.ts';
import { nodeDescriptions } from './node-descriptions.ts';
import type { SwarmkitOptions } from './options.ts';
import { Allocator } from './orchestration/allocator.ts';
import { ConstraintEnforcer } from './orchestration/constraint-enforcer.ts';
import { GlobalOrchestrator } from './orchestration/global-orchestrator.ts';
import { JobOrchestrator } from './orchestration/job-orchestrator.ts';
import { newTask } from './orchestration/new-task.ts';
import { ReplicatedOrchestrator } from './orchestration/replicated-orchestrator.ts';
import { RestartSupervisor } from './orchestration/restart-supervisor.ts';
import { keepingOrder } from './orchestration/scale-order.ts';
import { TaskReaper } from './orchestration/task-reaper.ts';
import { UpdateSupervisor } from './orchestration/update-supervisor.ts';
import type { RankingFactory } from './scheduler/node-ranking.ts';
import { Availability } from './scheduler/node-set.ts';
import { Scheduler } from './scheduler/scheduler.ts';
import { ServiceSpecs } from './service-specs.ts';
import type { Service } from './store/service.ts';
import { isGlobal, isJob } from './store/service-spec.ts';
import { Store } from './store/store.ts';
import type { Task } from './store/task.ts';
import { stateName, TaskState } from './task-state.ts';

/**
 * The user's side of swarm mode: `docker service create`, `rm`, `scale` and `update` on the manager's host, so that calls take no time but that of their transaction. A job of batch work is a
 * replicated job, a service a replicated service, unless the user's own settings say otherwise. Composes the manager: the store, and the components that its leader runs.
 */
export class SwarmUser implements Orchestrator {
  readonly scheduler: Scheduler;
  readonly store: Store;
  readonly #context: OrchestratorContext;
  readonly #specs: ServiceSpecs;
  readonly #agents: Agents;
  readonly #explanations: Explanations;
  readonly #restarts: RestartSupervisor;
  /** 1 = the task of the workload was seen complete. */
  readonly #completed: Uint8Array;

  constructor(context: OrchestratorContext, options: SwarmkitOptions, Ranking: RankingFactory) {
    this.#context = context;
    const { simulation, log, inventory, processes, workload } = context;
    const manager = processes.spawn({ role: 'swarmkit/manager-0', machine: DEDICATED, program: {}, startupUs: 0 });
    const nodes = nodeDescriptions(inventory);
    const indexOf = (service: Service, slot: number, node: number): number => this.#indexOf(service, slot, node);
    const time = { taskUs: options.taskTimeUs, nodeUs: options.nodeTimeUs };
    this.#completed = new Uint8Array(workload.taskCount);
    this.#specs = new ServiceSpecs(context.requests, inventory, options);
    this.store = new Store(simulation, log, inventory.count, options.commitTime);
    this.#restarts = new RestartSupervisor(simulation, this.store, log, indexOf, (task) => this.#gaveUp(task));
    const updates = new UpdateSupervisor(simulation, this.store, this.#restarts, nodes, indexOf);
    this.scheduler = new Scheduler(simulation, this.store, log, nodes, context.stream('scheduler'), Ranking, time);
    this.#agents = new Agents(context, options);
    const dispatcher = new Dispatcher(context, options, this.store, this.#agents, processes.endpoint[manager]!);
    this.store.watch(
      new ControlLoops({
        allocator: new Allocator(this.store),
        restarts: this.#restarts,
        replicated: new ReplicatedOrchestrator(this.store, this.#restarts, updates, indexOf),
        global: new GlobalOrchestrator(this.store, this.#restarts, updates, nodes, indexOf),
        jobs: new JobOrchestrator(this.store, this.#restarts, nodes, indexOf, options.lostJobTasks === 'restart'),
        updates,
        scheduler: this.scheduler,
        dispatcher,
        enforcer: new ConstraintEnforcer(this.store, nodes),
        reaper: new TaskReaper(simulation, this.store, options.taskHistoryLimit),
        ended: (task) => this.#ended(task),
      }),
    );
    this.#explanations = new Explanations(context, this.scheduler);
    if (context.watchedTask >= 0) {
      this.scheduler.deciding = (task, node) => {
        if (task.index === context.watchedTask) context.explained(this.#explanations.decision(task, node));
      };
    }
  }

  submit(job: number): void {
    const { workload, client } = this.#context;
    const spec = this.#specs.of(workload.shapeOf(workload.firstTask(job)), workload.size(job), client.wanted(job), 0);
    const service = this.store.newService(job, spec);
    this.store.write(1, this.#put, service);
  }

  readonly #put = (service: Service): void => this.store.putService(service);

  retry(task: number): void {
    const { workload } = this.#context;
    const job = workload.jobOf(task);
    const slot = task - workload.firstTask(job) + 1;
    this.store.write(1, () => {
      const service = this.store.services[job];
      if (service === undefined || this.#current(service, task) !== undefined) return;
      this.#restarts.clearHistory(service);
      const again = newTask(this.store, (owner, number, node) => this.#indexOf(owner, number, node), service, slot, -1, null);
      if (again !== null && !isGlobal(service.spec.mode)) this.store.createTask(again);
    });
  }

  cancel(job: number): void {
    this.store.write(1 + (this.store.services[job]?.slotCount ?? 0), () => {
      const service = this.store.services[job];
      if (service === undefined) return;
      this.store.deleteService(service);
      for (const task of service.tasks()) this.store.setDesired(task, TaskState.remove);
    });
  }

  remove(): void {
    // Nothing that has ended holds anything here.
  }

  /** Chosen by the order in which a scale-down keeps slots; as long as the service is not converged, by number. */
  victims(job: number, count: number): readonly number[] | undefined {
    const service = this.store.services[job];
    if (service === undefined || service.spec.mode !== 'replicated') return undefined;
    const slots: (readonly Task[])[] = [];
    service.forEachSlot((tasks) => {
      const updatable = this.#restarts.updatable(tasks, service);
      if (updatable.length > 0) slots.push(updatable);
    });
    if (slots.length !== service.spec.replicas) return undefined;
    const victims = keepingOrder(slots).slice(count).map((slot) => slot[0]!.index);
    service.victims = new Set(victims);
    return victims;
  }

  scale(job: number, count: number): void {
    this.store.write(1, () => {
      const service = this.store.services[job];
      if (service === undefined || service.spec.mode !== 'replicated') return;
      service.spec = { ...service.spec, replicas: count };
      service.updateState = null;
      this.store.putService(service);
    });
  }

  update(job: number, shape: number): void {
    const { workload, client } = this.#context;
    this.store.write(1, () => {
      const service = this.store.services[job];
      if (service === undefined) return;
      service.previousSpec = service.spec;
      service.spec = this.#specs.of(shape, workload.size(job), client.wanted(job), ++service.latestVersion);
      service.updateState = null;
      this.store.putService(service);
    });
  }

  drain(machine: number, drained: boolean): void {
    this.store.write(1, () => this.store.setNode(machine, { availability: drained ? Availability.drain : Availability.active }));
  }

  explain(index: number): Explanation {
    const { workload, requests } = this.#context;
    if (requests[workload.shapeOf(index)] === null) return { state: 'rejected', summary: 'the request cannot be expressed', machines: [] };
    const service = this.store.services[workload.jobOf(index)];
    const tasks = service === undefined ? [] : service.tasks().filter((task) => task.index === index);
    const task = tasks.at(-1);
    if (task !== undefined) return this.#explanations.of(task);
    if (this.#completed[index] === 1) return { state: stateName(TaskState.complete), summary: 'the task is complete', machines: [] };
    return { state: 'absent', summary: service === undefined ? 'no such service' : 'the service has no task for it', machines: [] };
  }

  invariants(): string[] {
    const broken = this.scheduler.invariants();
    for (const service of this.store.services) {
      if (service === undefined) continue;
      service.forEachSlot((tasks, slot) => {
        const wanted = tasks.filter((task) => task.desired <= TaskState.running && task.state <= TaskState.running && !isJob(task.spec.mode));
        // A start-first update has both for a while.
        if (wanted.length > 2) broken.push(`service ${service.job}: ${wanted.length} tasks are to run in slot ${slot}`);
      });
    }
    return broken;
  }

  /** A task of a job has ended. */
  #ended(task: Task): void {
    const { service } = task;
    if (task.state === TaskState.complete && this.#completed[task.index] === 0) {
      this.#completed[task.index] = 1;
      service.completed++;
      this.#context.client.ended(task.index, true);
    }
    if (service.deleted || service.completed < service.spec.replicas) return;
    // What is left of a finished job concerns nobody any more: it is dropped, which costs no transaction here.
    if (!service.hasOneTask && !service.everyTask(({ state }) => state > TaskState.running)) return;
    this.store.deleteService(service);
    if (service.hasOneTask) {
      this.store.deleteTask(task);
      this.store.recycle(service, task);
    } else for (const rest of service.tasks()) this.store.deleteTask(rest);
  }

  #gaveUp(task: Task): void {
    this.#context.client.ended(task.index, task.state === TaskState.complete);
  }

  #indexOf(service: Service, slot: number, node: number): number {
    const { workload } = this.#context;
    const first = workload.firstTask(service.job);
    const size = workload.size(service.job);
    if (!isGlobal(service.spec.mode)) return slot <= size ? first + slot - 1 : -1;
    let index = service.indexOfNode.get(node);
    if (index === undefined) {
      if (service.indexOfNode.size === size) return -1;
      service.indexOfNode.set(node, (index = first + service.indexOfNode.size));
    }
    return index;
  }

  /** The task that is to run for a task of the workload, if there is one. */
  #current(service: Service, index: number): Task | undefined {
    return service.tasks().find((task) => task.index === index && task.desired <= TaskState.complete && task.state <= TaskState.running);
  }
}
