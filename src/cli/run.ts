import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { Outcome } from '../experiment/experiment.ts';
import type { Plan } from '../scenario/expand.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import { ExitCode } from './exit-code.ts';
import { ProgressLine } from './progress.ts';
import { UsageError } from './usage-error.ts';
import { addScenarioOptions, CACHE_FOLDER, collect, planOf, positiveNumber, type ScenarioArguments, scenarioOf, wholeNumber } from './scenario-arguments.ts';

interface RunArguments extends ScenarioArguments {
  readonly out?: string;
  readonly jobs?: number;
  readonly force?: true;
  readonly json?: true;
  readonly tasks?: true;
  readonly perfetto?: string;
  readonly checkDeterminism?: true;
  readonly explicitTicks?: true;
  readonly report: boolean;
}

/** `seatrial run`. */
export function command(): Command {
  return experimentCommand('run');
}

/** A command that makes the runs of a scenario: `run` those of one setting, `sweep` those of every combination of its axes. */
export function experimentCommand(name: 'run' | 'sweep'): Command {
  return addScenarioOptions(new Command(name).argument('<scenario>', 'scenario file (YAML)'))
    .option('--out <folder>', 'result folder (default: results/<name of the scenario>)')
    .addOption(new Option('--only <label>', 'run this orchestrator of the scenario only (repeatable)').argParser(collect).default([], 'all of them'))
    .addOption(new Option('--jobs <n>', 'worker threads (default: one per core)').argParser(positiveNumber))
    .option('--force', 'make all runs again, and replace the results of another plan')
    .option('--json', 'print the outcome as JSON')
    .option('--tasks', 'also write tasks.csv, a row per task attempt')
    .option('--perfetto <file>', 'write machines and tasks as a trace for the Perfetto viewer')
    .option('--check-determinism', 'make every run twice and compare; a difference is a failed run')
    .addOption(new Option('--permute-ties <seed>', 'permute events of unrelated components at one instant').argParser(wholeNumber))
    .option('--explicit-ticks', 'execute every tick of every loop; digests must not change')
    .option('--no-report', 'write tables only')
    .action((file: string, given: RunArguments) => execute(name, file, given));
}

async function execute(name: 'run' | 'sweep', file: string, given: RunArguments): Promise<void> {
  const loaded = await scenarioOf(file, given);
  if (name === 'run' && loaded.isSweep) {
    throw new UsageError(`${file} varies ${loaded.axes.slice(1).map(({ column }) => column).join(', ') || 'its seeds'}: seatrial sweep makes a run of every combination, and seatrial plan lists them`);
  }
  const plan = await planOf(loaded, given, CACHE_FOLDER);
  const folder = given.out ?? join('results', defaultFolder(loaded, given));
  const { conduct } = await import('../experiment/experiment.ts');
  const progress = new ProgressLine(process.stderr);
  const drain = drainOnInterrupt(progress);
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
      command: ['seatrial', ...planArguments(name, file, given)],
      repeat: (spec) => repeatCommand(name, file, given, folder, spec),
      progress: (state) => progress.show(state),
    });
  } finally {
    drain.end();
    progress.end();
  }
  for (const { spec, error } of outcome.failures) {
    process.stderr.write(`run ${spec.id} (${spec.cell}, seed ${spec.seed}) failed: ${error}\n  repeat it: ${repeatCommand(name, file, given, folder, spec)}\n`);
  }
  if (outcome.interrupted) {
    process.stderr.write(`interrupted; go on with: seatrial ${process.argv.slice(2).filter((argument) => argument !== '--force').map(quoted).join(' ')}\n`);
    process.exitCode = ExitCode.interrupted;
    return;
  }
  if (given.perfetto !== undefined) await writePerfetto(given.perfetto, plan);
  // A sweep's own charts are made by `seatrial report`.
  const reportFile = given.report && loaded.axes.length === 1 && outcome.failures.length < outcome.total ? await writeReport(folder) : null;
  for (const unmet of outcome.unmet) {
    process.stderr.write(`expectation not met by ${unmet.cell}, seed ${unmet.seed}: ${unmet.column} is ${unmet.got ?? 'undefined'}, expected ${unmet.expected}\n`);
  }
  if (given.json === true) {
    process.stdout.write(`${JSON.stringify(await summaryOf(folder, loaded, plan, outcome, reportFile), null, 2)}\n`);
  } else {
    const { summaryTableOf } = await import('../report/summary-table.ts');
    process.stdout.write(`${loaded.scenario.question.trim()}\n\n${summaryTableOf(folder)}\n\n${outcome.before > 0 ? `${outcome.before} of ${outcome.total} runs were there before (--force makes them again)\n` : ''}results: ${folder}\n${reportFile === null ? '' : `report: ${reportFile}\n`}`);
  }
  process.exitCode = outcome.failures.length > 0 ? ExitCode.failed : outcome.unmet.length > 0 ? ExitCode.expectation : ExitCode.ok;
}

async function writeReport(folder: string): Promise<string> {
  const { report } = await import('../report/report.ts');
  await report(folder);
  return join(folder, 'report.html');
}

/** A trace per run of the first seed; the file's name gets the orchestrator's label where there are several. */
async function writePerfetto(file: string, plan: Plan): Promise<void> {
  const { perfettoOf } = await import('../experiment/perfetto-of.ts');
  const { writeAtomically } = await import('../experiment/atomic-file.ts');
  const runs = plan.runs.filter((run) => run.seed === plan.runs[0]!.seed);
  for (const spec of runs) {
    const path = runs.length === 1 ? file : file.replace(/(\.[^./]*)?$/, (extension) => `-${spec.cell.replaceAll('/', '-')}${extension}`);
    writeAtomically(path, perfettoOf(spec, plan.inputs));
    process.stderr.write(`trace for https://ui.perfetto.dev: ${path}\n`);
  }
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
      .filter((run) => store.isFinished(run.id))
      .map((run) => Object.fromEntries(store.read(run.id).tables.runs[0]!.map((cell, i) => [columns[i]!, cell]))),
    failures: outcome.failures.map(({ spec, error }) => ({ run: spec.id, cell: spec.cell, seed: spec.seed, error })),
    unmet: outcome.unmet,
  };
}

function defaultFolder(loaded: LoadedScenario, given: RunArguments): string {
  return [loaded.scenario.name, ...(given.explicitTicks === true ? ['explicit-ticks'] : []), ...(given.permuteTies === undefined ? [] : [`permuted-${given.permuteTies}`])].join('-');
}

/** The arguments that decide what is run, and none of those that decide how or where to. */
function planArguments(name: string, file: string, given: RunArguments): string[] {
  return [
    name,
    file,
    ...given.set.flatMap((text) => ['--set', text]),
    ...given.param.flatMap((text) => ['--param', text]),
    ...(given.seeds === undefined ? [] : ['--seeds', given.seeds]),
    ...given.only.flatMap((label) => ['--only', label]),
    ...(given.explicitTicks === true ? ['--explicit-ticks'] : []),
    ...(given.permuteTies === undefined ? [] : ['--permute-ties', String(given.permuteTies)]),
  ];
}

function repeatCommand(name: string, file: string, given: RunArguments, folder: string, spec: RunSpec): string {
  const parts = ['seatrial', ...planArguments(name, file, { ...given, seeds: String(spec.seed), only: [spec.label] })];
  if (given.checkDeterminism === true) parts.push('--check-determinism');
  return [...parts, '--out', `${folder}-${spec.id}`].map(quoted).join(' ');
}

function quoted(argument: string): string {
  return /^[A-Za-z0-9_./:=,@%+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}

/** First Ctrl-C: finish what is under way. Second: stop at once; what was finished is kept. */
function drainOnInterrupt(progress: ProgressLine): { signal: AbortSignal; end: () => void } {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(ExitCode.interrupted);
    progress.end();
    process.stderr.write('finishing the runs under way; press Ctrl-C again to stop at once\n');
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return {
    signal: controller.signal,
    end: () => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
    },
  };
}
