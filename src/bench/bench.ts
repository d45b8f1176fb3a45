import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { holdModel } from './hold-model.ts';

/*
 * `npm run bench`: every figure beside a reference loop measured in the same process, so that ratios carry over between machines. Prints Markdown.
 * Options: `--traces DIR` folder with the real traces (the OpenB part is skipped without it), `--only queue|runs|scale|idle|openb|storm|omega|large`; `large`, which takes
 * minutes and more than a gigabyte, runs only when it is asked for.
 */
const argumentsGiven = process.argv.slice(2);
const option = (name: string): string | undefined => {
  const at = argumentsGiven.indexOf(name);
  return at < 0 ? undefined : argumentsGiven[at + 1];
};
const only = option('--only');
const traces = option('--traces') ?? join(import.meta.dirname, '../../../shared/traces');
const systems = ['reference/fifo', 'swarm-classic', 'swarmkit', 'mesos', 'kubernetes'];

/** Figures of one run in a process of its own. */
interface RunFigures {
  readonly orchestrator: string;
  readonly machines: number;
  readonly tasks: number;
  /** CPU per placement of the first run in the process: just-in-time compilation included. */
  readonly firstUs: number;
  /** The same of later runs in the process, as in a sweep's worker: the median of five. */
  readonly warmUs: number;
  readonly relative: number;
  readonly events: number;
  readonly maxRssMb: number;
  readonly placements: number;
}

const RUN_HEAD =
  '| system | machines | tasks | us per placement, first run | warm | warm, in hold operations | events per task | memory, MB |\n|---|---:|---:|---:|---:|---:|---:|---:|';

if (only === undefined || only === 'queue') queue();
if (only === undefined || only === 'runs') runs();
if (only === undefined || only === 'scale') scale();
if (only === undefined || only === 'idle') idle();
if (only === undefined || only === 'openb') openb();
if (only === undefined || only === 'storm') storm();
if (only === undefined || only === 'omega') omega();
if (only === 'kubernetes-large') kubernetesLarge();
if (only === 'large') large();

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function inProcess(script: string, ...parameters: string[]): string {
  return execFileSync(process.execPath, [join(import.meta.dirname, script), ...parameters], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/**
 * One cold run in a process of its own, in the circumstances of the command's workers: bytecode from the cache on disk (a first call fills it), and the small young
 * generation of a worker with few runs.
 */
function asCommand(script: string, ...parameters: string[]): Readonly<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'seatrial-bench-'));
  try {
    const call = (): string => execFileSync(process.execPath, ['--max-semi-space-size=4', join(import.meta.dirname, script), ...parameters], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_COMPILE_CACHE: folder } });
    call();
    return JSON.parse(call()) as Record<string, number>;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function fullRun(system: string, machines: number, tasks: number): RunFigures {
  return JSON.parse(inProcess('full-run.ts', system, String(machines), String(tasks))) as RunFigures;
}

function queue(): void {
  print('\n## Event queue: hold model against std::priority_queue\n');
  const folder = mkdtempSync(join(tmpdir(), 'seatrial-bench-'));
  const binary = join(folder, 'hold-model');
  const compiled = spawnSync('g++', ['-O3', '-march=native', '-o', binary, join(import.meta.dirname, 'hold-model.cpp')], { stdio: 'inherit' });
  if (compiled.error !== undefined || compiled.status !== 0) print('No C++ compiler here: the comparison is skipped.');
  print('| pending | this queue, ns | std::priority_queue, ns | ratio |\n|---:|---:|---:|---:|');
  for (const pending of [100, 10_000, 1_000_000]) {
    const own = holdModel(pending, 400_000);
    if (!existsSync(binary)) {
      print(`| ${pending} | ${own.nsPerOperation.toFixed(0)} | | |`);
      continue;
    }
    const reference = JSON.parse(execFileSync(binary, [String(pending), '400000'], { encoding: 'utf8' })) as { nsPerOperation: number; checksum: number };
    if (reference.checksum !== own.checksum) throw new Error('the two hold models disagree: they did not do the same work');
    print(`| ${pending} | ${own.nsPerOperation.toFixed(0)} | ${reference.nsPerOperation.toFixed(0)} | ${(own.nsPerOperation / reference.nsPerOperation).toFixed(2)} |`);
  }
  rmSync(folder, { recursive: true });
}

function row(figures: RunFigures): string {
  const { orchestrator, machines, tasks, firstUs, warmUs, relative, events, maxRssMb } = figures;
  return `| ${orchestrator} | ${machines} | ${tasks} | ${firstUs} | ${warmUs} | ${relative} | ${(events / tasks).toFixed(2)} | ${maxRssMb} |`;
}

function runs(): void {
  print('\n## Whole runs: 5,000 machines, 150,000 tasks\n');
  print(RUN_HEAD);
  for (const system of systems) print(row(fullRun(system, 5_000, 150_000)));
}

function scale(): void {
  print('\n## Cost per task from 1,000 to 10,000 machines (30 tasks each)\n');
  print(RUN_HEAD);
  for (const system of systems) {
    const small = fullRun(system, 1_000, 30_000);
    const large = fullRun(system, 10_000, 300_000);
    print(row(small));
    print(row(large));
    print(`| ${system}: ratio | | | ${(large.firstUs / small.firstUs).toFixed(2)} | ${(large.warmUs / small.warmUs).toFixed(2)} | | | |`);
  }
}

/** Beyond the size that Kubernetes is tested for (5,000 nodes): cost per placement at three times as many. */
function kubernetesLarge(): void {
  print('\n## Kubernetes: cost per placement from 5,000 to 15,000 nodes (30 pods each)\n');
  print(RUN_HEAD);
  const small = fullRun('kubernetes', 5_000, 150_000);
  const large = fullRun('kubernetes', 15_000, 450_000);
  print(row(small));
  print(row(large));
  print(`| ratio | | | ${(large.firstUs / small.firstUs).toFixed(2)} | ${(large.warmUs / small.warmUs).toFixed(2)} | | | |`);
}

function idle(): void {
  print('\n## A simulated month of 5,000 idle machines\n');
  print('| system | CPU of the month, ms | events |\n|---|---:|---:|');
  for (const system of systems) {
    const { cpuMs, events } = JSON.parse(inProcess('idle-run.ts', system, '5000')) as { cpuMs: number; events: number };
    print(`| ${system} | ${cpuMs} | ${events} |`);
  }
}

function openb(): void {
  print('\n## OpenB: 1,523 nodes, 8,152 pods, one cold run\n');
  const folder = join(traces, 'alibaba-gpu-2023-openb');
  if (!existsSync(folder)) {
    print(`Skipped: no trace at ${folder} (see traces/README.md, then --traces DIR).`);
    return;
  }
  print('| system | CPU beyond start-up, simulating thread, ms | all threads, ms | memory, MB | placements |\n|---|---:|---:|---:|---:|');
  for (const system of systems) {
    const { threadMs, cpuMs, maxRssMb, placements } = asCommand('openb-run.ts', system, folder);
    print(`| ${system} | ${threadMs} | ${cpuMs} | ${maxRssMb} | ${placements} |`);
  }
}

function storm(): void {
  print('\n## OpenB storm: all 7,064 GPU pods at time zero on the 1,213 GPU nodes, one cold run\n');
  const folder = join(traces, 'alibaba-gpu-2023-openb');
  if (!existsSync(folder)) {
    print(`Skipped: no trace at ${folder} (see traces/README.md, then --traces DIR).`);
    return;
  }
  print('| system | GPUs | CPU beyond start-up, simulating thread, ms | all threads, ms | memory, MB | started | preempted | decisions |\n|---|---|---:|---:|---:|---:|---:|---:|');
  for (const gpuShare of ['whole', 'plugin']) {
    const { threadMs, cpuMs, maxRssMb, started, preemptions, decisions } = asCommand('openb-storm.ts', 'kubernetes', folder, gpuShare);
    print(`| kubernetes | ${gpuShare} | ${threadMs} | ${cpuMs} | ${maxRssMb} | ${started} | ${preemptions} | ${decisions} |`);
  }
}

function omega(): void {
  print('\n## A day of the Omega study (scenarios/omega-day.yaml), metrics included\n');
  print('| architecture | CPU, first run, ms | warm, ms | memory, MB |\n|---|---:|---:|---:|');
  for (const label of ['monolithic', 'shared-state', 'two-level']) {
    const { firstMs, warmMs, maxRssMb } = JSON.parse(inProcess('omega-day.ts', label)) as Record<string, number>;
    print(`| ${label} | ${firstMs} | ${warmMs} | ${maxRssMb} |`);
  }
}

function large(): void {
  print('\n## Ten times the machines: 50,000 beside 5,000, 30 tasks each, in one process\n');
  print('| system | us per placement, 5,000 machines, warm | 50,000 machines | ratio | memory, MB |\n|---|---:|---:|---:|---:|');
  for (const system of ['swarm-classic', 'swarmkit']) {
    const { smallUs, largeUs, ratio, maxRssMb } = JSON.parse(inProcess('large-run.ts', system, '5000', '150000')) as Record<string, number>;
    print(`| ${system} | ${smallUs} | ${largeUs} | ${ratio} | ${maxRssMb} |`);
  }
}
