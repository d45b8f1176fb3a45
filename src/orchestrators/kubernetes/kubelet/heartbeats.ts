import { Loop } from '../../../engine/loop.ts';
import type { Network } from '../../../engine/network.ts';
import { entityOf, type KeyedRandom } from '../../../engine/random/keyed-random.ts';
import type { Simulation } from '../../../engine/simulation.ts';
import { RedrawnSchedule } from '../../../engine/tick-schedule.ts';
import type { Processes } from '../../../world/processes.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { ReadyCondition } from '../apiserver/node-table.ts';
import type { Leases } from '../controllers/node-lifecycle.ts';
import type { KubeletOptions } from './kubelet-options.ts';

export interface HeartbeatParts {
  readonly simulation: Simulation;
  readonly network: Network;
  readonly processes: Processes;
  readonly random: KeyedRandom;
  readonly api: ApiServer;
  readonly apiEndpoint: number;
  /**
   * From a renewal being sent until the node controller's informer has it: an ordinary request, commit and watch on average, microseconds. Beside ticks of 5 s only
   * its order of magnitude matters.
   */
  readonly renewalDelayUs: number;
  readonly kubelets: readonly number[];
  readonly names: readonly string[];
  /** A kubelet went silent. */
  silent(node: number): void;
  /** A kubelet reaches the API server again after having been cut off. */
  reconnected(node: number): void;
}

const COMPONENT = 'kubernetes/kubelet';
/** A look-up of a renewal walks at most one epoch. */
const EPOCH_US = 3_600_000_000;

/**
 * Lease renewals and Ready posts of all kubelets. A renewal of a healthy node changes nothing that anybody acts on, so it is no event: when the last one happened is
 * looked up when the kubelet goes silent. The node status is posted with the first renewal after the condition was overwritten.
 */
export class Heartbeats implements Leases {
  readonly #parts: HeartbeatParts;
  readonly #options: KubeletOptions;
  readonly #leases: Loop[];
  readonly #online: Uint8Array;
  readonly #onlineSinceUs: Float64Array;
  readonly #renewedUs: Float64Array;
  readonly #incarnation: Int32Array;
  readonly #relistDue: Uint8Array;
  readonly #ready: number;

  constructor(parts: HeartbeatParts, options: KubeletOptions) {
    const { simulation, api, kubelets } = parts;
    const count = kubelets.length;
    this.#parts = parts;
    this.#options = options;
    this.#online = new Uint8Array(count).fill(1);
    this.#onlineSinceUs = new Float64Array(count);
    this.#renewedUs = new Float64Array(count);
    this.#incarnation = new Int32Array(count);
    this.#relistDue = new Uint8Array(count);
    this.#ready = simulation.on(COMPONENT, (node) => {
      if (api.nodes.exists[node] === 0) api.setExists(node, 1);
      else api.setReady(node, ReadyCondition.true);
    });
    this.#leases = kubelets.map((process, node) => {
      const loop = new Loop(simulation, COMPONENT, () => this.#renew(node));
      loop.start(this.#schedule(node, true), false);
      parts.processes.watch(process, () => this.#connectivityChanged(node));
      return loop;
    });
  }

  /** Whether the node's kubelet serves and reaches the API server. */
  connected(node: number): boolean {
    return this.#online[node] === 1;
  }

  /** Whether the node's kubelet serves, reaches the API server, and has renewed its lease since it came back: until then its grace can run out. */
  renewing(node: number): boolean {
    if (this.#online[node] === 0) return false;
    this.#lookUp(node);
    return this.#renewedUs[node]! >= this.#onlineSinceUs[node]!;
  }

  renewalSeenUs(node: number): number {
    if (this.#online[node] === 1) this.#lookUp(node);
    return this.#renewedUs[node]! + this.#parts.renewalDelayUs;
  }

  conditionOverwritten(node: number): void {
    this.#leases[node]!.wake();
  }

  /** The kubelet starts or goes on after a hang: it renews at once and from then on at its interval. */
  begin(node: number): void {
    const { simulation } = this.#parts;
    this.#incarnation[node]!++;
    this.#connectivityChanged(node);
    this.#leases[node]!.start(this.#schedule(node, false), false);
    if (this.#online[node] === 1) this.#beat(node, simulation.nowUs);
  }

  /** The kubelet died. */
  end(node: number): void {
    this.#goSilent(node);
    this.#leases[node]!.stop();
  }

  #renew(node: number): boolean {
    if (this.#online[node] === 1) this.#beat(node, this.#parts.simulation.nowUs);
    return false;
  }

  #beat(node: number, nowUs: number): void {
    const { simulation, api } = this.#parts;
    this.#renewedUs[node] = nowUs;
    if (api.nodes.ready[node] !== ReadyCondition.true || api.nodes.exists[node] === 0) simulation.at(nowUs + this.#parts.renewalDelayUs, this.#ready, node);
    if (this.#relistDue[node] === 1) {
      this.#relistDue[node] = 0;
      this.#parts.reconnected(node);
    }
  }

  #connectivityChanged(node: number): void {
    const { processes, network, kubelets, apiEndpoint, simulation } = this.#parts;
    const process = kubelets[node]!;
    const online = processes.serving(process) && network.connected(processes.endpoint[process]!, apiEndpoint);
    if (online === (this.#online[node] === 1)) return;
    if (!online) {
      this.#goSilent(node);
      return;
    }
    this.#online[node] = 1;
    this.#onlineSinceUs[node] = simulation.nowUs;
    this.#relistDue[node] = 1;
    this.#leases[node]!.wake();
  }

  #goSilent(node: number): void {
    if (this.#online[node] === 0) return;
    this.#lookUp(node);
    this.#online[node] = 0;
    this.#parts.silent(node);
  }

  /** Brings the time of the last renewal up to date from the schedule: ticks while online were renewals. Executed ticks have noted themselves. */
  #lookUp(node: number): void {
    if (this.#parts.simulation.explicitTicks) return;
    const tickUs = this.#leases[node]!.lastTickUs();
    if (tickUs >= this.#onlineSinceUs[node]! && tickUs > this.#renewedUs[node]!) this.#renewedUs[node] = tickUs;
  }

  #schedule(node: number, stationary: boolean): RedrawnSchedule {
    const { random, names, simulation } = this.#parts;
    return new RedrawnSchedule({
      random,
      entity: entityOf(`${names[node]!}/lease-${this.#incarnation[node]!}`),
      originUs: simulation.nowUs,
      minUs: this.#options.leaseMinUs,
      widthUs: this.#options.leaseMaxUs - this.#options.leaseMinUs,
      stationary,
      epochUs: EPOCH_US,
    });
  }
}
