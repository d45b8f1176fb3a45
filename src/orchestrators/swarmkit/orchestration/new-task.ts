import type { Service } from '../store/service.ts';
import { isGlobal, isJob } from '../store/service-spec.ts';
import type { Store } from '../store/store.ts';
import type { Task } from '../store/task.ts';
import { TaskState } from '../task-state.ts';

/** Which task of the workload an instance is an attempt at; -1 = the job has none left for it. */
export type IndexOf = (service: Service, slot: number, node: number) => number;

/** Makes a task object of a service's present version (manager/orchestrator/task.go, NewTask). @param node of a global service's task, else -1 */
export function newTask(store: Store, indexOf: IndexOf, service: Service, slot: number, node: number, desired: TaskState | null): Task | null {
  const index = indexOf(service, slot, node);
  if (index < 0) return null;
  const { mode } = service.spec;
  return store.newTask(service, isGlobal(mode) ? 0 : slot, index, node, desired ?? (isJob(mode) ? TaskState.complete : TaskState.running));
}
