import type { Simulation } from '../../../engine/simulation.ts';
import type { Log } from '../../../metrics/log.ts';
import { RecordKind } from '../../../metrics/log.ts';
import type { ApiClient } from '../apiserver/api-client.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { OwnerState, TaskProgress } from '../apiserver/owner-table.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';
import { retryDelayUs } from './work-queue-delay.ts';

/** Most pods created in one sync: BurstReplicas of the ReplicaSet controller, MaxPodCreateDeletePerSync of the Job controller: both 500. */
const MOST_PER_SYNC = 500;

/**
 * Creation of an owner's missing pods in slow-start batches of 1, 2, 4, 8... (slowStartBatch in pkg/controller/replicaset/replica_set.go, which the Job controller
 * has too): the requests of a batch go out together, the next batch when all are answered. After a sync the controller waits until its informer
 * shows what it created (expectations).
 */
export class PodCreation {
  readonly #simulation: Simulation;
  readonly #log: Log;
  readonly #api: ApiServer;
  readonly #requests: ApiClient;
  readonly #batch: number;
  readonly #create: number;
  readonly #resume: number;
  readonly #sync: (owner: number) => void;
  /** Refusals by quota in a row, per owner. */
  readonly #forbiddenTimes = new Map<number, number>();

  /** @param sync called when an owner that asked for pods while others were under way may ask again */
  constructor(simulation: Simulation, component: string, log: Log, api: ApiServer, requests: ApiClient, sync: (owner: number) => void) {
    this.#simulation = simulation;
    this.#log = log;
    this.#api = api;
    this.#requests = requests;
    this.#sync = sync;
    this.#batch = simulation.on(component, (owner, size, left) => {
      this.#startBatch(owner, size, left);
      this.#api.owners.drop(owner);
    });
    this.#create = simulation.on(component, (owner, task) => this.#write(owner, task));
    this.#resume = simulation.on(component, (owner) => {
      const { owners } = this.#api;
      owners.waiting[owner] = 0;
      if (owners.state[owner] === OwnerState.active) this.#sync(owner);
      owners.drop(owner);
    });
  }

  /** Creates what is missing, or does so as soon as earlier creations are seen. */
  begin(owner: number): void {
    const { owners } = this.#api;
    const missing = owners.missing(owner);
    if (missing === 0) return;
    if (this.#simulation.nowUs < owners.creatingUntilUs[owner]!) {
      this.resumeAt(owner, owners.creatingUntilUs[owner]!);
      return;
    }
    this.#startBatch(owner, 1, Math.min(missing, MOST_PER_SYNC));
  }

  /** Has the owner synced at a later time, once; never while batches run, since what is missing then is looked at behind the last one. */
  resumeAt(owner: number, timeUs: number): void {
    const { owners } = this.#api;
    if (owners.waiting[owner] === 1 || timeUs === Infinity) return;
    owners.waiting[owner] = 1;
    owners.hold(owner);
    this.#simulation.at(timeUs, this.#resume, owner);
  }

  #startBatch(owner: number, size: number, left: number): void {
    const { owners } = this.#api;
    if (owners.state[owner] !== OwnerState.active) return;
    let answeredUs = this.#simulation.nowUs;
    let created = 0;
    while (created < size && created < left) {
      const task = owners.takeMissing(owner);
      if (task < 0) break;
      // The pod that was given up has come to a good end after all.
      if (owners.progress[task] === TaskProgress.succeeded) continue;
      created++;
      const writtenUs = this.#requests.task(task, RequestKind.createPod);
      answeredUs = Math.max(answeredUs, writtenUs);
      owners.hold(owner);
      this.#simulation.at(writtenUs, this.#create, owner, task);
    }
    const rest = left - created;
    if (created === size && rest > 0) {
      owners.creatingUntilUs[owner] = Infinity;
      owners.hold(owner);
      this.#simulation.at(answeredUs, this.#batch, owner, size * 2, rest);
      return;
    }
    owners.creatingUntilUs[owner] = answeredUs + WATCHED_WITHIN_US;
    if (owners.missing(owner) > 0) this.resumeAt(owner, owners.creatingUntilUs[owner]!);
  }

  /** A quota forbids the pod: the owner's key comes back later. */
  #forbidden(owner: number, task: number): void {
    const { owners } = this.#api;
    owners.giveUp(owner, task);
    const times = this.#forbiddenTimes.get(owner) ?? 0;
    if (owners.waiting[owner] === 1) return;
    this.#forbiddenTimes.set(owner, times + 1);
    this.resumeAt(owner, Math.max(this.#simulation.nowUs + retryDelayUs(times), owners.creatingUntilUs[owner] === Infinity ? 0 : owners.creatingUntilUs[owner]!));
  }

  #write(owner: number, task: number): void {
    const { owners } = this.#api;
    if (owners.state[owner] === OwnerState.active && owners.progress[task] !== TaskProgress.succeeded) {
      const again = owners.progress[task] === TaskProgress.hadPod;
      if (this.#api.createPod(owner, task) < 0) this.#forbidden(owner, task);
      else {
        if (again) this.#log.record(RecordKind.decide, task);
        owners.progress[task] = TaskProgress.hadPod;
        this.#forbiddenTimes.delete(owner);
        // Scaled down while the creation was under way.
        if (owners.surplus(owner) > 0) this.resumeAt(owner, this.#simulation.nowUs + WATCHED_WITHIN_US);
      }
    }
    owners.drop(owner);
  }
}

/** Own creations are taken as seen after the longest watch delay of the default profile (client-go informer, see DEFAULT_API_TIMES). */
const WATCHED_WITHIN_US = 20_000;
