import type { FaultEffect } from './fault-kind.ts';

/**
 * Effect of a kind that acts on each machine by itself: `first` when a fault of the kind begins on a machine (again for each further one, since something else
 * may have undone it in between), `last` when the last one has ended.
 */
export function perMachine(first: (machine: number) => void, last: (machine: number) => void): FaultEffect {
  const holding = new Map<number, number>();
  return {
    begin(fault) {
      for (const machine of fault.machines) {
        holding.set(machine, (holding.get(machine) ?? 0) + 1);
        first(machine);
      }
    },
    end(fault) {
      for (const machine of fault.machines) {
        const left = holding.get(machine)! - 1;
        if (left > 0) holding.set(machine, left);
        else {
          holding.delete(machine);
          last(machine);
        }
      }
    },
  };
}
