import type { FixedSchedule } from '../../../engine/tick-schedule.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { OwnerKind } from '../apiserver/owner-table.ts';
import type { PodPhase } from '../apiserver/pod-table.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';
import type { PodRecords } from './pod-records.ts';
import type { PodSettings } from './pod-settings.ts';
import { probeOutcome } from './probes.ts';

const COMPONENT = 'kubernetes/kubelet';

export interface StatusParts {
  readonly context: OrchestratorContext;
  readonly api: ApiServer;
  readonly apiEndpoint: number;
  readonly records: PodRecords;
  readonly settings: readonly (PodSettings | null)[];
  /** Network endpoint of a node's kubelet. */
  endpoint(node: number): number;
  relists(node: number): FixedSchedule;
  /** The pod is over and the API server knows. */
  reported(pod: number): void;
  /** A probe has the container killed. */
  probeFailed(pod: number, container: number): void;
}

/** What kubelets tell the API server about pods (pkg/kubelet/status/status_manager.go): patches without a resourceVersion, so that no other writer is in conflict with them. */
export class StatusManager {
  readonly #parts: StatusParts;
  readonly #reportOver: number;
  readonly #probeKill: number;

  constructor(parts: StatusParts) {
    const { context, api, records } = parts;
    this.#parts = parts;
    this.#reportOver = context.simulation.on(COMPONENT, (pod, phase) => {
      api.podOver(pod, phase as PodPhase, records.exitedUs[pod]!);
      parts.reported(pod);
      api.pods.drop(pod);
    });
    this.#probeKill = context.simulation.on(COMPONENT, (pod, container) => {
      parts.probeFailed(pod, container);
      api.pods.drop(pod);
    });
  }

  over(pod: number): void {
    const { context, api, records } = this.#parts;
    api.pods.hold(pod);
    context.simulation.at(this.#storedUs(pod, context.simulation.nowUs), this.#reportOver, pod, records.phaseReported[pod]!);
  }

  /** The start is noticed at the next relist and reported then. */
  running(pod: number): void {
    const { context, api, relists } = this.#parts;
    const relistUs = relists(api.pods.node[pod]!).firstAtOrAfter(context.simulation.nowUs);
    api.podRunning(pod, this.#storedUs(pod, relistUs));
    if (api.owners.kind[api.pods.owner[pod]!] !== OwnerKind.job) this.ready(pod);
  }

  /** Reports the pod as ready once its probes will have said so, and has it killed if they will say that. */
  ready(pod: number): void {
    const { context, api, records, settings, relists } = this.#parts;
    const { simulation } = context;
    const container = records.container[pod]!;
    const { probed } = settings[api.pods.template[pod]!]!;
    const { readyUs, killedUs } = probeOutcome(probed, records.admittedUs[pod]!, context.containers.runningSinceUs[container]!);
    if (killedUs !== Infinity && killedUs >= simulation.nowUs) {
      api.pods.hold(pod);
      simulation.at(killedUs, this.#probeKill, pod, container);
    }
    if (readyUs === Infinity) return;
    const relistUs = relists(api.pods.node[pod]!).firstAtOrAfter(simulation.nowUs);
    api.podReadiness(pod, 1, this.#storedUs(pod, Math.max(relistUs, readyUs)));
  }

  /** A container was started again in place. */
  restarted(pod: number): void {
    const { api, context } = this.#parts;
    if (api.owners.kind[api.pods.owner[pod]!] === OwnerKind.job) api.podRestarted(pod, this.#storedUs(pod, context.simulation.nowUs));
    else this.notReady(pod);
  }

  notReady(pod: number): void {
    this.#parts.api.podReadiness(pod, 0, this.#storedUs(pod, this.#parts.context.simulation.nowUs));
  }

  /** When a write from the pod's node that is sent at a time is stored. */
  #storedUs(pod: number, sentUs: number): number {
    const { context, api, apiEndpoint, endpoint } = this.#parts;
    return api.podStoredUs(pod, RequestKind.reportPod, sentUs + context.network.delayUs(endpoint(api.pods.node[pod]!), apiEndpoint));
  }
}
