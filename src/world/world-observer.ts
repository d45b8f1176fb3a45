import type { ExitOutcome } from './exit-outcome.ts';

/** Condition of a machine, physically. */
export const MachineState = { up: 0, down: 1, hung: 2, cutOff: 3 } as const;
export type MachineState = (typeof MachineState)[keyof typeof MachineState];

/** Sees every physical change at the moment it happens. The run's log implements it; nothing in the world depends on what it does. */
export interface WorldObserver {
  /** A container began to do work; bit i of `gpuMask` = it has device i of the machine. */
  containerRunning(task: number, machine: number, container: number, gpuMask: number): void;
  /** A container ended; `ran` tells whether it had begun to do work. */
  containerEnded(task: number, machine: number, container: number, outcome: ExitOutcome, ran: boolean): void;
  machineChanged(machine: number, state: MachineState): void;
  /** Containers use more CPU of the machine than it has, or no longer do: they advance at `pace` from now on, 1 = as fast as on a machine of their own. */
  paceChanged?(machine: number, pace: number): void;
}
