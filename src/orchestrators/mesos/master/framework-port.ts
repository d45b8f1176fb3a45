import type { Offers } from '../allocator/offers.ts';
import type { TaskState } from '../task-state.ts';

/** Why the master sent a state (include/mesos/mesos.proto, TaskStatus.Reason); 0 = what the executor says. */
export const Reason = { none: 0, agentRemoved: 1, agentDisconnected: 2, reconciliation: 3, invalidOffers: 4, agentReregistered: 5, agentDraining: 6 } as const;
export type Reason = (typeof Reason)[keyof typeof Reason];

/** A framework's scheduler as its driver calls it. */
export interface Scheduler {
  resourceOffers(offers: Offers): void;
  /** A state of a task that the framework keeps a record of. */
  statusUpdate(row: number, state: TaskState, reason: Reason): void;
  /** A state of a task that it has given up: one that came back. */
  unknownTask(row: number, id: number, state: TaskState): void;
}
