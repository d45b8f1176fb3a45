import { Command } from 'commander';
import { addScenarioOptions, planOf, type ScenarioArguments, scenarioOf } from './scenario-arguments.ts';

/** `seatrial generate`. */
export function command(): Command {
  return addScenarioOptions(new Command('generate').argument('<scenario>', 'scenario file (YAML)'))
    .requiredOption('--to <folder>', 'folder for tasks.csv and machines.csv; files of these names are replaced')
    .action(execute);
}

async function execute(file: string, given: ScenarioArguments & { readonly to: string }): Promise<void> {
  const loaded = await scenarioOf(file, given);
  const { seeds, inputs } = await planOf(loaded, { ...given, only: [] }, null);
  const { workload, machines, jobs, tasks, machineCount } = seeds[0]!;
  const [{ writeSeatrialCsv }, { makeFolder }] = await Promise.all([import('../workload/write-seatrial-csv.ts'), import('../experiment/make-folder.ts')]);
  makeFolder(given.to);
  writeSeatrialCsv(given.to, inputs.workloads.get(workload)!, inputs.machines.get(machines)!);
  process.stdout.write(`${given.to}: tasks.csv with ${jobs} jobs of ${tasks} tasks, machines.csv with ${machineCount} machines\n`);
}
