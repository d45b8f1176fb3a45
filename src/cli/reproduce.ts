import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Command, Option } from 'commander';
import { drainOnInterrupt } from './drain-on-interrupt.ts';
import { ExitCode } from './exit-code.ts';
import { ProgressLine } from './progress.ts';
import { CACHE_FOLDER, collect, planOf, positiveNumber, type ScenarioArguments, scenarioOf, addScenarioOptions, wholeNumber } from './scenario-arguments.ts';
import { addPluginOption } from './use-plugins.ts';
import { UsageError } from './usage-error.ts';

interface ReproduceArguments {
  readonly scenario?: string;
  readonly param: readonly string[];
  readonly plugin: readonly string[];
  readonly jobs?: number;
  readonly out?: string;
  readonly json?: true;
}

/** `seatrial reproduce`. */
export function command(): Command {
  return addPluginOption(new Command('reproduce').argument('<manifest>', 'manifest.json of a result folder'))
    .option('--scenario <file>', 'the scenario, where it is not at the path of the command in the manifest')
    .addOption(new Option('--param <name=value>', 'a parameter whose value the manifest does not tell, such as the folder of a trace (repeatable)').argParser(collect).default([]))
    .addOption(new Option('--jobs <n>', 'worker threads (default: one per core)').argParser(positiveNumber))
    .option('--out <folder>', 'keep the runs made now in this folder')
    .option('--json', 'print the outcome as JSON')
    .action(execute);
}

async function execute(file: string, given: ReproduceArguments): Promise<void> {
  const { readManifest, reproduce } = await import('../experiment/reproduce.ts');
  const manifest = readManifest(file);
  const { scenario, arguments_ } = meaningOf(file, manifest.command, given);
  const loaded = await scenarioOf(scenario, arguments_);
  const plan = await planOf(loaded, arguments_, CACHE_FOLDER);
  const folder = given.out ?? mkdtempSync(join(tmpdir(), 'seatrial-reproduce-'));
  const progress = new ProgressLine(process.stderr);
  const drain = drainOnInterrupt(() => progress.end());
  try {
    const { runs, same, different, failures, unmatched, notes } = await reproduce(file, manifest, loaded, plan, {
      folder,
      jobs: given.jobs,
      drain: drain.signal,
      progress: (made, total) => progress.show({ total, before: 0, finished: made, failed: 0 }),
    });
    progress.end();
    if (given.json === true) {
      const told = different.map(({ spec, ...rest }) => ({ run: spec.id, cell: spec.cell, seed: spec.seed, ...rest }));
      process.stdout.write(`${JSON.stringify({ runs, same, different: told, failures: failures.map(({ spec, error }) => ({ run: spec.id, cell: spec.cell, seed: spec.seed, error })), unmatched, notes }, null, 2)}\n`);
    } else {
      const lines = [
        `${same} of ${runs} runs have the digests of ${file}`,
        ...different.map(({ spec, before, now, where }) => `run ${spec.id} (${spec.cell}, seed ${spec.seed}): digest then ${before}, now ${now}; ${where}`),
        ...failures.map(({ spec, error }) => `run ${spec.id} (${spec.cell}, seed ${spec.seed}) failed: ${error}`),
        ...unmatched,
        ...(notes.length > 0 ? ['not as it was:', ...notes.map((note) => `  ${note}`)] : []),
      ];
      process.stdout.write(`${lines.join('\n')}\n`);
    }
    if (drain.signal.aborted) process.exitCode = ExitCode.interrupted;
    else if (failures.length > 0) process.exitCode = ExitCode.failed;
    else process.exitCode = different.length > 0 || unmatched.length > 0 ? ExitCode.expectation : ExitCode.ok;
  } finally {
    drain.end();
    progress.end();
    if (given.out === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** The command of a manifest, read back; what it does not tell because it was the path of one machine must be given. */
function meaningOf(file: string, words: readonly string[], given: ReproduceArguments): { readonly scenario: string; readonly arguments_: ScenarioArguments } {
  const reader = addScenarioOptions(new Command('run').argument('<scenario>'))
    .addOption(new Option('--only <label>').argParser(collect).default([]))
    .option('--explicit-ticks')
    .option('--until <precision>')
    .addOption(new Option('--permute-ties <seed>').argParser(wholeNumber))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  try {
    reader.parse(words.slice(2), { from: 'user' });
  } catch {
    throw new UsageError(`${file}: its command cannot be read: ${words.join(' ')}`);
  }
  const told = reader.opts<ScenarioArguments>();
  const [written] = reader.args as [string];
  const isElsewhere = (path: string): boolean => path.startsWith('.../');
  if (given.scenario === undefined && isElsewhere(written)) throw new UsageError(`${file}: the scenario was ${basename(written)} in a folder that the manifest does not name; expected --scenario FILE`);
  const nameOf = (text: string): string => text.slice(0, text.indexOf('='));
  const params = [...told.param.filter((text) => !given.param.some((other) => nameOf(other) === nameOf(text))), ...given.param];
  const unknown = params.find((text) => isElsewhere(text.slice(text.indexOf('=') + 1)));
  if (unknown !== undefined) throw new UsageError(`${file}: the parameter ${nameOf(unknown)} was a path that the manifest does not name; expected --param ${nameOf(unknown)}=VALUE`);
  const plugins = given.plugin.length > 0 ? given.plugin : told.plugin;
  const lost = plugins.find(isElsewhere);
  if (lost !== undefined) throw new UsageError(`${file}: the plugin was ${basename(lost)} in a folder that the manifest does not name; expected --plugin FILE for every plugin`);
  return { scenario: given.scenario ?? written, arguments_: { ...told, param: params, plugin: plugins } };
}
