import { Command } from 'commander';
import { addScenarioOptions, planOf, type ScenarioArguments, scenarioOf } from './scenario-arguments.ts';

/** `seatrial validate`. */
export function command(): Command {
  return addScenarioOptions(new Command('validate').argument('<scenario>', 'scenario file (YAML)'))
    .option('--json', 'print the plan as JSON')
    .action(execute);
}

async function execute(file: string, given: ScenarioArguments & { readonly json?: true }): Promise<void> {
  const loaded = await scenarioOf(file, given);
  // Nothing is written, a cache neither.
  const plan = await planOf(loaded, { ...given, only: [] }, null);
  if (given.json === true) {
    const { planFileOf } = await import('../experiment/plan-file.ts');
    process.stdout.write(`${JSON.stringify(planFileOf(loaded, plan), null, 2)}\n`);
    return;
  }
  const first = plan.seeds[0]!;
  process.stdout.write(
    `${file}: valid\n` +
      `  ${plan.runs.length} runs: ${loaded.cells.map((cell) => cell.label).join(', ')} x ${plan.seeds.length} ${plan.seeds.length === 1 ? 'seed' : 'seeds'}\n` +
      `  workload ${first.workloadName}: ${first.jobs} jobs, ${first.tasks} tasks on ${first.machineCount} machines; ${first.faultCount} faults\n`,
  );
}
