import { Loop } from '../../../engine/loop.ts';
import type { Simulation } from '../../../engine/simulation.ts';
import { FixedSchedule } from '../../../engine/tick-schedule.ts';
import { type Log, RecordKind } from '../../../metrics/log.ts';
import { ApiClient } from '../apiserver/api-client.ts';
import type { ClientLimit } from '../apiserver/api-limits.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { type ConflictPolicy, ConditionalUpdates } from '../apiserver/conditional-updates.ts';
import { ReadyCondition } from '../apiserver/node-table.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';
import { TaintQueue } from './taint-queue.ts';
import { taintRate, type ZoneOptions, ZoneState, zoneState } from './zone-state.ts';

export interface NodeLifecycleOptions {
  /** --node-monitor-period, microseconds. */
  readonly monitorPeriodUs: number;
  /** --node-monitor-grace-period, microseconds. */
  readonly monitorGraceUs: number;
  /** How often the queues of nodes to taint are looked at (scheduler.NodeEvictionPeriod), microseconds. */
  readonly taintPeriodUs: number;
  readonly zones: ZoneOptions;
}

/** What the controller reads of leases: when the last renewal of a node was there for its informer to see. */
export interface Leases {
  renewalSeenUs(node: number): number;
  /** Whether the kubelet renews its lease, and has done so since it came back: then its grace cannot run out. */
  renewing(node: number): boolean;
  /** The Ready condition was overwritten: the kubelet finds out at its next heartbeat. */
  conditionOverwritten(node: number): void;
}

const COMPONENT = 'kubernetes/node-lifecycle';

/**
 * Node lifecycle controller (pkg/controller/nodelifecycle/node_lifecycle_controller.go, v1.35). Every monitor period it looks at all nodes: one whose heartbeat it
 * has not seen change for the grace period becomes Ready=Unknown. From the *next* period on (the loop acts on the condition as it was before the pass) the node
 * waits in its zone's queue for the NoExecute taint; the NoSchedule taint follows the condition at once.
 *
 * Only suspect nodes are looked at: when the controller saw a heartbeat of a node last is arithmetic on the node's renewals and the monitor's ticks.
 */
export class NodeLifecycle {
  readonly #simulation: Simulation;
  readonly #log: Log;
  readonly #api: ApiServer;
  readonly #leases: Leases;
  readonly #options: NodeLifecycleOptions;
  readonly #requests: ApiClient;
  readonly #monitor: Loop;
  readonly #tainter: Loop;
  readonly #monitorTicks: FixedSchedule;
  readonly #zoneOf: Int32Array;
  readonly #zoneSize: Int32Array;
  readonly #notReady: Int32Array;
  readonly #states: ZoneState[];
  readonly #queues: TaintQueue[];
  /** The Ready condition as the controller's informer has it, and as it is after the latest pass. */
  readonly #observed: Uint8Array;
  readonly #current: Uint8Array;
  readonly #suspects = new Set<number>();
  readonly #markNotReady: number;
  readonly #statusUpdates: ConditionalUpdates;
  readonly #taintUpdates: ConditionalUpdates;
  /** All heartbeats count as seen at this time at the earliest (set when a full disruption ends). */
  #probeFloorUs = -Infinity;
  #conditionsChanged = false;

  /** @param phases of the two loops, fractions of their periods */
  constructor(simulation: Simulation, log: Log, api: ApiServer, leases: Leases, zoneOf: Int32Array, zoneCount: number, options: NodeLifecycleOptions, limit: ClientLimit, phases: { readonly monitor: number; readonly taint: number }) {
    this.#simulation = simulation;
    this.#log = log;
    this.#api = api;
    this.#leases = leases;
    this.#options = options;
    this.#requests = new ApiClient(simulation, api, limit);
    this.#zoneOf = zoneOf;
    this.#zoneSize = new Int32Array(zoneCount);
    for (const zone of zoneOf) this.#zoneSize[zone]!++;
    this.#notReady = new Int32Array(zoneCount);
    this.#states = Array.from({ length: zoneCount }, () => ZoneState.normal);
    this.#queues = Array.from({ length: zoneCount }, () => new TaintQueue(options.zones.evictionRate));
    this.#observed = Uint8Array.from(api.nodes.ready);
    this.#current = Uint8Array.from(api.nodes.ready);
    this.#markNotReady = simulation.on(COMPONENT, (pod) => {
      if (api.pods.alive[pod] === 1 && api.nodes.ready[api.pods.node[pod]!] !== ReadyCondition.true) api.markNotReady(pod);
      api.pods.drop(pod);
    });
    this.#statusUpdates = new ConditionalUpdates(simulation, log, COMPONENT, STATUS_RETRY);
    this.#taintUpdates = new ConditionalUpdates(simulation, log, COMPONENT, TAINT_RETRY);
    // doNoScheduleTaintingPass: the taint follows the condition.
    api.watchers.lifecyclePressureChanged = simulation.on(COMPONENT, (node) => {
      this.#update(this.#taintUpdates, node, simulation.nowUs, () => api.setMemoryPressureTaint(node, api.nodes.memoryPressure[node] === 1 ? 1 : 0));
    });
    api.watchers.lifecycleNodeExists = simulation.on(COMPONENT, (node, exists) => this.#nodeExists(node, exists === 1));
    api.watchers.lifecycleNodeChanged = simulation.on(COMPONENT, (node) => this.#nodeChanged(node));
    this.#monitorTicks = new FixedSchedule(Math.floor(phases.monitor * options.monitorPeriodUs), options.monitorPeriodUs);
    this.#monitor = new Loop(simulation, COMPONENT, (timeUs) => this.#monitorNodeHealth(timeUs));
    this.#monitor.start(this.#monitorTicks, false);
    this.#tainter = new Loop(simulation, COMPONENT, (timeUs) => this.#taintNext(timeUs));
    this.#tainter.start(new FixedSchedule(Math.floor(phases.taint * options.taintPeriodUs), options.taintPeriodUs), false);
  }

  /** The node may have stopped renewing its lease: look at it when its grace could be over. */
  suspect(node: number): void {
    this.#suspects.add(node);
    this.#monitor.wakeAt(Math.max(this.#simulation.nowUs, this.#graceEndsUs(node) + 1));
  }

  /** When the controller noticed the last change of the node's heartbeat, plus the grace period. */
  #graceEndsUs(node: number): number {
    const probeUs = Math.max(this.#probeFloorUs, this.#monitorTicks.firstAtOrAfter(this.#leases.renewalSeenUs(node)));
    return probeUs + this.#options.monitorGraceUs;
  }

  /** A node that is gone counts in no zone; one that is new counts as seen now. */
  #nodeExists(node: number, exists: boolean): void {
    const zone = this.#zoneOf[node]!;
    this.#zoneSize[zone]! += exists ? 1 : -1;
    if (this.#current[node] !== ReadyCondition.true) this.#notReady[zone]!--;
    this.#observed[node] = ReadyCondition.true;
    this.#current[node] = ReadyCondition.true;
    this.#queues[zone]!.remove(node);
    if (exists) this.#suspects.add(node);
    else this.#suspects.delete(node);
    this.#conditionsChanged = true;
    this.#monitor.wake();
  }

  #nodeChanged(node: number): void {
    if (this.#api.nodes.exists[node] === 0) return;
    this.#observed[node] = this.#api.nodes.ready[node]!;
    this.#suspects.add(node);
    this.#monitor.wake();
    this.#followCondition(node);
  }

  /** doNoScheduleTaintingPass: the NoSchedule taint follows the condition by a work queue. */
  #followCondition(node: number): void {
    const unknown = this.#api.nodes.ready[node] === ReadyCondition.unknown;
    if ((this.#api.nodes.unreachableNoSchedule[node] === 1) !== unknown) this.#setTaint(node, 'NoSchedule', unknown);
  }

  #monitorNodeHealth(timeUs: number): boolean {
    let again = false;
    for (const node of [...this.#suspects].sort((a, b) => a - b)) {
      if (this.#api.nodes.exists[node] === 0) {
        this.#suspects.delete(node);
        continue;
      }
      const observed = this.#observed[node]!;
      let current = observed;
      if (observed === ReadyCondition.true) {
        const graceEndsUs = this.#graceEndsUs(node);
        if (timeUs > graceEndsUs) {
          current = ReadyCondition.unknown;
          if (this.#current[node] === ReadyCondition.true) {
            this.#log.record(RecordKind.detect, node);
            this.#setUnknown(node, timeUs);
          }
          again = true;
        } else if (!this.#leases.renewing(node)) this.#monitor.wakeAt(graceEndsUs + 1);
      }
      if (this.#current[node] !== current) {
        this.#current[node] = current;
        this.#notReady[this.#zoneOf[node]!]! += current === ReadyCondition.true ? -1 : 1;
        this.#conditionsChanged = true;
      }
      if (observed === ReadyCondition.unknown) this.#queueForTaint(node);
      else if (current === ReadyCondition.true) {
        this.#markReachable(node);
        if (this.#leases.renewing(node)) this.#suspects.delete(node);
      }
    }
    if (this.#conditionsChanged) again = this.#handleDisruption(timeUs) || again;
    this.#conditionsChanged = false;
    return again;
  }

  #queueForTaint(node: number): void {
    const queue = this.#queues[this.#zoneOf[node]!]!;
    if (queue.add(node)) this.#wakeTainter();
  }

  /** markNodeAsReachable: the NoExecute taint goes, the node may be queued again. */
  #markReachable(node: number): void {
    this.#queues[this.#zoneOf[node]!]!.remove(node);
    if (this.#api.nodes.unreachableNoExecute[node] === 1) this.#setTaint(node, 'NoExecute', false, this.#simulation.nowUs - this.#api.watchDelayUs);
  }

  /** Zone states decide how fast nodes are tainted; if no node of any zone answers, none is: then the fault is taken to be the controller's own. */
  #handleDisruption(timeUs: number): boolean {
    const { zones } = this.#options;
    const next = this.#states.map((_, zone) => zoneState(this.#zoneSize[zone]!, this.#notReady[zone]!, zones));
    // A zone without nodes has no state.
    const known = this.#states.map((_, zone) => this.#zoneSize[zone]! > 0);
    const full = (states: readonly ZoneState[]): boolean => known.includes(true) && states.every((state, zone) => !known[zone] || state === ZoneState.fullDisruption);
    const allAre = full(next);
    const allWere = full(this.#states);
    if (allAre && allWere) return false;
    if (allAre) {
      for (let node = 0; node < this.#api.nodes.count; node++) this.#markReachable(node);
      this.#queues.forEach((queue) => queue.setRate(0, timeUs));
    } else {
      if (allWere) {
        this.#probeFloorUs = timeUs;
        for (const node of this.#suspects) this.#monitor.wakeAt(this.#graceEndsUs(node) + 1);
      }
      next.forEach((state, zone) => {
        if (allWere || state !== this.#states[zone]) this.#queues[zone]!.setRate(taintRate(state, this.#zoneSize[zone]!, zones), timeUs);
      });
      this.#wakeTainter();
    }
    next.forEach((state, zone) => (this.#states[zone] = state));
    return allAre;
  }

  /** doNoExecuteTaintingPass: as many nodes as the limiters of their zones let through. */
  #taintNext(timeUs: number): boolean {
    for (const queue of this.#queues) {
      for (let node = queue.next(timeUs); node >= 0; node = queue.next(timeUs)) {
        if (this.#observed[node] !== ReadyCondition.true) this.#setTaint(node, 'NoExecute', true, timeUs - this.#api.watchDelayUs);
      }
    }
    this.#wakeTainter();
    return false;
  }

  #wakeTainter(): void {
    for (const queue of this.#queues) {
      const readyUs = queue.readyUs();
      if (readyUs !== Infinity) this.#tainter.wakeAt(Math.max(readyUs, this.#simulation.nowUs));
    }
  }

  /** The condition Ready becomes Unknown, and the pods of the node not ready with it; unless the kubelet was quicker. */
  #setUnknown(node: number, timeUs: number): void {
    const { nodes, pods } = this.#api;
    this.#update(this.#statusUpdates, node, timeUs - this.#api.watchDelayUs, (tries) => {
      // A retry looks at the node and its lease anew (tryUpdateNodeHealth).
      if (nodes.ready[node] !== ReadyCondition.true || (tries > 0 && this.#simulation.nowUs <= this.#graceEndsUs(node))) return;
      this.#api.setReady(node, ReadyCondition.unknown);
      this.#leases.conditionOverwritten(node);
      for (const pod of pods.on(node)) {
        if (pods.ready[pod] === 0) continue;
        pods.hold(pod);
        this.#simulation.at(this.#requests.pod(pod, RequestKind.podCondition), this.#markNotReady, pod);
      }
    });
  }

  #setTaint(node: number, effect: 'NoSchedule' | 'NoExecute', present: boolean, readUs = this.#simulation.nowUs): void {
    this.#update(this.#taintUpdates, node, readUs, () => {
      this.#api.setTaint(node, effect, present);
      // The controller hears of its own write: the condition may have changed while it was under way.
      if (effect === 'NoSchedule') this.#followCondition(node);
      else if (present) this.#lookAgain(node);
    });
  }

  #lookAgain(node: number): void {
    this.#suspects.add(node);
    this.#monitor.wake();
    this.#followCondition(node);
  }

  /** An update of a Node object that was read as it stood at a time; nothing comes of it if the object goes meanwhile. */
  #update(updates: ConditionalUpdates, node: number, readUs: number, apply: (tries: number) => void): void {
    const { nodes } = this.#api;
    updates.send({
      readUs,
      storedUs: this.#requests.node(node, RequestKind.node),
      changedSince: (timeUs) => nodes.exists[node] === 1 && nodes.changedUs[node]! > timeUs,
      request: (sentUs) => this.#api.nodeStoredUs(node, RequestKind.node, this.#requests.sentUs(sentUs)),
      draw: () => this.#api.nodeDraw(node),
      givenUp: () => {
        if (nodes.exists[node] === 1) this.#lookAgain(node);
      },
      apply: (tries) => {
        if (nodes.exists[node] === 1) apply(tries);
      },
    });
  }
}

/** NodeHealthUpdateRetry 5 and retrySleepTime 20 ms (pkg/controller/nodelifecycle); UpdateTaintBackoff: 5 steps of 100 ms, jitter 1 (pkg/controller/controller_utils.go, v1.35). */
const STATUS_RETRY: ConflictPolicy = { steps: 5, delayUs: () => 20_000 };
const TAINT_RETRY: ConflictPolicy = { steps: 5, delayUs: (u) => 100_000 * (1 + u) };

/** kube-controller-manager flags of v1.35: 5 s, 50 s (40 s before v1.32, PR #126287); nodelifecycle scheduler.NodeEvictionPeriod 100 ms. */
export const DEFAULT_NODE_LIFECYCLE = { monitorPeriodUs: 5_000_000, monitorGraceUs: 50_000_000, taintPeriodUs: 100_000 };
