import type { Simulation } from '../../../engine/simulation.ts';
import { type Log, RecordKind } from '../../../metrics/log.ts';
import { ApiClient } from '../apiserver/api-client.ts';
import type { ClientLimit } from '../apiserver/api-limits.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { NO_POD, type OwnerKind, OwnerState, TaskProgress } from '../apiserver/owner-table.ts';
import { RequestKind } from '../apiserver/request-kinds.ts';
import { retryDelayUs } from './work-queue-delay.ts';

/** A pod object under way to the store. */
export const UNDER_WAY = -2;

/** An owner whose pods have places of their own: an ordinal, a node. */
export interface Slotted {
  /** Per slot: the pod object, also while it is being deleted; {@link NO_POD} or {@link UNDER_WAY}. */
  readonly pod: Int32Array;
}

/** What a controller of such owners decides itself. */
export interface SlotRules<Set extends Slotted> {
  readonly kind: OwnerKind;
  readonly component: string;
  /** One look over the whole set. */
  synchronise(owner: number, set: Set): void;
  /** Machine and template of the pod that a slot is to have. */
  podOf(owner: number, set: Set, slot: number): { readonly machine: number; readonly template: number };
  /** The slot's pod object is gone; the set is synchronised afterwards. */
  gone?(owner: number, set: Set, slot: number, pod: number): void;
}

/**
 * What the StatefulSet and DaemonSet controllers have in common: a pod per slot, replaced when its object is gone and not before, since the new one has its name or its node. Keys of sets go through a work
 * queue: what a quota forbids comes back after a delay that doubles.
 */
export class PodSlots<Set extends Slotted> {
  readonly sets = new Map<number, Set>();
  readonly #simulation: Simulation;
  readonly #log: Log;
  readonly #api: ApiServer;
  readonly #requests: ApiClient;
  readonly #rules: SlotRules<Set>;
  readonly #create: number;
  readonly #delete: number;
  readonly #sync: number;
  /** Refusals by quota in a row, per owner. */
  readonly #forbidden = new Map<number, number>();

  constructor(simulation: Simulation, log: Log, api: ApiServer, limit: ClientLimit, rules: SlotRules<Set>) {
    this.#simulation = simulation;
    this.#log = log;
    this.#api = api;
    this.#rules = rules;
    this.#requests = new ApiClient(simulation, api, limit);
    const { kind, component } = rules;
    const { watchers, owners, pods } = api;
    this.#create = simulation.on(component, (owner, slot) => this.#write(owner, slot));
    this.#delete = simulation.on(component, (pod) => {
      api.deletePod(pod);
      pods.drop(pod);
    });
    const synchronise = (owner: number): void => {
      this.#synchronise(owner);
      owners.drop(owner);
    };
    this.#sync = simulation.on(component, synchronise);
    watchers.ownerAdded[kind] = simulation.on(component, synchronise);
    watchers.podDeleting[kind] = simulation.on(component, (pod) => {
      owners.drop(pods.owner[pod]!);
      pods.drop(pod);
    });
    watchers.podGone[kind] = simulation.on(component, (pod) => {
      const owner = pods.owner[pod]!;
      this.#gone(owner, pod);
      // Once for this event, once for the pod.
      owners.drop(owner);
      owners.drop(owner);
      pods.drop(pod);
    });
  }

  /** An owner was created: its set, with the pods that are there already in their slots. */
  begin(owner: number, set: Set, placed: readonly number[]): void {
    for (const pod of placed) set.pod[this.slotOf(owner, pod)] = pod;
    this.sets.set(owner, set);
  }

  slotOf(owner: number, pod: number): number {
    return this.#api.pods.task[pod]! - this.#api.owners.firstTask[owner]!;
  }

  /** Has the set synchronised when the controller has heard of a change of its object. */
  wake(owner: number): void {
    this.wakeAt(owner, this.#api.controllersHearOfOwnerUs(owner));
  }

  wakeAt(owner: number, timeUs: number): void {
    this.#api.owners.hold(owner);
    this.#simulation.at(timeUs, this.#sync, owner);
  }

  /** Creates the pod of a slot that has none. */
  create(owner: number, set: Set, slot: number): void {
    set.pod[slot] = UNDER_WAY;
    this.#api.owners.hold(owner);
    this.#simulation.at(this.#requests.task(this.#api.owners.firstTask[owner]! + slot, RequestKind.createPod), this.#create, owner, slot);
  }

  delete(pod: number): void {
    this.#api.pods.hold(pod);
    this.#simulation.at(this.#requests.pod(pod, RequestKind.deletePod), this.#delete, pod);
  }

  #synchronise(owner: number): void {
    const set = this.sets.get(owner);
    if (set === undefined) return;
    if (this.#api.owners.state[owner] === OwnerState.active) this.#rules.synchronise(owner, set);
    else {
      this.sets.delete(owner);
      this.#forbidden.delete(owner);
    }
  }

  #gone(owner: number, pod: number): void {
    const { owners, pods } = this.#api;
    const set = this.sets.get(owner);
    const slot = this.slotOf(owner, pod);
    if (set?.pod[slot] !== pod) return;
    set.pod[slot] = NO_POD;
    if (owners.podOf[pods.task[pod]!] === pod) owners.podOf[pods.task[pod]!] = NO_POD;
    this.#rules.gone?.(owner, set, slot, pod);
    this.#synchronise(owner);
  }

  #write(owner: number, slot: number): void {
    const { owners } = this.#api;
    const set = this.sets.get(owner);
    if (set !== undefined && owners.state[owner] === OwnerState.active) {
      const task = owners.firstTask[owner]! + slot;
      const { machine, template } = this.#rules.podOf(owner, set, slot);
      const pod = this.#api.createPod(owner, task, machine, template);
      set.pod[slot] = pod;
      if (pod === NO_POD) {
        const refusals = this.#forbidden.get(owner) ?? 0;
        this.#forbidden.set(owner, refusals + 1);
        this.wakeAt(owner, this.#simulation.nowUs + retryDelayUs(refusals));
      } else {
        this.#forbidden.delete(owner);
        if (owners.progress[task] === TaskProgress.hadPod) this.#log.record(RecordKind.decide, task);
        owners.progress[task] = TaskProgress.hadPod;
      }
    }
    owners.drop(owner);
  }
}
