import type { NativeObject } from '../../../workload/readers/kubernetes-manifests/native-object.ts';
import { amountOf } from '../../../workload/readers/kubernetes-manifests/pod-amounts.ts';
import type { Shape } from '../../../workload/shape.ts';

interface Quota {
  readonly hard: ReadonlyMap<Counted, number>;
  readonly used: Map<Counted, number>;
}

type Counted = 'pods' | 'cpu' | 'memory' | 'gpu';

/** Names in `spec.hard` that bound what pods ask for; others (limits, objects of other kinds, storage) have no counterpart in the model. */
const COUNTED: ReadonlyMap<string, Counted> = new Map([
  ['pods', 'pods'],
  ['count/pods', 'pods'],
  ['cpu', 'cpu'],
  ['requests.cpu', 'cpu'],
  ['memory', 'memory'],
  ['requests.memory', 'memory'],
  ['requests.nvidia.com/gpu', 'gpu'],
]);

/**
 * The admission plugin ResourceQuota (pkg/quota/v1/evaluator/core/pods.go, v1.35): a pod is admitted if every quota of its namespace has room for its requests; what it takes is given back when
 * it has ended or is gone. Quotas hold for the objects that are submitted with them.
 */
export class ResourceQuotas {
  /** Per template. */
  readonly #quotas: readonly (readonly Quota[])[];
  readonly #charges: readonly ReadonlyMap<Counted, number>[];

  constructor(shapes: readonly (Shape | null)[]) {
    const known = new Map<string, Quota>();
    this.#quotas = shapes.map((shape) => {
      if (shape?.native?.format !== 'kubernetes') return [];
      const object = shape.native.spec as unknown as NativeObject;
      return (object.related ?? []).flatMap(({ kind, metadata, spec }) => {
        if (kind !== 'ResourceQuota') return [];
        const key = `${object.metadata.namespace ?? 'default'}/${metadata.name}`;
        let quota = known.get(key);
        if (quota === undefined) known.set(key, (quota = { hard: hardOf((spec as { readonly hard?: Record<string, string | number> }).hard ?? {}), used: new Map() }));
        return [quota];
      });
    });
    this.#charges = shapes.map((shape): ReadonlyMap<Counted, number> => new Map([['pods', 1], ['cpu', shape?.cpuMilli ?? 0], ['memory', shape?.memoryBytes ?? 0], ['gpu', shape?.gpuCount ?? 0]]));
  }

  /** Charges a pod of the template; false = forbidden: exceeded quota. */
  admit(template: number): boolean {
    const quotas = this.#quotas[template]!;
    if (quotas.length === 0) return true;
    const charge = this.#charges[template]!;
    if (quotas.some(({ hard, used }) => [...hard].some(([name, most]) => charge.get(name)! > 0 && (used.get(name) ?? 0) + charge.get(name)! > most))) return false;
    this.#add(quotas, charge, 1);
    return true;
  }

  /** Charges a pod that is there already, whatever the limits say. */
  charge(template: number): void {
    this.#add(this.#quotas[template]!, this.#charges[template]!, 1);
  }

  release(template: number): void {
    const quotas = this.#quotas[template]!;
    if (quotas.length > 0) this.#add(quotas, this.#charges[template]!, -1);
  }

  #add(quotas: readonly Quota[], charge: ReadonlyMap<Counted, number>, sign: number): void {
    for (const { used } of quotas) for (const [name, amount] of charge) used.set(name, (used.get(name) ?? 0) + sign * amount);
  }
}

function hardOf(hard: Readonly<Record<string, string | number>>): Map<Counted, number> {
  const limits = new Map<Counted, number>();
  for (const [name, quantity] of Object.entries(hard)) {
    const counted = COUNTED.get(name);
    if (counted !== undefined) limits.set(counted, Math.min(limits.get(counted) ?? Infinity, amountOf(counted, quantity)));
  }
  return limits;
}
