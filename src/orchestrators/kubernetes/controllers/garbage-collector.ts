import type { Simulation } from '../../../engine/simulation.ts';
import type { ClientLimit } from '../apiserver/api-limits.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { NO_POD } from '../apiserver/owner-table.ts';
import { TokenBucket } from '../apiserver/token-bucket.ts';

const COMPONENT = 'kubernetes/garbage-collector';

/** Garbage collector (pkg/controller/garbagecollector): background deletion of the pods of an owner that was deleted. */
export class GarbageCollector {
  constructor(simulation: Simulation, api: ApiServer, limit: ClientLimit) {
    const bucket = new TokenBucket(limit.qps, limit.burst);
    const remove = simulation.on(COMPONENT, (pod) => {
      api.deletePod(pod);
      api.pods.drop(pod);
    });
    api.watchers.ownerDeleted = simulation.on(COMPONENT, (owner) => {
      const { owners, pods } = api;
      for (const pod of owners.podsOf(owner)) {
        owners.setPod(owner, pods.task[pod]!, NO_POD);
        pods.hold(pod);
        simulation.at(bucket.reserve(simulation.nowUs) + api.writeUs(), remove, pod);
      }
      owners.drop(owner);
    });
  }
}
