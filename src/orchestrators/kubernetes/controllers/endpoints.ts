import type { Simulation } from '../../../engine/simulation.ts';
import { type Log, RecordKind } from '../../../metrics/log.ts';
import { ApiClient } from '../apiserver/api-client.ts';
import type { ClientLimit } from '../apiserver/api-limits.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';

export interface EndpointsOptions {
  /** Shortest time between two syncs of kube-proxy's rules, microseconds. */
  readonly proxyMinSyncUs: number;
}

/** kube-proxy iptables.minSyncPeriod 1 s (pkg/proxy/apis/config/v1alpha1/defaults.go, v1.35). */
export const DEFAULT_ENDPOINTS: EndpointsOptions = { proxyMinSyncUs: 1_000_000 };

const COMPONENT = 'kubernetes/endpointslice-controller';

/**
 * EndpointSlice controller (pkg/controller/endpointslice) and kube-proxy: which pods clients of a service are sent to. A pod that becomes ready, or ceases to be, reaches
 * the controller by its watch; one write per service carries all changes heard before it goes out; kube-proxy hears of the slice and changes its rules at once, or a
 * second after the last time it did.
 *
 * Every service job has a Service in front of it, and one kube-proxy stands for those of all nodes.
 */
export class Endpoints {
  readonly #api: ApiServer;
  readonly #simulation: Simulation;
  readonly #options: EndpointsOptions;
  readonly #requests: ApiClient;
  readonly #apply: number;
  /** Per service (the first task of its owner): when the write that is being waited for goes out, and when it is stored. */
  readonly #writes = new Map<number, { readonly sentUs: number; readonly storedUs: number }>();
  #syncUs = -Infinity;

  constructor(simulation: Simulation, log: Log, api: ApiServer, options: EndpointsOptions, limit: ClientLimit) {
    this.#api = api;
    this.#simulation = simulation;
    this.#options = options;
    this.#requests = new ApiClient(simulation, api, limit);
    this.#apply = simulation.on(COMPONENT, (pod, ready) => {
      const { pods } = api;
      if (pods.routed[pod] !== ready) {
        pods.routed[pod] = ready;
        log.record(ready === 1 ? RecordKind.route : RecordKind.unroute, pods.task[pod]!, pods.node[pod]!);
      }
      pods.drop(pod);
    });
    api.readinessListeners.push((pod) => this.#changed(pod));
  }

  #changed(pod: number): void {
    const { pods, owners } = this.#api;
    if (pods.node[pod]! < 0) return;
    const storedUs = this.#write(owners.firstTask[pods.owner[pod]!]!, pod);
    const heardUs = storedUs + this.#api.podWatchUs(pod);
    if (heardUs > this.#syncUs) this.#syncUs = Math.max(heardUs, this.#syncUs + this.#options.proxyMinSyncUs);
    pods.hold(pod);
    this.#simulation.at(this.#syncUs, this.#apply, pod, pods.ready[pod]!);
  }

  /** When the slice that holds what is known now is stored. */
  #write(service: number, pod: number): number {
    const heardUs = this.#api.controllersHearOfPodUs(pod);
    const waiting = this.#writes.get(service);
    if (waiting !== undefined && waiting.sentUs >= heardUs) return waiting.storedUs;
    const sentUs = this.#requests.sentUs(heardUs);
    const storedUs = this.#api.podStoredUs(pod, RequestKind.endpoints, sentUs);
    this.#api.written();
    this.#writes.set(service, { sentUs, storedUs });
    return storedUs;
  }
}
