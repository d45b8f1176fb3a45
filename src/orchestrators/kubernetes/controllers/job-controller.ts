import type { Simulation } from '../../../engine/simulation.ts';
import type { Log } from '../../../metrics/log.ts';
import type { ClientPort } from '../../../workload/client.ts';
import { ApiClient } from '../apiserver/api-client.ts';
import type { ClientLimit } from '../apiserver/api-limits.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { OwnerKind, OwnerState, TaskProgress } from '../apiserver/owner-table.ts';
import { PodPhase } from '../apiserver/pod-table.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';
import type { JobSettings } from './job-settings.ts';
import { PodCreation } from './pod-creation.ts';

export interface JobOptions {
  /** `spec.backoffLimit`. */
  readonly backoffLimit: number;
  /** First and longest delay before a failed pod is replaced, microseconds. */
  readonly failureBackoffUs: number;
  readonly maxFailureBackoffUs: number;
  /** Pod events of one Job are handled together after this long, microseconds. */
  readonly batchUs: number;
}

/** batch/v1 defaults (backoffLimit 6) and pkg/controller/job/job_controller.go (DefaultJobPodFailureBackOff 10 s, MaxJobPodFailureBackOff 10 min, SyncJobBatchPeriod 1 s), v1.35. */
export const DEFAULT_JOB: JobOptions = { backoffLimit: 6, failureBackoffUs: 10_000_000, maxFailureBackoffUs: 600_000_000, batchUs: 1_000_000 };

const COMPONENT = 'kubernetes/job-controller';
/** A finished pod's bookkeeping: uncounted status, removal of the pod's finalizer, final status (trackJobStatusAndRemoveFinalizers). */
const WRITES_PER_FINISHED_POD = 3;

/**
 * Job controller (pkg/controller/job, v1.35) for Jobs with as many completions as tasks, as many at once as their parallelism, one completion index per task. A pod that fails or
 * gets a deletionTimestamp is replaced (podReplacementPolicy TerminatingOrFailed) after a back-off that counts from the last failure.
 */
export class JobController {
  readonly #simulation: Simulation;
  readonly #api: ApiServer;
  readonly #options: JobOptions;
  readonly #client: ClientPort;
  readonly #requests: ApiClient;
  readonly #creation: PodCreation;
  readonly #settings: (template: number) => JobSettings;
  readonly #ended: (job: number) => void;
  readonly #deadline: number;
  readonly #visible: number;
  readonly #delete: number;

  /**
   * @param settings of a template's Jobs
   * @param ended called when a Job has completed or failed, before its row is free
   */
  constructor(simulation: Simulation, log: Log, api: ApiServer, client: ClientPort, options: JobOptions, settings: (template: number) => JobSettings, limit: ClientLimit, ended: (job: number) => void) {
    this.#simulation = simulation;
    this.#api = api;
    this.#options = options;
    this.#client = client;
    this.#settings = settings;
    this.#ended = ended;
    this.#requests = new ApiClient(simulation, api, limit);
    this.#creation = new PodCreation(simulation, COMPONENT, log, api, this.#requests, (job) => this.#sync(job));
    this.#visible = simulation.on(COMPONENT, (task, success) => this.#client.ended(task, success === 1));
    this.#delete = simulation.on(COMPONENT, (pod) => {
      this.#api.deletePod(pod);
      this.#api.pods.drop(pod);
    });
    const { watchers, owners } = api;
    this.#deadline = simulation.on(COMPONENT, (job) => {
      if (owners.state[job] === OwnerState.active) this.#fail(job);
      owners.drop(job);
    });
    watchers.ownerAdded[OwnerKind.job] = simulation.on(COMPONENT, (job) => {
      const { parallelism, deadlineUs } = settings(owners.template[job]!);
      owners.most[job] = parallelism;
      if (deadlineUs !== Infinity) {
        owners.hold(job);
        simulation.after(deadlineUs, this.#deadline, job);
      }
      this.#sync(job);
      this.#writeStatus(job);
      owners.drop(job);
    });
    watchers.podDeleting[OwnerKind.job] = simulation.on(COMPONENT, (pod) => {
      this.#podDeleting(pod);
      this.#api.owners.drop(this.#api.pods.owner[pod]!);
      this.#api.pods.drop(pod);
    });
    watchers.podGone[OwnerKind.job] = simulation.on(COMPONENT, (pod) => {
      const job = this.#api.pods.owner[pod]!;
      this.#podGone(pod);
      // Once for this event, once for the pod.
      this.#api.owners.drop(job);
      this.#api.owners.drop(job);
      this.#api.pods.drop(pod);
    });
    watchers.jobPodRestarted = simulation.on(COMPONENT, (pod) => {
      const job = this.#api.pods.owner[pod]!;
      if (owners.state[job] === OwnerState.active && this.#restartedTooOften(job)) this.#fail(job);
      owners.drop(job);
      this.#api.pods.drop(pod);
    });
    watchers.podEventTime[OwnerKind.job] = (job, heardUs) => this.#batched(job, heardUs);
  }

  /** Pod events wait for the sync that the first of them has scheduled. */
  #batched(job: number, heardUs: number): number {
    const { owners } = this.#api;
    if (owners.syncAtUs[job]! < heardUs) owners.syncAtUs[job] = heardUs + this.#options.batchUs;
    return owners.syncAtUs[job]!;
  }

  #podDeleting(pod: number): void {
    const { pods, nodes } = this.#api;
    if (pods.counted[pod] === 1 || pods.alive[pod] === 0) return;
    // getFinishedTime: a pod whose node was lost became not ready with the node, else the deletion counts.
    const node = pods.node[pod]!;
    const lostUs = node >= 0 && nodes.ready[node] !== 1 ? nodes.readySinceUs[node]! : pods.finishedUs[pod]!;
    this.#lost(pod, lostUs);
    this.#sync(pods.owner[pod]!);
  }

  #podGone(pod: number): void {
    const { pods, owners } = this.#api;
    const job = pods.owner[pod]!;
    const task = pods.task[pod]!;
    if (owners.state[job] !== OwnerState.active) return;
    if (pods.phase[pod] === PodPhase.succeeded) this.#succeeded(job, pod);
    else if (pods.counted[pod] === 0 && owners.podOf[task] === pod) {
      this.#lost(pod, pods.finishedUs[pod]!);
      this.#sync(job);
    }
  }

  #succeeded(job: number, pod: number): void {
    const { owners, pods } = this.#api;
    const task = pods.task[pod]!;
    if (owners.progress[task] === TaskProgress.succeeded) return;
    owners.progress[task] = TaskProgress.succeeded;
    owners.recentFailures[job] = 0;
    const other = owners.podOf[task]!;
    // The completion index is done: a second pod of it is surplus.
    if (other >= 0 && other !== pod) this.#deletePod(other);
    owners.podOf[task] = -1;
    this.#simulation.at(this.#writeStatus(job, WRITES_PER_FINISHED_POD), this.#visible, task, 1);
    if (--owners.open[job]! > 0) {
      if (owners.most[job]! < owners.count[job]!) this.#sync(job);
      return;
    }
    this.#ended(job);
    owners.end(job, OwnerState.complete);
  }

  /** A pod of the Job failed, was deleted or vanished. */
  #lost(pod: number, failedUs: number): void {
    const { owners, pods } = this.#api;
    const job = pods.owner[pod]!;
    const task = pods.task[pod]!;
    pods.counted[pod] = 1;
    if (owners.state[job] !== OwnerState.active || owners.podOf[task] !== pod) return;
    owners.podOf[task] = -1;
    owners.failures[job]!++;
    owners.recentFailures[job]!++;
    owners.lastFailureUs[job] = failedUs;
    owners.lose(job, task);
    this.#writeStatus(job, WRITES_PER_FINISHED_POD);
  }

  #sync(job: number): void {
    const { owners } = this.#api;
    if (owners.state[job] !== OwnerState.active) return;
    if (owners.failures[job]! > this.#settings(owners.template[job]!).backoffLimit) {
      this.#fail(job);
      return;
    }
    if (owners.missing(job) === 0) return;
    const readyUs = this.#backoffEndUs(job);
    if (readyUs > this.#simulation.nowUs) this.#creation.resumeAt(job, readyUs);
    else this.#creation.begin(job);
  }

  /** pastBackoffLimitOnFailure: restarts in place of the pods that are there now reach the limit (at 0: exceed it). */
  #restartedTooOften(job: number): boolean {
    const { owners, pods } = this.#api;
    const { backoffLimit } = this.#settings(owners.template[job]!);
    let restarts = 0;
    for (const pod of owners.podsOf(job)) restarts += pods.restarts[pod]!;
    return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit;
  }

  #backoffEndUs(job: number): number {
    const { owners } = this.#api;
    const failures = owners.recentFailures[job]!;
    if (failures === 0) return -Infinity;
    let durationUs = this.#options.failureBackoffUs;
    for (let i = 1; i < failures && durationUs < this.#options.maxFailureBackoffUs; i++) durationUs *= 2;
    return owners.lastFailureUs[job]! + Math.min(durationUs, this.#options.maxFailureBackoffUs);
  }

  /** BackoffLimitExceeded or DeadlineExceeded: the Job's other pods are deleted, its open indexes are over. */
  #fail(job: number): void {
    const { owners } = this.#api;
    const first = owners.firstTask[job]!;
    const visibleUs = this.#writeStatus(job);
    for (let task = first; task < first + owners.count[job]!; task++) {
      if (owners.ownerOf[task] !== job || owners.progress[task] === TaskProgress.succeeded) continue;
      const pod = owners.podOf[task]!;
      if (pod >= 0) this.#deletePod(pod);
      owners.podOf[task] = -1;
      this.#simulation.at(visibleUs, this.#visible, task, 0);
    }
    this.#ended(job);
    owners.end(job, OwnerState.failed);
  }

  #deletePod(pod: number): void {
    this.#api.pods.counted[pod] = 1;
    this.#api.pods.hold(pod);
    this.#simulation.at(this.#requests.pod(pod, RequestKind.deletePod), this.#delete, pod);
  }

  /** Writes of the controller whose content nobody in the model reads; returns when the last is answered. */
  #writeStatus(job: number, writes = 1): number {
    let timeUs = this.#simulation.nowUs;
    for (let i = 0; i < writes; i++) {
      timeUs = this.#api.ownerStoredUs(job, RequestKind.ownerStatus, Math.max(timeUs, this.#requests.sentUs()));
      this.#api.written();
    }
    return timeUs;
  }
}
