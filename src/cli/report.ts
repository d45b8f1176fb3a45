import { join } from 'node:path';
import { Command } from 'commander';

/** `seatrial report`. */
export function command(): Command {
  return new Command('report').argument('<folder>', 'result folder').option('--json', 'print the files written as JSON').action(execute);
}

async function execute(folder: string, given: { readonly json?: true }): Promise<void> {
  const { report } = await import('../report/report.ts');
  const { files } = await report(folder);
  process.stdout.write(given.json === true ? `${JSON.stringify({ folder, files }, null, 2)}\n` : `${files.map((file) => join(folder, file)).join('\n')}\n`);
}
