import type { Unavailability } from '../allocator/inverse-offers.ts';
import type { Offers } from '../allocator/offers.ts';
import type { TaskState } from '../task-state.ts';

/** Why the master sent a state (include/mesos/mesos.proto, TaskStatus.Reason); 0 = what the executor says. */
export const Reason = { none: 0, agentRemoved: 1, agentDisconnected: 2, reconciliation: 3, invalidOffers: 4, agentReregistered: 5, agentDraining: 6, agentGone: 7, machineDown: 8 } as const;
export type Reason = (typeof Reason)[keyof typeof Reason];

const REASON_UNIT = 16;

/** State and reason as a status message carries them. */
export function packStatus(state: TaskState, reason: Reason): number {
  return state + REASON_UNIT * reason;
}

/** Splits what a status message carries. */
export function splitStatus(packed: number): { readonly state: TaskState; readonly reason: Reason } {
  return { state: (packed % REASON_UNIT) as TaskState, reason: Math.floor(packed / REASON_UNIT) as Reason };
}

/** A subscribed framework as the master knows it. */
export interface FrameworkInfo {
  readonly name: string;
  readonly roles: readonly string[];
  readonly endpoint: number;
  readonly checkpoint: boolean;
  /** Has the REVOCABLE_RESOURCES capability. */
  readonly revocable: boolean;
  /** Has the GPU_RESOURCES capability: is offered agents with GPUs. */
  readonly gpuResources: boolean;
  /** Has the PARTITION_AWARE capability: is told of tasks that are out of sight or were dropped as such, and not that they are lost. */
  readonly partitionAware: boolean;
  /** Its own sets of quantities that make an agent worth offering, by resource name in thousandths; none = those of the master. */
  readonly minAllocatable: readonly ReadonlyMap<string, number>[];
  /** Does something when a task of its own begins to run; others are not sent that state, which nothing could show. */
  readonly heedsRunning: boolean;
  /** Operation (index of offers, 0, 0) at the framework. */
  readonly offersOp: number;
  /** Operation (row, id, packed state and reason) at the framework. */
  readonly statusOp: number;
  /** Operation (agent, 0, 0) at the framework: an inverse offer; -1 = it takes none. */
  readonly inverseOp: number;
}

/** One ACCEPT: everything that a framework answers to one bulk of offers. */
export interface Answer {
  readonly offers: Offers;
  /** Rows to launch. */
  readonly launches: readonly number[];
  readonly refuseUsedUs: number;
  readonly refuseUnusedUs: number;
}

/** A framework's scheduler as its driver calls it. */
export interface Scheduler {
  resourceOffers(offers: Offers): void;
  /** A state of a task that the framework keeps a record of. */
  statusUpdate(row: number, state: TaskState, reason: Reason): void;
  /** A state of a task that it has given up: one that came back. */
  unknownTask(row: number, id: number, state: TaskState): void;
  /** The master asks for an agent back before a planned outage. Absent: the framework takes no inverse offers, as with the driver of before version 1. */
  inverseOffer?(agent: number, unavailability: Unavailability): void;
}
