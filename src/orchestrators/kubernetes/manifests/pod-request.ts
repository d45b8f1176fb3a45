import type { ResourceNames, ResourceRequest } from '../scheduler/pod-spec.ts';
import type { ContainerManifest, PodManifest } from './manifest.ts';
import { parseQuantity } from './quantity.ts';

/** What a container counts for where it does not mention CPU or memory (pkg/scheduler/util/pod_resources.go, v1.35.4). */
export const DEFAULT_CPU_MILLI = 100;
export const DEFAULT_MEMORY_BYTES = 209_715_200;

type Amounts = Map<string, number>;

/**
 * Effective request of a pod (component-helpers/resource/helpers.go, v1.35.4): the larger of the running containers' sum and the steps of the init
 * containers, replaced by pod-level requests, plus overhead.
 * @param nonZero fill in CPU and memory that a container does not mention
 * @param podLevel whether pod-level requests count
 */
export function podRequest(pod: PodManifest, resources: ResourceNames, nonZero: boolean, podLevel: boolean): ResourceRequest {
  const spec = pod.spec ?? {};
  const containers: Amounts = new Map();
  for (const container of spec.containers ?? []) addTo(containers, requestsOf(container, nonZero));
  const sidecars: Amounts = new Map();
  const steps: Amounts = new Map();
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
  return toRequest(containers, resources);
}

/** Amount of a resource in the model's units: milli-CPU, else whole units. */
export function amountOf(name: string, quantity: string | number): number {
  return parseQuantity(quantity, name === 'cpu' ? 1000 : 1);
}

function requestsOf(container: ContainerManifest, nonZero: boolean): Amounts {
  const amounts: Amounts = new Map();
  for (const [name, quantity] of Object.entries(container.resources?.requests ?? {})) amounts.set(name, amountOf(name, quantity));
  if (nonZero) {
    if (!amounts.has('cpu')) amounts.set('cpu', DEFAULT_CPU_MILLI);
    if (!amounts.has('memory')) amounts.set('memory', DEFAULT_MEMORY_BYTES);
  }
  return amounts;
}

function addTo(sum: Amounts, more: Amounts): void {
  for (const [name, amount] of more) sum.set(name, (sum.get(name) ?? 0) + amount);
}

function toRequest(amounts: Amounts, resources: ResourceNames): ResourceRequest {
  const scalars = [...amounts].filter(([name]) => name !== 'cpu' && name !== 'memory' && name !== 'ephemeral-storage');
  return {
    cpuMilli: amounts.get('cpu') ?? 0,
    memoryBytes: amounts.get('memory') ?? 0,
    ephemeralBytes: amounts.get('ephemeral-storage') ?? 0,
    scalarIds: scalars.map(([name]) => resources.id(name)),
    scalarAmounts: scalars.map(([, amount]) => amount),
  };
}
