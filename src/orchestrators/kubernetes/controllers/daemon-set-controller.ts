import type { Simulation } from '../../../engine/simulation.ts';
import { type Log, RecordKind } from '../../../metrics/log.ts';
import type { NativeObject } from '../../../workload/readers/kubernetes-manifests/native-object.ts';
import type { Shape } from '../../../workload/shape.ts';
import { ApiClient } from '../apiserver/api-client.ts';
import type { ClientLimit } from '../apiserver/api-limits.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { NO_POD, OwnerKind, OwnerState, TaskProgress } from '../apiserver/owner-table.ts';
import { PodPhase } from '../apiserver/pod-table.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';

const COMPONENT = 'kubernetes/daemonset-controller';
const UNDER_WAY = -2;
/** What a quota forbids is tried again (the key's back-off in the work queue, which doubles from 5 ms; here its later range throughout). */
const FORBIDDEN_RETRY_US = 10_000_000;
/** pkg/controller/daemon/daemon_controller.go: BurstReplicas 250, failedPodsBackoff 1 s to 15 min. */
const MOST_PER_SYNC = 250;
const FIRST_BACKOFF_US = 1_000_000;
const MAX_BACKOFF_US = 900_000_000;

interface DaemonSet {
  template: number;
  /** Per task: the pod object, also while it is being deleted; {@link NO_POD} or {@link UNDER_WAY}. */
  readonly pod: Int32Array;
  /** Per task: machine, -1 = none is left for it. */
  readonly machine: Int32Array;
  /** Per task: delay after the next failure, and until when the last one holds back. */
  readonly backoffUs: Float64Array;
  readonly heldUntilUs: Float64Array;
}

/**
 * DaemonSet controller (pkg/controller/daemon, v1.35): one pod on every node whose labels and taints let it be there, pinned to it and scheduled by kube-scheduler; never evicted from
 * a node that does not answer. A rolling update deletes as many at once as maxUnavailable says and creates the new one when the old is gone. Pods that fail are replaced with a back-off.
 */
export class DaemonSetController {
  readonly #simulation: Simulation;
  readonly #log: Log;
  readonly #api: ApiServer;
  readonly #requests: ApiClient;
  readonly #maxUnavailable: readonly (number | string)[];
  readonly #eligible: (template: number, machine: number) => boolean;
  readonly #sets = new Map<number, DaemonSet>();
  readonly #create: number;
  readonly #delete: number;
  readonly #sync: number;

  /** @param eligible whether labels and taints of a machine let a template's pods be there */
  constructor(simulation: Simulation, log: Log, api: ApiServer, shapes: readonly (Shape | null)[], eligible: (template: number, machine: number) => boolean, limit: ClientLimit) {
    this.#simulation = simulation;
    this.#log = log;
    this.#api = api;
    this.#requests = new ApiClient(simulation, api, limit);
    this.#eligible = eligible;
    this.#maxUnavailable = shapes.map((shape) => {
      const spec = shape?.native?.format === 'kubernetes' ? (shape.native.spec as unknown as NativeObject).spec : {};
      // RollingUpdate with maxUnavailable 1: pkg/apis/apps/v1/defaults.go SetDefaults_DaemonSet.
      return (spec as { readonly updateStrategy?: { readonly rollingUpdate?: { readonly maxUnavailable?: number | string } } }).updateStrategy?.rollingUpdate?.maxUnavailable ?? 1;
    });
    this.#create = simulation.on(COMPONENT, (owner, index) => this.#write(owner, index));
    this.#delete = simulation.on(COMPONENT, (pod) => {
      api.deletePod(pod);
      api.pods.drop(pod);
    });
    this.#sync = simulation.on(COMPONENT, (owner) => {
      this.#synchronise(owner);
      api.owners.drop(owner);
    });
    const { watchers, owners, pods } = api;
    watchers.ownerAdded[OwnerKind.daemonSet] = simulation.on(COMPONENT, (owner) => {
      this.#synchronise(owner);
      owners.drop(owner);
    });
    watchers.podDeleting[OwnerKind.daemonSet] = simulation.on(COMPONENT, (pod) => {
      owners.drop(pods.owner[pod]!);
      pods.drop(pod);
    });
    watchers.podGone[OwnerKind.daemonSet] = simulation.on(COMPONENT, (pod) => {
      const owner = pods.owner[pod]!;
      this.#gone(owner, pod);
      // Once for this event, once for the pod.
      owners.drop(owner);
      owners.drop(owner);
      pods.drop(pod);
    });
    api.nodeListeners.push((node) => {
      if (api.nodes.exists[node] === 1) for (const owner of this.#sets.keys()) this.#wakeAt(owner, api.controllersHearOfNodeUs(node));
    });
    api.readinessListeners.push((pod) => {
      const owner = pods.owner[pod]!;
      if (owners.kind[owner] === OwnerKind.daemonSet && this.#outdated(owner)) this.#wakeAt(owner, api.controllersHearOfPodUs(pod));
    });
  }

  /**
   * The tasks of the set go to the eligible machines in order, those of pods that are there already to the machines of these.
   * @param placed pods that are there already
   */
  begin(owner: number, placed: readonly number[]): void {
    const { owners, nodes, pods } = this.#api;
    const count = owners.count[owner]!;
    const template = owners.template[owner]!;
    const machine = new Int32Array(count).fill(-1);
    let used = 0;
    for (let node = 0; node < nodes.count && used < count; node++) if (this.#eligible(template, node)) machine[used++] = node;
    const set = { template, pod: new Int32Array(count).fill(NO_POD), machine, backoffUs: new Float64Array(count).fill(FIRST_BACKOFF_US), heldUntilUs: new Float64Array(count) };
    for (const pod of placed) {
      const index = pods.task[pod]! - owners.firstTask[owner]!;
      const other = machine.indexOf(pods.node[pod]!);
      if (other >= 0) machine[other] = machine[index]!;
      machine[index] = pods.node[pod]!;
      set.pod[index] = pod;
    }
    this.#sets.set(owner, set);
  }

  update(owner: number, template: number): void {
    this.#sets.get(owner)!.template = template;
    this.#wakeAt(owner, this.#api.controllersHearOfOwnerUs(owner));
  }

  #wakeAt(owner: number, timeUs: number): void {
    this.#api.owners.hold(owner);
    this.#simulation.at(timeUs, this.#sync, owner);
  }

  #gone(owner: number, pod: number): void {
    const { owners, pods } = this.#api;
    const set = this.#sets.get(owner);
    const index = pods.task[pod]! - owners.firstTask[owner]!;
    if (set?.pod[index] !== pod) return;
    set.pod[index] = NO_POD;
    if (owners.podOf[pods.task[pod]!] === pod) owners.podOf[pods.task[pod]!] = NO_POD;
    if (pods.deleting[pod] === 0 && pods.phase[pod] === PodPhase.failed) {
      set.heldUntilUs[index] = this.#simulation.nowUs + set.backoffUs[index]!;
      set.backoffUs[index] = Math.min(2 * set.backoffUs[index]!, MAX_BACKOFF_US);
      this.#wakeAt(owner, set.heldUntilUs[index]!);
    }
    this.#synchronise(owner);
  }

  #synchronise(owner: number): void {
    const { owners, pods } = this.#api;
    const set = this.#sets.get(owner);
    if (set === undefined) return;
    if (owners.state[owner] !== OwnerState.active) {
      this.#sets.delete(owner);
      return;
    }
    const { nowUs } = this.#simulation;
    let created = 0;
    let unavailable = 0;
    let wanted = 0;
    set.pod.forEach((pod, index) => {
      if (set.machine[index]! < 0 || this.#api.nodes.exists[set.machine[index]!] === 0) return;
      wanted++;
      if (pod < 0 || pods.ready[pod] === 0 || pods.deleting[pod] === 1) unavailable++;
      if (pod !== NO_POD || set.heldUntilUs[index]! > nowUs || created === MOST_PER_SYNC) return;
      created++;
      set.pod[index] = UNDER_WAY;
      owners.hold(owner);
      this.#simulation.at(this.#requests.task(owners.firstTask[owner]! + index, RequestKind.createPod), this.#create, owner, index);
    });
    if (created === MOST_PER_SYNC) this.#wakeAt(owner, nowUs + FIRST_BACKOFF_US);
    const most = this.#maxUnavailable[set.template]!;
    let left = (typeof most === 'number' ? most : Math.ceil((Number.parseInt(most, 10) * wanted) / 100)) - unavailable;
    for (const pod of set.pod) {
      if (pod < 0 || pods.template[pod] === set.template || pods.deleting[pod] === 1) continue;
      // rollingUpdate: an old pod that is not available goes whatever the budget says.
      if (pods.ready[pod] === 1 && left-- <= 0) continue;
      pods.hold(pod);
      this.#simulation.at(this.#requests.pod(pod, RequestKind.deletePod), this.#delete, pod);
    }
  }

  #outdated(owner: number): boolean {
    const set = this.#sets.get(owner);
    return set !== undefined && set.pod.some((pod) => pod < 0 || this.#api.pods.template[pod] !== set.template);
  }

  #write(owner: number, index: number): void {
    const { owners } = this.#api;
    const set = this.#sets.get(owner);
    if (set !== undefined && owners.state[owner] === OwnerState.active) {
      const task = owners.firstTask[owner]! + index;
      if (owners.progress[task] === TaskProgress.hadPod) this.#log.record(RecordKind.decide, task);
      owners.progress[task] = TaskProgress.hadPod;
      // NO_POD where a quota forbids it.
      set.pod[index] = this.#api.createPod(owner, task, set.machine[index]!, set.template);
      if (set.pod[index] === NO_POD) this.#wakeAt(owner, this.#simulation.nowUs + FORBIDDEN_RETRY_US);
    }
    owners.drop(owner);
  }
}
