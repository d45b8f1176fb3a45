import type { FaultKindDefinition } from './fault-kind.ts';

/** A degraded machine ("fail-slow"). Of overlapping faults the strongest counts: the narrowest part sets the pace. */
export const slow: FaultKindDefinition<'slow'> = {
  name: 'slow',
  summary: 'work and network delays of the machine take `factor` times as long',
  takesFactor: true,
  create({ world }) {
    const factors = new Map<number, number[]>();
    const apply = (machine: number) => world.slow(machine, Math.max(1, ...(factors.get(machine) ?? [])));
    return {
      begin(fault) {
        for (const machine of fault.machines) {
          const active = factors.get(machine);
          if (active === undefined) factors.set(machine, [fault.factor]);
          else active.push(fault.factor);
          apply(machine);
        }
      },
      end(fault) {
        for (const machine of fault.machines) {
          const active = factors.get(machine)!;
          active.splice(active.indexOf(fault.factor), 1);
          if (active.length === 0) factors.delete(machine);
          apply(machine);
        }
      },
    };
  },
};
