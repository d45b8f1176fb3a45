import { RecordKind } from '../../metrics/log.ts';
import { ContainerState } from '../../world/container-state.ts';
import type { Supervisor } from '../../world/containers.ts';
import { ExitOutcome } from '../../world/exit-outcome.ts';
import type { OrchestratorContext } from '../orchestrator.ts';
import { Call, type ContainerRecord } from './container-record.ts';
import type { ContainerRecords } from './container-records.ts';
import type { LocalImages } from './local-images.ts';
import type { SwarmClassicOptions } from './options.ts';

/** What an engine tells the manager: answers to calls and events of its event stream. */
export const EngineMessage = { created: 0, started: 1, died: 2, removed: 3, imageNotFound: 4 } as const;
export type EngineMessage = (typeof EngineMessage)[keyof typeof EngineMessage];

/** Receives what engines tell. */
export interface EngineListener {
  heard(message: EngineMessage, record: ContainerRecord, outcome: number): void;
}

interface Undelivered {
  readonly message: EngineMessage;
  readonly record: ContainerRecord;
  readonly outcome: number;
  readonly incarnation: number;
}

/** Ways between manager and engine that a create with a pull takes beyond the last answer: create and its answer, pull and its answer, create again. */
const PULL_DELAYS = 5;
/** The same for a pull that the registry refuses: create and its answer, pull. */
const NOT_FOUND_DELAYS = 3;
/** moby, restartmanager/restartmanager.go: defaultTimeout, backoffMultiplier, maxRestartTimeout; a run of ten seconds starts the delays anew. */
const FIRST_RESTART_US = 100_000;
const RESTART_FACTOR = 2;
const LAST_RESTART_US = 60_000_000;
const STEADY_RUN_US = 10_000_000;
/** Incarnations are packed above the outcome (below 8) in one operand. */
const OUTCOMES = 8;

/**
 * The Docker engines, one process per machine. Without live-restore (Docker documentation, "Keep containers alive during daemon downtime": off by default) containers end with their
 * engine. What has ended stays ended until it is removed, unless its restart policy says otherwise: then the engine starts it again, and neither manager nor user take notice (`docker wait` goes on).
 */
export class DockerEngines implements Supervisor {
  /** World process per machine. */
  readonly processes: readonly number[];
  readonly #context: OrchestratorContext;
  readonly #options: SwarmClassicOptions;
  readonly #records: ContainerRecords;
  readonly #managerEndpoint: number;
  readonly #listener: EngineListener;
  readonly #localImages: LocalImages;
  readonly #endpoints: Int32Array;
  /** Delays on the ways to and from the engines, for as long as they do not vary. */
  readonly #usualDelayToUs: Int32Array;
  readonly #usualDelayFromUs: Int32Array;
  readonly #arriveOp: number;
  readonly #removeOp: number;
  readonly #restartOp: number;
  /** Filled in for each run. */
  readonly #runOptions = { machine: 0, process: 0, supervisor: this, task: 0, cookie: 0, startLatencyUs: 0, serialPull: false, gpuMask: 0, oomScoreAdj: 0, held: false };
  /** What could not be sent because packets do not pass; TCP delivers it once they do. */
  readonly #undelivered = new Map<number, Undelivered[]>();

  constructor(context: OrchestratorContext, options: SwarmClassicOptions, records: ContainerRecords, managerEndpoint: number, listener: EngineListener, localImages: LocalImages) {
    this.#context = context;
    this.#options = options;
    this.#records = records;
    this.#managerEndpoint = managerEndpoint;
    this.#listener = listener;
    this.#localImages = localImages;
    const program = { started: (process: number) => this.#started(process), died: (process: number) => this.#died(process), continued: (process: number) => this.#continued(process) };
    this.processes = context.inventory.names.map((name, machine) =>
      context.processes.spawn({ role: `swarm-classic/docker-${name}`, machine, program, startupUs: options.engineStartup, containersSurvive: false }),
    );
    this.#endpoints = Int32Array.from(this.processes, (process) => context.processes.endpoint[process]!);
    this.#usualDelayToUs = this.#endpoints.map((endpoint) => context.network.delayUs(managerEndpoint, endpoint));
    this.#usualDelayFromUs = this.#endpoints.map((endpoint) => context.network.delayUs(endpoint, managerEndpoint));
    for (const process of this.processes) context.processes.watch(process, () => this.#deliverLate(context.processes.machine[process]!));
    const { simulation } = context;
    this.#removeOp = simulation.on('swarm-classic/engine', (index, incarnation) => {
      const record = this.#records.at(index);
      record.pins--;
      if (incarnation === this.incarnation(record.node)) this.#remove(record, 0);
      this.#records.release(record);
    });
    this.#restartOp = simulation.on('swarm-classic/engine', (index, incarnation) => {
      const record = this.#records.at(index);
      record.pins--;
      if (record.restarting && incarnation === this.incarnation(record.node) && context.processes.serving(this.processes[record.node]!)) this.#startAgain(record);
      this.#records.release(record);
    });
    this.#arriveOp = simulation.on('swarm-classic/manager', (index, message, packed) =>
      this.#arrive(message as EngineMessage, this.#records.at(index), packed % OUTCOMES, Math.floor(packed / OUTCOMES)),
    );
  }

  endpoint(machine: number): number {
    return this.#endpoints[machine]!;
  }

  incarnation(machine: number): number {
    return this.#context.processes.incarnation[this.processes[machine]!]!;
  }

  /**
   * Takes a call that the network lets through. Request and answer are one event: what the call does before anybody could see a difference is done at once, and the answer comes
   * after both ways and the work. Only the end of a running container waits for the request to arrive.
   */
  accept(record: ContainerRecord, call: number): void {
    const delayUs = this.#delayUs(record.node);
    if (call === Call.create) this.#create(record, delayUs);
    else if (call === Call.start) this.#start(record);
    else if (record.row < 0 || this.#context.containers.state[record.row] === ContainerState.exited) this.#remove(record, delayUs);
    else {
      record.pins++;
      this.#context.simulation.after(delayUs, this.#removeOp, record.index, this.incarnation(record.node));
    }
  }

  /** What `GET /containers/json?all=1` lists. */
  list(machine: number): ContainerRecord[] {
    const { containers } = this.#context;
    return containers
      .on(machine)
      .filter((row) => containers.process[row] === this.processes[machine])
      .map((row) => this.#records.at(containers.cookie[row]!))
      .filter((record) => record.created);
  }

  /** `State.Running` of the engine's list. A container that waits to be started again counts as running (moby, container/state.go, SetRestarting). */
  isRunning(record: ContainerRecord): boolean {
    return record.row >= 0 && (record.restarting || this.#context.containers.state[record.row] === ContainerState.running);
  }

  hasExited(record: ContainerRecord): boolean {
    return record.row >= 0 && !record.restarting && this.#context.containers.state[record.row] === ContainerState.exited;
  }

  /** How an ended container ended. */
  outcomeOf(record: ContainerRecord): number {
    return this.#context.containers.outcome[record.row]!;
  }

  /** An operator on the machine removes all its containers, past the manager. */
  removeAll(machine: number): void {
    for (const record of this.list(machine)) {
      if (!this.hasExited(record)) this.#tell(EngineMessage.died, record, ExitOutcome.stopped, 0);
      this.#drop(record);
    }
  }

  /** The image is there. If the manager has given the request up meanwhile, it sends no second create: the image stays, a container there is none. */
  containerCreated(_row: number, index: number): void {
    const record = this.#records.at(index);
    if ((record.open & Call.create) === 0) {
      this.#drop(record);
      return;
    }
    record.created = true;
    this.#tell(EngineMessage.created, record, 0, PULL_DELAYS * this.#delayUs(record.node) + this.#options.createTime);
  }

  /** Nobody waits for this answer but the watchdog: where the link is up, the manager knows at once instead of after the delay, which saves an event. */
  containerRunning(_row: number, index: number): void {
    const record = this.#records.at(index);
    if (record.byWatchdog || record.inFlight > 0 || !this.#context.network.connected(this.endpoint(record.node), this.#managerEndpoint)) this.#tell(EngineMessage.started, record, 0, 0);
    else this.#listener.heard(EngineMessage.started, record, 0);
  }

  containerExited(_row: number, outcome: ExitOutcome, index: number): void {
    const record = this.#records.at(index);
    if (this.#restarts(record, outcome)) this.#restartLater(record);
    else this.#tell(EngineMessage.died, record, outcome, 0);
  }

  #restarts(record: ContainerRecord, outcome: ExitOutcome): boolean {
    const { restart, restartMaxRetries } = this.#options;
    if (restart === 'no' || outcome === ExitOutcome.stopped || outcome === ExitOutcome.finished) return false;
    return restart === 'always' || restartMaxRetries === 0 || record.restarts < restartMaxRetries;
  }

  #restartLater(record: ContainerRecord): void {
    const { containers, simulation } = this.#context;
    const ranUs = simulation.nowUs - containers.runningSinceUs[record.row]!;
    const beforeUs = ranUs >= STEADY_RUN_US ? 0 : record.restartDelayUs;
    record.restartDelayUs = beforeUs === 0 ? FIRST_RESTART_US : Math.min(beforeUs * RESTART_FACTOR, LAST_RESTART_US);
    record.restarting = true;
    record.pins++;
    simulation.after(record.restartDelayUs, this.#restartOp, record.index, this.incarnation(record.node));
  }

  #startAgain(record: ContainerRecord): void {
    record.restarting = false;
    record.restarts++;
    this.#context.log.record(RecordKind.decide, record.task);
    this.#context.containers.remove(record.row);
    this.#run(record, false);
  }

  /** The engine starts again what its policies say (moby, daemon/daemon.go, restore). */
  #started(process: number): void {
    const { containers } = this.#context;
    for (const row of containers.on(this.#context.processes.machine[process]!)) {
      if (containers.process[row] !== process || containers.state[row] !== ContainerState.exited) continue;
      const record = this.#recordOf(row);
      // One that was created and never started is none of the policy's business.
      if (record.startedOnce && !record.exited && this.#restarts(record, containers.outcome[row] as ExitOutcome)) this.#startAgain(record);
    }
  }

  #delayUs(machine: number): number {
    const { network } = this.#context;
    return network.delaysVary ? network.delayUs(this.#managerEndpoint, this.endpoint(machine)) : this.#usualDelayToUs[machine]!;
  }

  #delayBackUs(machine: number): number {
    const { network } = this.#context;
    return network.delaysVary ? network.delayUs(this.endpoint(machine), this.#managerEndpoint) : this.#usualDelayFromUs[machine]!;
  }

  /**
   * Create; without the image: "no such image", pull, create again. That is three calls of the manager, of which nobody sees more than the last answer, so that they are one here:
   * all ways between the two count, and what is being created when the engine dies is lost in either case.
   */
  #create(record: ContainerRecord, requestUs: number): void {
    const { containers, workload } = this.#context;
    const image = workload.image[record.shape]!;
    if (!this.#localImages.available(record.node, image)) {
      this.#tell(EngineMessage.imageNotFound, record, 0, NOT_FOUND_DELAYS * requestUs);
      return;
    }
    const present = containers.images.present(record.node, image);
    this.#run(record, true);
    if (!present) return;
    record.created = true;
    this.#tell(EngineMessage.created, record, 0, requestUs + this.#options.createTime);
  }

  #start(record: ContainerRecord): void {
    const { containers } = this.#context;
    if (record.row < 0) return;
    record.startedOnce = true;
    // A restart of the engine may have come between; `docker start` works on an ended container as well.
    if (containers.state[record.row] === ContainerState.exited) {
      containers.remove(record.row);
      this.#run(record, false);
    } else containers.start(record.row);
  }

  /** As with a start: where the link is up and neither watchdog nor timer holds on to the record, the manager knows at once. */
  #remove(record: ContainerRecord, requestUs: number): void {
    if (record.pins > 0 || record.inFlight > 0 || !this.#context.network.connected(this.endpoint(record.node), this.#managerEndpoint)) {
      this.#tell(EngineMessage.removed, record, 0, requestUs);
      if (record.row >= 0) this.#drop(record);
      return;
    }
    if (record.row >= 0) this.#drop(record);
    this.#listener.heard(EngineMessage.removed, record, 0);
    this.#records.release(record);
  }

  #drop(record: ContainerRecord): void {
    this.#context.containers.remove(record.row);
    record.row = -1;
    record.created = false;
    record.restarting = false;
    this.#records.release(record);
  }

  #run(record: ContainerRecord, held: boolean): void {
    const options = this.#runOptions;
    options.machine = record.node;
    options.process = this.processes[record.node]!;
    options.task = record.task;
    options.cookie = record.index;
    // The request to start has its way to the engine first.
    options.startLatencyUs = this.#options.startTime + this.#delayUs(record.node);
    options.gpuMask = record.gpuMask;
    options.held = held;
    record.row = this.#context.containers.run(options);
  }

  /** What was being pulled for or created is no container yet and leaves nothing behind. */
  #died(process: number): void {
    const { containers } = this.#context;
    const machine = this.#context.processes.machine[process]!;
    for (const row of containers.on(machine)) {
      if (containers.process[row] !== process) continue;
      const record = this.#recordOf(row);
      record.restarting = false;
      if (!record.created) this.#drop(record);
    }
    for (const { record } of this.#undelivered.get(machine) ?? []) this.#forget(record);
    this.#undelivered.delete(machine);
  }

  /** What happened to its containers during a hang the engine finds out now. */
  #continued(process: number): void {
    const { containers } = this.#context;
    for (const row of containers.on(this.#context.processes.machine[process]!)) {
      if (containers.process[row] !== process) continue;
      const record = this.#recordOf(row);
      if (record.inFlight > 0) continue;
      const state = containers.state[row];
      if (state === ContainerState.created && !record.created) this.containerCreated(row, record.index);
      else if (state === ContainerState.running && (record.open & Call.start) !== 0) this.containerRunning(row, record.index);
      else if (record.restarting) this.#startAgain(record);
      else if (state === ContainerState.exited && record.created && !record.exited && this.#restarts(record, containers.outcome[row] as ExitOutcome)) this.#restartLater(record);
      else if (state === ContainerState.exited && record.created && !record.exited) this.#tell(EngineMessage.died, record, containers.outcome[row]!, 0);
    }
  }

  #recordOf(row: number): ContainerRecord {
    return this.#records.at(this.#context.containers.cookie[row]!);
  }

  /** @param workUs time the engine needs before it answers */
  #tell(message: EngineMessage, record: ContainerRecord, outcome: number, workUs: number): void {
    const { network, simulation } = this.#context;
    record.inFlight++;
    const incarnation = this.incarnation(record.node);
    const from = this.endpoint(record.node);
    if (network.connected(from, this.#managerEndpoint)) {
      simulation.after(workUs + this.#delayBackUs(record.node), this.#arriveOp, record.index, message, incarnation * OUTCOMES + outcome);
    } else this.#keep(record.node, { message, record, outcome, incarnation });
  }

  #arrive(message: EngineMessage, record: ContainerRecord, outcome: number, incarnation: number): void {
    if (incarnation !== this.incarnation(record.node)) this.#forget(record);
    else if (!this.#context.network.connected(this.endpoint(record.node), this.#managerEndpoint)) this.#keep(record.node, { message, record, outcome, incarnation });
    else {
      record.inFlight--;
      this.#listener.heard(message, record, outcome);
      this.#records.release(record);
    }
  }

  #forget(record: ContainerRecord): void {
    record.inFlight--;
    this.#records.release(record);
  }

  #keep(machine: number, undelivered: Undelivered): void {
    const list = this.#undelivered.get(machine);
    if (list === undefined) this.#undelivered.set(machine, [undelivered]);
    else list.push(undelivered);
  }

  #deliverLate(machine: number): void {
    const list = this.#undelivered.get(machine);
    const from = this.endpoint(machine);
    const { network, simulation } = this.#context;
    if (list === undefined || !network.connected(from, this.#managerEndpoint)) return;
    this.#undelivered.delete(machine);
    for (const { message, record, outcome, incarnation } of list) {
      simulation.after(network.delayUs(from, this.#managerEndpoint), this.#arriveOp, record.index, message, incarnation * OUTCOMES + outcome);
    }
  }
}
