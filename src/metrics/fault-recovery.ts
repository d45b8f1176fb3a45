/** How a task that a fault hit came to run again. */
export type RestoredBy = 'in-place' | 'replacement' | 'returned' | 'ended';

/** One attempt that a fault ended or cut off. */
export interface Hit {
  readonly fault: FaultRecovery;
  readonly task: number;
  readonly shape: number;
  readonly machine: number;
  /** Its container while the attempt runs on, cut off or hung; -1 = it ended. */
  readonly row: number;
  readonly service: boolean;
  readonly hitUs: number;
  /** When the attempt had begun to work; `NaN` = it had not. */
  readonly startedUs: number;
  /** Neither runs the task again, nor has it ended. */
  open: boolean;
  /** Machine on which the orchestrator has committed capacity for another instance; -1 = none. */
  boundTo: number;
  /** Since when a replica of the service has been missing on this fault's account; `NaN` = it is not, or on a later fault's. */
  missingSinceUs: number;
  /** Waits for capacity that no machine has. */
  blocked: boolean;
  /** Since when the cut-off attempt has run beside another one; `NaN` = it does not. */
  duplicateSinceUs: number;
}

/** What is known of the recovery from one fault; times are absolute simulated microseconds, `NaN` = has not happened. */
export class FaultRecovery {
  readonly fault: number;
  readonly injectedUs: number;
  machines = 0;
  attemptsHit = 0;
  detectedUs = NaN;
  decidedUs = NaN;
  replacedUs = NaN;
  restoredUs = NaN;
  restoredBy: RestoredBy | '' = '';
  endedUs = NaN;
  missingReplicaUs = 0;
  workRedoneUs = 0;
  duplicateRunUs = 0;
  tasksLost = 0;
  /** Tasks that wait to run again. */
  open = 0;
  #blocked = 0;
  #blockedSinceUs = 0;
  #blockedUs = 0;

  constructor(fault: number, injectedUs: number) {
    this.fault = fault;
    this.injectedUs = injectedUs;
  }

  /** The number of tasks that wait for capacity that no machine has changes by `change`. */
  addBlocked(timeUs: number, change: number): void {
    if (this.#blocked > 0) this.#blockedUs += timeUs - this.#blockedSinceUs;
    this.#blocked += change;
    this.#blockedSinceUs = timeUs;
  }

  /** Time in which at least one task waited for capacity that no machine had, microseconds, as of the last {@link addBlocked}. */
  get capacityBlockedUs(): number {
    return this.#blockedUs;
  }
}
