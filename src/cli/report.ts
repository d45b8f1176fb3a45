import { join } from 'node:path';
import { Command } from 'commander';
import { addPluginOption, usePlugins } from './use-plugins.ts';

/** `seatrial report`. */
export function command(): Command {
  return addPluginOption(new Command('report').argument('<folder>', 'result folder')).option('--json', 'print the files written as JSON').action(execute);
}

async function execute(folder: string, given: { readonly json?: true; readonly plugin: readonly string[] }): Promise<void> {
  await usePlugins(given.plugin);
  const { report } = await import('../report/report.ts');
  const { files } = await report(folder);
  process.stdout.write(given.json === true ? `${JSON.stringify({ folder, files }, null, 2)}\n` : `${files.map((file) => join(folder, file)).join('\n')}\n`);
}
