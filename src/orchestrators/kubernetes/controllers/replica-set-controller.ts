import type { Simulation } from '../../../engine/simulation.ts';
import type { Log } from '../../../metrics/log.ts';
import { ApiClient } from '../apiserver/api-client.ts';
import type { ClientLimit } from '../apiserver/api-limits.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { NO_POD, OwnerKind, OwnerState } from '../apiserver/owner-table.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';
import { PodCreation } from './pod-creation.ts';
import { podsToDelete } from './pods-to-delete.ts';

const COMPONENT = 'kubernetes/replicaset-controller';
/** BurstReplicas. */
const MOST_PER_SYNC = 500;

/**
 * ReplicaSet controller (pkg/controller/replicaset/replica_set.go): keeps as many active pods as replicas. A pod with a deletionTimestamp is not active: its
 * replacement is created at once, before the old one is gone. The ReplicationController is the same code under another name.
 */
export class ReplicaSetController {
  readonly #simulation: Simulation;
  readonly #api: ApiServer;
  readonly #creation: PodCreation;
  readonly #requests: ApiClient;
  readonly #delete: number;

  constructor(simulation: Simulation, log: Log, api: ApiServer, limit: ClientLimit) {
    this.#simulation = simulation;
    this.#api = api;
    this.#requests = new ApiClient(simulation, api, limit);
    this.#creation = new PodCreation(simulation, COMPONENT, log, api, this.#requests, (owner) => this.sync(owner));
    this.#delete = simulation.on(COMPONENT, (pod) => {
      api.deletePod(pod);
      api.pods.drop(pod);
    });
    const { watchers, owners, pods } = api;
    watchers.ownerAdded[OwnerKind.replicaSet] = simulation.on(COMPONENT, (owner) => {
      if (owners.state[owner] === OwnerState.active) this.sync(owner);
      owners.drop(owner);
    });
    watchers.podDeleting[OwnerKind.replicaSet] = simulation.on(COMPONENT, (pod) => {
      this.#inactive(pod);
      owners.drop(pods.owner[pod]!);
      pods.drop(pod);
    });
    watchers.podGone[OwnerKind.replicaSet] = simulation.on(COMPONENT, (pod) => {
      const owner = pods.owner[pod]!;
      this.#inactive(pod);
      // Once for this event, once for the pod.
      owners.drop(owner);
      owners.drop(owner);
      pods.drop(pod);
    });
  }

  /** Creates what is missing, or deletes what is too much, as far as one sync may. */
  sync(owner: number): void {
    const { owners } = this.#api;
    if (owners.state[owner] !== OwnerState.active) return;
    const surplus = owners.surplus(owner);
    this.#creation.begin(owner);
    if (surplus <= 0) return;
    const { pods } = this.#api;
    for (const pod of podsToDelete(this.#api, owner, Math.min(MOST_PER_SYNC, surplus), this.#simulation.nowUs)) {
      pods.counted[pod] = 1;
      this.#leave(owner, pod);
      pods.hold(pod);
      this.#simulation.at(this.#requests.pod(pod, RequestKind.deletePod), this.#delete, pod);
    }
    // Those of tasks that are not wanted any more go even if the set is to shrink by fewer: others come instead.
    this.#creation.begin(owner);
  }

  #inactive(pod: number): void {
    const { pods, owners } = this.#api;
    const owner = pods.owner[pod]!;
    const task = pods.task[pod]!;
    if (pods.counted[pod] === 1) return;
    pods.counted[pod] = 1;
    if (owners.state[owner] !== OwnerState.active) return;
    if (owners.managedSlots(owner) !== undefined) {
      this.#leave(owner, pod);
      this.sync(owner);
      return;
    }
    if (owners.podOf[task] !== pod) return;
    owners.podOf[task] = -1;
    owners.lose(owner, task);
    this.#creation.begin(owner);
  }

  /** The pod's slot is free. */
  #leave(owner: number, pod: number): void {
    const { owners, pods } = this.#api;
    const slots = owners.managedSlots(owner)!;
    const task = pods.task[pod]!;
    const at = task - owners.firstTask[owner]!;
    if (slots.pod[at] !== pod) return;
    slots.pod[at] = NO_POD;
    slots.filled--;
    if (owners.podOf[task] === pod) owners.podOf[task] = -1;
  }
}
