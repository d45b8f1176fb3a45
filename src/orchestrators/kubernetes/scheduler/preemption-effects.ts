import type { Simulation } from '../../../engine/simulation.ts';
import { type Log, RecordKind } from '../../../metrics/log.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';
import type { TokenBucket } from '../apiserver/token-bucket.ts';
import type { BindingCycle } from './binding-cycle.ts';
import type { NodeChoice } from './node-choice.ts';
import type { Nominations } from './nominations.ts';
import type { PodSpec } from './pod-spec.ts';
import type { PreemptionPlan, Preemptor } from './preemptor.ts';
import type { SchedulerCache } from './scheduler-cache.ts';
import type { WaitingPods } from './waiting-pods.ts';

export interface PreemptionParts {
  readonly simulation: Simulation;
  readonly component: string;
  readonly log: Log;
  readonly api: ApiServer;
  readonly templates: readonly (PodSpec | null)[];
  readonly bucket: TokenBucket;
  readonly cache: SchedulerCache;
  readonly nominations: Nominations;
  readonly choice: NodeChoice;
  readonly preemptor: Preemptor;
  readonly waiting: WaitingPods;
  readonly binding: BindingCycle;
  machineOfPod(pod: number): number;
}

/** What preemption does once it is decided (framework/preemption/preemption.go prepareCandidate, v1.35.4): nominations, and victims that are told to go. */
export class PreemptionEffects {
  readonly #parts: PreemptionParts;
  readonly #victim: number;

  constructor(parts: PreemptionParts) {
    this.#parts = parts;
    this.#victim = parts.simulation.on(parts.component, (pod) => this.#deleteVictim(pod));
  }

  /** Nominates the node and tells the victims to go; the API calls are made beside the next cycles (asynchronous preemption, since v1.33). */
  carryOut(pod: number, plan: PreemptionPlan): void {
    const { api, simulation, bucket, cache, nominations, choice, preemptor, binding } = this.#parts;
    const { pods } = cache;
    if (plan.notEligible) return;
    if (plan.row < 0) {
      this.clearNomination(pod);
      return;
    }
    const spec = this.#spec(pod);
    for (const other of nominations.on(plan.row)) if (this.#spec(other).priority < spec.priority) this.clearNomination(other);
    this.clearNomination(pod);
    nominations.nominate(pod, plan.row, spec.podAntiAffinity.required.length > 0, choice.devicesWithout(pod, plan.row, plan.victims));
    choice.touch(plan.row);
    bucket.reserve(simulation.nowUs);
    api.written();
    for (const victim of plan.victims) {
      if (!pods.isPlaced(victim)) continue;
      preemptor.leaves(victim);
      if (binding.isWaiting(victim)) {
        binding.reject(victim);
        continue;
      }
      // The condition DisruptionTarget first, then the deletion.
      bucket.reserve(simulation.nowUs);
      api.written();
      api.pods.hold(victim);
      simulation.at(api.podStoredUs(victim, RequestKind.preemptPod, bucket.reserve(simulation.nowUs)), this.#victim, victim);
    }
  }

  /** The pod no longer waits for the node that it was nominated for, if any: others may have it. */
  clearNomination(pod: number): void {
    const { nominations, choice, waiting } = this.#parts;
    const row = nominations.rowOf(pod);
    if (row < 0) return;
    nominations.clear(pod);
    choice.touch(row);
    waiting.nodeImproved(row, null);
  }

  #deleteVictim(pod: number): void {
    const { api, log, machineOfPod } = this.#parts;
    const { pods } = api;
    if (pods.alive[pod] === 1 && pods.deleting[pod] === 0) {
      log.record(RecordKind.preempt, pods.task[pod]!, machineOfPod(pod));
      api.deletePod(pod);
    }
    pods.drop(pod);
  }

  #spec(pod: number): PodSpec {
    return this.#parts.templates[this.#parts.api.pods.template[pod]!]!;
  }
}
