import { Loop } from '../../../engine/loop.ts';
import type { Simulation } from '../../../engine/simulation.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import { type Log, RecordKind } from '../../../metrics/log.ts';
import { ApiClient } from '../apiserver/api-client.ts';
import type { ClientLimit } from '../apiserver/api-limits.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { PodPhase } from '../apiserver/pod-table.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';

const COMPONENT = 'kubernetes/pod-gc';
/** gcCheckPeriod 20 s and quarantineTime 40 s (pkg/controller/podgc/gc_controller.go, v1.35). */
const PERIOD_US = 20_000_000;
const QUARANTINE_US = 40_000_000;

/**
 * Pod garbage collector (pkg/controller/podgc, v1.35): pods bound to a node that has no object are deleted by force, at the first pass after the node has been missing for the quarantine. Pods that
 * have ended need no collecting here: the model forgets them when their owner has counted them.
 */
export class PodGc {
  readonly #api: ApiServer;
  readonly #simulation: Simulation;
  readonly #loop: Loop;
  readonly #requests: ApiClient;
  readonly #collect: number;
  /** When the quarantine of a missing node is over; `Infinity` = no pass has found it missing yet. */
  readonly #missing = new Map<number, number>();

  /**
   * @param collected told of each pod that was deleted
   * @param phase of the passes, a fraction of their period
   */
  constructor(simulation: Simulation, log: Log, api: ApiServer, limit: ClientLimit, collected: (pod: number) => void, phase: number) {
    this.#api = api;
    this.#simulation = simulation;
    this.#requests = new ApiClient(simulation, api, limit);
    this.#collect = simulation.on(COMPONENT, (pod) => {
      const { pods } = api;
      if (pods.alive[pod] === 1) {
        if (pods.deleting[pod] === 0) log.record(RecordKind.evict, pods.task[pod]!, pods.node[pod]!);
        collected(pod);
        // getFinishedTime of the owner: the pod failed now.
        api.podOver(pod, PodPhase.failed, simulation.nowUs);
      }
      pods.drop(pod);
    });
    this.#loop = new Loop(simulation, COMPONENT, (timeUs) => this.#pass(timeUs));
    this.#loop.start(new FixedSchedule(Math.floor(phase * PERIOD_US), PERIOD_US), false);
    api.nodeListeners.push((node) => {
      if (api.nodes.exists[node] === 1) this.#missing.delete(node);
      else if (!this.#missing.has(node)) {
        this.#missing.set(node, Infinity);
        this.#loop.wake();
      }
    });
  }

  #pass(timeUs: number): boolean {
    const { pods } = this.#api;
    let left = false;
    for (const [node, readyUs] of this.#missing) {
      if (pods.on(node).length === 0) {
        this.#missing.delete(node);
        continue;
      }
      if (readyUs === Infinity) this.#missing.set(node, timeUs + QUARANTINE_US);
      if (readyUs <= timeUs) {
        this.#missing.delete(node);
        for (const pod of pods.on(node).reverse()) {
          pods.hold(pod);
          this.#simulation.at(this.#requests.pod(pod, RequestKind.collectPod), this.#collect, pod);
        }
      } else left = true;
    }
    return left;
  }
}
