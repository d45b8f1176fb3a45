import type { Simulation } from '../../../engine/simulation.ts';
import { ApiClient } from '../apiserver/api-client.ts';
import type { ClientLimit } from '../apiserver/api-limits.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { NO_POD } from '../apiserver/owner-table.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';

const COMPONENT = 'kubernetes/garbage-collector';

/** Garbage collector (pkg/controller/garbagecollector): background deletion of the pods of an owner that was deleted. */
export class GarbageCollector {
  constructor(simulation: Simulation, api: ApiServer, limit: ClientLimit) {
    const requests = new ApiClient(simulation, api, limit);
    const remove = simulation.on(COMPONENT, (pod) => {
      api.deletePod(pod);
      api.pods.drop(pod);
    });
    api.watchers.ownerDeleted = simulation.on(COMPONENT, (owner) => {
      const { owners, pods } = api;
      for (const pod of owners.podsOf(owner)) {
        owners.setPod(owner, pods.task[pod]!, NO_POD);
        pods.hold(pod);
        simulation.at(requests.pod(pod, RequestKind.deletePod), remove, pod);
      }
      owners.drop(owner);
    });
  }
}
