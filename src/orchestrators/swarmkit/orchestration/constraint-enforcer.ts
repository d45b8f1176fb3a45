import { nodeMatches } from '../../../workload/readers/compose/placement-constraint.ts';
import { Availability, type NodeDescription } from '../scheduler/node-set.ts';
import type { Store } from '../store/store.ts';
import type { Task } from '../store/task.ts';
import { TaskState } from '../task-state.ts';

/**
 * Rejects tasks of an active node that no longer meets their constraints, or whose resources no longer hold their reservations
 * (manager/orchestrator/constraintenforcer/constraint_enforcer.go). They are then restarted elsewhere.
 */
export class ConstraintEnforcer {
  readonly #store: Store;
  readonly #nodes: readonly NodeDescription[];

  constructor(store: Store, nodes: readonly NodeDescription[]) {
    this.#store = store;
    this.#nodes = nodes;
  }

  nodeUpdated(node: number): void {
    if (this.#store.availability[node] !== Availability.active) return;
    const rejected = this.noncompliant(node);
    if (rejected.length === 0) return;
    this.#store.write(rejected.length, () => {
      for (const task of rejected) if (task.desired <= TaskState.complete) this.#store.setState(task, TaskState.rejected);
    });
  }

  /** Tasks that the node may not keep. */
  noncompliant(node: number): readonly Task[] {
    const description = this.#nodes[node]!;
    let { nanoCpus, memoryBytes } = description;
    const rejected: Task[] = [];
    for (const task of this.#store.tasksOn[node]!) {
      if (task.desired < TaskState.assigned || task.desired > TaskState.complete || task.state > TaskState.running) continue;
      const { task: spec } = task.spec;
      // Those of the service as it is now: a change of the constraints alone leaves tasks with old ones in place.
      const { constraints } = task.service.deleted ? spec : task.service.spec.task;
      if (!nodeMatches(constraints, description) || spec.memoryBytes > memoryBytes || spec.nanoCpus > nanoCpus) {
        rejected.push(task);
        continue;
      }
      memoryBytes -= spec.memoryBytes;
      nanoCpus -= spec.nanoCpus;
    }
    return rejected;
  }
}
