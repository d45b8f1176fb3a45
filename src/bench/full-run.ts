import { assemble } from '../orchestrators/assemble.ts';
import { ORCHESTRATORS } from '../orchestrators/registry.ts';
import type { Collector } from '../metrics/log.ts';
import { RecordKind } from '../metrics/log.ts';
import { holdModel } from './hold-model.ts';
import { optionsThatKeepUp, STANDARD_END_US, standardLoad, standardMachines } from './standard-load.ts';

/** Counts binds: the placements that a budget is stated per. */
class Placements implements Collector {
  count = 0;
  record(_timeUs: number, kind: RecordKind): void {
    if (kind === RecordKind.bind) this.count++;
  }
}

/*
 * One whole run in a process of its own, so that memory is its own: `node full-run.ts ORCHESTRATOR MACHINES TASKS`. Prints one JSON object.
 * `warmUs` is CPU per placement of the median of runs three to seven in the process, as in a sweep's worker; `relative` the same in units of one operation of the hold model at 10,000 pending, measured in the same process.
 */
const [name, machines, tasks] = process.argv.slice(2);
const definition = ORCHESTRATORS.find((candidate) => candidate.name === name);
if (definition === undefined) throw new Error(`unknown orchestrator ${name}; there are ${ORCHESTRATORS.map((d) => d.name).join(', ')}`);
const options = optionsThatKeepUp(definition.name);
const workload = standardLoad(Number(tasks));
const inventory = standardMachines(Number(machines));

/** One run from assembly to end; CPU in microseconds per placement. */
function measure() {
  const placements = new Placements();
  const before = process.cpuUsage();
  const { simulation, log, orchestrator } = assemble({ definition: definition!, options, inventory, workload, seed: 1, collectors: [placements] });
  simulation.run(STANDARD_END_US);
  const cpu = process.cpuUsage(before);
  const broken = orchestrator.invariants();
  if (broken.length > 0) throw new Error(broken.join('\n'));
  return { us: (cpu.user + cpu.system) / Math.max(1, placements.count), placements: placements.count, events: simulation.eventCount, digest: log.digest.toString() };
}

const first = measure();
const maxRssMb = process.resourceUsage().maxRSS / 1024;
measure();
const rounds = Array.from({ length: 5 }, measure);
if (rounds.some(({ digest }) => digest !== first.digest)) throw new Error('two runs of one spec differ');
const warm = rounds.sort((a, b) => a.us - b.us)[2]!;
const hold = holdModel(10_000, 200_000).nsPerOperation;
process.stdout.write(
  `${JSON.stringify({
    orchestrator: name,
    machines: Number(machines),
    tasks: Number(tasks),
    placements: first.placements,
    firstUs: Number(first.us.toFixed(1)),
    warmUs: Number(warm.us.toFixed(1)),
    relative: Number(((1000 * warm.us) / hold).toFixed(0)),
    events: first.events,
    maxRssMb: Math.round(maxRssMb),
    digest: first.digest,
  })}\n`,
);
