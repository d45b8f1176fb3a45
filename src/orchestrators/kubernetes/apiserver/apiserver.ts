import type { Simulation } from '../../../engine/simulation.ts';
import { Counter, type Log } from '../../../metrics/log.ts';
import { NodeTable, ReadyCondition } from './node-table.ts';
import { OwnerKind, OwnerTable, TaskProgress } from './owner-table.ts';
import { PodPhase, PodTable } from './pod-table.ts';
import type { ResourceQuotas } from './resource-quotas.ts';
import { type RequestKind, WatchEvent } from './request-kinds.ts';
import { REQUESTS_PER_INCARNATION, type RequestTimes } from './request-times.ts';
import { noWatchers } from './watchers.ts';

/** Stable identities of objects, for keyed draws. */
export interface ObjectEntities {
  task(task: number): number;
  readonly nodes: Float64Array;
}

const COMPONENT = 'kubernetes/apiserver';

/** A class of subscribers: one watch stream, which keeps its order. */
const Subscriber = { scheduler: 0, controllers: 1, eviction: 2, lifecycle: 3, count: 4 } as const;

/**
 * The API server and its one store. Components write through it (each write takes a request's time, see {@link RequestTimes}) and hear of changes with the delay of
 * their watch: one event per change and class of subscribers, and to the one kubelet concerned.
 *
 * It does not fail in this version of the model, and neither does the store behind it; every write already goes through here.
 */
export class ApiServer {
  readonly pods: PodTable;
  readonly nodes: NodeTable;
  readonly owners: OwnerTable;
  readonly watchers = noWatchers();
  /** Told at once when the stored readiness of a service's pod changed; what they do about it takes the delay of their watch. */
  readonly readinessListeners: ((pod: number) => void)[] = [];
  /** Told at once when a Node object appears, goes, or its Ready condition changes. */
  readonly nodeListeners: ((node: number) => void)[] = [];
  /** Told at once when a pod is created, or is gone or over. */
  readonly podListeners: (() => void)[] = [];
  /** Told at once when a service's pod is gone for good. */
  readonly goneListeners: ((pod: number) => void)[] = [];
  /** Called with each report that a pod runs: its node then has the image. */
  podRuns: (pod: number, storedUs: number) => void = () => {};
  /** Version of the store: grows with every write. */
  resourceVersion = 0;
  readonly #simulation: Simulation;
  readonly #log: Log;
  readonly #times: RequestTimes;
  readonly #entities: ObjectEntities;
  readonly #streamUs = new Float64Array(Subscriber.count);
  readonly #kubeletStreamUs: Float64Array;
  readonly #storeReady: number;
  readonly #storeRestart: number;
  readonly #quotas: ResourceQuotas;

  constructor(simulation: Simulation, log: Log, times: RequestTimes, entities: ObjectEntities, taskCount: number, quotas: ResourceQuotas) {
    const nodeCount = entities.nodes.length;
    this.#quotas = quotas;
    this.#simulation = simulation;
    this.#log = log;
    this.#times = times;
    this.#entities = entities;
    this.pods = new PodTable(nodeCount);
    this.nodes = new NodeTable(nodeCount);
    this.owners = new OwnerTable(taskCount);
    this.#kubeletStreamUs = new Float64Array(nodeCount);
    this.#storeRestart = simulation.on(COMPONENT, (pod) => {
      if (this.pods.alive[pod] === 1) this.#tellOwner(pod, this.watchers.jobPodRestarted, WatchEvent.other);
      this.pods.drop(pod);
    });
    this.#storeReady = simulation.on(COMPONENT, (pod, epoch, ready) => {
      if (this.pods.readyEpoch[pod] === epoch) this.#setPodReady(pod, ready);
      this.pods.drop(pod);
    });
  }

  /** When a write about a pod that is sent at a time is stored and answered. */
  podStoredUs(pod: number, kind: RequestKind, sentUs: number): number {
    return this.#times.storedUs(this.pods.entity[pod]!, this.#podOccurrence(pod, kind.repeats), kind, sentUs);
  }

  /** About a pod of the task that does not exist yet, or its job; `number` where there are several. */
  taskStoredUs(task: number, kind: RequestKind, sentUs: number, number = 0): number {
    return this.#times.storedUs(this.#entities.task(task), (this.owners.podsMade[task]! + 1) * REQUESTS_PER_INCARNATION + number, kind, sentUs);
  }

  ownerStoredUs(owner: number, kind: RequestKind, sentUs: number): number {
    return this.#times.storedUs(this.#entities.task(this.owners.firstTask[owner]!), this.#ownerOccurrence(owner), kind, sentUs);
  }

  nodeStoredUs(node: number, kind: RequestKind, sentUs: number): number {
    return this.#times.storedUs(this.#entities.nodes[node]!, this.nodes.requests[node]!++, kind, sentUs);
  }

  /** A draw about a node, 0 to 1. */
  nodeDraw(node: number): number {
    return this.#times.draw(this.#entities.nodes[node]!, this.nodes.requests[node]!++);
  }

  #podOccurrence(pod: number, repeats: boolean): number {
    const first = this.pods.incarnation[pod]! * REQUESTS_PER_INCARNATION;
    return repeats ? first + ++this.pods.requests[pod]! : first;
  }

  #ownerOccurrence(owner: number): number {
    return this.owners.incarnation[owner]! * REQUESTS_PER_INCARNATION + this.owners.requests[owner]!++;
  }

  /** Mean delay of a watch, for reports whose moment matters to nobody. */
  get watchDelayUs(): number {
    return this.#times.meanWatchUs;
  }

  createOwner(kind: OwnerKind, template: number, firstTask: number, count: number, adopts = false): number {
    const owner = this.owners.add(kind, template, firstTask, count, adopts);
    this.written();
    this.owners.hold(owner);
    this.#simulation.at(this.controllersHearOfOwnerUs(owner), this.watchers.ownerAdded[kind]!, owner);
    return owner;
  }

  /** The owner was deleted by its user: the garbage collector will delete its pods. */
  deleteOwner(owner: number): void {
    this.written();
    this.owners.hold(owner);
    this.#simulation.at(this.controllersHearOfOwnerUs(owner), this.watchers.ownerDeleted, owner);
  }

  /**
   * @param target machine that the pod is pinned to; -1 = none
   * @param template of the pod; default: the owner's
   * @returns the pod, or -1: forbidden by a quota of its namespace
   */
  createPod(owner: number, task: number, target = -1, template = this.owners.template[owner]!): number {
    const { pods, owners } = this;
    if (!this.#quotas.admit(template)) return -1;
    const pod = pods.add(task, template, owner, target, ++owners.podsMade[task]!, this.#entities.task(task));
    owners.setPod(owner, task, pod);
    owners.hold(owner);
    this.written();
    pods.hold(pod);
    this.#simulation.at(this.#heardUs(Subscriber.scheduler, this.#podEventUs(pod, WatchEvent.podAdded)), this.watchers.schedulerPodAdded, pod);
    for (const listener of this.podListeners) listener();
    return pod;
  }

  /** A pod that is on its node when the cluster begins: everybody knows of it. */
  placedFromStart(owner: number, task: number, node: number): number {
    const { pods, owners } = this;
    this.#quotas.charge(owners.template[owner]!);
    const pod = pods.add(task, owners.template[owner]!, owner, -1, ++owners.podsMade[task]!, this.#entities.task(task));
    owners.setPod(owner, task, pod);
    owners.progress[task] = TaskProgress.hadPod;
    owners.hold(owner);
    pods.setNode(pod, node);
    pods.hold(pod);
    this.#simulation.at(this.#simulation.nowUs, this.watchers.schedulerPodAdded, pod);
    pods.hold(pod);
    this.#simulation.at(this.#kubeletHeardUs(node, this.#podEventUs(pod, WatchEvent.podBoundToKubelet)), this.watchers.kubeletPodBound, pod);
    return pod;
  }

  /** Stores a binding; false = the pod is gone or going (the API answers with an error). */
  bindPod(pod: number, node: number, gpuMask: number): boolean {
    const { pods, watchers } = this;
    this.written();
    if (pods.alive[pod] === 0 || pods.deleting[pod] === 1) {
      this.#log.count(Counter.conflicts);
      return false;
    }
    pods.setNode(pod, node);
    pods.gpuMask[pod] = gpuMask;
    pods.hold(pod);
    this.#simulation.at(this.#kubeletHeardUs(node, this.#podEventUs(pod, WatchEvent.podBoundToKubelet)), watchers.kubeletPodBound, pod);
    if (this.nodes.unreachableNoExecute[node] === 1) {
      pods.hold(pod);
      this.#simulation.at(this.#heardUs(Subscriber.eviction, this.#podEventUs(pod, WatchEvent.podBoundToEviction)), watchers.evictionPodBound, pod);
    }
    return true;
  }

  /** Deletes a pod: at once when no node has it, else by a deletionTimestamp that its kubelet acts on. False = nothing to delete. */
  deletePod(pod: number): boolean {
    const { pods, watchers, owners } = this;
    if (pods.alive[pod] === 0 || pods.deleting[pod] === 1) return false;
    const node = pods.node[pod]!;
    if (node < 0) {
      this.#retire(pod);
      return true;
    }
    this.written();
    pods.deleting[pod] = 1;
    this.#setPodReady(pod, 0);
    pods.finishedUs[pod] = this.#simulation.nowUs;
    pods.hold(pod);
    this.#simulation.at(this.#kubeletHeardUs(node, this.#podEventUs(pod, WatchEvent.podDeletingToKubelet)), watchers.kubeletPodDeleting, pod);
    pods.hold(pod);
    this.#simulation.at(this.#heardUs(Subscriber.scheduler, this.#podEventUs(pod, WatchEvent.podDeletingToScheduler)), watchers.schedulerPodDeleting, pod);
    this.#tellOwner(pod, watchers.podDeleting[owners.kind[pods.owner[pod]!]!]!, WatchEvent.podDeletingToOwner);
    return true;
  }

  /**
   * The kubelet's report that the pod's containers run is stored at `storedUs`. No component of the model acts on the phase, so it is a time in a column and no event;
   * `Infinity` takes it back, and a report of readiness that is under way with it.
   */
  podRunning(pod: number, storedUs: number): void {
    if (storedUs !== Infinity) this.written();
    else this.pods.readyEpoch[pod]!++;
    this.pods.runningUs[pod] = storedUs;
    if (storedUs !== Infinity) this.podRuns(pod, storedUs);
  }

  /** The kubelet's report that the pod is ready (1), or that it is not (0), is stored at `storedUs`. */
  podReadiness(pod: number, ready: 0 | 1, storedUs: number): void {
    const { pods, owners } = this;
    if (owners.kind[pods.owner[pod]!] === OwnerKind.job || pods.deleting[pod] === 1) return;
    const epoch = ++pods.readyEpoch[pod]!;
    if (ready === 0 && pods.ready[pod] === 0) return;
    this.written();
    pods.hold(pod);
    this.#simulation.at(storedUs, this.#storeReady, pod, epoch, ready);
  }

  /** The kubelet's report that a container was started again, stored at `storedUs`: of Jobs, whose controller counts restarts. */
  podRestarted(pod: number, storedUs: number): void {
    if (this.owners.kind[this.pods.owner[pod]!] !== OwnerKind.job) return;
    this.written();
    this.pods.hold(pod);
    this.#simulation.at(storedUs, this.#storeRestart, pod);
  }

  /** The node controller's patch: pods of a node that does not answer are not ready (MarkPodsNotReady in pkg/controller/util/node/controller_utils.go). */
  markNotReady(pod: number): void {
    if (this.pods.ready[pod] === 0) return;
    this.written();
    this.#setPodReady(pod, 0);
  }

  /** The kubelet reports the pod as over, or as gone for good after its deletion. */
  podOver(pod: number, phase: PodPhase, finishedUs: number): void {
    if (this.pods.alive[pod] === 0) return;
    this.pods.phase[pod] = phase;
    this.pods.finishedUs[pod] = finishedUs;
    this.#retire(pod);
  }

  setReady(node: number, ready: number): void {
    this.nodeWritten(node);
    this.nodes.ready[node] = ready;
    this.nodes.readySinceUs[node] = this.#simulation.nowUs;
    this.#simulation.at(this.#heardUs(Subscriber.lifecycle, this.#nodeWatchUs(node)), this.watchers.lifecycleNodeChanged, node);
    for (const listener of this.nodeListeners) listener(node);
  }

  /** The kubelet's report of its condition MemoryPressure. */
  setMemoryPressure(node: number, pressure: 0 | 1): void {
    if (this.nodes.exists[node] === 0 || this.nodes.memoryPressure[node] === pressure) return;
    this.nodeWritten(node);
    this.nodes.memoryPressure[node] = pressure;
    this.#simulation.at(this.#heardUs(Subscriber.lifecycle, this.#nodeWatchUs(node)), this.watchers.lifecyclePressureChanged, node);
  }

  setMemoryPressureTaint(node: number, present: 0 | 1): void {
    if (this.nodes.memoryPressureNoSchedule[node] === present) return;
    this.nodeWritten(node);
    this.nodes.memoryPressureNoSchedule[node] = present;
    this.#simulation.at(this.#heardUs(Subscriber.scheduler, this.#nodeWatchUs(node)), this.watchers.schedulerNodeChanged, node);
  }

  setTaint(node: number, effect: 'NoSchedule' | 'NoExecute', present: boolean): void {
    const column = effect === 'NoSchedule' ? this.nodes.unreachableNoSchedule : this.nodes.unreachableNoExecute;
    if ((column[node] === 1) === present) return;
    this.nodeWritten(node);
    column[node] = present ? 1 : 0;
    this.#simulation.at(this.#heardUs(Subscriber.scheduler, this.#nodeWatchUs(node)), this.watchers.schedulerNodeChanged, node);
    if (effect === 'NoExecute') this.#simulation.at(this.#heardUs(Subscriber.eviction, this.#nodeWatchUs(node)), this.watchers.evictionNodeChanged, node);
  }

  /** A Node object is deleted (0) or registered by its kubelet (1), as ready and without taints. */
  setExists(node: number, exists: 0 | 1): void {
    const { nodes, watchers } = this;
    if (nodes.exists[node] === exists) return;
    this.nodeWritten(node);
    nodes.exists[node] = exists;
    nodes.ready[node] = ReadyCondition.true;
    nodes.readySinceUs[node] = this.#simulation.nowUs;
    nodes.unschedulable[node] = 0;
    nodes.unreachableNoSchedule[node] = 0;
    nodes.unreachableNoExecute[node] = 0;
    nodes.memoryPressure[node] = 0;
    nodes.memoryPressureNoSchedule[node] = 0;
    this.#simulation.at(this.#heardUs(Subscriber.scheduler, this.#nodeWatchUs(node)), watchers.schedulerNodeChanged, node);
    this.#simulation.at(this.#heardUs(Subscriber.eviction, this.#nodeWatchUs(node)), watchers.evictionNodeChanged, node);
    this.#simulation.at(this.#heardUs(Subscriber.lifecycle, this.#nodeWatchUs(node)), watchers.lifecycleNodeExists, node, exists);
    for (const listener of this.nodeListeners) listener(node);
  }

  /** There is no Node object of the machine when the cluster begins. */
  absentFromStart(node: number): void {
    this.nodes.exists[node] = 0;
    this.#simulation.at(0, this.watchers.schedulerNodeChanged, node);
    this.#simulation.at(0, this.watchers.lifecycleNodeExists, node, 0);
  }

  setUnschedulable(node: number, unschedulable: boolean): void {
    this.nodeWritten(node);
    this.nodes.unschedulable[node] = unschedulable ? 1 : 0;
    this.#simulation.at(this.#heardUs(Subscriber.scheduler, this.#nodeWatchUs(node)), this.watchers.schedulerNodeChanged, node);
  }

  /** Counts a write of a Node object: whoever has read it before is now in conflict. */
  nodeWritten(node: number): void {
    this.nodes.changedUs[node] = this.#simulation.nowUs;
    this.written();
  }

  /** Counts a write whose content the model does not keep. */
  written(): void {
    this.resourceVersion++;
    this.#log.count(Counter.writes);
  }

  /** When the controllers hear of a change that is stored now. */
  controllersHearOfPodUs(pod: number): number {
    return this.#heardUs(Subscriber.controllers, this.podWatchUs(pod));
  }

  controllersHearOfOwnerUs(owner: number): number {
    return this.#heardUs(Subscriber.controllers, this.ownerWatchUs(owner));
  }

  controllersHearOfNodeUs(node: number): number {
    return this.#heardUs(Subscriber.controllers, this.#nodeWatchUs(node));
  }

  #retire(pod: number): void {
    const { pods, watchers, owners } = this;
    this.written();
    this.#setPodReady(pod, 0);
    pods.hold(pod);
    pods.retire(pod);
    this.#quotas.release(pods.template[pod]!);
    for (const listener of this.podListeners) listener();
    if (owners.kind[pods.owner[pod]!] !== OwnerKind.job) for (const listener of this.goneListeners) listener(pod);
    this.#simulation.at(this.#heardUs(Subscriber.scheduler, this.#podEventUs(pod, WatchEvent.podGoneToScheduler)), watchers.schedulerPodGone, pod);
    this.#tellOwner(pod, watchers.podGone[owners.kind[pods.owner[pod]!]!]!, WatchEvent.podGoneToOwner);
  }

  #setPodReady(pod: number, ready: number): void {
    const { pods } = this;
    pods.readyEpoch[pod]!++;
    if (pods.ready[pod] === ready) return;
    pods.ready[pod] = ready;
    pods.readySinceUs[pod] = this.#simulation.nowUs;
    for (const listener of this.readinessListeners) listener(pod);
  }

  #tellOwner(pod: number, operation: number, event: number): void {
    const owner = this.pods.owner[pod]!;
    const actsUs = this.watchers.podEventTime[this.owners.kind[owner]!]!(owner, this.#heardUs(Subscriber.controllers, event === WatchEvent.other ? this.podWatchUs(pod) : this.#podEventUs(pod, event)));
    this.pods.hold(pod);
    this.owners.hold(owner);
    this.#simulation.at(actsUs, operation, pod);
  }

  /** How long it takes until a subscriber has a change of a pod, or of what stands for its service. */
  podWatchUs(pod: number): number {
    return this.#times.watchUs(this.pods.entity[pod]!, this.#podOccurrence(pod, true), WatchEvent.other);
  }

  ownerWatchUs(owner: number): number {
    return this.#times.watchUs(this.#entities.task(this.owners.firstTask[owner]!), this.#ownerOccurrence(owner), WatchEvent.other);
  }

  #nodeWatchUs(node: number): number {
    return this.#times.watchUs(this.#entities.nodes[node]!, this.nodes.requests[node]!++, WatchEvent.other);
  }

  /** An event that a pod's object has once. */
  #podEventUs(pod: number, event: number): number {
    return this.#times.watchUs(this.pods.entity[pod]!, this.#podOccurrence(pod, false), event);
  }

  /** A stream delivers in order: an event never overtakes the one before. */
  #heardUs(subscriber: number, watchUs: number): number {
    const heardUs = Math.max(this.#simulation.nowUs + watchUs, this.#streamUs[subscriber]!);
    this.#streamUs[subscriber] = heardUs;
    return heardUs;
  }

  #kubeletHeardUs(node: number, watchUs: number): number {
    const heardUs = Math.max(this.#simulation.nowUs + watchUs, this.#kubeletStreamUs[node]!);
    this.#kubeletStreamUs[node] = heardUs;
    return heardUs;
  }
}
