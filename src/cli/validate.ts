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
      `  ${counted(plan.runs.length, 'run')}: ${loaded.cells.map((cell) => cell.label).join(', ')} x ${counted(new Set(plan.runs.map(({ seed }) => seed)).size, 'seed')}\n` +
      `  workload ${first.workloadName}: ${counted(first.jobs, 'job')}, ${counted(first.tasks, 'task')} on ${counted(first.machineCount, 'machine')}; ${counted(first.faultCount, 'fault')}\n`,
  );
}

function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
