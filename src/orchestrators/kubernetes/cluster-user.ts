import { Counter, RecordKind } from '../../metrics/log.ts';
import type { OrchestratorContext } from '../orchestrator.ts';
import type { ApiServer } from './apiserver/apiserver.ts';
import { OwnerKind, OwnerState } from './apiserver/owner-table.ts';
import { REQUESTS_PER_INCARNATION } from './apiserver/request-times.ts';
import { RequestKind } from './apiserver/request-kinds.ts';
import type { Autoscalers } from './controllers/autoscalers.ts';
import type { DaemonSetController } from './controllers/daemon-set-controller.ts';
import type { DeploymentController } from './controllers/deployment-controller.ts';
import type { DisruptionBudgets } from './controllers/disruption-budgets.ts';
import { ownerKind } from './controllers/owner-kind.ts';
import type { StatefulSetController } from './controllers/stateful-set-controller.ts';
import { recordedNodes } from './recorded-nodes.ts';

const CLIENT = 'kubernetes/client';
/** The Eviction API answers 429 while a budget allows no disruption; kubectl drain asks again after 5 s (kubectl/pkg/drain/drain.go evictPods). */
const EVICTION_RETRY_US = 5_000_000;
/** Inside the Eviction API: a budget that another eviction has written since it was read is read again after 500 ms, jitter 0.1 (EvictionsRetry in pkg/registry/core/pod/storage/eviction.go, v1.35). */
const CONFLICT_RETRY_US = 500_000;
const CONFLICT_JITTER = 0.1;
const EVICTION = 'kubernetes/eviction';

/** Controllers that are told what their objects begin with. */
export interface ObjectControllers {
  readonly deployments: DeploymentController;
  readonly statefulSets: StatefulSetController;
  readonly daemonSets: DaemonSetController;
  readonly autoscalers: Autoscalers;
  readonly budgets: DisruptionBudgets;
}

/** The user of a cluster, who creates, scales, updates and deletes objects and drains nodes. His requests reach the API server in the order in which they are sent. */
export class ClusterUser {
  readonly #context: OrchestratorContext;
  readonly #api: ApiServer;
  readonly #controllers: ObjectControllers;
  readonly #createOwner: number;
  readonly #scale: number;
  readonly #update: number;
  readonly #deleteJob: number;
  readonly #cordon: number;
  readonly #evict: number;
  /** Requests so far per first task: the number of their draws. */
  readonly #requests = new Map<number, number>();
  /** Scalings under way per job, and `spec.replicas` per first task as stored. */
  readonly #scalings = new Map<number, number>();
  readonly #replicas = new Map<number, number>();
  readonly #commitUs: number;
  #streamUs = 0;

  /** @param commitUs how long the store takes for the status of a budget on average, microseconds */
  constructor(context: OrchestratorContext, api: ApiServer, controllers: ObjectControllers, commitUs: number) {
    this.#commitUs = commitUs;
    const { simulation, workload } = context;
    this.#context = context;
    this.#api = api;
    this.#controllers = controllers;
    const { owners } = api;
    this.#createOwner = simulation.on(CLIENT, (template, first, count) => this.#begin(api.createOwner(ownerKind(workload.shapes[template]!), template, first, count), []));
    this.#scale = simulation.on(CLIENT, (job, count) => {
      const waiting = this.#scalings.get(job)! - 1;
      this.#scalings.set(job, waiting);
      // An autoscaler came between: the user's patch is the last word.
      if (waiting === 0 && context.client.wanted(job) !== count) context.client.scaled(job, count);
      this.setReplicas(job, count);
      controllers.autoscalers.changed(workload.firstTask(job));
    });
    this.#update = simulation.on(CLIENT, (job, shape) => {
      const owner = owners.ownerOf[workload.firstTask(job)]!;
      if (owner < 0 || owners.state[owner] !== OwnerState.active) return;
      if (owners.kind[owner] === OwnerKind.statefulSet) controllers.statefulSets.update(owner, shape);
      else if (owners.kind[owner] === OwnerKind.daemonSet) controllers.daemonSets.update(owner, shape);
      else controllers.deployments.update(workload.firstTask(job), workload.size(job), shape);
    });
    this.#deleteJob = simulation.on(CLIENT, (job) => this.#deleteObjects(job));
    this.#cordon = simulation.on(CLIENT, (machine, unschedulable) => this.#setCordon(machine, unschedulable === 1));
    this.#evict = simulation.on(CLIENT, (pod) => this.#evictPod(pod));
  }

  create(template: number, firstTask: number, count: number): void {
    this.#send(firstTask, this.#createOwner, template, firstTask, count);
  }

  scale(job: number, count: number): void {
    this.#scalings.set(job, (this.#scalings.get(job) ?? 0) + 1);
    this.#send(this.#context.workload.firstTask(job), this.#scale, job, count);
  }

  update(job: number, shape: number): void {
    this.#send(this.#context.workload.firstTask(job), this.#update, job, shape);
  }

  delete(job: number): void {
    this.#send(this.#context.workload.firstTask(job), this.#deleteJob, job);
  }

  /** `kubectl drain` (cordon, then evict all pods) and `kubectl uncordon`. */
  drain(machine: number, drained: boolean): void {
    this.#inOrder(this.#api.nodeStoredUs(machine, RequestKind.user, this.#context.simulation.nowUs), this.#cordon, machine, drained ? 1 : 0);
  }

  /** A job of a cluster's snapshot: its pods begin on the nodes that they were on; those without, or on a node that is not there, are scheduled. False = not one of a snapshot. */
  placedAsRecorded(job: number): boolean {
    const { workload, inventory, client } = this.#context;
    const template = workload.columns.jobShape[job]!;
    const recorded = recordedNodes(workload.shapes[template]!);
    if (recorded === null) return false;
    const { nodes } = this.#api;
    const first = workload.firstTask(job);
    const owner = this.#api.createOwner(ownerKind(workload.shapes[template]!), template, first, workload.size(job));
    const placed: number[] = [];
    for (let i = 0; i < client.wanted(job); i++) {
      const machine = inventory.indexOf(recorded[i] ?? '');
      if (machine >= 0 && nodes.exists[machine] === 1) placed.push(this.#api.placedFromStart(owner, first + i, machine));
    }
    this.#begin(owner, placed);
    return true;
  }

  /** `spec.replicas` of a service's object as it is stored. */
  replicas(firstTask: number): number {
    return this.#replicas.get(firstTask) ?? this.#context.client.wanted(this.#context.workload.jobOf(firstTask));
  }

  /** `spec.replicas` of a service's object is written. */
  setReplicas(job: number, count: number): void {
    const { owners } = this.#api;
    const { workload } = this.#context;
    const first = workload.firstTask(job);
    const owner = owners.ownerOf[first]!;
    if (owner < 0 || owners.state[owner] !== OwnerState.active) return;
    this.#replicas.set(first, count);
    if (owners.kind[owner] === OwnerKind.statefulSet) this.#controllers.statefulSets.scale(owner, count);
    // One pod on every node: there is nothing to scale in a DaemonSet.
    else if (owners.kind[owner] === OwnerKind.replicaSet) this.#controllers.deployments.scale(first, workload.size(job), count);
  }

  /** An object was created: its controller begins with the pods that are there already. */
  #begin(owner: number, placed: readonly number[]): void {
    const { workload, client } = this.#context;
    const { owners, pods } = this.#api;
    const { autoscalers, statefulSets, daemonSets } = this.#controllers;
    const kind = owners.kind[owner]!;
    const first = owners.firstTask[owner]!;
    const count = owners.count[owner]!;
    if (placed.length > 0 && (kind === OwnerKind.job || kind === OwnerKind.replicaSet)) {
      const tasks = new Set(placed.map((pod) => pods.task[pod]!));
      owners.beginWithout(owner, Array.from({ length: count }, (_, i) => first + i).filter((task) => !tasks.has(task)));
    }
    if (kind === OwnerKind.job) return;
    const wanted = client.wanted(workload.jobOf(first));
    this.#replicas.set(first, wanted);
    autoscalers.begin(first, owners.template[owner]!);
    if (kind === OwnerKind.statefulSet) statefulSets.begin(owner, wanted, placed);
    else if (kind === OwnerKind.daemonSet) daemonSets.begin(owner, placed);
    else if (wanted < count) {
      const slots = owners.slotsOf(owner);
      slots.wanted = wanted;
      slots.limit = wanted;
    }
  }

  #deleteObjects(job: number): void {
    const { owners } = this.#api;
    const { workload } = this.#context;
    const first = workload.firstTask(job);
    this.#controllers.autoscalers.end(first);
    this.#replicas.delete(first);
    for (const owner of this.#controllers.deployments.remove(first) ?? []) {
      this.#api.deleteOwner(owner);
      owners.end(owner, OwnerState.deleted);
    }
    for (let task = first; task < first + workload.size(job); task++) {
      const owner = owners.ownerOf[task]!;
      if (owner < 0 || owners.state[owner] !== OwnerState.active) continue;
      this.#api.deleteOwner(owner);
      owners.end(owner, OwnerState.deleted);
    }
  }

  #setCordon(machine: number, unschedulable: boolean): void {
    this.#api.setUnschedulable(machine, unschedulable);
    if (!unschedulable) return;
    const { pods, owners } = this.#api;
    for (const pod of pods.on(machine)) {
      // kubectl drain --ignore-daemonsets.
      if (owners.kind[pods.owner[pod]!] === OwnerKind.daemonSet) continue;
      pods.hold(pod);
      this.#context.simulation.at(this.#api.podStoredUs(pod, RequestKind.userEviction, this.#context.simulation.nowUs), this.#evict, pod);
    }
  }

  #evictPod(pod: number): void {
    const { simulation, log } = this.#context;
    const { pods, nodes } = this.#api;
    const node = pods.node[pod]!;
    if (pods.alive[pod] === 1 && pods.deleting[pod] === 0 && nodes.unschedulable[node] === 1) {
      const { budgets } = this.#controllers;
      const books = log.component(EVICTION);
      books.decisions++;
      if (budgets.changedSince(pod, simulation.nowUs - this.#commitUs)) {
        books.conflicts++;
        log.count(Counter.conflicts);
        simulation.after(Math.floor(CONFLICT_RETRY_US * (1 + CONFLICT_JITTER * this.#api.nodeDraw(node))), this.#evict, pod);
        return;
      }
      if (!budgets.allows(pod)) {
        simulation.after(EVICTION_RETRY_US, this.#evict, pod);
        return;
      }
      books.commits++;
      budgets.disrupted(pod);
      log.record(RecordKind.evict, pods.task[pod]!, node);
      this.#api.deletePod(pod);
    }
    pods.drop(pod);
  }

  /** A request about the objects of a job, by its first task. */
  #send(firstTask: number, operation: number, a: number, b = 0, c = 0): void {
    const number = (this.#requests.get(firstTask) ?? 0) + 1;
    // A batch job is created once as a rule, and there are many.
    if (operation !== this.#createOwner) this.#requests.set(firstTask, number);
    this.#inOrder(this.#api.taskStoredUs(firstTask, RequestKind.user, this.#context.simulation.nowUs, number % REQUESTS_PER_INCARNATION), operation, a, b, c);
  }

  #inOrder(storedUs: number, operation: number, a: number, b = 0, c = 0): void {
    this.#streamUs = Math.max(this.#streamUs, storedUs);
    this.#context.simulation.at(this.#streamUs, operation, a, b, c);
  }
}
