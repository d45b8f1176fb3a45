/** States of a task (api/types.proto, TaskState): observed ones only ever grow; `remove` exists as a desired state only. */
export const TaskState = {
  new: 0,
  pending: 64,
  assigned: 192,
  accepted: 256,
  preparing: 320,
  ready: 384,
  starting: 448,
  running: 512,
  complete: 576,
  shutdown: 640,
  failed: 704,
  rejected: 768,
  remove: 800,
  orphaned: 832,
} as const;
export type TaskState = (typeof TaskState)[keyof typeof TaskState];

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(TaskState).map(([name, state]) => [state, name]));

/** As `docker service ps` prints it: `Running`, `Pending`. */
export function stateName(state: number): string {
  const name = NAMES.get(state)!;
  return name[0]!.toUpperCase() + name.slice(1);
}
