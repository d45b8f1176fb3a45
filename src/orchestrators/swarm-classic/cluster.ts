import { Counter, RecordKind } from '../../metrics/log.ts';
import { ExitOutcome } from '../../world/exit-outcome.ts';
import type { OrchestratorContext } from '../orchestrator.ts';
import type { ClusterUser } from './cluster-user.ts';
import { Call, type ContainerRecord } from './container-record.ts';
import type { ContainerRecords } from './container-records.ts';
import type { ContainerRequest } from './container-request.ts';
import { type CreateRequest, CreateQueue } from './create-queue.ts';
import { NO_DEVICE, type DeviceLedger } from './device-ledger.ts';
import type { DiscoveryWatcher } from './discovery.ts';
import { DockerEngines, EngineMessage } from './docker-engines.ts';
import { EngineCalls } from './engine-calls.ts';
import { EngineLinks } from './engine-links.ts';
import type { LocalImages } from './local-images.ts';
import type { NodePicker } from './node-picker.ts';
import type { NodeTable } from './node-table.ts';
import type { SwarmClassicOptions } from './options.ts';
import { Watchdog } from './watchdog.ts';

export interface ClusterParts {
  readonly context: OrchestratorContext;
  readonly options: SwarmClassicOptions;
  readonly manager: number;
  readonly records: ContainerRecords;
  readonly nodes: NodeTable;
  readonly picker: NodePicker;
  readonly requests: readonly (ContainerRequest | null)[];
  readonly ledger: DeviceLedger;
  readonly localImages: LocalImages;
  readonly user: ClusterUser;
}

/** engine-api's ErrConnectionFailed, as the manager passes it on. */
const CANNOT_CONNECT = 'Cannot connect to the Docker daemon. Is the docker daemon running on this host?';
const BROKEN_CONNECTION = 'An error occurred trying to connect: EOF';
const NOT_REPORTED = "Container created but refresh didn't report it back";

/**
 * The manager (docker/classicswarm 1.2.9, cluster/swarm/cluster.go): takes requests, decides one at a time under the scheduler lock, keeps the books of what each engine has, calls engines.
 * It has no memory of its own beyond that cache.
 */
export class Cluster implements DiscoveryWatcher {
  readonly engines: DockerEngines;
  readonly links: EngineLinks;
  readonly #calls: EngineCalls;
  readonly #watchdog: Watchdog;
  readonly #parts: ClusterParts;
  readonly #queue: CreateQueue;
  /** Whether filters tell containers that are being created from others: ids of what is pending are unknown, and so are its ports in host mode. */
  readonly #pendingMatters: boolean;

  constructor(parts: ClusterParts) {
    this.#parts = parts;
    const { context, options, records } = parts;
    const { simulation, processes } = context;
    const endpoint = processes.endpoint[parts.manager]!;
    this.engines = new DockerEngines(context, options, records, endpoint, this, parts.localImages);
    this.#calls = new EngineCalls(context, options, records, parts.nodes, this.engines, endpoint, (record, call, connection) => this.#callFailed(record, call, connection));
    this.links = new EngineLinks(context, options, this.engines, endpoint, this);
    this.#watchdog = new Watchdog(context, records, parts.nodes, this, parts.requests, options.reschedule === 'on-node-failure');
    this.#pendingMatters = parts.requests.some((request) => request !== null && looksAtContainers(request));
    this.#queue = new CreateQueue(simulation, context.log, options.decisionTime, () => this.#decide());
    for (let engine = 0; engine < context.inventory.count; engine++) this.healthChanged(engine);
  }

  /** `POST /containers/create`. */
  create(task: number, attempt: number, shape: number): void {
    this.#enqueue({ task, attempt, shape, retriesLeft: this.#parts.options.createRetry, withImage: false, replaces: undefined });
  }

  /** The watchdog's create, through the same path. The outcome goes to the watchdog. */
  recreate(replaces: ContainerRecord): void {
    this.#enqueue({ task: replaces.task, attempt: replaces.attempt, shape: replaces.shape, retriesLeft: this.#parts.options.createRetry, withImage: false, replaces });
  }

  /** `POST /containers/{id}/start`. */
  start(record: ContainerRecord): void {
    this.#calls.send(record, Call.start);
  }

  /** `DELETE /containers/{id}?force=1`: now, or as soon as the container exists or its engine answers again. */
  remove(record: ContainerRecord): void {
    record.unwanted = true;
    if (record.pending || (record.open & Call.remove) !== 0) return;
    this.#calls.send(record, Call.remove);
  }

  /** The user does not want a container that the cache does not have: the next refresh that finds it removes it. */
  disown(record: ContainerRecord): void {
    record.unwanted = true;
    this.links.wake(record.node);
  }

  /** Waiting requests, the one being decided included. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  entryAdded(engine: number): void {
    this.links.add(engine);
  }

  entryRemoved(engine: number, byOperator: boolean): void {
    const healthy = this.links.health.indicator(engine) > 0;
    if (!this.links.remove(engine)) return;
    const { context, nodes, records } = this.#parts;
    if (healthy && !byOperator) context.log.record(RecordKind.detect, engine);
    nodes.registered[engine] = 0;
    this.healthChanged(engine);
    this.#watchdog.removedFromCluster(engine);
    for (const record of this.#cachedOn(engine)) {
      this.uncache(record);
      records.release(record);
    }
  }

  // What the links to the engines report.

  healthChanged(engine: number): void {
    const { nodes, picker } = this.#parts;
    nodes.health[engine] = this.links.health.indicator(engine);
    picker.touch(engine);
  }

  connected(engine: number): void {
    this.#watchdog.connected(engine);
  }

  disconnected(engine: number): void {
    this.#parts.context.log.record(RecordKind.detect, engine);
    this.#watchdog.disconnected(engine);
  }

  /** The engine's list against the cache. Containers with something under way are left to that. */
  listed(engine: number): void {
    const { nodes, picker, records, user } = this.#parts;
    let unsettled = false;
    if (nodes.registered[engine] === 0) {
      nodes.registered[engine] = 1;
      picker.touch(engine);
    }
    for (const record of this.#cachedOn(engine)) {
      unsettled ||= !settled(record);
      if (record.row < 0 && settled(record)) {
        this.uncache(record);
        records.release(record);
      }
    }
    for (const record of this.engines.list(engine)) {
      unsettled ||= !settled(record);
      if (!settled(record)) continue;
      if (!record.cached) {
        this.#cache(record);
        user.appeared(record);
      }
      if (!record.exited && this.engines.hasExited(record)) this.#learnExit(record, this.engines.outcomeOf(record));
      record.running = this.engines.isRunning(record);
      if (record.unwanted) this.remove(record);
    }
    // What was left to itself now is looked at by the next refresh.
    if (unsettled) this.links.wake(engine);
  }

  // The books.

  /** A container that could not be replaced goes back into its engine's cache, unless a list of the returned engine has put it there meanwhile. */
  putBack(record: ContainerRecord): void {
    if (!record.cached) this.#cache(record);
    this.links.wake(record.node);
  }

  #cache(record: ContainerRecord): void {
    if (record.cached) throw new Error(`container ${record.names[0]} is in the cache already`);
    const { context, nodes, picker, ledger } = this.#parts;
    const request = context.requests[record.shape]!;
    if (request.gpuCount > 0) {
      if (record.gpuMask === 0) {
        record.gpuMask = ledger.take(record.node, request);
        record.gpuCharged = record.gpuMask !== 0;
      } else record.gpuCharged = ledger.takeBack(record.node, record.gpuMask, request);
    }
    record.cached = true;
    nodes.add(record.node, record);
    picker.touch(record.node);
    context.log.record(RecordKind.bind, record.task, record.node);
    this.#calls.listed(record);
  }

  uncache(record: ContainerRecord): void {
    if (!record.cached) return;
    const { context, nodes, picker, ledger } = this.#parts;
    record.cached = false;
    nodes.remove(record.node, record);
    if (record.gpuCharged) ledger.give(record.node, record.gpuMask, context.requests[record.shape]!);
    record.gpuCharged = false;
    picker.touch(record.node);
    context.log.record(RecordKind.release, record.task, record.node);
    this.#calls.unlisted(record);
    // What the engine still has comes back into the cache with the next refresh.
    if (record.row >= 0) this.links.wake(record.node);
  }

  // Create requests: the scheduler lock and what follows.

  #enqueue(request: CreateRequest): void {
    if (request.replaces !== undefined) request.replaces.pins++;
    this.#queue.add(request);
  }

  #decide(): void {
    const { context, options, picker, records, user } = this.#parts;
    const request = this.#queue.next();
    const { log } = context;
    log.count(Counter.decisions);
    log.count(Counter.decisionUs, options.decisionTime);
    const { task, attempt, shape, replaces } = request;
    if (task === context.watchedTask) user.deciding(task, shape);
    const namesake = records.cached(task, attempt);
    const before = picker.scored;
    const node = namesake === undefined ? picker.pick(request.withImage ? withImageAffinity(shape, this.#parts.requests.length) : shape) : -1;
    log.count(Counter.machinesScored, picker.scored - before);
    if (node < 0) {
      const name = namesake?.names[0]!.slice(1);
      this.#createFailed(
        request,
        name !== undefined
          ? `Conflict: The name ${name} is already assigned. You have to delete (or rename) that container to be able to assign ${name} to a container again.`
          : (picker.error?.message ?? NO_DEVICE),
      );
    } else {
      const record = records.add(task, attempt, shape, node);
      record.retriesLeft = request.retriesLeft;
      record.withImage = request.withImage;
      record.byWatchdog = replaces !== undefined;
      record.unwanted = replaces?.unwanted ?? false;
      this.#cache(record);
      this.#calls.send(record, Call.create);
    }
    if (replaces !== undefined) {
      replaces.pins--;
      records.release(replaces);
    }
  }

  /** Retries come without the affinity for the image. */
  #createFailed({ task, attempt, shape, retriesLeft, replaces }: Omit<CreateRequest, 'withImage'>, reason: string): void {
    if (retriesLeft > 0) this.#enqueue({ task, attempt, shape, retriesLeft: retriesLeft - 1, withImage: false, replaces });
    else if (replaces !== undefined) {
      this.#watchdog.createFailed();
      // Its end may have become known while a replacement was expected.
      if (replaces.exited) this.#parts.user.ended(task, attempt, replaces.outcome === ExitOutcome.finished);
    } else this.#parts.user.createFailed(task, attempt, reason);
  }

  /** The create call of a decided request failed: the node is given back, the request may be tried again. */
  #createCallFailed(record: ContainerRecord, reason: string): void {
    this.uncache(record);
    const { task, attempt, shape, retriesLeft } = record;
    const replaces = record.byWatchdog ? this.#watchdog.current : undefined;
    this.#createFailed({ task, attempt, shape, retriesLeft, replaces }, reason);
  }

  /** The engine has no such image, nor has any registry. If some engine has it, one more attempt is made with an affinity for it; that attempt counts as a retry. */
  #imageNotFound(record: ContainerRecord): void {
    const { context, nodes, requests } = this.#parts;
    const { task, attempt, shape, retriesLeft, withImage } = record;
    record.pending = false;
    const name = context.workload.imageNames[context.workload.image[shape]!]!;
    const anywhere = nodes.ids.some((_, node) => nodes.registered[node] === 1 && nodes.images(node).some(({ repoTags }) => repoTags.includes(name)));
    const bound = requests[shape]!.constraints.some((text) => text.startsWith('node==') && !text.startsWith('node==~'));
    if (withImage || bound || !anywhere) {
      this.#createCallFailed(record, `Error: image ${name} not found`);
      return;
    }
    this.uncache(record);
    this.#enqueue({ task, attempt, shape, retriesLeft: Math.max(0, retriesLeft - 1), withImage: true, replaces: record.byWatchdog ? this.#watchdog.current : undefined });
  }

  #created(record: ContainerRecord): void {
    record.pending = false;
    if (this.#pendingMatters) this.#parts.picker.touch(record.node);
    if (!record.cached) {
      // Its engine was removed from the cluster meanwhile.
      record.unwanted = true;
      this.#createCallFailed(record, NOT_REPORTED);
    } else if (record.byWatchdog) {
      this.#watchdog.created(record);
      if (record.unwanted) this.remove(record);
    } else this.#parts.user.created(record);
  }

  // What comes back from engines.

  heard(message: EngineMessage, record: ContainerRecord, outcome: number): void {
    // An error that is not about the connection says nothing of the engine's health (cluster/engine.go, CheckConnectionErr).
    if (message !== EngineMessage.imageNotFound) this.links.callSucceeded(record.node);
    switch (message) {
      case EngineMessage.created:
        if (this.#calls.close(record, Call.create)) this.#created(record);
        break;
      case EngineMessage.imageNotFound:
        if (this.#calls.close(record, Call.create)) this.#imageNotFound(record);
        break;
      case EngineMessage.started:
        record.running = record.cached;
        if (this.#calls.close(record, Call.start) && record.byWatchdog) this.#watchdog.started();
        break;
      case EngineMessage.died:
        if (!record.exited) this.#learnExit(record, outcome);
        break;
      case EngineMessage.removed:
        if (this.#calls.close(record, Call.remove)) {
          this.uncache(record);
          this.#watchdog.removed(record);
          if (this.#calls.close(record, Call.start) && record.byWatchdog) this.#watchdog.started();
        }
        break;
    }
    // The engine has a container that the cache does not: the next refresh will find it.
    if (!record.cached && record.row >= 0) this.links.wake(record.node);
  }

  /**
   * A container has ended. The user waits for it by id as long as its engine answers, whether or not that engine is still in the cluster, but turns to the replacement if
   * there is one that runs or is about to.
   */
  #learnExit(record: ContainerRecord, outcome: number): void {
    record.exited = true;
    record.running = false;
    record.outcome = outcome;
    const { records } = this.#parts;
    const replacement = records.alone(record) ? undefined : records.other(record, (other) => other.cached && (other.running || other.open !== 0));
    if (replacement === undefined && !this.#watchdog.restarts(record)) this.#parts.user.ended(record.task, record.attempt, outcome === ExitOutcome.finished);
  }

  /** @param connection the failure counts as one of connecting */
  #callFailed(record: ContainerRecord, call: number, connection: boolean): void {
    record.pins++;
    if (connection) this.links.callFailed(record.node);
    else this.links.wake(record.node);
    if (call === Call.create) {
      record.pending = false;
      record.unwanted = true;
      this.#createCallFailed(record, connection ? CANNOT_CONNECT : BROKEN_CONNECTION);
    } else if (call === Call.start) {
      if (record.byWatchdog) this.#watchdog.started();
      this.#parts.user.startFailed(record);
    } else this.#watchdog.removed(record);
    record.pins--;
    this.#parts.records.release(record);
  }

  /** Broken invariants of the books, in words. */
  invariants(): string[] {
    const { context, nodes, records } = this.#parts;
    const broken: string[] = [];
    for (let node = 0; node < nodes.count; node++) {
      let cpus = 0;
      let memoryBytes = 0;
      const listed = this.#cachedOn(node);
      for (const record of listed) {
        cpus += record.cpus;
        memoryBytes += record.memoryBytes;
        if (!record.cached || record.node !== node) broken.push(`${nodes.names[node]} lists container ${record.names[0]}, which is not cached there`);
      }
      if (cpus !== nodes.usedCpus[node] || memoryBytes !== nodes.usedMemoryBytes[node] || listed.length !== nodes.containerCount[node]) {
        broken.push(`${nodes.names[node]}: ${listed.length} containers with ${cpus} CPUs and ${memoryBytes} bytes are listed, ${nodes.containerCount[node]} with ${nodes.usedCpus[node]} and ${nodes.usedMemoryBytes[node]} are counted`);
      }
    }
    for (const record of records.all()) {
      if (record.pins < 0 || record.inFlight < 0) broken.push(`container ${record.names[0]} is let go of more often than held`);
      if (record.row >= 0 && context.containers.cookie[record.row] !== record.index) broken.push(`container ${record.names[0]} is not the one on its engine`);
    }
    return broken;
  }

  /** A copy: the caller may change the cache. */
  #cachedOn(engine: number): ContainerRecord[] {
    return [...(this.#parts.nodes.containers(engine) as readonly ContainerRecord[])];
  }
}

/** The request of a shape with the affinity for its image: the second half of the picker's requests. */
export function withImageAffinity(shape: number, shapes: number): number {
  return shapes + shape;
}

function looksAtContainers({ affinities, exposedPorts, links, volumesFrom, networkMode }: ContainerRequest): boolean {
  return affinities.length + exposedPorts.length + links.length + volumesFrom.length > 0 || networkMode.startsWith('container:');
}

/** Nothing about the container is under way, so that list and cache can be compared. */
function settled(record: ContainerRecord): boolean {
  return !record.pending && record.open === 0 && record.inFlight === 0;
}
