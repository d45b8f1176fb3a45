import type { Simulation } from '../../../engine/simulation.ts';
import type { Log } from '../../../metrics/log.ts';
import type { NativeObject } from '../../../workload/readers/kubernetes-manifests/native-object.ts';
import type { Shape } from '../../../workload/shape.ts';
import type { ClientLimit } from '../apiserver/api-limits.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { NO_POD, OwnerKind } from '../apiserver/owner-table.ts';
import { PodPhase } from '../apiserver/pod-table.ts';
import { PodSlots, type Slotted } from './pod-slots.ts';

const COMPONENT = 'kubernetes/daemonset-controller';
/** pkg/controller/daemon/daemon_controller.go: BurstReplicas 250, failedPodsBackoff 1 s to 15 min. */
const MOST_PER_SYNC = 250;
const FIRST_BACKOFF_US = 1_000_000;
const MAX_BACKOFF_US = 900_000_000;

/** A slot per task, each for one machine. */
interface DaemonSet extends Slotted {
  template: number;
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
  readonly #api: ApiServer;
  readonly #slots: PodSlots<DaemonSet>;
  /** Per template; `null` = OnDelete: old pods stay until somebody else deletes them. */
  readonly #maxUnavailable: readonly (number | string | null)[];
  readonly #eligible: (template: number, machine: number) => boolean;

  /** @param eligible whether labels and taints of a machine let a template's pods be there */
  constructor(simulation: Simulation, log: Log, api: ApiServer, shapes: readonly (Shape | null)[], eligible: (template: number, machine: number) => boolean, limit: ClientLimit) {
    this.#simulation = simulation;
    this.#api = api;
    this.#eligible = eligible;
    this.#maxUnavailable = shapes.map(maxUnavailableOf);
    this.#slots = new PodSlots(simulation, log, api, limit, {
      kind: OwnerKind.daemonSet,
      component: COMPONENT,
      synchronise: (owner, set) => this.#synchronise(owner, set),
      podOf: (_, { machine, template }, index) => ({ machine: machine[index]!, template }),
      gone: (owner, set, index, pod) => this.#gone(owner, set, index, pod),
    });
    api.nodeListeners.push((node) => {
      if (api.nodes.exists[node] === 1) for (const owner of this.#slots.sets.keys()) this.#slots.wakeAt(owner, api.controllersHearOfNodeUs(node));
    });
    api.readinessListeners.push((pod) => {
      const owner = api.pods.owner[pod]!;
      if (api.owners.kind[owner] === OwnerKind.daemonSet && this.#outdated(owner)) this.#slots.wakeAt(owner, api.controllersHearOfPodUs(pod));
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
    for (const pod of placed) {
      const index = this.#slots.slotOf(owner, pod);
      const other = machine.indexOf(pods.node[pod]!);
      if (other >= 0) machine[other] = machine[index]!;
      machine[index] = pods.node[pod]!;
    }
    const set = { template, pod: new Int32Array(count).fill(NO_POD), machine, backoffUs: new Float64Array(count).fill(FIRST_BACKOFF_US), heldUntilUs: new Float64Array(count) };
    this.#slots.begin(owner, set, placed);
  }

  update(owner: number, template: number): void {
    this.#slots.sets.get(owner)!.template = template;
    this.#slots.wake(owner);
  }

  /** Pods that fail are replaced after a back-off of their own. */
  #gone(owner: number, set: DaemonSet, index: number, pod: number): void {
    const { pods } = this.#api;
    if (pods.deleting[pod] === 1 || pods.phase[pod] !== PodPhase.failed) return;
    set.heldUntilUs[index] = this.#simulation.nowUs + set.backoffUs[index]!;
    set.backoffUs[index] = Math.min(2 * set.backoffUs[index]!, MAX_BACKOFF_US);
    this.#slots.wakeAt(owner, set.heldUntilUs[index]!);
  }

  #synchronise(owner: number, set: DaemonSet): void {
    const { pods } = this.#api;
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
      this.#slots.create(owner, set, index);
    });
    if (created === MOST_PER_SYNC) this.#slots.wakeAt(owner, nowUs + FIRST_BACKOFF_US);
    const most = this.#maxUnavailable[set.template]!;
    if (most === null) return;
    let left = (typeof most === 'number' ? most : Math.ceil((Number.parseInt(most, 10) * wanted) / 100)) - unavailable;
    for (const pod of set.pod) {
      if (pod < 0 || pods.template[pod] === set.template || pods.deleting[pod] === 1) continue;
      // rollingUpdate: an old pod that is not available goes whatever the budget says.
      if (pods.ready[pod] === 1 && left-- <= 0) continue;
      this.#slots.delete(pod);
    }
  }

  #outdated(owner: number): boolean {
    const set = this.#slots.sets.get(owner);
    return set !== undefined && set.pod.some((pod) => pod < 0 || this.#api.pods.template[pod] !== set.template);
  }
}

/** RollingUpdate with maxUnavailable 1: pkg/apis/apps/v1/defaults.go SetDefaults_DaemonSet. */
function maxUnavailableOf(shape: Shape | null): number | string | null {
  const spec = shape?.native?.format === 'kubernetes' ? (shape.native.spec as unknown as NativeObject).spec : {};
  const { updateStrategy } = spec as { readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly maxUnavailable?: number | string } } };
  return updateStrategy?.type === 'OnDelete' ? null : (updateStrategy?.rollingUpdate?.maxUnavailable ?? 1);
}
