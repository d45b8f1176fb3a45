import type { Simulation } from '../../../engine/simulation.ts';
import type { Log } from '../../../metrics/log.ts';
import type { NativeObject } from '../../../workload/readers/kubernetes-manifests/native-object.ts';
import type { Shape } from '../../../workload/shape.ts';
import type { ClientLimit } from '../apiserver/api-limits.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { NO_POD, OwnerKind } from '../apiserver/owner-table.ts';
import { PodSlots, type Slotted } from './pod-slots.ts';

const COMPONENT = 'kubernetes/statefulset-controller';

/** A slot per ordinal. */
interface StatefulSet extends Slotted {
  replicas: number;
  /** Template that pods should have, and the one before. */
  template: number;
  previousTemplate: number;
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
  readonly #api: ApiServer;
  readonly #slots: PodSlots<StatefulSet>;
  readonly #settings: readonly (StatefulSetSettings | null)[];

  constructor(simulation: Simulation, log: Log, api: ApiServer, shapes: readonly (Shape | null)[], limit: ClientLimit) {
    this.#api = api;
    this.#settings = shapes.map((shape) => (shape === null ? null : settingsOf(shape)));
    this.#slots = new PodSlots(simulation, log, api, limit, {
      kind: OwnerKind.statefulSet,
      component: COMPONENT,
      synchronise: (owner, set) => this.#synchronise(owner, set),
      podOf: (_, set, ordinal) => ({ machine: -1, template: this.#templateOf(set, ordinal) }),
    });
    api.readinessListeners.push((pod) => {
      const owner = api.pods.owner[pod]!;
      if (api.owners.kind[owner] === OwnerKind.statefulSet) this.#slots.wake(owner);
    });
  }

  /**
   * @param replicas `spec.replicas` as the owner was submitted
   * @param placed pods that are there already
   */
  begin(owner: number, replicas: number, placed: readonly number[]): void {
    const { owners } = this.#api;
    const template = owners.template[owner]!;
    this.#slots.begin(owner, { replicas, template, previousTemplate: template, pod: new Int32Array(owners.count[owner]!).fill(NO_POD) }, placed);
  }

  scale(owner: number, replicas: number): void {
    this.#slots.sets.get(owner)!.replicas = replicas;
    this.#slots.wake(owner);
  }

  update(owner: number, template: number): void {
    const set = this.#slots.sets.get(owner)!;
    set.previousTemplate = set.template;
    set.template = template;
    this.#slots.wake(owner);
  }

  /** updateStatefulSet: one look over all ordinals; ordered sets do one thing at a time. */
  #synchronise(owner: number, set: StatefulSet): void {
    const { pods } = this.#api;
    const { parallel, onDelete, partition } = this.#settings[set.template]!;
    for (let ordinal = 0; ordinal < set.replicas; ordinal++) {
      const pod = set.pod[ordinal]!;
      if (pod === NO_POD) this.#slots.create(owner, set, ordinal);
      if (!parallel && !this.#healthy(pod)) return;
    }
    for (let ordinal = set.pod.length - 1; ordinal >= set.replicas; ordinal--) {
      const pod = set.pod[ordinal]!;
      if (pod === NO_POD) continue;
      if (pod >= 0 && pods.deleting[pod] === 0) this.#slots.delete(pod);
      if (!parallel) return;
    }
    if (onDelete) return;
    for (let ordinal = set.replicas - 1; ordinal >= partition; ordinal--) {
      const pod = set.pod[ordinal]!;
      if (pod >= 0 && pods.template[pod] !== set.template && pods.deleting[pod] === 0) {
        this.#slots.delete(pod);
        return;
      }
      if (!this.#healthy(pod)) return;
    }
  }

  #healthy(pod: number): boolean {
    const { pods } = this.#api;
    return pod >= 0 && pods.ready[pod] === 1 && pods.deleting[pod] === 0;
  }

  /** isCurrentRevisionNeeded: an ordinal that the update has not come to yet gets the old template again. */
  #templateOf(set: StatefulSet, ordinal: number): number {
    const { pods } = this.#api;
    const old = set.pod.filter((pod) => pod >= 0 && pods.template[pod] === set.previousTemplate).length;
    const { partition } = this.#settings[set.template]!;
    return set.template !== set.previousTemplate && ordinal < Math.max(old, partition) ? set.previousTemplate : set.template;
  }
}

function settingsOf(shape: Shape): StatefulSetSettings {
  const spec = shape.native?.format === 'kubernetes' ? (shape.native.spec as unknown as NativeObject).spec : {};
  const { podManagementPolicy, updateStrategy } = spec as { readonly podManagementPolicy?: string; readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly partition?: number } } };
  return { parallel: podManagementPolicy === 'Parallel', onDelete: updateStrategy?.type === 'OnDelete', partition: updateStrategy?.rollingUpdate?.partition ?? 0 };
}
