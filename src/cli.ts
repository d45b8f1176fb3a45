#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { Command, CommanderError } from 'commander';
import { ExitCode } from './cli/exit-code.ts';
import { isUsersFault, UsageError } from './cli/usage-error.ts';

/** The commands. Each lives in a file of its own, which is loaded when the command is called. */
const COMMANDS: readonly { readonly name: string; readonly summary: string; readonly load: () => Promise<{ command(): Command }> }[] = [
  { name: 'run', summary: 'make the runs of a scenario and write tables, charts and a report', load: () => import('./cli/run.ts') },
  { name: 'sweep', summary: 'make a run of every combination of what a scenario varies', load: () => import('./cli/sweep.ts') },
  { name: 'plan', summary: 'list the runs of a scenario, and estimate what they take', load: () => import('./cli/plan.ts') },
  { name: 'merge', summary: 'put the shards of a sweep together', load: () => import('./cli/merge.ts') },
  { name: 'reproduce', summary: 'make the runs of a manifest again and compare their digests', load: () => import('./cli/reproduce.ts') },
  { name: 'validate', summary: 'check a scenario and its inputs; name everything that is wrong', load: () => import('./cli/validate.ts') },
  { name: 'report', summary: 'draw charts and report.html from a result folder', load: () => import('./cli/report.ts') },
  { name: 'compare', summary: 'compare result folders, or the orchestrators of one: differences, intervals, verdicts', load: () => import('./cli/compare.ts') },
  { name: 'generate', summary: 'write the workload and machines of a scenario as CSV files', load: () => import('./cli/generate.ts') },
  { name: 'list', summary: 'what scenarios can name: orchestrators, readers, faults, columns', load: () => import('./cli/list.ts') },
  { name: 'explain', summary: 'why a task was placed where it is, or why it waits', load: () => import('./cli/explain.ts') },
  { name: 'conformance', summary: 'check the models against recorded decisions of the real systems', load: () => import('./cli/conformance.ts') },
];

async function main(argv: readonly string[]): Promise<void> {
  // Half of what a short call takes is compiling. Kept in the system's folder for temporary files; NODE_DISABLE_COMPILE_CACHE=1 keeps nothing.
  enableCompileCache();
  const program = new Command('seatrial')
    .description('Deterministic discrete-event simulator of cluster orchestrators: Docker Swarm, Mesos, Kubernetes')
    .version(version(), '-V, --version')
    .showHelpAfterError('(seatrial --help lists commands and options)');
  const named = COMMANDS.find(({ name }) => argv.includes(name) && argv.find((argument) => !argument.startsWith('-')) === name);
  for (const { name, summary, load } of COMMANDS) {
    if (name === named?.name) program.addCommand((await load()).command().description(summary));
    else program.command(name).description(summary);
  }
  for (const command of [program, ...program.commands]) command.exitOverride();
  if (argv.length === 0) {
    program.outputHelp({ error: true });
    process.exitCode = ExitCode.invalid;
    return;
  }
  await program.parseAsync(argv, { from: 'user' });
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(ExitCode.ok);
  throw error;
});

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? ExitCode.ok : ExitCode.invalid;
  else if (isUsersFault(error)) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error instanceof UsageError ? error.exitCode : ExitCode.invalid;
  } else {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = ExitCode.failed;
  }
}
