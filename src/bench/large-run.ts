import { assemble } from '../orchestrators/assemble.ts';
import { type Collector, RecordKind } from '../metrics/log.ts';
import { ORCHESTRATORS } from '../orchestrators/registry.ts';
import { optionsThatKeepUp, STANDARD_END_US, standardLoad, standardMachines } from './standard-load.ts';

/*
 * CPU per placement at ten times the machines, beside the smaller cluster before and after it in one process: `node large-run.ts ORCHESTRATOR MACHINES TASKS`. Prints one JSON object. The
 * compiler is warm by then: what is compared is work and memory.
 */
const [name, machines, tasks] = process.argv.slice(2);
const definition = ORCHESTRATORS.find((candidate) => candidate.name === name);
if (definition === undefined) throw new Error(`unknown orchestrator ${name}; there are ${ORCHESTRATORS.map((d) => d.name).join(', ')}`);

/** Counts binds: a control plane that does not keep up places less than there is. */
class Placements implements Collector {
  count = 0;
  record(_timeUs: number, kind: RecordKind): void {
    if (kind === RecordKind.bind) this.count++;
  }
}

/** One run from assembly to end; CPU in microseconds per placement, all threads. */
function measure(machineCount: number, taskCount: number): number {
  const workload = standardLoad(taskCount);
  const inventory = standardMachines(machineCount);
  const placements = new Placements();
  const before = process.cpuUsage();
  const { simulation, orchestrator } = assemble({ definition: definition!, options: optionsThatKeepUp(definition!.name), inventory, workload, seed: 1, collectors: [placements] });
  simulation.run(STANDARD_END_US);
  const cpu = process.cpuUsage(before);
  const broken = orchestrator.invariants();
  if (broken.length > 0) throw new Error(broken.join('\n'));
  return (cpu.user + cpu.system) / placements.count;
}

const small = [Number(machines), Number(tasks)] as const;
measure(...small);
measure(...small);
const before = measure(...small);
const large = measure(10 * small[0], 10 * small[1]);
const after = measure(...small);
process.stdout.write(
  `${JSON.stringify({ orchestrator: name, machines: 10 * small[0], tasks: 10 * small[1], smallUs: Number(((before + after) / 2).toFixed(1)), largeUs: Number(large.toFixed(1)), ratio: Number(((2 * large) / (before + after)).toFixed(2)), maxRssMb: Math.round(process.resourceUsage().maxRSS / 1024) })}\n`,
);
