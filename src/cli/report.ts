import { join } from 'node:path';
import { Command } from 'commander';
import { UsageError } from './usage-error.ts';

/** `seatrial report`. */
export function command(): Command {
  return new Command('report')
    .argument('<folder>', 'result folder')
    .option('--baseline <label>', 'orchestrator that the others are compared with (default: the first of the plan)')
    .option('--all-settings', 'draw the charts over time of every setting of a sweep (at most twelve), not of those at its two ends')
    .option('--markdown', 'print the summary as Markdown, for a pull request, instead of the files written')
    .option('--json', 'print the files written as JSON')
    .action(execute);
}

async function execute(folder: string, given: { readonly baseline?: string; readonly allSettings?: true; readonly markdown?: true; readonly json?: true }): Promise<void> {
  if (given.markdown === true && given.json === true) throw new UsageError('--markdown and --json exclude each other; expected one of them');
  const { report } = await import('../report/report.ts');
  const { files, summary } = await report(folder, { baseline: given.baseline, allSettings: given.allSettings });
  if (given.markdown === true) process.stdout.write(summary);
  else process.stdout.write(given.json === true ? `${JSON.stringify({ folder, files }, null, 2)}\n` : `${files.map((file) => join(folder, file)).join('\n')}\n`);
}
