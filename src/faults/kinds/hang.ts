import type { FaultKindDefinition } from './fault-kind.ts';
import { perMachine } from './per-machine.ts';

/** A frozen machine. A crash and boot cure it; on a machine that is down there is nothing to freeze. */
export const hang: FaultKindDefinition<'hang'> = {
  name: 'hang',
  summary: 'the machine freezes: nothing is computed, nothing answered, nothing ends, until it goes on where it was',
  takesFactor: false,
  create: ({ world }) =>
    perMachine(
      (machine) => world.hang(machine),
      (machine) => world.continue(machine),
    ),
};
