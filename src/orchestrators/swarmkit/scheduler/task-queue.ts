import type { Log } from '../../../metrics/log.ts';
import { NO_GROUPS, type Service, type WaitingGroup } from '../store/service.ts';
import type { Task } from '../store/task.ts';
import type { TaskSpec } from './task-spec.ts';

/** Groups with one specification. */
export interface Kind {
  readonly spec: TaskSpec;
  readonly groups: WaitingGroup[];
  /** During a pass: the first so many are still to be decided. */
  left: number;
}

/** Tasks that wait for a node, in groups of one service and version (manager/scheduler/scheduler.go, unassignedTasks and what tick makes of them). */
export class TaskQueue {
  /** Groups by specification: what is hopeless for one is so for all that share it. Kinds stay once they are there: there are few. */
  readonly kinds: Kind[] = [];
  /** Tasks that wait. */
  size = 0;
  readonly #log: Log;
  readonly #kindOf = new Map<TaskSpec, Kind>();
  /** Groups that are done with, to be used again: most services need one for one task and a moment. */
  readonly #spareGroups: WaitingGroup[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  add(task: Task): void {
    if (task.queued) return;
    task.queued = true;
    const { service } = task;
    const group = groupOf(service, task.spec.version);
    if (group !== undefined) group.tasks.push(task);
    else {
      const spec = task.spec.task;
      let kind = this.#kindOf.get(spec);
      if (kind === undefined) {
        this.#kindOf.set(spec, (kind = { spec, groups: [], left: 0 }));
        this.kinds.push(kind);
      }
      const first = this.#group(service, task.spec.version, spec);
      first.tasks.push(task);
      first.at = kind.groups.length;
      service.waiting = service.waiting.length === 0 ? first.alone : [...service.waiting, first];
      kind.groups.push(first);
    }
    this.#log.queueDepth(++this.size);
  }

  remove(task: Task): void {
    task.queued = false;
    const group = groupOf(task.service, task.spec.version)!;
    group.tasks.splice(group.tasks.indexOf(task), 1);
    this.#left(group, 1);
  }

  /** The first so many tasks of a group have found a node. */
  placed(group: WaitingGroup, count: number): void {
    const { tasks } = group;
    for (let i = 0; i < count; i++) tasks[i]!.queued = false;
    // A list that loses its last element this way keeps its room for the next.
    if (tasks.length === 1) tasks.pop();
    else tasks.splice(0, count);
    this.#left(group, count);
  }

  #group(service: Service, version: number, spec: TaskSpec): WaitingGroup {
    const spare = this.#spareGroups.pop();
    if (spare !== undefined) {
      spare.service = service;
      spare.version = version;
      spare.spec = spec;
      return spare;
    }
    const alone: WaitingGroup[] = [];
    const group: WaitingGroup = { service, version, spec, tasks: [], alone, at: 0 };
    alone.push(group);
    return group;
  }

  /** So many tasks of a group wait no more. */
  #left(group: WaitingGroup, count: number): void {
    this.size -= count;
    this.#log.queueDepth(this.size);
    if (group.tasks.length > 0) return;
    const { service } = group;
    service.waiting = service.waiting.length === 1 ? NO_GROUPS : service.waiting.filter((other) => other !== group);
    this.#spareGroups.push(group);
    const alike = this.#kindOf.get(group.spec)!.groups;
    const last = alike.pop()!;
    if (last === group) return;
    alike[group.at] = last;
    last.at = group.at;
  }
}

function groupOf(service: Service, version: number): WaitingGroup | undefined {
  const { waiting } = service;
  for (let i = 0; i < waiting.length; i++) if (waiting[i]!.version === version) return waiting[i];
  return undefined;
}
