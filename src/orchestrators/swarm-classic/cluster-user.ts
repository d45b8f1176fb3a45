import type { ContainerRecord } from './container-record.ts';

/** What the manager answers to its user. */
export interface ClusterUser {
  /** A create request failed; `reason` is the body of the error response. */
  createFailed(task: number, attempt: number, reason: string): void;
  created(record: ContainerRecord): void;
  startFailed(record: ContainerRecord): void;
  /** A container has ended by itself. */
  ended(task: number, attempt: number, success: boolean): void;
  /** A container has come into the manager's list without the user having asked for it just now. */
  appeared(record: ContainerRecord): void;
  /** A decision about the watched task is about to be taken. */
  deciding(task: number, shape: number): void;
}
