import type { OrchestratorContext } from '../orchestrator.ts';
import { Call, type ContainerRecord } from './container-record.ts';
import type { ContainerRecords } from './container-records.ts';
import type { DockerEngines } from './docker-engines.ts';
import type { NodeTable } from './node-table.ts';
import type { SwarmClassicOptions } from './options.ts';

/**
 * Hears of a call that failed, once per call that was waited for.
 * @param connection the failure counts as one of connecting
 */
export type CallFailed = (record: ContainerRecord, call: number, connection: boolean) => void;

/**
 * The manager's calls to engines about containers (create, start, remove) that are under way: each record knows its own, and here they come to an end when there is no answer. A call fails at
 * once where nobody listens, after the time-out where packets are dropped or the engine's host falls silent, and with a reset where the engine's process died meanwhile.
 */
export class EngineCalls {
  readonly #context: OrchestratorContext;
  readonly #options: SwarmClassicOptions;
  readonly #records: ContainerRecords;
  readonly #nodes: NodeTable;
  readonly #engines: DockerEngines;
  readonly #endpoint: number;
  readonly #failed: CallFailed;
  readonly #unconnectedOp: number;
  readonly #brokenOp: number;
  readonly #silentOp: number;
  /** Records off the books with calls under way. */
  readonly #detached = new Set<ContainerRecord>();

  constructor(context: OrchestratorContext, options: SwarmClassicOptions, records: ContainerRecords, nodes: NodeTable, engines: DockerEngines, managerEndpoint: number, failed: CallFailed) {
    this.#context = context;
    this.#options = options;
    this.#records = records;
    this.#nodes = nodes;
    this.#engines = engines;
    this.#endpoint = managerEndpoint;
    this.#failed = failed;
    for (const [engine, process] of engines.processes.entries()) context.processes.watch(process, () => this.#engineChanged(engine));
    const { simulation } = context;
    const component = 'swarm-classic/manager';
    this.#unconnectedOp = simulation.on(component, (index, openedUs) => this.#ended(records.at(index), records.at(index).open, openedUs, true));
    this.#brokenOp = simulation.on(component, (index, calls, openedUs) => this.#ended(records.at(index), calls, openedUs, false));
    this.#silentOp = simulation.on(component, (engine) => this.#silent(engine));
  }

  /** Sends a call to the engine of the container. */
  send(record: ContainerRecord, call: number): void {
    const { network, simulation } = this.#context;
    const { openedUs } = this.#records;
    record.open |= call;
    openedUs[record.index] = simulation.nowUs;
    if (!record.cached) this.#detached.add(record);
    const to = this.#engines.endpoint(record.node);
    if (network.reachable(this.#endpoint, to)) {
      record.engineIncarnation = this.#engines.incarnation(record.node);
      this.#engines.accept(record, call);
      return;
    }
    record.engineIncarnation = UNCONNECTED;
    record.pins++;
    const failsUs = network.connected(this.#endpoint, to) ? 2 * network.delayUs(this.#endpoint, to) : this.#options.requestTimeout;
    simulation.after(failsUs, this.#unconnectedOp, record.index, openedUs[record.index]);
  }

  /** A call was answered. True if it was waited for. */
  close(record: ContainerRecord, call: number): boolean {
    if ((record.open & call) === 0) return false;
    record.open &= ~call;
    if (record.open === 0) this.#detached.delete(record);
    return true;
  }

  /** The record has come onto the books of its engine. */
  listed(record: ContainerRecord): void {
    this.#detached.delete(record);
  }

  /** The record has gone off the books of its engine. */
  unlisted(record: ContainerRecord): void {
    if (record.open !== 0) this.#detached.add(record);
  }

  /** The engine's process or network changed: calls under way may never be answered. */
  #engineChanged(engine: number): void {
    const { network, simulation } = this.#context;
    const to = this.#engines.endpoint(engine);
    const open = this.#open(engine);
    if (open.length === 0) return;
    if (!network.connected(this.#endpoint, to)) {
      simulation.after(this.#options.requestTimeout, this.#silentOp, engine);
      return;
    }
    const incarnation = this.#engines.incarnation(engine);
    for (const record of open) {
      if (record.engineIncarnation === incarnation || record.engineIncarnation === UNCONNECTED) continue;
      record.engineIncarnation = incarnation;
      record.pins++;
      simulation.after(network.delayUs(to, this.#endpoint), this.#brokenOp, record.index, record.open, this.#records.openedUs[record.index]);
    }
  }

  /** Calls have come to nothing: never connected, or reset by the host of a process that is no more. Void if the record has had another call since. */
  #ended(record: ContainerRecord, calls: number, openedUs: number, connection: boolean): void {
    record.pins--;
    if (this.#records.openedUs[record.index] === openedUs) this.#fail(record, calls, connection);
    this.#records.release(record);
  }

  /** Nothing has been heard of the engine's host for a whole time-out. */
  #silent(engine: number): void {
    const { network, simulation } = this.#context;
    if (network.connected(this.#endpoint, this.#engines.endpoint(engine))) return;
    for (const record of this.#open(engine)) {
      if (record.engineIncarnation !== UNCONNECTED && this.#records.openedUs[record.index]! <= simulation.nowUs - this.#options.requestTimeout) this.#fail(record, record.open, true);
    }
  }

  #fail(record: ContainerRecord, calls: number, connection: boolean): void {
    record.pins++;
    for (const call of [Call.create, Call.start, Call.remove]) if ((calls & call) !== 0 && this.close(record, call)) this.#failed(record, call, connection);
    record.pins--;
    this.#records.release(record);
  }

  /** Records of an engine with calls under way; a copy: what follows may change the books. */
  #open(engine: number): ContainerRecord[] {
    const listed = (this.#nodes.containers(engine) as readonly ContainerRecord[]).filter((record) => record.open !== 0);
    return [...listed, ...[...this.#detached].filter((record) => record.node === engine)];
  }
}

/** In place of an engine's incarnation: the call did not even connect. */
const UNCONNECTED = -1;
