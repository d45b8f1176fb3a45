// What a sweep costs beyond its runs: a thousand mixed runs of 100 machines and 2,000 tasks, with one worker and with two. `node src/bench/sweep-run.ts [seeds] [workers...]`
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { conduct } from '../experiment/experiment.ts';
import { run } from '../experiment/run.ts';
import { Store } from '../experiment/store.ts';
import { ORCHESTRATORS } from '../orchestrators/registry.ts';
import { expand } from '../scenario/expand.ts';
import { checkScenario } from '../scenario/load.ts';
import { parseYaml } from '../scenario/yaml-document.ts';

const SCENARIO = `name: mixed
question: What do a thousand small runs cost?
workload:
  source:
    synthetic:
      generator: poisson
      horizon: 1h
      jobs:
        - { name: batch, meanGap: 1.8s, duration: { kind: exponential, mean: 4min }, shapes: [ { cpu: 1, memory: 2GiB }, { cpu: 2, memory: 4GiB } ] }
cluster: { machines: [ { count: 100, cpu: 8, memory: 32GiB, racks: 10 } ] }
orchestrators: [ reference/fifo, swarm-classic, mesos, kubernetes ]
faults: [ { source: stochastic, kind: crash, uptime: { law: exponential, mean: 20h }, repair: { law: exponential, mean: 10min } } ]
window: { to: 1h }
sweep: { matrix: { workload.load: [0.5, 0.6, 0.7, 0.8, 0.9] } }
`;

const [seedCount = 50, ...jobs] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'seatrial-sweep-'));
try {
  const seeds = Array.from({ length: seedCount }, (_, i) => i + 1);
  const rows: object[] = [];
  for (const workers of jobs.length > 0 ? jobs : [1, 2]) {
    const wall = performance.now();
    const all = process.cpuUsage();
    const own = process.threadCpuUsage();
    const loaded = checkScenario(parseYaml(SCENARIO, 'mixed.yaml'), { orchestrators: ORCHESTRATORS });
    const plan = expand(loaded, { seeds, cacheFolder: null });
    const out = join(folder, String(workers));
    await conduct(loaded, plan, { folder: out, force: true, jobs: workers, tasks: false, twice: false, command: [], repeat: () => '' });
    const wallS = (performance.now() - wall) / 1000;
    const cpuS = seconds(process.cpuUsage(all));
    const leadS = seconds(process.threadCpuUsage(own));
    const runsS = [...new Store(out).readTimings().values()].reduce((sum, { cpuS: each }) => sum + each, 0);
    rows.push({ runs: plan.runs.length, workers, wallS: round(wallS), cpuS: round(cpuS), 'in runs, CPU s': round(runsS), 'leading thread, ms per run': round((leadS * 1000) / plan.runs.length), 'most memory, MB': Math.round(process.resourceUsage().maxRSS / 1024) });
    if (workers === jobs.at(-1) || jobs.length === 0) rows.push({ 'writing a run, ms': round(writingMs(plan, join(folder, 'writing'))) });
  }
  console.table(rows);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Processor time that a worker takes for a run once it is made: tables as text, files. */
function writingMs(plan: ReturnType<typeof expand>, out: string): number {
  const store = new Store(out);
  store.open();
  let total = 0;
  const specs = plan.runs.slice(0, 120);
  specs.forEach((spec, i) => {
    const record = run(spec, plan.inputs);
    const start = process.threadCpuUsage();
    store.write(record, { wallS: 0, cpuS: 0, maxRssMb: 0, eventsPerSecond: 0 });
    if (i >= 40) total += seconds(process.threadCpuUsage(start)) * 1000;
  });
  return total / (specs.length - 40);
}

function seconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1e6;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
