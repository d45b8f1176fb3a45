import { assemble } from '../orchestrators/assemble.ts';
import { ORCHESTRATORS } from '../orchestrators/registry.ts';
import type { Collector } from '../metrics/log.ts';
import { RecordKind } from '../metrics/log.ts';
import { holdModel } from './hold-model.ts';
import { STANDARD_END_US, standardLoad, standardMachines } from './standard-load.ts';

/** Counts binds: the placements that a budget is stated per. */
class Placements implements Collector {
  count = 0;
  record(_timeUs: number, kind: RecordKind): void {
    if (kind === RecordKind.bind) this.count++;
  }
}

/*
 * One whole run in a process of its own, so that memory is its own: `node full-run.ts ORCHESTRATOR MACHINES TASKS`. Prints one JSON object.
 * `relative` is CPU per placement in units of one operation of the hold model at 10,000 pending, measured in the same process.
 */
const [name, machines, tasks] = process.argv.slice(2);
const definition = ORCHESTRATORS.find((candidate) => candidate.name === name);
if (definition === undefined) throw new Error(`unknown orchestrator ${name}; there are ${ORCHESTRATORS.map((d) => d.name).join(', ')}`);
const placements = new Placements();
const workload = standardLoad(Number(tasks));
const inventory = standardMachines(Number(machines));
const before = process.cpuUsage();
// Default API limits allow Kubernetes a few Jobs a second (a result of its own): cost per placement needs a control plane that keeps up.
const options = name === 'kubernetes' ? { apiLimits: 'scalability-test' } : {};
const { simulation, log, orchestrator } = assemble({ definition, options, inventory, workload, seed: 1, collectors: [placements] });
simulation.run(STANDARD_END_US);
const cpu = process.cpuUsage(before);
const broken = orchestrator.invariants();
if (broken.length > 0) throw new Error(broken.join('\n'));
const maxRssMb = process.resourceUsage().maxRSS / 1024;
const cpuMs = (cpu.user + cpu.system) / 1000;
const hold = holdModel(10_000, 200_000).nsPerOperation;
process.stdout.write(
  `${JSON.stringify({
    orchestrator: name,
    machines: Number(machines),
    tasks: Number(tasks),
    cpuMs: Math.round(cpuMs),
    placements: placements.count,
    usPerPlacement: Number(((1000 * cpuMs) / Math.max(1, placements.count)).toFixed(2)),
    relative: Number(((1e6 * cpuMs) / Math.max(1, placements.count) / hold).toFixed(1)),
    events: simulation.eventCount,
    maxRssMb: Math.round(maxRssMb),
    digest: log.digest.toString(),
  })}\n`,
);
