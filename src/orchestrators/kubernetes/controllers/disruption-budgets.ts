import type { Simulation } from '../../../engine/simulation.ts';
import type { Shape } from '../../../workload/shape.ts';
import type { NativeObject } from '../../../workload/readers/kubernetes-manifests/native-object.ts';
import type { ApiServer } from '../apiserver/apiserver.ts';
import { ReadyCondition } from '../apiserver/node-table.ts';
import type { LabelSelectorManifest } from '../manifests/manifest.ts';
import { selectorOf } from '../manifests/scheduling-manifest.ts';
import { selects } from '../scheduler/label-selector.ts';
import type { DisruptionBudget } from '../scheduler/plugins/default-preemption.ts';
import type { LabelSelector, PodSpec } from '../scheduler/pod-spec.ts';

interface Budget {
  readonly namespace: string;
  readonly selector: LabelSelector | null;
  readonly minAvailable: number | string | undefined;
  readonly maxUnavailable: number | string | undefined;
  /** When an eviction last wrote its status, microseconds. */
  disruptedUs: number;
}

/**
 * The PodDisruptionBudgets of the objects that are submitted, with the disruptions that they allow (pkg/controller/disruption/disruption.go, v1.35.4): healthy
 * pods less those desired. Worked out when asked, as if the controller had just synced.
 */
export class DisruptionBudgets {
  readonly #simulation: Simulation;
  readonly #api: ApiServer;
  readonly #templates: readonly (PodSpec | null)[];
  readonly #budgets: Budget[] = [];

  constructor(simulation: Simulation, requests: readonly (Shape | null)[], api: ApiServer, templates: readonly (PodSpec | null)[]) {
    this.#simulation = simulation;
    this.#api = api;
    this.#templates = templates;
    const known = new Set<string>();
    for (const request of requests) {
      if (request?.native?.format !== 'kubernetes') continue;
      const object = request.native.spec as unknown as NativeObject;
      const namespace = object.metadata.namespace ?? 'default';
      for (const { kind, metadata, spec = {} } of object.related ?? []) {
        const name = `${namespace}/${metadata.name}`;
        if (kind !== 'PodDisruptionBudget' || known.has(name)) continue;
        known.add(name);
        const { selector, minAvailable, maxUnavailable } = spec as { selector?: LabelSelectorManifest; minAvailable?: number | string; maxUnavailable?: number | string };
        this.#budgets.push({ namespace, selector: selectorOf(selector), minAvailable, maxUnavailable, disruptedUs: -Infinity });
      }
    }
  }

  /** The budgets as they stand now. */
  current(): readonly DisruptionBudget[] {
    return this.#budgets.map((budget) => ({ namespace: budget.namespace, selector: budget.selector, disruptionsAllowed: this.#allowed(budget) }));
  }

  /** Whether the pod may be disrupted as far as budgets go: each that selects it must allow one. */
  allows(pod: number): boolean {
    return this.#of(pod).every((budget) => this.#allowed(budget) > 0);
  }

  /** Whether another eviction has written the status of one of the pod's budgets after a time. */
  changedSince(pod: number, timeUs: number): boolean {
    return this.#of(pod).some(({ disruptedUs }) => disruptedUs > timeUs);
  }

  /** The pod is evicted: each of its budgets says so in its status. */
  disrupted(pod: number): void {
    for (const budget of this.#of(pod)) budget.disruptedUs = this.#simulation.nowUs;
  }

  #of(pod: number): Budget[] {
    const spec = this.#templates[this.#api.pods.template[pod]!]!;
    return this.#budgets.filter((budget) => budget.namespace === spec.namespace && selects(budget.selector, spec.labels));
  }

  #allowed({ namespace, selector, minAvailable, maxUnavailable }: Budget): number {
    const { pods, owners, nodes } = this.#api;
    const { nowUs } = this.#simulation;
    const owned = new Set<number>();
    let healthy = 0;
    for (let pod = 0; pod < pods.rows; pod++) {
      if (pods.alive[pod] === 0) continue;
      const spec = this.#templates[pods.template[pod]!]!;
      if (spec.namespace !== namespace || !selects(selector, spec.labels)) continue;
      owned.add(pods.owner[pod]!);
      const node = pods.node[pod]!;
      if (pods.deleting[pod] === 0 && node >= 0 && pods.runningUs[pod]! <= nowUs && nodes.ready[node] === ReadyCondition.true) healthy++;
    }
    let expected = 0;
    for (const owner of owned) expected += owners.count[owner]!;
    const desired = maxUnavailable !== undefined ? Math.max(0, expected - scaled(maxUnavailable, expected)) : scaled(minAvailable ?? 0, expected);
    return expected <= 0 ? 0 : Math.max(0, healthy - desired);
  }
}

/** A number, or a share of the pods expected, rounded up. */
function scaled(value: number | string, expected: number): number {
  if (typeof value === 'number') return value;
  return value.endsWith('%') ? Math.ceil((Number(value.slice(0, -1)) * expected) / 100) : Number(value);
}
