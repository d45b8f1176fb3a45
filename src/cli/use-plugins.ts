import { type Command, Option } from 'commander';
import type { Plugin } from '../plugin.ts';

/** Adds `--plugin` to a command. */
export function addPluginOption(command: Command): Command {
  return command.addOption(
    new Option('--plugin <file>', 'module that brings orchestrators, policies, readers, faults, metrics or charts (repeatable); it runs with all your rights')
      .argParser((value: string, before: readonly string[]) => [...before, value])
      .default([], 'none'),
  );
}

/** Loads plugins; before anything else is read. @throws InputError */
export async function usePlugins(files: readonly string[]): Promise<void> {
  if (files.length === 0) return;
  const { loadPlugins } = await import('../experiment/plugins.ts');
  const charts = ((await loadPlugins(files)) as readonly Plugin[]).flatMap((plugin) => plugin.charts ?? []);
  if (charts.length === 0) return;
  const [{ CHARTS }, { register }] = await Promise.all([import('../report/charts/registry.ts'), import('../engine/register.ts')]);
  for (const chart of charts) register(CHARTS, chart, 'chart');
}
