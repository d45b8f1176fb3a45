import type { ContainerRequest } from './container-request.ts';
import type { NodeTable } from './node-table.ts';

export const STRATEGY_NAMES = ['spread', 'binpack', 'random'] as const;
export type StrategyName = (typeof STRATEGY_NAMES)[number];

/** Nodes that the strategy cannot tell apart; the real system takes them in random order. */
export interface TieGroup {
  /** `null` under `random`. */
  readonly weight: number | null;
  readonly containers: number | null;
  /** Rows, in the order given. */
  readonly nodes: readonly number[];
}

/** The real strategies' one error. */
export const NO_RESOURCES = 'no resources available to schedule container';
/** Weight of a node that lacks resources. */
export const NO_WEIGHT = -Infinity;
/** How strongly health counts (scheduler/strategy/spread.go, binpacking.go). */
export const HEALTH_FACTOR: Readonly<Record<'spread' | 'binpack', number>> = { spread: -10, binpack: 10 };

/**
 * Weight of a node for a request: percentages of CPU and memory after placing it, plus health times a factor; {@link NO_WEIGHT} if it does not fit.
 * A resource that is not asked for counts 100 (docker/classicswarm 1.2.9, scheduler/strategy/weighted_node.go). Division truncates.
 */
export function weightOf(cpus: number, memoryBytes: number, totalCpus: number, totalMemoryBytes: number, usedCpus: number, usedMemoryBytes: number, healthScore: number): number {
  if (totalMemoryBytes < memoryBytes || totalCpus < cpus) return NO_WEIGHT;
  let cpuScore = 100;
  let memoryScore = 100;
  if (cpus > 0) cpuScore = Math.trunc(((usedCpus + cpus) * 100) / totalCpus);
  if (memoryBytes > 0) memoryScore = Math.trunc(((usedMemoryBytes + memoryBytes) * 100) / totalMemoryBytes);
  return cpuScore <= 100 && memoryScore <= 100 ? cpuScore + memoryScore + healthScore : NO_WEIGHT;
}

/** Ranks nodes best first, in groups of ties; empty = no node has the resources (`random` never looks at them). */
export function rank(strategy: StrategyName, request: ContainerRequest, nodes: NodeTable, accepted: readonly number[]): TieGroup[] {
  if (strategy === 'random') return [{ weight: null, containers: null, nodes: accepted }];
  const factor = HEALTH_FACTOR[strategy];
  const order = strategy === 'spread' ? 1 : -1;
  const weighed = accepted
    .map((node, position) => ({ node, position, weight: weightIn(nodes, node, request, factor), containers: nodes.containerCount[node]! }))
    .filter((entry) => entry.weight !== NO_WEIGHT)
    .sort((a, b) => order * (a.weight - b.weight) || order * (a.containers - b.containers) || a.position - b.position);
  const groups: { weight: number; containers: number; nodes: number[] }[] = [];
  for (const entry of weighed) {
    const last = groups.at(-1);
    if (last !== undefined && last.weight === entry.weight && last.containers === entry.containers) last.nodes.push(entry.node);
    else groups.push({ weight: entry.weight, containers: entry.containers, nodes: [entry.node] });
  }
  return groups;
}

function weightIn(nodes: NodeTable, node: number, { cpus, memoryBytes }: ContainerRequest, healthFactor: number): number {
  return weightOf(cpus, memoryBytes, nodes.totalCpus[node]!, nodes.totalMemoryBytes[node]!, nodes.usedCpus[node]!, nodes.usedMemoryBytes[node]!, healthFactor * nodes.health[node]!);
}
