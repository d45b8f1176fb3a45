import type { FaultKindDefinition } from './fault-kind.ts';
import { perMachine } from './per-machine.ts';

/** Power off; the end of the fault is the moment at which the operating system is up again. */
export const crash: FaultKindDefinition<'crash'> = {
  name: 'crash',
  summary: 'power off: processes and containers end, the network is silent; ends with the operating system up again',
  takesFactor: false,
  create: ({ world }) =>
    perMachine(
      (machine) => world.crash(machine),
      (machine) => world.boot(machine),
    ),
};
