import { Loop } from '../../../engine/loop.ts';
import type { Simulation } from '../../../engine/simulation.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import { type Log, RecordKind } from '../../../metrics/log.ts';
import type { Cloud } from '../../orchestrator.ts';
import { ApiClient } from '../apiserver/api-client.ts';
import type { ClientLimit } from '../apiserver/api-limits.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { type ConflictPolicy, ConditionalUpdates } from '../apiserver/conditional-updates.ts';
import { ReadyCondition } from '../apiserver/node-table.ts';
import { OwnerKind } from '../apiserver/owner-table.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';
import { estimateNodes, place, type Room, type Share } from './bin-packing.ts';
import type { ClusterAutoscalerOptions } from './cluster-autoscaler-options.ts';

/** What the autoscaler asks of the scheduler and the cluster. */
export interface AutoscalerView {
  /** Machines of a group, in the order in which they are added. */
  machines(group: string): readonly number[];
  /** What a template's pods take. */
  share(template: number): Share;
  /** Room of a machine's node when it is empty, and as it is now in the scheduler's cache. */
  emptyRoom(machine: number): Room;
  freeRoom(machine: number): Room;
  /** Whether labels and taints of the machine let the template's pods be there. */
  eligible(template: number, machine: number): boolean;
  /** The scheduler has tried the pod and found no node. */
  unschedulable(pod: number): boolean;
  /** The scheduler has put the pod on a node that it is not bound to yet. */
  assumed(pod: number): boolean;
  /** Whether the budgets of the pod allow its disruption now. */
  disruptable(pod: number): boolean;
  /** Time from asking the cloud for the n-th start of a machine until its operating system is up, microseconds. */
  bootUs(machine: number, start: number): number;
}

const COMPONENT = 'kubernetes/cluster-autoscaler';
/** --max-empty-bulk-delete 10. */
const MOST_EMPTY_AT_ONCE = 10;
/** conflictRetryInterval 750 ms up to maxRetryDeadline 5 s (cluster-autoscaler/utils/taints/taints.go). */
const TAINT_RETRY: ConflictPolicy = { steps: 7, delayUs: () => 750_000 };
/** EvictionRetryTime 10 s (cluster-autoscaler/core/scaledown/actuation/drain.go). */
const EVICTION_RETRY_US = 10_000_000;

interface Group {
  readonly min: number;
  readonly machines: readonly number[];
}

/**
 * Cluster Autoscaler (kubernetes/autoscaler, FAQ of 1.35). Every scan it starts as many machines of the group that wastes least as the pods that fit nowhere need, counting machines that are on
 * their way; and it takes out machines whose pods would fit elsewhere after they have been little used for long enough: empty ones several at once, others one at a time by eviction.
 */
export class ClusterAutoscaler {
  readonly #simulation: Simulation;
  readonly #api: ApiServer;
  readonly #cloud: Cloud;
  readonly #options: ClusterAutoscalerOptions;
  readonly #view: AutoscalerView;
  readonly #requests: ApiClient;
  readonly #groups: readonly Group[];
  readonly #loop: Loop;
  readonly #booted: number;
  readonly #evict: number;
  readonly #updates: ConditionalUpdates;
  readonly #starts: Int32Array;
  /** Machines that were asked for and are no nodes yet. */
  readonly #starting = new Set<number>();
  /** Since when a machine is not needed. */
  readonly #unneededUs = new Map<number, number>();
  /** Machines being emptied, since when. */
  readonly #draining = new Map<number, number>();
  #lastAddUs = -Infinity;

  constructor(simulation: Simulation, log: Log, api: ApiServer, cloud: Cloud, options: ClusterAutoscalerOptions, view: AutoscalerView, limit: ClientLimit, phase: number) {
    this.#simulation = simulation;
    this.#api = api;
    this.#cloud = cloud;
    this.#options = options;
    this.#view = view;
    this.#requests = new ApiClient(simulation, api, limit);
    this.#starts = new Int32Array(api.nodes.count);
    this.#groups = options.groups.map(({ name, initial, min }) => {
      const machines = view.machines(name);
      for (const machine of machines.slice(initial)) {
        api.absentFromStart(machine);
        cloud.stop(machine);
      }
      return { min, machines };
    });
    this.#updates = new ConditionalUpdates(simulation, log, COMPONENT, TAINT_RETRY);
    this.#booted = simulation.on(COMPONENT, (machine) => cloud.start(machine));
    this.#evict = simulation.on(COMPONENT, (pod) => {
      const { pods } = api;
      if (pods.alive[pod] === 1 && pods.deleting[pod] === 0 && !view.disruptable(pod)) {
        simulation.after(EVICTION_RETRY_US, this.#evict, pod);
        return;
      }
      if (pods.alive[pod] === 1 && pods.deleting[pod] === 0) {
        log.record(RecordKind.evict, pods.task[pod]!, pods.node[pod]!);
        api.deletePod(pod);
      }
      pods.drop(pod);
    });
    this.#loop = new Loop(simulation, COMPONENT, (timeUs) => this.#scan(timeUs));
    this.#loop.start(new FixedSchedule(Math.floor(phase * options.scanIntervalUs), options.scanIntervalUs), true);
    const wake = (): void => this.#loop.wake();
    api.podListeners.push(wake);
    api.nodeListeners.push(wake);
  }

  #scan(timeUs: number): boolean {
    const { nodes } = this.#api;
    for (const machine of this.#starting) if (nodes.exists[machine] === 1) this.#starting.delete(machine);
    const { waiting, untried } = this.#pendingPods();
    const added = this.#scaleUp(waiting, timeUs);
    this.#finishDrains(timeUs);
    this.#lookForUnneeded(timeUs);
    if (!added && waiting.length === 0 && timeUs >= this.#lastAddUs + this.#options.delayAfterAddUs) this.#scaleDown(timeUs);
    return added || untried || this.#starting.size > 0 || this.#draining.size > 0 || this.#unneededUs.size > 0;
  }

  /** Pods that the scheduler found no node for, and whether there are some that it has not tried. */
  #pendingPods(): { waiting: number[]; untried: boolean } {
    const { pods } = this.#api;
    const waiting: number[] = [];
    let untried = false;
    for (let pod = 0; pod < pods.rows; pod++) {
      if (pods.alive[pod] === 0 || pods.node[pod]! >= 0 || pods.deleting[pod] === 1 || pods.target[pod]! >= 0 || this.#view.assumed(pod)) continue;
      if (this.#view.unschedulable(pod)) waiting.push(pod);
      else untried = true;
    }
    return { waiting, untried };
  }

  #scaleUp(waiting: readonly number[], timeUs: number): boolean {
    const { pods } = this.#api;
    const upcoming = [...this.#starting].map((machine) => ({ machine, room: this.#view.emptyRoom(machine) }));
    const left = waiting.filter((pod) => {
      const template = pods.template[pod]!;
      return !upcoming.some(({ machine, room }) => this.#view.eligible(template, machine) && place(room, this.#view.share(template)));
    });
    if (left.length === 0) return false;
    let best: { machines: readonly number[]; waste: number } | null = null;
    for (const { machines } of this.#groups) {
      const free = machines.filter((machine) => this.#api.nodes.exists[machine] === 0 && !this.#starting.has(machine));
      if (free.length === 0) continue;
      const suited = left.filter((pod) => this.#view.eligible(pods.template[pod]!, free[0]!)).map((pod) => this.#view.share(pods.template[pod]!));
      const { nodes, placed } = estimateNodes(suited, free.map((machine) => this.#view.emptyRoom(machine)));
      if (nodes === 0) continue;
      // Expander least-waste: the idle share of CPU after the scale-up, memory where that is equal.
      const chosen = free.slice(0, nodes);
      const total = chosen.reduce((sum, machine) => sum + this.#view.emptyRoom(machine).cpuMilli, 0);
      const waste = (total - placed.reduce((sum, index) => sum + suited[index]!.cpuMilli, 0)) / total;
      if (best === null || waste < best.waste) best = { machines: chosen, waste };
    }
    if (best === null) return false;
    for (const machine of best.machines) {
      this.#starting.add(machine);
      this.#simulation.after(this.#view.bootUs(machine, ++this.#starts[machine]!), this.#booted, machine);
    }
    this.#lastAddUs = timeUs;
    return true;
  }

  #lookForUnneeded(timeUs: number): void {
    const { nodes } = this.#api;
    for (const { min, machines } of this.#groups) {
      const present = machines.filter((machine) => nodes.exists[machine] === 1 && !this.#draining.has(machine));
      for (const machine of machines) {
        if (present.length > min && present.includes(machine) && nodes.ready[machine] === ReadyCondition.true && this.#utilization(machine) < this.#options.utilizationThreshold && this.#podsFitElsewhere(machine)) {
          if (!this.#unneededUs.has(machine)) this.#unneededUs.set(machine, timeUs);
        } else this.#unneededUs.delete(machine);
      }
    }
  }

  #scaleDown(timeUs: number): void {
    const { nodes } = this.#api;
    let emptied = 0;
    for (const { min, machines } of this.#groups) {
      let present = machines.filter((machine) => nodes.exists[machine] === 1 && !this.#draining.has(machine)).length;
      for (const machine of machines) {
        const sinceUs = this.#unneededUs.get(machine);
        if (sinceUs === undefined || timeUs - sinceUs < this.#options.unneededUs || present <= min) continue;
        const movable = this.#movablePods(machine);
        if (movable.length === 0 ? emptied >= MOST_EMPTY_AT_ONCE : this.#draining.size > 0) continue;
        present--;
        this.#unneededUs.delete(machine);
        if (movable.length === 0) {
          emptied++;
          this.#remove(machine);
          continue;
        }
        this.#draining.set(machine, timeUs);
        this.#drain(machine);
      }
    }
  }

  /** The taint ToBeDeletedByClusterAutoscaler keeps new pods away; then those that are there are evicted. */
  #drain(machine: number): void {
    const { nodes, pods } = this.#api;
    const { nowUs } = this.#simulation;
    this.#updates.send({
      readUs: nowUs - this.#api.watchDelayUs,
      storedUs: this.#requests.node(machine, RequestKind.node),
      changedSince: (timeUs) => nodes.changedUs[machine]! > timeUs,
      request: (sentUs) => this.#api.nodeStoredUs(machine, RequestKind.node, this.#requests.sentUs(sentUs)),
      draw: () => this.#api.nodeDraw(machine),
      apply: () => {
        if (nodes.exists[machine] === 0) return;
        this.#api.setUnschedulable(machine, true);
        for (const pod of this.#movablePods(machine)) {
          pods.hold(pod);
          this.#simulation.at(this.#requests.pod(pod, RequestKind.evictPod), this.#evict, pod);
        }
      },
      givenUp: () => this.#draining.delete(machine),
    });
  }

  #finishDrains(timeUs: number): void {
    for (const [machine, sinceUs] of this.#draining) {
      if (this.#movablePods(machine).length > 0 && timeUs - sinceUs < this.#options.maxTerminationUs) continue;
      this.#draining.delete(machine);
      this.#remove(machine);
    }
  }

  #remove(machine: number): void {
    this.#api.setExists(machine, 0);
    this.#cloud.stop(machine);
  }

  /** Larger of the CPU and memory shares that pods ask for, those of DaemonSets left out. */
  #utilization(machine: number): number {
    const room = this.#view.emptyRoom(machine);
    let cpuMilli = 0;
    let memoryBytes = 0;
    for (const pod of this.#movablePods(machine)) {
      const share = this.#view.share(this.#api.pods.template[pod]!);
      cpuMilli += share.cpuMilli;
      memoryBytes += share.memoryBytes;
    }
    return Math.max(cpuMilli / Math.max(1, room.cpuMilli), memoryBytes / Math.max(1, room.memoryBytes));
  }

  #podsFitElsewhere(machine: number): boolean {
    const { nodes, pods } = this.#api;
    const rooms = new Map<number, Room>();
    return this.#movablePods(machine).every((pod) => {
      if (!this.#view.disruptable(pod)) return false;
      const template = pods.template[pod]!;
      for (let other = 0; other < nodes.count; other++) {
        if (other === machine || nodes.exists[other] === 0 || nodes.unschedulable[other] === 1 || nodes.ready[other] !== ReadyCondition.true || this.#unneededUs.has(other)) continue;
        let room = rooms.get(other);
        if (room === undefined) rooms.set(other, (room = this.#view.freeRoom(other)));
        if (this.#view.eligible(template, other) && place(room, this.#view.share(template))) return true;
      }
      return false;
    });
  }

  #movablePods(machine: number): number[] {
    const { pods, owners } = this.#api;
    return pods.on(machine).filter((pod) => owners.kind[pods.owner[pod]!] !== OwnerKind.daemonSet);
  }
}
