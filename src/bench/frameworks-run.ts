import { assemble } from '../orchestrators/assemble.ts';
import { mesos } from '../orchestrators/mesos/mesos.ts';
import type { OrchestratorDefinition } from '../orchestrators/orchestrator.ts';
import { standardLoad, standardMachines } from './standard-load.ts';

/*
 * A simulated day of one Mesos cluster with many frameworks, most of which are idle most of the time: `node frameworks-run.ts AGENTS FRAMEWORKS TASKS`. Half of the jobs go to one framework,
 * the others to the rest, one job to one framework; all arrive within two hours. Assembly is start-up and not counted.
 */
const [agents, frameworks, tasks] = process.argv.slice(2).map(Number) as [number, number, number];
const options = {
  frameworks: [
    { kind: 'batch', name: 'busy', jobs: { share: 0.5 } },
    { kind: 'batch', name: 'idle', role: 'idle-{n}', count: frameworks - 1 },
  ],
};
const { simulation, orchestrator } = assemble({ definition: mesos as OrchestratorDefinition, options, inventory: standardMachines(agents), workload: standardLoad(tasks), seed: 1 });
const before = process.cpuUsage();
simulation.run(86_400_000_000);
const cpu = process.cpuUsage(before);
const broken = orchestrator.invariants();
if (broken.length > 0) throw new Error(broken.join('\n'));
process.stdout.write(`${JSON.stringify({ cpuMs: Math.round((cpu.user + cpu.system) / 1000), events: simulation.eventCount, maxRssMb: Math.round(process.resourceUsage().maxRSS / 1024) })}\n`);
