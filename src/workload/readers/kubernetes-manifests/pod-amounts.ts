import { parseQuantity } from './quantity.ts';

type Quantities = Readonly<Record<string, string | number>>;

interface RequestingContainer {
  readonly resources?: { readonly requests?: Quantities };
  readonly restartPolicy?: string;
}

/** What of a pod's spec decides how much it asks for. */
export interface RequestingPod {
  readonly containers?: readonly RequestingContainer[];
  readonly initContainers?: readonly RequestingContainer[];
  readonly overhead?: Quantities;
  readonly resources?: { readonly requests?: Quantities };
}

/** What a container counts for where it does not mention CPU or memory (pkg/scheduler/util/pod_resources.go, v1.35.4). */
export const DEFAULT_CPU_MILLI = 100;
export const DEFAULT_MEMORY_BYTES = 209_715_200;

/**
 * Effective request of a pod per resource name (component-helpers/resource/helpers.go, v1.35.4): the larger of the running containers' sum and the steps of the
 * init containers, replaced by pod-level requests, plus overhead.
 * @param nonZero fill in CPU and memory that a container does not mention
 * @param podLevel whether pod-level requests count
 * @throws RangeError on a quantity that is none
 */
export function podAmounts(spec: RequestingPod, nonZero: boolean, podLevel: boolean): Map<string, number> {
  const containers = new Map<string, number>();
  for (const container of spec.containers ?? []) addTo(containers, requestsOf(container, nonZero));
  const sidecars = new Map<string, number>();
  const steps = new Map<string, number>();
  for (const container of spec.initContainers ?? []) {
    const own = requestsOf(container, nonZero);
    let step = own;
    if (container.restartPolicy === 'Always') {
      addTo(containers, own);
      addTo(sidecars, own);
      step = new Map(sidecars);
    } else addTo(step, sidecars);
    for (const [name, amount] of step) steps.set(name, Math.max(steps.get(name) ?? 0, amount));
  }
  for (const [name, amount] of steps) containers.set(name, Math.max(containers.get(name) ?? 0, amount));
  if (podLevel) {
    for (const [name, quantity] of Object.entries(spec.resources?.requests ?? {})) {
      if (name === 'cpu' || name === 'memory' || name.startsWith('hugepages-')) containers.set(name, amountOf(name, quantity));
    }
  }
  for (const [name, quantity] of Object.entries(spec.overhead ?? {})) containers.set(name, (containers.get(name) ?? 0) + amountOf(name, quantity));
  return containers;
}

/** Amount of a resource in the model's units: milli-CPU, else whole units. */
export function amountOf(name: string, quantity: string | number): number {
  return parseQuantity(quantity, name === 'cpu' ? 1000 : 1);
}

function requestsOf(container: RequestingContainer, nonZero: boolean): Map<string, number> {
  const amounts = new Map<string, number>();
  for (const [name, quantity] of Object.entries(container.resources?.requests ?? {})) amounts.set(name, amountOf(name, quantity));
  if (nonZero) {
    if (!amounts.has('cpu')) amounts.set('cpu', DEFAULT_CPU_MILLI);
    if (!amounts.has('memory')) amounts.set('memory', DEFAULT_MEMORY_BYTES);
  }
  return amounts;
}

function addTo(sum: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [name, amount] of more) sum.set(name, (sum.get(name) ?? 0) + amount);
}
