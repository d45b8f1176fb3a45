import { Loop } from '../../../engine/loop.ts';
import { entityOf } from '../../../engine/random/keyed-random.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import { ContainerState } from '../../../world/container-state.ts';
import type { OrchestratorContext } from '../../orchestrator.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';
import { evictionOrder, type RankedPod } from './eviction-ranking.ts';
import { nodeStatusSchedule } from './node-status.ts';
import { type PodRecords, Stage } from './pod-records.ts';
import { SYSTEM_CRITICAL } from './pod-settings.ts';

const COMPONENT = 'kubernetes/kubelet';
const SECOND_US = 1_000_000;
/** evictionMonitoringPeriod 10 s (pkg/kubelet/kubelet.go); evictionPressureTransitionPeriod 5 min (apis/config/v1beta1/defaults.go); podCleanupPollFreq 1 s (eviction_manager.go), v1.35. */
const PERIOD_US = 10 * SECOND_US;
const TRANSITION_US = 300 * SECOND_US;
const CLEANUP_US = SECOND_US;

/** What the eviction managers of all nodes ask of their kubelets. */
export interface EvictionParts {
  readonly context: OrchestratorContext;
  readonly api: ApiServer;
  readonly records: PodRecords;
  /** memory.available below which pods are evicted at once, bytes. */
  readonly thresholdBytes: number;
  serving(node: number): boolean;
  connected(node: number): boolean;
  /** Kills a pod within the second that hard thresholds grant; it is over as failed. Returns when its container will be gone. */
  evict(pod: number): number;
}

/**
 * Node-pressure eviction for memory (pkg/kubelet/eviction/eviction_manager.go, v1.35): every 10 s the kubelet compares what is available with its hard threshold; below it the node is under pressure, and one
 * pod is evicted at a time, the next when that one is cleaned up. The condition stays for five minutes after the threshold was last met.
 */
export class EvictionManager {
  readonly #parts: EvictionParts;
  readonly #loops: Loop[];
  readonly #pressure: Uint8Array;
  readonly #lastMetUs: Float64Array;
  /** Until when the manager waits for an evicted pod to be cleaned up. */
  readonly #busyUntilUs: Float64Array;
  readonly #again: number;
  readonly #reported: number;

  constructor(parts: EvictionParts) {
    const { context, api, thresholdBytes } = parts;
    const { simulation, containers, random } = context;
    const { names, memoryBytes } = context.inventory;
    this.#parts = parts;
    this.#reported = simulation.on(COMPONENT, (node, pressure) => api.setMemoryPressure(node, pressure as 0 | 1));
    this.#pressure = new Uint8Array(names.length);
    this.#lastMetUs = new Float64Array(names.length).fill(-Infinity);
    this.#busyUntilUs = new Float64Array(names.length);
    this.#again = simulation.on(COMPONENT, (node) => void this.#synchronise(node, simulation.nowUs));
    this.#loops = names.map((name, node) => {
      const loop = new Loop(simulation, COMPONENT, (timeUs) => this.#synchronise(node, timeUs));
      loop.start(new FixedSchedule(Math.floor(random.u(entityOf(name), 0, EVICTION_PHASE) * PERIOD_US), PERIOD_US), false);
      return loop;
    });
    containers.use.watch(memoryBytes.map((bytes) => bytes - thresholdBytes), (node) => this.#loops[node]!.wake());
  }

  /** The node's kubelet holds it for short of memory. */
  underPressure(node: number): boolean {
    return this.#pressure[node] === 1;
  }

  /** The kubelet has died, and with it what it knew. */
  forget(node: number): void {
    this.#pressure[node] = 0;
    this.#lastMetUs[node] = -Infinity;
    this.#busyUntilUs[node] = 0;
  }

  /** The kubelet works again. */
  resume(node: number): void {
    this.#loops[node]!.wake();
  }

  /** The condition MemoryPressure goes out with the node's next status, where it is not what the API server has. */
  report(node: number): void {
    const { context, api, connected } = this.#parts;
    const { simulation, random } = context;
    const pressure = this.#pressure[node]!;
    if (!connected(node) || api.nodes.memoryPressure[node] === pressure) return;
    const statusUs = nodeStatusSchedule((purpose) => random.u(node, 0, purpose)).firstAtOrAfter(simulation.nowUs);
    simulation.at(api.nodeStoredUs(node, RequestKind.node, statusUs), this.#reported, node, pressure);
  }

  #met(node: number): boolean {
    const { inventory, containers } = this.#parts.context;
    return inventory.memoryBytes[node]! - containers.memoryUsedBytes[node]! < this.#parts.thresholdBytes;
  }

  /** Pods with a container that runs, but for critical ones (kubelettypes.IsCriticalPod). */
  #evictable(node: number): RankedPod[] {
    const { context, api, records } = this.#parts;
    const { containers, requests } = context;
    const found: RankedPod[] = [];
    for (const pod of api.pods.on(node)) {
      const { memoryBytes, priority } = requests[api.pods.template[pod]!]!;
      const container = records.stageOf(pod) === Stage.container ? records.container[pod]! : -1;
      if (container < 0 || containers.state[container] !== ContainerState.running || priority >= SYSTEM_CRITICAL) continue;
      found.push({ pod, usedBytes: containers.memoryUseBytes[container]!, requestBytes: memoryBytes, priority });
    }
    return found;
  }

  #synchronise(node: number, timeUs: number): boolean {
    const { serving, evict, context } = this.#parts;
    // A kubelet that hangs looks again when it goes on.
    if (!serving(node)) return false;
    if (timeUs < this.#busyUntilUs[node]!) return true;
    const met = this.#met(node);
    if (met) this.#lastMetUs[node] = timeUs;
    const pressure = timeUs - this.#lastMetUs[node]! < TRANSITION_US ? 1 : 0;
    if (pressure !== this.#pressure[node]) {
      this.#pressure[node] = pressure;
      this.report(node);
    }
    if (met) {
      const victim = evictionOrder(this.#evictable(node))[0];
      if (victim !== undefined) {
        const goneUs = evict(victim.pod);
        const polls = Math.floor((goneUs - timeUs) / CLEANUP_US) + 1;
        this.#busyUntilUs[node] = timeUs + polls * CLEANUP_US;
        context.simulation.at(this.#busyUntilUs[node]!, this.#again, node);
      }
    }
    return met || pressure === 1;
  }
}

const EVICTION_PHASE = 5;
