import type { Simulation } from '../../../engine/simulation.ts';
import { type Log, RecordKind } from '../../../metrics/log.ts';
import { ApiClient } from '../apiserver/api-client.ts';
import type { ClientLimit } from '../apiserver/api-limits.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';

const COMPONENT = 'kubernetes/taint-eviction';

/**
 * Taint eviction controller (pkg/controller/tainteviction, v1.35): deletes the pods of a node tainted NoExecute when their toleration is over. A pod has
 * the toleration that the DefaultTolerationSeconds admission plugin adds unless it says otherwise; one that tolerates for ever stays. If the taint goes first, nothing happens.
 */
export class TaintEviction {
  readonly #simulation: Simulation;
  readonly #log: Log;
  readonly #api: ApiServer;
  readonly #requests: ApiClient;
  readonly #tolerationUs: (template: number) => number;
  readonly #fire: number;
  readonly #delete: number;
  /** Counts taintings and untaintings per node: timers of an earlier one are void. */
  readonly #epoch: Int32Array;

  /** @param tolerationUs how long a template's pods tolerate that their node does not answer, microseconds; `Infinity` = for ever */
  constructor(simulation: Simulation, log: Log, api: ApiServer, tolerationUs: (template: number) => number, limit: ClientLimit) {
    this.#simulation = simulation;
    this.#log = log;
    this.#api = api;
    this.#tolerationUs = tolerationUs;
    this.#requests = new ApiClient(simulation, api, limit);
    this.#epoch = new Int32Array(api.nodes.count);
    this.#fire = simulation.on(COMPONENT, (pod, epoch) => this.#evict(pod, epoch));
    this.#delete = simulation.on(COMPONENT, (pod) => {
      const { pods } = this.#api;
      const node = pods.node[pod]!;
      if (pods.alive[pod] === 1 && pods.deleting[pod] === 0) {
        this.#log.record(RecordKind.evict, pods.task[pod]!, node);
        this.#api.deletePod(pod);
      }
      pods.drop(pod);
    });
    api.watchers.evictionNodeChanged = simulation.on(COMPONENT, (node) => {
      this.#epoch[node]!++;
      if (this.#api.nodes.unreachableNoExecute[node] === 1) for (const pod of this.#api.pods.on(node)) this.#schedule(pod);
    });
    api.watchers.evictionPodBound = simulation.on(COMPONENT, (pod) => {
      const { pods, nodes } = this.#api;
      if (pods.alive[pod] === 1 && nodes.unreachableNoExecute[pods.node[pod]!] === 1) this.#schedule(pod);
      pods.drop(pod);
    });
  }

  #schedule(pod: number): void {
    const { pods } = this.#api;
    const tolerationUs = this.#tolerationUs(pods.template[pod]!);
    if (pods.deleting[pod] === 1 || tolerationUs === Infinity) return;
    pods.hold(pod);
    this.#simulation.after(tolerationUs, this.#fire, pod, this.#epoch[pods.node[pod]!]!);
  }

  /** addConditionAndDeletePod: one write for the condition DisruptionTarget, one for the deletion. */
  #evict(pod: number, epoch: number): void {
    const { pods } = this.#api;
    if (pods.alive[pod] === 1 && pods.deleting[pod] === 0 && epoch === this.#epoch[pods.node[pod]!]) {
      const patchedUs = this.#requests.pod(pod, RequestKind.podCondition);
      this.#api.written();
      pods.hold(pod);
      this.#simulation.at(this.#api.podStoredUs(pod, RequestKind.deletePod, Math.max(patchedUs, this.#requests.sentUs())), this.#delete, pod);
    }
    pods.drop(pod);
  }
}
