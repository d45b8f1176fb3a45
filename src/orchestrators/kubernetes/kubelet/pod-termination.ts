import { RecordKind } from '../../../metrics/log.ts';
import { ContainerState } from '../../../world/container-state.ts';
import { ExitOutcome } from '../../../world/exit-outcome.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { PodPhase } from '../apiserver/pod-table.ts';
import type { ExitedPods } from './exited-pods.ts';
import { type PodRecords, Stage } from './pod-records.ts';
import type { PodSettings } from './pod-settings.ts';

const COMPONENT = 'kubernetes/kubelet';
/** immediateEvictionGracePeriodSeconds (pkg/kubelet/eviction/eviction_manager.go, v1.35). */
const HARD_EVICTION_GRACE_US = 1_000_000;

export interface TerminationParts {
  readonly context: OrchestratorContext;
  readonly api: ApiServer;
  readonly records: PodRecords;
  readonly settings: readonly (PodSettings | null)[];
  readonly exited: ExitedPods;
  /** The pod holds nothing on its node any more. */
  giveBack(pod: number, node: number): void;
  /** Says that the pod is over, as soon as that can be said. */
  report(pod: number): void;
}

/** How pods come to their end on their nodes: deleted, evicted, or over by themselves (pkg/kubelet/pod_workers.go). */
export class PodTermination {
  readonly #parts: TerminationParts;
  readonly #graceOver: number;

  constructor(parts: TerminationParts) {
    const { context, api, records } = parts;
    this.#parts = parts;
    this.#graceOver = context.simulation.on(COMPONENT, (pod, container) => {
      if (records.stage[pod] === Stage.terminating && records.container[pod] === container) this.#stop(pod);
      api.pods.drop(pod);
    });
  }

  /** Ends a pod that has a deletionTimestamp: its container has its time, then its object may go. */
  terminate(pod: number): void {
    const { context, api, records, settings } = this.#parts;
    const stage = records.stage[pod]!;
    if (stage === Stage.unknown) {
      api.pods.hold(pod);
      records.lostContainer[pod] = 0;
      records.exitedUs[pod] = context.simulation.nowUs;
    } else if (stage === Stage.waitsForRestart) context.simulation.cancel(records.restartTimer[pod]!);
    else if (stage === Stage.terminating) return;
    else if (records.container[pod]! >= 0) {
      this.#stopWithin(pod, settings[api.pods.template[pod]!]!.stopUs);
      return;
    }
    this.over(pod, PodPhase.failed);
  }

  /** The kubelet ends the pod for good, within a second; its controller replaces it. Returns when its container will be gone. */
  evict(pod: number): number {
    const { context, api, settings } = this.#parts;
    const graceUs = Math.min(settings[api.pods.template[pod]!]!.stopUs, HARD_EVICTION_GRACE_US);
    context.log.record(RecordKind.evict, api.pods.task[pod]!, api.pods.node[pod]!);
    this.#stopWithin(pod, graceUs);
    return context.simulation.nowUs + graceUs;
  }

  /** The pod is over as far as the kubelet is concerned; what is left is to say so. */
  over(pod: number, phase: PodPhase): void {
    const { api, records, giveBack, report } = this.#parts;
    giveBack(pod, api.pods.node[pod]!);
    records.stage[pod] = Stage.reported;
    records.phaseReported[pod] = phase;
    report(pod);
  }

  /** SIGTERM: the container that runs obeys in its own time. */
  #stopWithin(pod: number, graceUs: number): void {
    const { context, api, records } = this.#parts;
    const container = records.container[pod]!;
    if (graceUs === 0 || context.containers.state[container] === ContainerState.exited) {
      this.#stop(pod);
      return;
    }
    records.stage[pod] = Stage.terminating;
    api.pods.hold(pod);
    context.simulation.after(graceUs, this.#graceOver, pod, container);
  }

  /** The grace period is over, or not needed: the container goes. */
  #stop(pod: number): void {
    const { context, api, records, exited } = this.#parts;
    const container = records.container[pod]!;
    if (container >= 0) {
      if (context.containers.state[container] !== ContainerState.exited) context.containers.stop(container);
      context.containers.remove(container);
      records.container[pod] = -1;
      exited.remove(api.pods.node[pod]!, pod);
    }
    this.over(pod, records.outcome[pod] === ExitOutcome.finished ? PodPhase.succeeded : PodPhase.failed);
  }
}
