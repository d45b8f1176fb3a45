import { FilterVerdict } from '../filter-verdict.ts';
import type { NodeColumns } from '../node-columns.ts';
import { type FilterPlugin, MAX_NODE_SCORE, type ScorePlugin } from '../plugin.ts';
import type { PodSpec, ResourceRequest } from '../pod-spec.ts';
import { VERSION_RULES, type VersionRules } from '../version-rules.ts';

/** A resource and its weight in a scoring strategy. */
export interface WeightedResource {
  readonly name: string;
  readonly weight: number;
}

/** A point of the requested-to-capacity function: utilization 0..100, score 0..10. */
export interface ShapePoint {
  readonly utilization: number;
  readonly score: number;
}

/** NodeResourcesFitArgs (kubescheduler.config.k8s.io/v1). */
export interface FitArguments {
  readonly strategy: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio';
  readonly resources: readonly WeightedResource[];
  readonly shape: readonly ShapePoint[];
  readonly ignoredResources: readonly string[];
  readonly ignoredResourceGroups: readonly string[];
}

/** Defaults: pkg/scheduler/apis/config/v1/defaults.go, v1.35.4. */
export const DEFAULT_FIT: FitArguments = {
  strategy: 'LeastAllocated',
  resources: [
    { name: 'cpu', weight: 1 },
    { name: 'memory', weight: 1 },
  ],
  shape: [],
  ignoredResources: [],
  ignoredResourceGroups: [],
};

/** NodeResourcesFit (pkg/scheduler/framework/plugins/noderesources/fit.go and the three scorers beside it, v1.35.4). */
export class NodeResourcesFit implements FilterPlugin, ScorePlugin {
  readonly name = 'NodeResourcesFit';
  readonly #arguments: FitArguments;
  readonly #isDefaultScore: boolean;
  readonly #ignores: boolean;

  readonly #tooLarge: FilterVerdict;
  readonly #mostAllocatedClamps: boolean;

  constructor(fitArguments: FitArguments = DEFAULT_FIT, rules: Pick<VersionRules, 'tooLargeIsUnresolvable' | 'mostAllocatedClamps'> = VERSION_RULES.get('1.35')!) {
    this.#arguments = fitArguments;
    this.#tooLarge = rules.tooLargeIsUnresolvable ? FilterVerdict.unresolvable : FilterVerdict.unschedulable;
    this.#mostAllocatedClamps = rules.mostAllocatedClamps;
    this.#ignores = fitArguments.ignoredResources.length > 0 || fitArguments.ignoredResourceGroups.length > 0;
    const [first, second] = fitArguments.resources;
    this.#isDefaultScore =
      fitArguments.strategy === 'LeastAllocated' && fitArguments.resources.length === 2 && first!.name === 'cpu' && second!.name === 'memory' && first!.weight === 1 && second!.weight === 1;
  }

  filter(pod: PodSpec, nodes: NodeColumns, row: number): FilterVerdict {
    const { request } = pod;
    const { cpuMilli, memoryBytes, ephemeralBytes, scalarIds } = request;
    let verdict: FilterVerdict = nodes.pods[row]! + 1 > nodes.allocatablePods[row]! ? FilterVerdict.unschedulable : FilterVerdict.success;
    if (cpuMilli === 0 && memoryBytes === 0 && ephemeralBytes === 0 && scalarIds.length === 0) return verdict;
    if (cpuMilli > 0 && cpuMilli > nodes.allocatableCpuMilli[row]! - nodes.requestedCpuMilli[row]!) {
      if (cpuMilli > nodes.allocatableCpuMilli[row]!) return this.#tooLarge;
      verdict = FilterVerdict.unschedulable;
    }
    if (memoryBytes > 0 && memoryBytes > nodes.allocatableMemoryBytes[row]! - nodes.requestedMemoryBytes[row]!) {
      if (memoryBytes > nodes.allocatableMemoryBytes[row]!) return this.#tooLarge;
      verdict = FilterVerdict.unschedulable;
    }
    if (ephemeralBytes > 0 && ephemeralBytes > nodes.allocatableEphemeralBytes[row]! - nodes.requestedEphemeralBytes[row]!) {
      if (ephemeralBytes > nodes.allocatableEphemeralBytes[row]!) return this.#tooLarge;
      verdict = FilterVerdict.unschedulable;
    }
    for (let i = 0; i < scalarIds.length; i++) {
      const id = scalarIds[i]!;
      const amount = request.scalarAmounts[i]!;
      if (amount === 0 || (this.#ignores && this.#isIgnored(nodes.resources.names[id]!))) continue;
      const allocatable = nodes.allocatableScalar(id, row);
      if (amount > allocatable - nodes.requestedScalar(id, row)) {
        if (amount > allocatable) return this.#tooLarge;
        verdict = FilterVerdict.unschedulable;
      }
    }
    return verdict;
  }

  reasons(pod: PodSpec, nodes: NodeColumns, row: number): string[] {
    const found: string[] = [];
    const { request } = pod;
    if (nodes.pods[row]! + 1 > nodes.allocatablePods[row]!) found.push('Too many pods');
    const check = (name: string, amount: number, free: number) => {
      if (amount > 0 && amount > free) found.push(`Insufficient ${name}`);
    };
    check('cpu', request.cpuMilli, nodes.allocatableCpuMilli[row]! - nodes.requestedCpuMilli[row]!);
    check('memory', request.memoryBytes, nodes.allocatableMemoryBytes[row]! - nodes.requestedMemoryBytes[row]!);
    check('ephemeral-storage', request.ephemeralBytes, nodes.allocatableEphemeralBytes[row]! - nodes.requestedEphemeralBytes[row]!);
    request.scalarIds.forEach((id, i) => {
      const name = nodes.resources.names[id]!;
      if (!this.#isIgnored(name)) check(name, request.scalarAmounts[i]!, nodes.allocatableScalar(id, row) - nodes.requestedScalar(id, row));
    });
    return found;
  }

  skips(): boolean {
    return false;
  }

  score(pod: PodSpec, nodes: NodeColumns, row: number): number {
    if (this.#isDefaultScore) {
      return leastAllocated(
        nodes.allocatableCpuMilli[row]!,
        nodes.nonZeroCpuMilli[row]! + pod.scored.cpuMilli,
        nodes.allocatableMemoryBytes[row]!,
        nodes.nonZeroMemoryBytes[row]! + pod.scored.memoryBytes,
      );
    }
    const { strategy, resources, shape } = this.#arguments;
    let sum = 0;
    let weights = 0;
    for (const { name, weight } of resources) {
      const [allocatable, requested] = allocatableAndRequested(pod.scored, nodes, row, name, true);
      if (allocatable === 0) continue;
      let score: number;
      if (strategy === 'LeastAllocated') score = share(allocatable, requested);
      else if (strategy === 'MostAllocated') {
        const counted = requested <= allocatable ? requested : this.#mostAllocatedClamps ? allocatable : 0;
        score = Math.floor((counted * MAX_NODE_SCORE) / allocatable);
      }
      else {
        score = piecewiseLinear(shape, requested > allocatable ? MAX_NODE_SCORE : Math.floor((requested * MAX_NODE_SCORE) / allocatable));
        if (score <= 0) continue;
      }
      sum += score * weight;
      weights += weight;
    }
    if (weights === 0) return 0;
    return strategy === 'RequestedToCapacityRatio' ? Math.floor(sum / weights + 0.5) : Math.floor(sum / weights);
  }

  #isIgnored(name: string): boolean {
    const { ignoredResources, ignoredResourceGroups } = this.#arguments;
    return this.#ignores && (ignoredResources.includes(name) || ignoredResourceGroups.includes(name.split('/')[0]!));
  }
}

/** LeastAllocated over CPU and memory with weight 1 each: the default, in a form that a hot loop can take in. */
function leastAllocated(cpuAllocatable: number, cpu: number, memoryAllocatable: number, memory: number): number {
  if (cpuAllocatable === 0) return memoryAllocatable === 0 ? 0 : share(memoryAllocatable, memory);
  if (memoryAllocatable === 0) return share(cpuAllocatable, cpu);
  return (share(cpuAllocatable, cpu) + share(memoryAllocatable, memory)) >> 1;
}

function share(allocatable: number, requested: number): number {
  return requested > allocatable ? 0 : Math.floor(((allocatable - requested) * MAX_NODE_SCORE) / allocatable);
}

/**
 * Allocatable and requested-with-this-pod of a resource by name (noderesources/resource_allocation.go, v1.35.4). A scalar that the pod does not ask for
 * answers [0, 0], which leaves it out.
 * @param nonZero CPU and memory of the pods already there by the non-zero rule
 */
export function allocatableAndRequested(pod: ResourceRequest, nodes: NodeColumns, row: number, name: string, nonZero: boolean): [number, number] {
  if (name === 'cpu') return [nodes.allocatableCpuMilli[row]!, (nonZero ? nodes.nonZeroCpuMilli : nodes.requestedCpuMilli)[row]! + pod.cpuMilli];
  if (name === 'memory') return [nodes.allocatableMemoryBytes[row]!, (nonZero ? nodes.nonZeroMemoryBytes : nodes.requestedMemoryBytes)[row]! + pod.memoryBytes];
  if (name === 'ephemeral-storage') return [nodes.allocatableEphemeralBytes[row]!, nodes.requestedEphemeralBytes[row]! + pod.ephemeralBytes];
  const id = nodes.resources.id(name);
  const i = pod.scalarIds.indexOf(id);
  if (i < 0 || pod.scalarAmounts[i] === 0) return [0, 0];
  return [nodes.allocatableScalar(id, row), nodes.requestedScalar(id, row) + pod.scalarAmounts[i]!];
}

/** BuildBrokenLinearFunction (plugins/helper/shape_score.go, v1.35.4): shape scores are 0..10, the result 0..100; truncation is toward zero. */
function piecewiseLinear(shape: readonly ShapePoint[], utilization: number): number {
  for (let i = 0; i < shape.length; i++) {
    const { utilization: x1, score: y1 } = shape[i]!;
    if (utilization <= x1) {
      if (i === 0) return y1 * 10;
      const { utilization: x0, score: y0 } = shape[i - 1]!;
      return y0 * 10 + Math.trunc(((y1 - y0) * 10 * (utilization - x0)) / (x1 - x0));
    }
  }
  return shape.length === 0 ? 0 : shape[shape.length - 1]!.score * 10;
}
