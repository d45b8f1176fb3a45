import type { SequentialRandom } from '../../engine/random/sequential-random.ts';
import { RecordKind } from '../../metrics/log.ts';
import type { OrchestratorContext } from '../orchestrator.ts';
import type { ContainerRecord } from './container-record.ts';
import type { ContainerRecords } from './container-records.ts';
import type { ContainerRequest } from './container-request.ts';
import type { NodeTable } from './node-table.ts';

/** What the watchdog does through the manager. */
export interface WatchdogCluster {
  recreate(replaces: ContainerRecord): void;
  start(record: ContainerRecord): void;
  remove(record: ContainerRecord): void;
  putBack(record: ContainerRecord): void;
  uncache(record: ContainerRecord): void;
}

/** One engine as the manager knew it; when its discovery entry comes back it is a new one. */
class EngineObject {
  /** Containers left in its cache once it was removed from the cluster; `undefined` = it is in the cluster. */
  left: Set<ContainerRecord> | undefined = undefined;
  readonly engine: number;

  constructor(engine: number) {
    this.engine = engine;
  }
}

interface Job {
  readonly kind: 'reschedule' | 'duplicates';
  readonly engine: EngineObject;
  /** The last job that looks at the containers of a removed engine. */
  readonly last: boolean;
}

/**
 * Reschedules containers of failed engines and removes duplicates when engines return (docker/classicswarm 1.2.9, cluster/watchdog.go): one container after the other under
 * one lock, through the whole create path. What cannot be placed is put back and not tried again before the engine disconnects once more.
 */
export class Watchdog {
  readonly #context: OrchestratorContext;
  readonly #records: ContainerRecords;
  readonly #nodes: NodeTable;
  readonly #cluster: WatchdogCluster;
  /** Policy of containers that say nothing of it. */
  readonly #reschedules: boolean;
  /** Whether any container may be rescheduled. */
  readonly #watches: boolean;
  readonly #random: SequentialRandom;
  readonly #objects = new Map<number, EngineObject>();
  readonly #jobs: Job[] = [];
  /** Containers of the job in hand that are still to do; each is pinned. */
  #todo: ContainerRecord[] = [];
  #job: Job | undefined;
  #current: ContainerRecord | undefined;
  #currentRan = false;

  constructor(context: OrchestratorContext, records: ContainerRecords, nodes: NodeTable, cluster: WatchdogCluster, requests: readonly (ContainerRequest | null)[], reschedules: boolean) {
    this.#context = context;
    this.#records = records;
    this.#nodes = nodes;
    this.#cluster = cluster;
    this.#reschedules = reschedules;
    this.#watches = requests.some((request) => request !== null && this.#mayMove(request));
    this.#random = context.stream('watchdog');
  }

  /** The container being rescheduled right now. */
  get current(): ContainerRecord | undefined {
    return this.#job?.kind === 'reschedule' ? this.#current : undefined;
  }

  /** Whether a replacement of the container (or of one with the same swarm id) is being created that will be started. */
  restarts(record: ContainerRecord): boolean {
    const { current } = this;
    return current !== undefined && this.#currentRan && current.task === record.task && current.attempt === record.attempt;
  }

  /** Event `engine_disconnect`: the engine became unhealthy. */
  disconnected(engine: number): void {
    if (this.#watches) this.#add({ kind: 'reschedule', engine: this.#objectOf(engine), last: false });
  }

  /** Event `engine_disconnect`: the engine is being removed from the cluster; called while its containers are still in the cache. */
  removedFromCluster(engine: number): void {
    const object = this.#objectOf(engine);
    this.#objects.delete(engine);
    if (!this.#watches) return;
    object.left = new Set(this.#containers(engine));
    for (const record of object.left) record.pins++;
    this.#add({ kind: 'reschedule', engine: object, last: true });
  }

  /** Events `engine_connect` and `engine_reconnect`. */
  connected(engine: number): void {
    this.#add({ kind: 'duplicates', engine: this.#objectOf(engine), last: false });
  }

  createFailed(): void {
    const record = this.#current!;
    const { left } = this.#job!.engine;
    if (left === undefined) this.#cluster.putBack(record);
    else this.#leave(left, record);
    this.#next();
  }

  created(replacement: ContainerRecord): void {
    if (this.#currentRan && !replacement.unwanted) this.#cluster.start(replacement);
    else this.#next();
  }

  /** The replacement was started, or could not be. */
  started(): void {
    this.#next();
  }

  /** A container was removed, or could not be. */
  removed(record: ContainerRecord): void {
    if (this.#job?.kind === 'duplicates' && this.#current === record) this.#next();
  }

  /** Invariant: nobody waits for nothing. */
  get idle(): boolean {
    return this.#job === undefined && this.#jobs.length === 0;
  }

  #objectOf(engine: number): EngineObject {
    let object = this.#objects.get(engine);
    if (object === undefined) this.#objects.set(engine, (object = new EngineObject(engine)));
    return object;
  }

  #containers(engine: number): ContainerRecord[] {
    return (this.#nodes.containers(engine) as readonly ContainerRecord[]).filter((record) => !record.pending);
  }

  #add(job: Job): void {
    this.#jobs.push(job);
    if (this.#job === undefined) this.#nextJob();
  }

  #nextJob(): void {
    const job = this.#jobs.shift();
    this.#job = job;
    if (job === undefined) return;
    const { engine, left } = job.engine;
    this.#todo = left !== undefined ? [...left] : this.#containers(engine);
    // A hash map of the real manager: no order in particular.
    this.#shuffle(this.#todo);
    for (const record of this.#todo) record.pins++;
    this.#next();
  }

  #shuffle(records: ContainerRecord[]): void {
    for (let i = records.length - 1; i > 0; i--) {
      const j = this.#random.below(i + 1);
      const record = records[i]!;
      records[i] = records[j]!;
      records[j] = record;
    }
  }

  #next(): void {
    const before = this.#current;
    this.#current = undefined;
    if (before !== undefined) this.#unpin(before);
    const job = this.#job!;
    for (;;) {
      const record = this.#todo.pop();
      if (record === undefined) break;
      this.#current = record;
      if (job.kind === 'reschedule' ? this.#reschedule(job.engine, record) : this.#removeDuplicate(job.engine, record)) return;
      this.#current = undefined;
      this.#unpin(record);
    }
    if (job.last) {
      for (const record of job.engine.left!) this.#unpin(record);
      job.engine.left!.clear();
    }
    this.#nextJob();
  }

  #mayMove({ reschedule }: ContainerRequest): boolean {
    return reschedule?.[0] === undefined ? this.#reschedules : reschedule[0] === 'on-node-failure';
  }

  /** False if there is nothing to do for the container. */
  #reschedule(engine: EngineObject, record: ContainerRecord): boolean {
    if (!this.#mayMove(record.request)) return false;
    const { log } = this.#context;
    const { left } = engine;
    if (left === undefined ? !record.cached : !left.has(record)) return false;
    this.#currentRan = record.running;
    if (record.running) log.record(RecordKind.evict, record.task, record.node);
    if (left === undefined) this.#cluster.uncache(record);
    else {
      left.delete(record);
      record.pins--;
    }
    if (record.running) log.record(RecordKind.decide, record.task);
    this.#cluster.recreate(record);
    return true;
  }

  #removeDuplicate({ engine, left }: EngineObject, record: ContainerRecord): boolean {
    if (left !== undefined || !record.cached || (record.unwanted && record.open !== 0)) return false;
    if (this.#records.other(record, (other) => other.cached && !other.pending && other.node !== engine) === undefined) return false;
    this.#cluster.remove(record);
    return true;
  }

  #leave(left: Set<ContainerRecord>, record: ContainerRecord): void {
    left.add(record);
    record.pins++;
  }

  #unpin(record: ContainerRecord): void {
    record.pins--;
    this.#records.release(record);
  }
}
