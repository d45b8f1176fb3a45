import type { FaultKindDefinition } from './fault-kind.ts';

/** The fault's machines lose the network to all others and keep it among themselves. Overlapping partitions cut each along its own line. */
export const partition: FaultKindDefinition<'partition'> = {
  name: 'partition',
  summary: 'the machines are cut off from all others, not from each other; they go on working',
  takesFactor: false,
  create({ world }) {
    const cuts = new Map<number, number>();
    return {
      begin: (fault, index) => void cuts.set(index, world.partition(fault.machines)),
      end(_fault, index) {
        world.endPartition(cuts.get(index)!);
        cuts.delete(index);
      },
    };
  },
};
