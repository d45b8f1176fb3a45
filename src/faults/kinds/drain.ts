import type { FaultKindDefinition } from './fault-kind.ts';

/** Maintenance: the operator takes machines out of service by the orchestrator's own route, and back in. */
export const drain: FaultKindDefinition<'drain'> = {
  name: 'drain',
  summary: "maintenance by the orchestrator's own route: the machine gets nothing new and is emptied as the system does that",
  takesFactor: false,
  create(target) {
    const holding = new Map<number, number>();
    return {
      begin(fault) {
        for (const machine of fault.machines) {
          const before = holding.get(machine) ?? 0;
          holding.set(machine, before + 1);
          if (before === 0) target.drain(machine, true);
        }
      },
      end(fault) {
        for (const machine of fault.machines) {
          const left = holding.get(machine)! - 1;
          if (left > 0) holding.set(machine, left);
          else {
            holding.delete(machine);
            target.drain(machine, false);
          }
        }
      },
    };
  },
};
