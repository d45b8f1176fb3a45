import { fileURLToPath } from 'node:url';
import { run } from '../experiment/run.ts';
import { ORCHESTRATORS } from '../orchestrators/registry.ts';
import { expand } from '../scenario/expand.ts';
import { loadScenario } from '../scenario/load.ts';

/*
 * One simulated day of scenarios/omega-day.yaml in a process of its own, metrics included: `node omega-day.ts LABEL`. CPU of the whole process from after the workload is
 * generated: of the first run, and of the third, as in a sweep's worker.
 */
const [label] = process.argv.slice(2);
const loaded = loadScenario(fileURLToPath(new URL('../../scenarios/omega-day.yaml', import.meta.url)), { orchestrators: ORCHESTRATORS });
const plan = expand(loaded, { cacheFolder: null, only: [label!] });
const spec = plan.runs[0];
if (spec === undefined) throw new Error(`the scenario has no "${label}"`);
const cpuMs: number[] = [];
let digest = '';
for (let round = 0; round < 3; round++) {
  const before = process.cpuUsage();
  const record = run(spec, plan.inputs);
  const cpu = process.cpuUsage(before);
  cpuMs.push(Math.round((cpu.user + cpu.system) / 1000));
  if (digest !== '' && record.digest !== digest) throw new Error('two runs of one spec differ');
  digest = record.digest;
}
process.stdout.write(`${JSON.stringify({ firstMs: cpuMs[0], warmMs: cpuMs[2], maxRssMb: Math.round(process.resourceUsage().maxRSS / 1024) })}\n`);
