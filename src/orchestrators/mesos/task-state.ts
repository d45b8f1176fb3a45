/** States of a Mesos task, by code (include/mesos/mesos.proto, TaskState). */
export const TaskState = { staging: 0, running: 1, finished: 2, failed: 3, killed: 4, lost: 5, unreachable: 6, dropped: 7, gone: 8 } as const;
export type TaskState = (typeof TaskState)[keyof typeof TaskState];

export const TASK_STATE_NAMES: readonly string[] = ['TASK_STAGING', 'TASK_RUNNING', 'TASK_FINISHED', 'TASK_FAILED', 'TASK_KILLED', 'TASK_LOST', 'TASK_UNREACHABLE', 'TASK_DROPPED', 'TASK_GONE'];

/** Whether the attempt is over on its agent, as opposed to live or out of sight. */
export function isTerminal(state: TaskState): boolean {
  return state !== TaskState.staging && state !== TaskState.running;
}

/** Whether it is an end that the agent reports, and not one that the master makes up: only those are acknowledged. */
export function isAgentState(state: TaskState): boolean {
  return state === TaskState.finished || state === TaskState.failed || state === TaskState.killed || state === TaskState.gone;
}

/** A state as a framework without PARTITION_AWARE is told of it: TASK_LOST is all that it knows of (include/mesos/mesos.proto, TaskState). */
export function olderState(state: TaskState): TaskState {
  return state === TaskState.unreachable || state === TaskState.dropped || state === TaskState.gone ? TaskState.lost : state;
}

/** Resource columns of a run, all in integer thousandths. */
export const RESOURCE_NAMES = ['cpus', 'mem', 'gpus'] as const;
