import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command, Option } from 'commander';
import { suggestion } from '../engine/nearest.ts';
import type { Outcome } from '../experiment/experiment.ts';
import type { Plan } from '../scenario/expand.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import type { PrecisionTarget } from '../statistics/precision.ts';
import { drainOnInterrupt } from './drain-on-interrupt.ts';
import { ExitCode } from './exit-code.ts';
import { defaultFolder, planArguments, runCommand } from './plan-arguments.ts';
import { ProgressLine } from './progress.ts';
import { addScenarioOptions, CACHE_FOLDER, collect, mebibytes, planOf, positiveNumber, type ScenarioArguments, scenarioOf, seconds, wholeNumber } from './scenario-arguments.ts';
import { type Shard, shardOf } from './shard.ts';
import { shellWord } from './shell-word.ts';
import { UsageError } from './usage-error.ts';

interface ExperimentArguments extends ScenarioArguments {
  readonly out?: string;
  readonly jobs?: number;
  readonly force?: true;
  readonly json?: true;
  readonly tasks?: true;
  readonly perfetto?: string;
  readonly checkDeterminism?: true;
  readonly report: boolean;
  readonly shard?: string;
  readonly run: readonly string[];
  readonly failFast?: true;
  readonly timeoutPerRun?: number;
  readonly dryRun?: true;
  readonly maxMemory?: number;
  readonly until?: string;
}

/** A command that makes the runs of a scenario: `run` those of one setting, `sweep` those of every combination of its axes. */
export function experimentCommand(name: 'run' | 'sweep'): Command {
  return addScenarioOptions(new Command(name).argument('<scenario>', 'scenario file (YAML)'))
    .option('--out <folder>', 'result folder (default: results/<name of the scenario>)')
    .addOption(new Option('--only <label>', 'run this orchestrator of the scenario only (repeatable)').argParser(collect).default([], 'all of them'))
    .addOption(new Option('--jobs <n>', 'worker threads (default: one per core)').argParser(positiveNumber))
    .option('--force', 'make all runs again, and replace the results of another plan')
    .option('--dry-run', 'print what would be run, and how long it would take; as `seatrial plan`')
    .option('--fail-fast', 'begin no further run once one has failed')
    .addOption(new Option('--timeout-per-run <time>', 'give up a run after this time of the clock on the wall: 90s, 5min').argParser(seconds))
    .addOption(new Option('--max-memory <amount>', 'most memory that the heap of one worker may take: 2GiB (default: 4 GiB, and three quarters of the machine for all)').argParser(mebibytes))
    .option('--shard <i/n>', 'make every n-th run only, from the i-th on; auto or auto/N: from the variables of a Slurm array or a Kubernetes Indexed Job')
    .addOption(new Option('--run <id>', 'make this run of the plan only (repeatable)').argParser(collect).default([], 'all of them'))
    .option('--until <precision>', 'make seeds of the plan until every cell is known so well: "waitP99 ±5%", "usefulCpuShare ±0.002" (half of the 95 % interval; at least ten seeds)')
    .option('--json', 'print the outcome as JSON')
    .option('--tasks', 'also write tasks.csv, a row per task attempt')
    .option('--perfetto <file>', 'write machines and tasks as a trace for the Perfetto viewer')
    .option('--check-determinism', 'make every run twice and compare; a difference is a failed run')
    .addOption(new Option('--permute-ties <seed>', 'permute events of unrelated components at one instant').argParser(wholeNumber))
    .option('--explicit-ticks', 'execute every tick of every loop; digests must not change')
    .option('--no-report', 'write tables only')
    .action((file: string, given: ExperimentArguments) => execute(name, file, given));
}

async function execute(name: 'run' | 'sweep', file: string, given: ExperimentArguments): Promise<void> {
  const loaded = await scenarioOf(file, given);
  if (name === 'run' && loaded.isSweep) {
    throw new UsageError(`${file} varies ${loaded.axes.slice(1).map(({ column }) => column).join(', ') || 'its seeds'}: seatrial sweep makes a run of every combination, and seatrial plan lists them`);
  }
  const shard = given.shard === undefined ? null : shardOf(given.shard, process.env);
  if (shard === null && process.env['SLURM_ARRAY_TASK_ID'] !== undefined) process.stderr.write('this is a task of a Slurm array: --shard auto would make its share of the runs only\n');
  const until = await untilOf(given);
  const plan = await planOf(loaded, given, CACHE_FOLDER);
  const folder = given.out ?? join('results', `${defaultFolder(loaded, given)}${shard === null ? '' : `-shard-${shard.index + 1}-of-${shard.count}`}`);
  const selected = await selectionOf(plan, shard, given.run);
  const further = given.checkDeterminism === true ? ['--check-determinism'] : [];
  const goal = given.until === undefined ? [] : ['--until', given.until];
  const repeat = (spec: RunSpec): string => runCommand(name, file, given, folder, spec, further);
  if (given.dryRun === true) {
    const { planText } = await import('./plan-text.ts');
    process.stdout.write(planText(loaded, plan, { folder, jobs: given.jobs, runs: plan.runs.filter((spec, i) => selected?.(i, spec) ?? true) }));
    return;
  }
  const { conduct } = await import('../experiment/experiment.ts');
  if (given.perfetto !== undefined) {
    // Before the runs, so that they are not made in vain.
    const { makeFolder } = await import('../experiment/make-folder.ts');
    if (given.perfetto === '' || given.perfetto.endsWith('/') || statSync(given.perfetto, { throwIfNoEntry: false })?.isDirectory() === true) throw new UsageError(`--perfetto ${given.perfetto}: expected a file, such as trace.json, not a folder`);
    makeFolder(dirname(given.perfetto));
  }
  const progress = new ProgressLine(process.stderr);
  const drain = drainOnInterrupt(() => progress.end());
  const tasks = given.tasks ?? loaded.scenario.output.tasks;
  let outcome: Outcome;
  try {
    outcome = await conduct(loaded, plan, {
      folder,
      force: given.force ?? false,
      jobs: given.jobs,
      tasks,
      twice: given.checkDeterminism ?? false,
      drain: drain.signal,
      failFast: given.failFast ?? false,
      timeoutS: given.timeoutPerRun,
      memoryMb: given.maxMemory,
      ...(selected !== null && { selected }),
      until,
      command: ['seatrial', ...planArguments(name, file, given), ...goal],
      repeat,
      progress: (state) => progress.show(state),
    });
  } finally {
    drain.end();
    progress.end();
  }
  for (const { spec, error } of outcome.failures) process.stderr.write(`run ${spec.id} (${spec.cell}, seed ${spec.seed}) failed: ${error}\n  repeat it: ${repeat(spec)}\n`);
  if (outcome.interrupted) {
    const goOn = `go on with: seatrial ${process.argv.slice(2).filter((argument) => argument !== '--force').map(shellWord).join(' ')}\n`;
    process.stderr.write(drain.signal.aborted ? `interrupted; ${goOn}` : `stopped at the first failure; ${goOn}`);
    process.exitCode = drain.signal.aborted ? ExitCode.interrupted : ExitCode.failed;
    return;
  }
  if (outcome.stopping !== null) {
    const { seeds, planned, decision } = outcome.stopping;
    process.stderr.write(`${decision.stop ? `${given.until!} reached with ${seeds} of ${planned} seeds` : `${given.until!} not reached with all ${planned} seeds: ${decision.reason}`}\n`);
  }
  if (given.perfetto !== undefined) await writePerfetto(given.perfetto, plan);
  // Of a part of the plan it would be wrong; the parts are put together first.
  const isWhole = outcome.stopping !== null || outcome.inFolder + outcome.failures.length === plan.runs.length;
  const reportFile = given.report && isWhole && outcome.inFolder > 0 ? await writeReport(folder) : null;
  for (const unmet of outcome.unmet) {
    process.stderr.write(`expectation not met by ${unmet.cell}, seed ${unmet.seed}: ${unmet.column} is ${unmet.got ?? 'undefined'}, expected ${unmet.expected}\n`);
  }
  if (given.json === true) {
    process.stdout.write(`${JSON.stringify(await summaryOf(folder, loaded, plan, outcome, reportFile), null, 2)}\n`);
  } else {
    process.stdout.write(await told(folder, loaded, plan, outcome, reportFile, shard));
  }
  const { failures } = outcome;
  process.exitCode = failures.length > 0 ? (failures.every(({ input }) => input === true) ? ExitCode.invalid : ExitCode.failed) : outcome.unmet.length > 0 ? ExitCode.expectation : ExitCode.ok;
}

/** The precision asked for. It is decided on whole blocks of seeds, so a part of the plan cannot decide it. */
async function untilOf(given: ExperimentArguments): Promise<PrecisionTarget | undefined> {
  if (given.until === undefined) return undefined;
  if (given.shard !== undefined) throw new UsageError('--until with --shard: a shard has no complete seeds to decide on; expected one of them');
  if (given.run.length > 0) throw new UsageError('--until with --run: single runs are no seeds to decide on; expected one of them');
  const [{ readPrecisionTarget }, { columnsOf }] = await Promise.all([import('../statistics/precision.ts'), import('../metrics/columns.ts')]);
  const columns = columnsOf('runs.csv').filter(({ decimals }) => decimals !== null).map(({ name }) => name);
  const target = readPrecisionTarget(given.until, columns);
  if (typeof target !== 'string') return target;
  const written = /^\s*(\w+)/.exec(given.until)?.[1] ?? '';
  throw new UsageError(`--until: ${target}${target.includes('no numeric column') ? suggestion(written, columns) : ''}`);
}

/** Which runs of the plan are asked for; `null` = all. */
async function selectionOf(plan: Plan, shard: Shard | null, ids: readonly string[]): Promise<((position: number, spec: RunSpec) => boolean) | null> {
  if (shard === null && ids.length === 0) return null;
  const known = new Set(plan.runs.map(({ id }) => id));
  const wanted = new Set(ids);
  for (const id of ids) {
    if (!known.has(id)) throw new UsageError(`--run ${id}: the plan has no such run; seatrial plan --json lists them (ids change with the version of Seatrial)`);
  }
  return (position, { id }) => (shard === null || position % shard.count === shard.index) && (wanted.size === 0 || wanted.has(id));
}

async function told(folder: string, loaded: LoadedScenario, plan: Plan, outcome: Outcome, report: string | null, shard: Shard | null): Promise<string> {
  const lines = [loaded.scenario.question.trim(), ''];
  if (outcome.inFolder > 0) {
    const { summaryTableOf } = await import('../report/summary-table.ts');
    lines.push(summaryTableOf(folder), '');
  }
  if (outcome.before > 0) lines.push(`${outcome.before} of ${outcome.total} runs were there before (--force makes them again)`);
  if (outcome.stopping === null && outcome.inFolder < plan.runs.length) lines.push(`${outcome.inFolder} of the ${plan.runs.length} runs of the plan are in the folder${shard === null ? '' : `; put the shards together with: seatrial merge FOLDER ... --out FOLDER`}`);
  lines.push(`results: ${folder}`);
  if (report !== null) lines.push(`report: ${report}`);
  return `${lines.join('\n')}\n`;
}

async function writeReport(folder: string): Promise<string> {
  const { report } = await import('../report/report.ts');
  await report(folder);
  return join(folder, 'report.html');
}

/** A trace per run of the first seed; the file's name gets the cell where there are several. */
async function writePerfetto(file: string, plan: Plan): Promise<void> {
  const { perfettoOf } = await import('../experiment/perfetto-of.ts');
  const { writeAtomically } = await import('../experiment/atomic-file.ts');
  const runs = plan.runs.filter((run) => run.seed === plan.runs[0]!.seed);
  for (const spec of runs) {
    const path = runs.length === 1 ? file : file.replace(/(\.[^./]*)?$/, (extension) => `-${spec.cell.replaceAll(/[^A-Za-z0-9._=-]+/g, '-')}${extension}`);
    writeAtomically(path, perfettoOf(spec, plan.inputs));
    process.stderr.write(`trace for https://ui.perfetto.dev: ${path}\n`);
  }
}

/** The first seeds of a plan. */
function seedsIn(plan: Plan, count: number): ReadonlySet<number> {
  return new Set([...new Set(plan.runs.map((run) => run.seed))].slice(0, count));
}

async function summaryOf(folder: string, loaded: LoadedScenario, plan: Plan, outcome: Outcome, report: string | null): Promise<unknown> {
  const [{ Store }, { columnsOf }] = await Promise.all([import('../experiment/store.ts'), import('../metrics/columns.ts')]);
  const store = new Store(folder);
  const columns = columnsOf('runs.csv').map((column) => column.name);
  return {
    name: loaded.scenario.name,
    folder,
    report,
    runs: plan.runs
      .filter((run) => store.isFinished(run.id) && (outcome.stopping === null || seedsIn(plan, outcome.stopping.seeds).has(run.seed)))
      .map((run) => ({ ...Object.fromEntries(store.read(run.id).row.map((cell, i) => [columns[i]!, cell])), axes: Object.fromEntries(run.axes) })),
    failures: outcome.failures.map(({ spec, error }) => ({ run: spec.id, cell: spec.cell, seed: spec.seed, error })),
    unmet: outcome.unmet,
    ...(outcome.stopping !== null && { until: { reached: outcome.stopping.decision.stop, seeds: outcome.stopping.seeds, planned: outcome.stopping.planned } }),
  };
}
