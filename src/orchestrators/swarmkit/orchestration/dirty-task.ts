import { type Constraint, nodeMatches } from '../../../workload/readers/compose/placement-constraint.ts';
import type { NodeDescription } from '../scheduler/node-set.ts';
import type { Service } from '../store/service.ts';
import type { Task } from '../store/task.ts';

/**
 * Whether a task differs from what its service should run (manager/orchestrator/task.go, IsTaskDirty). A change of the placement constraints alone does not count while the node meets
 * the new ones.
 */
export function isTaskDirty(service: Service, task: Task, nodes: readonly NodeDescription[]): boolean {
  const { spec } = service;
  if (task.spec.version === spec.version) return false;
  if (task.spec.content !== spec.content) return true;
  if (sameConstraints(task.spec.task.constraints, spec.task.constraints)) return false;
  return task.node < 0 || !nodeMatches(spec.task.constraints, nodes[task.node]!);
}

function sameConstraints(a: readonly Constraint[], b: readonly Constraint[]): boolean {
  return a.length === b.length && a.every(({ key, operator, value }, i) => key === b[i]!.key && operator === b[i]!.operator && value === b[i]!.value);
}
