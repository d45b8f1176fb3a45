import type { NodeSet } from './node-set.ts';
import { MAX_FAILURES } from './recent-failures.ts';
import type { TaskSpec } from './task-spec.ts';

/** Tasks that are decided together: one service, one version of its specification (manager/scheduler/scheduler.go, tick). */
export interface TaskGroup {
  readonly service: number;
  readonly specVersion: number;
  readonly spec: TaskSpec;
  /** Tasks to place. */
  readonly count: number;
}

/** [recent failures, active tasks of the service, active tasks]: the three quantities that order nodes, for reading. */
export function sortKey(nodes: NodeSet, { service, specVersion }: TaskGroup, node: number, nowUs: number): readonly [number, number, number] {
  return [nodes.failures.count(service, specVersion, node, nowUs), nodes.activeOf(service, node), nodes.activeTasks[node]!];
}

/**
 * The order of two nodes for a group, negative = the first is better (scheduler.go, nodeLess): from {@link MAX_FAILURES} recent failures on fewer failures decide, then fewer tasks
 * of the service, then fewer tasks. How much of a node is used plays no part.
 */
export function compareNodes(nodes: NodeSet, group: TaskGroup, nowUs: number, a: number, b: number): number {
  const { service, specVersion } = group;
  const failuresA = nodes.failures.count(service, specVersion, a, nowUs);
  const failuresB = nodes.failures.count(service, specVersion, b, nowUs);
  if ((failuresA >= MAX_FAILURES || failuresB >= MAX_FAILURES) && failuresA !== failuresB) return failuresA - failuresB;
  return nodes.activeOf(service, a) - nodes.activeOf(service, b) || nodes.activeTasks[a]! - nodes.activeTasks[b]!;
}
