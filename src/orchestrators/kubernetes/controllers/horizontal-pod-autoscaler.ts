import { Loop } from '../../../engine/loop.ts';
import type { Simulation } from '../../../engine/simulation.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import type { AutoscalerSettings } from './autoscaler-settings.ts';
import { type PodMetrics, policyLimit, replicasFor, type ScaleEvent } from './replica-recommendation.ts';

const COMPONENT = 'kubernetes/horizontal-pod-autoscaler';
const SECOND_US = 1_000_000;
/** --horizontal-pod-autoscaler-sync-period 15 s; metrics-server --metric-resolution 15 s, which is also the window of a sample. */
const PERIOD_US = 15 * SECOND_US;

/** What the autoscaler of one service asks of its surroundings. */
export interface ScaledService {
  /** `spec.replicas` now. */
  replicas(): number;
  /** Pods that are active now. */
  pods(): readonly number[];
  /** Writes another `spec.replicas`. */
  scale(replicas: number): void;
}

/**
 * Horizontal pod autoscaler (pkg/controller/podautoscaler/horizontal.go, v1.35) on CPU. Every 15 s it compares use as metrics-server last sampled it with the target, and follows its
 * stabilisation window and policies. Use is what the load on the service comes to per ready pod, at most the pod's request, as everywhere in the model.
 *
 * While nothing changes there is nothing to do: the loop sleeps until the load, the pods or the answer of the stabilisation window can be another.
 */
export class HorizontalPodAutoscaler {
  readonly #api: ApiServer;
  readonly #settings: AutoscalerSettings;
  readonly #service: ScaledService;
  readonly #loop: Loop;
  readonly #samples: FixedSchedule;
  /** Recommendations within the longer stabilisation window, oldest first. */
  #recommendations: { readonly timeUs: number; readonly replicas: number }[] = [];
  #events: ScaleEvent[] = [];

  /** @param phases of the controller's loop and of metrics-server's, fractions of 15 s */
  constructor(simulation: Simulation, api: ApiServer, settings: AutoscalerSettings, service: ScaledService, phases: { readonly sync: number; readonly sample: number }) {
    this.#api = api;
    this.#settings = settings;
    this.#service = service;
    this.#samples = new FixedSchedule(Math.floor(phases.sample * PERIOD_US), PERIOD_US);
    this.#loop = new Loop(simulation, COMPONENT, (timeUs) => this.#synchronise(timeUs));
    const next = simulation.nowUs + 1;
    const phaseUs = Math.floor(phases.sync * PERIOD_US);
    this.#loop.start(new FixedSchedule(new FixedSchedule(phaseUs, PERIOD_US).firstAtOrAfter(next), PERIOD_US), true);
  }

  stop(): void {
    this.#loop.stop();
  }

  /** The pods or the replicas of the service have changed. */
  changed(): void {
    this.#loop.wake();
  }

  #synchronise(timeUs: number): boolean {
    const { minReplicas, maxReplicas, target, tolerance, up, down } = this.#settings;
    const current = this.#service.replicas();
    // Ticks that were slept through would have said the same as the last one that was not.
    const last = this.#recommendations.at(-1);
    if (last !== undefined && last.timeUs < timeUs - PERIOD_US) this.#recommendations.push({ timeUs: timeUs - PERIOD_US, replicas: last.replicas });
    if (current === 0) return false;
    const sampledUs = this.#samples.lastAtOrBefore(timeUs);
    const metrics = this.#metrics(sampledUs);
    const within = current >= minReplicas && current <= maxReplicas ? replicasFor(metrics, current, target, tolerance) : current;
    const wanted = Math.min(maxReplicas, Math.max(minReplicas, within));
    this.#recommendations.push({ timeUs, replicas: wanted });
    const windowUs = Math.max(up.stabilizationUs, down.stabilizationUs);
    this.#recommendations = this.#recommendations.filter((one) => one.timeUs > timeUs - windowUs || one.timeUs === timeUs);
    this.#events = this.#events.filter((event) => event.timeUs > timeUs - LONGEST_PERIOD_US);
    const stable = this.#stabilised(wanted, current, timeUs);
    const limited = stable > current ? Math.min(stable, policyLimit(up, true, current, this.#events, timeUs)) : Math.max(stable, policyLimit(down, false, current, this.#events, timeUs));
    const desired = Math.min(maxReplicas, Math.max(minReplicas, stable === current ? current : limited));
    if (desired !== current) {
      this.#events.push({ timeUs, change: desired - current });
      this.#service.scale(desired);
      return true;
    }
    const nextLoad = this.#settings.load.find(({ fromUs }) => fromUs > sampledUs);
    if (nextLoad !== undefined) this.#loop.wakeAt(Math.max(timeUs + 1, nextLoad.fromUs));
    // Waiting for the window, for a policy, or for pods to become ready or be measured.
    return wanted !== current || metrics.unready > 0;
  }

  /** stabilizeRecommendationWithBehaviors: no lower than the highest recommendation of the window down, no higher than the lowest of the window up. */
  #stabilised(wanted: number, current: number, timeUs: number): number {
    let least = wanted;
    let most = wanted;
    for (const one of this.#recommendations) {
      if (one.timeUs > timeUs - this.#settings.up.stabilizationUs) least = Math.min(least, one.replicas);
      if (one.timeUs > timeUs - this.#settings.down.stabilizationUs) most = Math.max(most, one.replicas);
    }
    return Math.min(Math.max(current, least), most);
  }

  /** What metrics-server had seen by its latest sample. */
  #metrics(sampledUs: number): PodMetrics {
    const { pods } = this.#api;
    let serving = 0;
    let ready = 0;
    let unready = 0;
    for (const pod of this.#service.pods()) {
      if (pods.ready[pod] === 1 && pods.readySinceUs[pod]! <= sampledUs) serving++;
      // A sample that reaches back before the pod was ready does not count (cpuInitializationPeriod).
      if (pods.ready[pod] === 1 && pods.readySinceUs[pod]! + PERIOD_US <= sampledUs) ready++;
      else unready++;
    }
    return { ready, useOfReady: ready * this.#useShare(serving, sampledUs), unready };
  }

  /** Use of each serving pod as a share of its request. */
  #useShare(serving: number, timeUs: number): number {
    const { load, perPodMilli, requestMilli } = this.#settings;
    if (load.length === 0) return perPodMilli / requestMilli;
    let totalMilli = 0;
    for (const step of load) if (step.fromUs <= timeUs) totalMilli = step.totalMilli;
    return Math.min(1, totalMilli / Math.max(1, serving) / requestMilli);
  }
}

/** Longest period of a policy (autoscaling/v2: periodSeconds at most 1800). */
const LONGEST_PERIOD_US = 1_800_000_000;
