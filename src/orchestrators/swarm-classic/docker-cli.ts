import { DEDICATED } from '../../world/processes.ts';
import type { Explanation, Orchestrator, OrchestratorContext } from '../orchestrator.ts';
import { Cluster } from './cluster.ts';
import type { ClusterUser } from './cluster-user.ts';
import type { ContainerRecord } from './container-record.ts';
import { ContainerRecords } from './container-records.ts';
import { composeRequest } from './compose-request.ts';
import { type ContainerRequest, EMPTY_REQUEST, invalid } from './container-request.ts';
import { DeviceLedger, NO_DEVICE } from './device-ledger.ts';
import { Discovery } from './discovery.ts';
import { filtersNamed } from './filters/filters.ts';
import { LocalImages } from './local-images.ts';
import { candidateNodes, type Limited, type NodePicker, type Offered } from './node-picker.ts';
import { NodeTable } from './node-table.ts';
import type { SwarmClassicOptions } from './options.ts';
import { withOvercommit } from './overcommit.ts';
import { Scheduler } from './scheduler.ts';
import { constraintExpression } from './translate.ts';
import type { SequentialRandom } from '../../engine/random/sequential-random.ts';
import type { Shape } from '../../workload/shape.ts';
import type { Workload } from '../../workload/workload.ts';
import type { MachineInventory } from '../../world/machine-inventory.ts';

/** How to make the picker; tests compare the plain scan with the memo. */
export type PickerFactory = new (scheduler: Scheduler, nodes: NodeTable, requests: readonly (ContainerRequest | null)[], random: SequentialRandom, offered: Offered, limited: Limited) => NodePicker;

const CPU_MILLI = 1000;

/**
 * The user's side of classic Swarm: a wrapper around `docker run` for each task. It creates and starts containers, gives each attempt a name of its own, watches for their end,
 * and removes what is superseded or was cancelled as soon as the manager lists it. It runs on the manager's host, so that calls take no time. All of Swarm proper is behind
 * {@link Cluster}.
 */
export class DockerCli implements Orchestrator, ClusterUser {
  readonly #context: OrchestratorContext;
  readonly #records: ContainerRecords;
  readonly #nodes: NodeTable;
  readonly #scheduler: Scheduler;
  readonly #requests: readonly (ContainerRequest | null)[];
  readonly #offered: Offered;
  readonly #cluster: Cluster;
  readonly #discovery: Discovery;
  readonly #options: SwarmClassicOptions;
  readonly #manager: number;
  readonly #attempt: Uint16Array;
  /** 1 = the current attempt is over for the user: ended, refused or cancelled. */
  readonly #over: Uint8Array;
  readonly #lastError = new Map<number, string>();
  readonly #stopDrainedOp: number;
  readonly #drained: Uint8Array;

  constructor(context: OrchestratorContext, options: SwarmClassicOptions, Picker: PickerFactory) {
    this.#context = context;
    this.#options = options;
    const { inventory, processes, simulation, workload } = context;
    const manager = processes.spawn({ role: 'swarm-classic/manager-0', machine: DEDICATED, program: {}, startupUs: 0 });
    this.#manager = manager;
    this.#nodes = nodeTable(inventory, options);
    this.#scheduler = new Scheduler(options.strategy, filtersNamed(options.filters));
    this.#requests = context.requests.map((request) => request && containerRequest(request, (service) => containerOf(service, workload)));
    this.#records = new ContainerRecords(workload.taskCount, { requests: this.#requests, taskName: (task) => workload.taskName(task) });
    const ledger = new DeviceLedger(inventory);
    const shapes = this.#requests.length;
    this.#offered = (node, shape) => ledger.fits(node, context.requests[shape % shapes]!);
    const localImages = new LocalImages(options.localImages, workload.imageNames, inventory);
    for (const [machine, image] of localImages.places()) {
      context.containers.images.preload(machine, image);
      const name = workload.imageNames[image]!;
      this.#nodes.setImages(machine, [...this.#nodes.images(machine), { id: `sha256:${image.toString(16).padStart(64, '0')}`, repoTags: [name] }]);
    }
    const pickable = localImages.any ? [...this.#requests, ...this.#requests.map((request, shape) => request && withAffinity(request, workload.imageNames[workload.image[shape]!]))] : this.#requests;
    const picker = new Picker(this.#scheduler, this.#nodes, pickable, context.stream('scheduler'), this.#offered, (shape) => (context.requests[shape % shapes]?.gpuCount ?? 0) > 0);
    this.#cluster = new Cluster({ context, options, manager, records: this.#records, nodes: this.#nodes, picker, requests: this.#requests, ledger, localImages, user: this });
    this.#discovery = new Discovery(context, options, processes.endpoint[manager]!, this.#cluster);
    this.#attempt = new Uint16Array(workload.taskCount);
    this.#over = new Uint8Array(workload.taskCount);
    this.#drained = new Uint8Array(inventory.count);
    this.#stopDrainedOp = simulation.on('swarm-classic/operator', (machine) => {
      if (this.#drained[machine] === 0 || !processes.serving(this.#cluster.engines.processes[machine]!)) return;
      this.#cluster.engines.removeAll(machine);
      // A manager that still has the engine finds out with its next refresh.
      this.#cluster.links.wake(machine);
    });
  }

  submit(job: number): void {
    const { workload } = this.#context;
    const first = workload.firstTask(job);
    for (let task = first; task < first + workload.size(job); task++) this.#run(task);
  }

  retry(task: number): void {
    this.#run(task);
  }

  cancel(job: number): void {
    const { workload } = this.#context;
    const first = workload.firstTask(job);
    for (let task = first; task < first + workload.size(job); task++) {
      this.#over[task] = 1;
      this.#cleanUp(task);
    }
  }

  remove(task: number): void {
    this.#cleanUp(task);
  }

  /**
   * Classic Swarm has no verb for this. The operator takes the machine out of discovery, which makes the manager forget its engine and reschedule its containers, and
   * stops what runs there after the grace period of `docker stop`.
   */
  drain(machine: number, drained: boolean): void {
    this.#drained[machine] = drained ? 1 : 0;
    this.#discovery.drain(machine, drained);
    if (drained) this.#context.simulation.after(this.#options.stopGrace, this.#stopDrainedOp, machine);
  }

  explain(task: number): Explanation {
    const { inventory, workload } = this.#context;
    const records = this.#records.of(task).filter((record) => record.cached);
    const record = records.find(({ attempt }) => attempt === this.#attempt[task]) ?? records[0];
    const request = this.#context.requests[workload.shapeOf(task)];
    if (!request) return { state: 'rejected', summary: 'the request cannot be expressed', machines: [] };
    if (record !== undefined) {
      const machine = inventory.names[record.node]!;
      const state = record.pending ? 'creating' : record.exited ? 'exited' : record.running ? 'running' : 'created';
      return { state, summary: `container ${record.names[0]!.slice(1)} is ${state} on ${machine}`, machines: [{ machine, verdict: state }] };
    }
    const explanation = this.#verdicts(workload.shapeOf(task));
    if (this.#attempt[task] === 0) return { ...explanation, state: 'not requested' };
    if (this.#over[task] === 0) return { ...explanation, state: 'waiting for the scheduler lock' };
    // The refusal is of the last attempt, the verdicts are of now: classic Swarm does not look again until its client does.
    const fitting = explanation.machines.filter(({ verdict }) => verdict === 'fits').length;
    const error = this.#lastError.get(task);
    if (error === undefined) return { ...explanation, state: 'refused' };
    return { ...explanation, state: 'refused', summary: fitting === 0 ? error : `${error} (at the last attempt; ${fitting} of ${inventory.count} machines would take it now, but nothing is tried until the client asks again)` };
  }

  invariants(): string[] {
    return this.#cluster.invariants();
  }

  createFailed(task: number, attempt: number, reason: string): void {
    if (attempt !== this.#attempt[task] || this.#over[task] === 1) return;
    this.#over[task] = 1;
    if (task === this.#context.watchedTask) this.#lastError.set(task, reason);
    this.#context.client.refused(task, reason);
  }

  created(record: ContainerRecord): void {
    if (this.#superseded(record)) this.#cluster.remove(record);
    else this.#cluster.start(record);
  }

  startFailed(record: ContainerRecord): void {
    this.ended(record.task, record.attempt, false);
  }

  ended(task: number, attempt: number, success: boolean): void {
    if (attempt !== this.#attempt[task] || this.#over[task] === 1) return;
    this.#over[task] = 1;
    this.#context.client.ended(task, success);
  }

  appeared(record: ContainerRecord): void {
    if (this.#superseded(record)) record.unwanted = true;
  }

  deciding(_task: number, shape: number): void {
    this.#context.explained(this.#verdicts(shape));
  }

  #run(task: number): void {
    const attempt = ++this.#attempt[task]!;
    this.#over[task] = 0;
    const shape = this.#context.workload.shapeOf(task);
    const error = this.#context.processes.serving(this.#manager) ? invalid(this.#requests[shape]!) : MANAGER_UNREACHABLE;
    if (error === undefined) this.#cluster.create(task, attempt, shape);
    else this.createFailed(task, attempt, error);
  }

  #cleanUp(task: number): void {
    let next: ContainerRecord | undefined;
    for (let record = this.#records.latestOf(task); record !== undefined; record = next) {
      ({ next } = record);
      if (!this.#superseded(record)) continue;
      if (record.cached) this.#cluster.remove(record);
      else this.#cluster.disown(record);
    }
  }

  /** Nothing that the user still wants to run. */
  #superseded(record: ContainerRecord): boolean {
    return record.attempt < this.#attempt[record.task]! || this.#over[record.task] === 1;
  }

  /** What the scheduler says of each machine for the task at this moment. */
  #verdicts(shape: number): Explanation {
    const nodes = this.#nodes;
    const request = this.#requests[shape]!;
    const candidates = candidateNodes(nodes, shape, this.#offered);
    const selection = this.#scheduler.select(request, nodes, candidates);
    const offered = new Set(candidates);
    const weights = new Map((selection.ranked ?? []).flatMap((group) => group.nodes.map((node) => [node, group.weight ?? 0] as const)));
    const machines = nodes.names.map((machine, node) => {
      const score = weights.get(node);
      if (score !== undefined) return { machine, verdict: 'fits', score };
      if (nodes.registered[node] === 0) return { machine, verdict: 'not in the cluster' };
      return { machine, verdict: offered.has(node) ? this.#refusal(request, node) : NO_DEVICE };
    });
    const best = selection.ranked?.[0]?.nodes ?? [];
    const summary = selection.error !== undefined ? (candidates.length === 0 && nodes.registered.includes(1) ? NO_DEVICE : selection.error.message) : `${best.length} of ${nodes.count} nodes rank first under ${this.#scheduler.strategy}: ${best.slice(0, 5).map((node) => nodes.names[node]).join(', ')}${best.length > 5 ? ', ...' : ''}`;
    return { state: selection.error === undefined ? 'schedulable' : 'unschedulable', summary, machines };
  }

  /** Why one node alone would not do. */
  #refusal(request: ContainerRequest, node: number): string {
    const { error } = this.#scheduler.select(request, this.#nodes, [node]);
    return error === undefined ? 'fits' : error.filter === undefined ? error.message : `${error.filter} filter`;
  }
}

/** The docker client's own words. */
const MANAGER_UNREACHABLE = 'Cannot connect to the Docker daemon at the address of the swarm manager';

/** What the engines report of themselves: whole CPUs, memory, daemon labels; a limit of slots is the label that the slots filter reads. */
function nodeTable(inventory: MachineInventory, { overcommit }: SwarmClassicOptions): NodeTable {
  return new NodeTable(
    inventory.names.map((name, machine) => {
      const labels = new Map(inventory.attributes[machine]!);
      // A daemon label called node is dropped (cluster/engine.go, updateSpecs).
      labels.delete('node');
      if (inventory.slots[machine] !== Infinity) labels.set('containerslots', String(inventory.slots[machine]));
      return {
        id: `${machine.toString(16).toUpperCase().padStart(4, '0')}:${name}`,
        name,
        totalCpus: withOvercommit(Math.floor(inventory.cpuMilli[machine]! / CPU_MILLI), overcommit),
        totalMemoryBytes: withOvercommit(inventory.memoryBytes[machine]!, overcommit),
        labels,
      };
    }),
  );
}

function withAffinity(request: ContainerRequest, image: string | undefined): ContainerRequest {
  return image === undefined ? request : { ...request, affinities: [...request.affinities, `image==${image}`] };
}

/** The container of a service, or its first: the one that others can name. */
function containerOf(service: string, workload: Workload): string {
  return workload.taskByName(service) < 0 && workload.taskByName(`${service}/0`) >= 0 ? `${service}/0` : service;
}

function containerRequest(request: Shape, nameOf: (service: string) => string): ContainerRequest {
  const written = request.native?.format === 'compose' ? composeRequest(request.native.spec, nameOf) : EMPTY_REQUEST;
  return {
    ...written,
    cpus: request.cpuMilli / CPU_MILLI,
    memoryBytes: request.memoryBytes,
    constraints: [...written.constraints, ...request.constraints.map((constraint) => constraintExpression(constraint)!)],
  };
}
