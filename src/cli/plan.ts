import { join } from 'node:path';
import { Command, Option } from 'commander';
import { defaultFolder, runCommand } from './plan-arguments.ts';
import { addScenarioOptions, CACHE_FOLDER, collect, planOf, positiveNumber, type ScenarioArguments, scenarioOf } from './scenario-arguments.ts';

interface PlanArguments extends ScenarioArguments {
  readonly out?: string;
  readonly jobs?: number;
  readonly json?: true;
}

/** `seatrial plan`. */
export function command(): Command {
  return addScenarioOptions(new Command('plan').argument('<scenario>', 'scenario file (YAML)'))
    .addOption(new Option('--only <label>', 'this orchestrator of the scenario only (repeatable)').argParser(collect).default([], 'all of them'))
    .option('--out <folder>', 'result folder (default: results/<name of the scenario>)')
    .addOption(new Option('--jobs <n>', 'worker threads to reckon with (default: one per core)').argParser(positiveNumber))
    .option('--json', 'print a list with an entry per run: id, cell, axes, estimate, and the command that makes it')
    .action(execute);
}

async function execute(file: string, given: PlanArguments): Promise<void> {
  const loaded = await scenarioOf(file, given);
  const plan = await planOf(loaded, given, CACHE_FOLDER);
  const folder = given.out ?? join('results', defaultFolder(loaded, given));
  if (given.json === true) {
    const { estimatedCost } = await import('../experiment/run-cost.ts');
    const entries = plan.runs.map((spec) => ({
      run: spec.id,
      cell: spec.cell,
      label: spec.label,
      orchestrator: spec.orchestrator,
      seed: spec.seed,
      axes: Object.fromEntries(spec.axes),
      estimateS: Math.round(estimatedCost(spec, plan.inputs) * 1000) / 1000,
      command: runCommand('sweep', file, given, folder, spec),
    }));
    process.stdout.write(`${JSON.stringify(entries, null, 1)}\n`);
    return;
  }
  const { planText } = await import('./plan-text.ts');
  process.stdout.write(planText(loaded, plan, { folder, jobs: given.jobs, runs: plan.runs }));
}
