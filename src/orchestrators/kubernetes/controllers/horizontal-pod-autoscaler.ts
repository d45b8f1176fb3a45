import { Loop } from '../../../engine/loop.ts';
import type { Simulation } from '../../../engine/simulation.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { ReadyCondition } from '../apiserver/node-table.ts';
import type { AutoscalerSettings } from './autoscaler-settings.ts';
import { type MeasuredPod, replicasForAll, resourceReplicas } from './resource-replicas.ts';
import { policyLimit, type ScaleEvent } from './scaling-policies.ts';

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
  /** What a pod uses by itself now. */
  use(pod: number): PodUse;
  /** When the pod's kubelet began with it (`status.startTime`), microseconds. */
  startedUs(pod: number): number;
}

/** What a pod uses, as its kubelet can see it. */
export interface PodUse {
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  /** Its memory has not come to its full amount: there will be something else to see soon. */
  readonly growing: boolean;
}

/**
 * Horizontal pod autoscaler (pkg/controller/podautoscaler/horizontal.go, v1.35) on CPU and memory. Every 15 s it compares use as metrics-server last sampled it with its targets, takes the largest answer and
 * follows its stabilisation window and policies. Use is what the load on the service comes to per serving pod, else what the pod uses by itself, at most its limit.
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
  /** Time alone may change what the last look saw. */
  #unsettled = false;

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

  /** The change that was decided on at a time was refused, for somebody else had written the object: it does not count, and the next sync decides anew. */
  refused(decidedUs: number): void {
    this.#events = this.#events.filter(({ timeUs }) => timeUs !== decidedUs);
    this.#loop.wake();
  }

  #synchronise(timeUs: number): boolean {
    const { minReplicas, maxReplicas, up, down } = this.#settings;
    const current = this.#service.replicas();
    // Ticks that were slept through would have said the same as the last one that was not.
    const last = this.#recommendations.at(-1);
    if (last !== undefined && last.timeUs < timeUs - PERIOD_US) this.#recommendations.push({ timeUs: timeUs - PERIOD_US, replicas: last.replicas });
    if (current === 0) return false;
    const sampledUs = this.#samples.lastAtOrBefore(timeUs);
    this.#unsettled = false;
    const within = current >= minReplicas && current <= maxReplicas ? (this.#answer(current, timeUs, sampledUs) ?? current) : current;
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
    for (const { load } of [this.#settings.cpu, this.#settings.memory]) {
      const next = load.find(({ fromUs }) => fromUs > sampledUs);
      if (next !== undefined) this.#loop.wakeAt(Math.max(timeUs + 1, next.fromUs));
    }
    // Waiting for the window, for a policy, or for pods to become ready or be measured.
    return wanted !== current || this.#unsettled;
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

  /** What the metrics ask for together; `null` = nothing can be decided on. */
  #answer(current: number, timeUs: number, sampledUs: number): number | null {
    const { targets, tolerances } = this.#settings;
    return replicasForAll(targets.map((target) => resourceReplicas(target, this.#measured(target.resource, timeUs, sampledUs), current, tolerances)), current);
  }

  /** What metrics-server had seen by its latest sample, sorted out as groupPods in replica_calculator.go does. */
  #measured(resource: 'cpu' | 'memory', timeUs: number, sampledUs: number): MeasuredPod[] {
    const { pods, nodes } = this.#api;
    const { request, limit, load } = this.#settings[resource];
    const active = this.#service.pods().filter((pod) => pods.deleting[pod] === 0);
    const serving = active.filter((pod) => pods.ready[pod] === 1 && pods.readySinceUs[pod]! <= sampledUs).length;
    let total = 0;
    for (const step of load) if (step.fromUs <= sampledUs) total = step.total;
    return active.map((pod): MeasuredPod => {
      const own = this.#service.use(pod);
      const share = load.length === 0 ? (resource === 'cpu' ? own.cpuMilli : own.memoryBytes) : total / Math.max(1, serving);
      const measured = { use: Math.floor(Math.min(share, limit)), request };
      const group = this.#groupOf(pod, resource, timeUs, sampledUs, nodes.ready[pods.node[pod]!] === ReadyCondition.true);
      if (group !== 'ready' || (resource === 'memory' && load.length === 0 && own.growing)) this.#unsettled = true;
      return { ...measured, group };
    });
  }

  #groupOf(pod: number, resource: 'cpu' | 'memory', timeUs: number, sampledUs: number, nodeAnswers: boolean): MeasuredPod['group'] {
    const { pods } = this.#api;
    if (pods.node[pod]! < 0 || pods.runningUs[pod]! > timeUs) return 'unready';
    if (!nodeAnswers || pods.runningUs[pod]! + FRESH_US > sampledUs) return 'missing';
    if (resource === 'memory') return 'ready';
    const startedUs = this.#service.startedUs(pod);
    const sinceUs = pods.readySinceUs[pod]!;
    const ready = pods.ready[pod] === 1;
    if (startedUs + CPU_INITIALIZATION_US > timeUs) return !ready || sampledUs < sinceUs + PERIOD_US ? 'unready' : 'ready';
    return !ready && startedUs + INITIAL_READINESS_US > sinceUs ? 'unready' : 'ready';
  }
}

/** --horizontal-pod-autoscaler-cpu-initialization-period 5 min, --horizontal-pod-autoscaler-initial-readiness-delay 30 s. */
const CPU_INITIALIZATION_US = 300 * SECOND_US;
const INITIAL_READINESS_US = 30 * SECOND_US;
/** A container is measured from so long after its start on (metrics-server pkg/storage/pod.go freshContainerMinMetricsResolution). */
const FRESH_US = 10 * SECOND_US;
/** Longest period of a policy (autoscaling/v2: periodSeconds at most 1800). */
const LONGEST_PERIOD_US = 1_800_000_000;
