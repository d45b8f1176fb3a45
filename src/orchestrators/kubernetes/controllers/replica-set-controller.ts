import type { Simulation } from '../../../engine/simulation.ts';
import type { Log } from '../../../metrics/log.ts';
import type { ClientLimit } from '../apiserver/api-limits.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { OwnerKind, OwnerState } from '../apiserver/owner-table.ts';
import { TokenBucket } from '../apiserver/token-bucket.ts';
import { PodCreation } from './pod-creation.ts';

const COMPONENT = 'kubernetes/replicaset-controller';

/**
 * ReplicaSet controller (pkg/controller/replicaset/replica_set.go): keeps as many active pods as replicas. A pod with a deletionTimestamp is not active: its
 * replacement is created at once, before the old one is gone.
 */
export class ReplicaSetController {
  readonly #api: ApiServer;
  readonly #creation: PodCreation;

  constructor(simulation: Simulation, log: Log, api: ApiServer, limit: ClientLimit) {
    this.#api = api;
    this.#creation = new PodCreation(simulation, COMPONENT, log, api, new TokenBucket(limit.qps, limit.burst), (owner) => this.#creation.begin(owner));
    const { watchers, owners, pods } = api;
    watchers.ownerAdded[OwnerKind.replicaSet] = simulation.on(COMPONENT, (owner) => {
      if (owners.state[owner] === OwnerState.active) this.#creation.begin(owner);
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

  #inactive(pod: number): void {
    const { pods, owners } = this.#api;
    const owner = pods.owner[pod]!;
    const task = pods.task[pod]!;
    if (pods.counted[pod] === 1) return;
    pods.counted[pod] = 1;
    if (owners.state[owner] !== OwnerState.active || owners.podOf[task] !== pod) return;
    owners.podOf[task] = -1;
    owners.lose(owner, task);
    this.#creation.begin(owner);
  }
}
