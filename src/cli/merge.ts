import { Command } from 'commander';
import { ExitCode } from './exit-code.ts';

/** `seatrial merge`. */
export function command(): Command {
  return new Command('merge')
    .argument('<folders...>', 'result folders of the shards of one sweep')
    .requiredOption('--out <folder>', 'folder for the whole; may be one of the folders')
    .option('--partial', 'merge although runs are missing')
    .option('--json', 'print the outcome as JSON')
    .action(execute);
}

async function execute(folders: readonly string[], given: { readonly out: string; readonly partial?: true; readonly json?: true }): Promise<void> {
  const { mergeFolders } = await import('../experiment/merge-folders.ts');
  const { total, finished, failures, missing } = mergeFolders(folders, given.out, given.partial ?? false);
  for (const { run, cell, seed, error, command: repeat } of failures) process.stderr.write(`run ${run} (${cell}, seed ${seed}) failed: ${error}\n  repeat it: ${repeat}\n`);
  if (given.json === true) process.stdout.write(`${JSON.stringify({ folder: given.out, total, finished, failures, missing }, null, 2)}\n`);
  else process.stdout.write(`${finished} of ${total} runs${missing.length > 0 ? `, ${missing.length} missing` : ''}\nresults: ${given.out}\n`);
  process.exitCode = failures.length > 0 || missing.length > 0 ? ExitCode.failed : ExitCode.ok;
}
