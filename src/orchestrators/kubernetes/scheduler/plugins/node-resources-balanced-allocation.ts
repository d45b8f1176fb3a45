import type { NodeColumns } from '../node-columns.ts';
import { MAX_NODE_SCORE, type ScorePlugin } from '../plugin.ts';
import type { PodSpec } from '../pod-spec.ts';
import { allocatableAndRequested } from './node-resources-fit.ts';

/**
 * NodeResourcesBalancedAllocation (pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go, v1.35.4): raw requests, doubles in exactly this
 * order of operations, truncated. A pod that asks for none of the resources is skipped.
 */
export class NodeResourcesBalancedAllocation implements ScorePlugin {
  readonly name = 'NodeResourcesBalancedAllocation';
  readonly #resources: readonly string[];
  readonly #isDefault: boolean;

  readonly #byDeviation: boolean;

  /**
   * @param resources names; weights are ignored by the plugin
   * @param byDeviation false = as up to v1.20: 1 minus the difference of the shares of CPU and memory, by the non-zero rule, and 0 where one of them is full
   */
  constructor(resources: readonly string[] = ['cpu', 'memory'], byDeviation = true) {
    this.#resources = resources;
    this.#byDeviation = byDeviation;
    this.#isDefault = resources.length === 2 && resources[0] === 'cpu' && resources[1] === 'memory';
  }

  skips(pod: PodSpec, nodes: NodeColumns): boolean {
    const { request } = pod;
    if (!this.#byDeviation) return false;
    if (this.#isDefault) return request.cpuMilli === 0 && request.memoryBytes === 0;
    return !this.#resources.some((name) => {
      if (name === 'cpu') return request.cpuMilli > 0;
      if (name === 'memory') return request.memoryBytes > 0;
      if (name === 'ephemeral-storage') return request.ephemeralBytes > 0;
      return request.scalarIds.some((id, i) => request.scalarAmounts[i]! > 0 && nodes.resources.names[id] === name);
    });
  }

  score(pod: PodSpec, nodes: NodeColumns, row: number): number {
    if (!this.#byDeviation) {
      const cpu = shareOf(nodes.nonZeroCpuMilli[row]! + pod.scored.cpuMilli, nodes.allocatableCpuMilli[row]!);
      const memory = shareOf(nodes.nonZeroMemoryBytes[row]! + pod.scored.memoryBytes, nodes.allocatableMemoryBytes[row]!);
      return cpu >= 1 || memory >= 1 ? 0 : Math.trunc((1 - Math.abs(cpu - memory)) * MAX_NODE_SCORE);
    }
    if (this.#isDefault) {
      return balanced(
        nodes.allocatableCpuMilli[row]!,
        nodes.requestedCpuMilli[row]! + pod.request.cpuMilli,
        nodes.allocatableMemoryBytes[row]!,
        nodes.requestedMemoryBytes[row]! + pod.request.memoryBytes,
      );
    }
    const fractions: number[] = [];
    for (const name of this.#resources) {
      const [allocatable, requested] = allocatableAndRequested(pod.request, nodes, row, name, false);
      if (allocatable !== 0) fractions.push(Math.min(1, requested / allocatable));
    }
    return Math.trunc((1 - deviation(fractions)) * MAX_NODE_SCORE);
  }
}

function balanced(cpuAllocatable: number, cpu: number, memoryAllocatable: number, memory: number): number {
  if (cpuAllocatable === 0 || memoryAllocatable === 0) return MAX_NODE_SCORE;
  const a = cpu / cpuAllocatable;
  const b = memory / memoryAllocatable;
  const difference = ((a > 1 ? 1 : a) - (b > 1 ? 1 : b)) / 2;
  return Math.trunc((1 - (difference < 0 ? -difference : difference)) * MAX_NODE_SCORE);
}

/** fractionOfCapacity of v1.20: nothing allocatable counts as full. */
function shareOf(requested: number, allocatable: number): number {
  return allocatable === 0 ? 1 : requested / allocatable;
}

function deviation(fractions: readonly number[]): number {
  if (fractions.length < 2) return 0;
  if (fractions.length === 2) return Math.abs((fractions[0]! - fractions[1]!) / 2);
  let total = 0;
  for (const fraction of fractions) total += fraction;
  const mean = total / fractions.length;
  let sum = 0;
  for (const fraction of fractions) sum += (fraction - mean) * (fraction - mean);
  return Math.sqrt(sum / fractions.length);
}
