import type { FaultKindDefinition } from './fault-kind.ts';
import { perMachine } from './per-machine.ts';

/** The orchestrator's own processes on a machine die and are started again at the end; what becomes of their containers is the system's affair. A boot starts them, too. */
export const daemon: FaultKindDefinition<'daemon'> = {
  name: 'daemon',
  summary: "the orchestrator's processes on the machine (agent, engine, kubelet) die, the machine goes on; ends with their restart",
  takesFactor: false,
  create: ({ world: { processes } }) =>
    perMachine(
      (machine) => {
        for (const process of processes.on(machine)) processes.kill(process);
      },
      (machine) => {
        for (const process of processes.on(machine)) processes.restart(process);
      },
    ),
};
