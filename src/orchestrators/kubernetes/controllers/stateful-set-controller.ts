import type { Simulation } from '../../../engine/simulation.ts';
import { type Log, RecordKind } from '../../../metrics/log.ts';
import type { NativeObject } from '../../../workload/readers/kubernetes-manifests/native-object.ts';
import type { Shape } from '../../../workload/shape.ts';
import { ApiClient } from '../apiserver/api-client.ts';
import type { ClientLimit } from '../apiserver/api-limits.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { NO_POD, OwnerKind, OwnerState, TaskProgress } from '../apiserver/owner-table.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';

const COMPONENT = 'kubernetes/statefulset-controller';
/** A pod object under way to the store. */
const UNDER_WAY = -2;
/** What a quota forbids is tried again (the key's back-off in the work queue, which doubles from 5 ms; here its later range throughout). */
const FORBIDDEN_RETRY_US = 10_000_000;

interface StatefulSet {
  replicas: number;
  /** Template that pods should have, and the one before. */
  template: number;
  previousTemplate: number;
  /** Per ordinal: the pod object, also while it is being deleted; {@link NO_POD} or {@link UNDER_WAY}. */
  readonly pod: Int32Array;
}

/** What a StatefulSet says of itself (apps/v1 StatefulSetSpec). */
interface StatefulSetSettings {
  readonly parallel: boolean;
  readonly onDelete: boolean;
  readonly partition: number;
}

/**
 * StatefulSet controller (pkg/controller/statefulset/stateful_set_control.go, v1.35). Ordered: an ordinal is created when all before it are running and ready, the highest are deleted one after
 * the other, an update goes from the highest ordinal down to the partition one at a time. A pod is replaced only when its object is gone, since the new one has its name: on a node
 * that does not answer the replica is stuck until the node comes back or is deleted.
 */
export class StatefulSetController {
  readonly #simulation: Simulation;
  readonly #log: Log;
  readonly #api: ApiServer;
  readonly #requests: ApiClient;
  readonly #settings: readonly (StatefulSetSettings | null)[];
  readonly #sets = new Map<number, StatefulSet>();
  readonly #create: number;
  readonly #delete: number;
  readonly #sync: number;

  constructor(simulation: Simulation, log: Log, api: ApiServer, shapes: readonly (Shape | null)[], limit: ClientLimit) {
    this.#simulation = simulation;
    this.#log = log;
    this.#api = api;
    this.#requests = new ApiClient(simulation, api, limit);
    this.#settings = shapes.map((shape) => (shape === null ? null : settingsOf(shape)));
    this.#create = simulation.on(COMPONENT, (owner, ordinal) => this.#write(owner, ordinal));
    this.#delete = simulation.on(COMPONENT, (pod) => {
      api.deletePod(pod);
      api.pods.drop(pod);
    });
    this.#sync = simulation.on(COMPONENT, (owner) => {
      this.#synchronise(owner);
      api.owners.drop(owner);
    });
    const { watchers, owners, pods } = api;
    watchers.ownerAdded[OwnerKind.statefulSet] = simulation.on(COMPONENT, (owner) => {
      this.#synchronise(owner);
      owners.drop(owner);
    });
    watchers.podDeleting[OwnerKind.statefulSet] = simulation.on(COMPONENT, (pod) => {
      owners.drop(pods.owner[pod]!);
      pods.drop(pod);
    });
    watchers.podGone[OwnerKind.statefulSet] = simulation.on(COMPONENT, (pod) => {
      const owner = pods.owner[pod]!;
      const set = this.#sets.get(owner);
      const ordinal = pods.task[pod]! - owners.firstTask[owner]!;
      if (set?.pod[ordinal] === pod) {
        set.pod[ordinal] = NO_POD;
        if (owners.podOf[pods.task[pod]!] === pod) owners.podOf[pods.task[pod]!] = NO_POD;
        this.#synchronise(owner);
      }
      // Once for this event, once for the pod.
      owners.drop(owner);
      owners.drop(owner);
      pods.drop(pod);
    });
    api.readinessListeners.push((pod) => {
      const owner = pods.owner[pod]!;
      if (owners.kind[owner] === OwnerKind.statefulSet) this.#wake(owner);
    });
  }

  /**
   * @param replicas `spec.replicas` as the owner was submitted
   * @param placed pods that are there already
   */
  begin(owner: number, replicas: number, placed: readonly number[]): void {
    const { owners, pods } = this.#api;
    const template = owners.template[owner]!;
    const set = { replicas, template, previousTemplate: template, pod: new Int32Array(owners.count[owner]!).fill(NO_POD) };
    for (const pod of placed) set.pod[pods.task[pod]! - owners.firstTask[owner]!] = pod;
    this.#sets.set(owner, set);
  }

  scale(owner: number, replicas: number): void {
    this.#sets.get(owner)!.replicas = replicas;
    this.#wake(owner);
  }

  update(owner: number, template: number): void {
    const set = this.#sets.get(owner)!;
    set.previousTemplate = set.template;
    set.template = template;
    this.#wake(owner);
  }

  #wake(owner: number): void {
    this.#api.owners.hold(owner);
    this.#simulation.at(this.#api.controllersHearOfOwnerUs(owner), this.#sync, owner);
  }

  /** updateStatefulSet: one look over all ordinals; ordered sets do one thing at a time. */
  #synchronise(owner: number): void {
    const { owners, pods } = this.#api;
    const set = this.#sets.get(owner);
    if (set === undefined) return;
    if (owners.state[owner] !== OwnerState.active) {
      this.#sets.delete(owner);
      return;
    }
    const { parallel, onDelete, partition } = this.#settings[set.template]!;
    for (let ordinal = 0; ordinal < set.replicas; ordinal++) {
      const pod = set.pod[ordinal]!;
      if (pod === NO_POD) {
        set.pod[ordinal] = UNDER_WAY;
        owners.hold(owner);
        this.#simulation.at(this.#requests.task(owners.firstTask[owner]! + ordinal, RequestKind.createPod), this.#create, owner, ordinal);
      }
      if (!parallel && !this.#healthy(pod)) return;
    }
    for (let ordinal = set.pod.length - 1; ordinal >= set.replicas; ordinal--) {
      const pod = set.pod[ordinal]!;
      if (pod === NO_POD) continue;
      if (pod >= 0 && pods.deleting[pod] === 0) this.#deletePod(pod);
      if (!parallel) return;
    }
    if (onDelete) return;
    for (let ordinal = set.replicas - 1; ordinal >= partition; ordinal--) {
      const pod = set.pod[ordinal]!;
      if (pod >= 0 && pods.template[pod] !== set.template && pods.deleting[pod] === 0) {
        this.#deletePod(pod);
        return;
      }
      if (!this.#healthy(pod)) return;
    }
  }

  #healthy(pod: number): boolean {
    const { pods } = this.#api;
    return pod >= 0 && pods.ready[pod] === 1 && pods.deleting[pod] === 0;
  }

  #deletePod(pod: number): void {
    this.#api.pods.hold(pod);
    this.#simulation.at(this.#requests.pod(pod, RequestKind.deletePod), this.#delete, pod);
  }

  #write(owner: number, ordinal: number): void {
    const { owners, pods } = this.#api;
    const set = this.#sets.get(owner);
    if (set !== undefined && owners.state[owner] === OwnerState.active) {
      const task = owners.firstTask[owner]! + ordinal;
      if (owners.progress[task] === TaskProgress.hadPod) this.#log.record(RecordKind.decide, task);
      owners.progress[task] = TaskProgress.hadPod;
      // isCurrentRevisionNeeded: an ordinal that the update has not come to yet gets the old template again.
      const old = set.pod.filter((pod) => pod >= 0 && pods.template[pod] === set.previousTemplate).length;
      const { partition } = this.#settings[set.template]!;
      const template = set.template !== set.previousTemplate && ordinal < Math.max(old, partition) ? set.previousTemplate : set.template;
      // NO_POD where a quota forbids it.
      set.pod[ordinal] = this.#api.createPod(owner, task, -1, template);
      if (set.pod[ordinal] === NO_POD) {
        owners.hold(owner);
        this.#simulation.after(FORBIDDEN_RETRY_US, this.#sync, owner);
      }
    }
    owners.drop(owner);
  }
}

function settingsOf(shape: Shape): StatefulSetSettings {
  const spec = shape.native?.format === 'kubernetes' ? (shape.native.spec as unknown as NativeObject).spec : {};
  const { podManagementPolicy, updateStrategy } = spec as { readonly podManagementPolicy?: string; readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly partition?: number } } };
  return { parallel: podManagementPolicy === 'Parallel', onDelete: updateStrategy?.type === 'OnDelete', partition: updateStrategy?.rollingUpdate?.partition ?? 0 };
}
