import { Command, Option } from 'commander';
import type { TaskStory } from '../experiment/explanation.ts';
import type { Explanation } from '../orchestrators/orchestrator.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import { addScenarioOptions, CACHE_FOLDER, planOf, positiveNumber, type ScenarioArguments, scenarioOf, wholeNumber } from './scenario-arguments.ts';
import { textTable } from './text-table.ts';
import { UsageError } from './usage-error.ts';

interface ExplainArguments extends ScenarioArguments {
  readonly task: string;
  readonly at?: string;
  readonly orchestrator?: string;
  readonly seed?: number;
  readonly machines: number;
  readonly json?: true;
}

/** `seatrial explain`. */
export function command(): Command {
  return addScenarioOptions(new Command('explain').argument('<scenario>', 'scenario file (YAML)'))
    .requiredOption('--task <name>', 'name of the task, as in tasks.csv: job, or job/index')
    .option('--at <time>', 'look at this simulated time, such as 90s or 2h; default: the end of the window')
    .option('--orchestrator <label>', 'one orchestrator of the scenario; default: all')
    .addOption(new Option('--seed <n>', 'default: the first seed of the scenario').argParser(wholeNumber))
    .addOption(new Option('--machines <n>', 'machines to show per decision').argParser(positiveNumber).default(10))
    .option('--json', 'print everything as JSON')
    .action(execute);
}

async function execute(file: string, given: ExplainArguments): Promise<void> {
  const loaded = await scenarioOf(file, given);
  const seed = given.seed ?? loaded.seeds[0]!;
  const plan = await planOf(loaded, { ...given, seeds: String(seed), only: given.orchestrator === undefined ? [] : [given.orchestrator] }, CACHE_FOLDER);
  const [{ explainTask }, { Workload }, { parseDurationUs, QuantityError }] = await Promise.all([
    import('../experiment/explanation.ts'),
    import('../workload/workload.ts'),
    import('../engine/quantity.ts'),
  ]);
  const workload = new Workload(plan.inputs.workloads.get(plan.seeds[0]!.workload)!);
  const task = workload.taskByName(given.task);
  if (task < 0) throw new UsageError(await unknownTask(given.task, workload));
  const { toUs } = plan.runs[0]!;
  let untilUs = toUs;
  if (given.at !== undefined) {
    try {
      untilUs = parseDurationUs(given.at);
    } catch (error) {
      if (error instanceof QuantityError) throw new UsageError(`--at ${given.at}: ${error.message}`);
      throw error;
    }
    if (untilUs > toUs) throw new UsageError(`--at ${given.at}: the window of the scenario ends at ${seconds(toUs)}`);
  }
  const stories = plan.runs.map((spec) => ({ spec, story: explainTask(spec, plan.inputs, task, untilUs) }));
  if (given.json === true) {
    process.stdout.write(`${JSON.stringify(stories.map(({ spec, story }) => ({ task: given.task, orchestrator: spec.cell, seed, ...story })), null, 2)}\n`);
    return;
  }
  process.stdout.write(`${stories.map(({ spec, story }) => told(given.task, spec, story, given.machines)).join('\n\n')}\n`);
}

function told(task: string, spec: RunSpec, { timeline, decisions, now }: TaskStory, machines: number): string {
  const lines = [`${task} on ${spec.cell}, seed ${spec.seed}`, '', 'What happened'];
  lines.push(timeline.length === 0 ? '  nothing yet' : indented(textTable(timeline.map(({ timeUs, event, text }) => [timeUs / 1e6, 's', event, text])), 2));
  for (const decision of chosen(decisions)) {
    const { timeUs, explanation } = decision;
    const nextUs = decisions[decisions.indexOf(decision) + 1]?.timeUs ?? Infinity;
    const bound = timeline.find(({ event, timeUs: atUs }) => event === 'bind' && atUs >= timeUs && atUs < nextUs)?.text;
    lines.push('', `Decision at ${seconds(timeUs)}: ${explanation.state}`, ...explained(explanation, machines, bound));
  }
  if (decisions.length > MOST_DECISIONS) lines.push('', `(${decisions.length} decisions in all: the first and the last ${MOST_DECISIONS / 2} are shown; --json has them all)`);
  lines.push('', `At ${seconds(now.timeUs)}: ${now.explanation.state}`, ...explained(now.explanation, machines));
  return lines.join('\n');
}

const MOST_DECISIONS = 10;

function chosen<T>(decisions: readonly T[]): readonly T[] {
  if (decisions.length <= MOST_DECISIONS) return decisions;
  return [...decisions.slice(0, MOST_DECISIONS / 2), ...decisions.slice(-MOST_DECISIONS / 2)];
}

/** @param bound what the timeline says of the machine that came of it */
function explained({ summary, machines }: Explanation, most: number, bound?: string): string[] {
  const lines = summary === '' ? [] : [`  ${summary}`];
  if (machines.length === 0) return lines;
  // The machine that was taken first; then those that were in the running, best score on top; the rest as they were looked at.
  const taken = ({ machine }: { readonly machine: string }): number => (bound === `bound to ${machine}` ? 1 : 0);
  const ranked = machines.toSorted((a, b) => taken(b) - taken(a) || (b.score ?? -Infinity) - (a.score ?? -Infinity) || 0);
  const rows = ranked.slice(0, most).map(({ machine, verdict, score }) => [machine, verdict, score === undefined ? '' : `score ${score}`]);
  lines.push(indented(textTable(rows), 4));
  if (machines.length > most) lines.push(`    ... and ${machines.length - most} more machines (--machines N shows more): ${counted(ranked.slice(most))}`);
  return lines;
}

/** How many machines have which verdict, without its details, most frequent first. */
function counted(machines: Explanation['machines']): string {
  const counts = new Map<string, number>();
  for (const { verdict } of machines) {
    const name = verdict.split(':', 1)[0]!;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const frequent = [...counts].toSorted((a, b) => b[1] - a[1]);
  return [...frequent.slice(0, MOST_VERDICTS).map(([name, count]) => `${count} x ${name}`), ...(frequent.length > MOST_VERDICTS ? ['...'] : [])].join(', ');
}

const MOST_VERDICTS = 5;

function indented(text: string, spaces: number): string {
  return text.replace(/^/gm, ' '.repeat(spaces));
}

function seconds(us: number): string {
  return `${us / 1e6} s`;
}

async function unknownTask(name: string, workload: { readonly taskCount: number; taskName(task: number): string }): Promise<string> {
  const { nearest } = await import('../engine/nearest.ts');
  const names = Array.from({ length: Math.min(workload.taskCount, SEARCHED_TASKS) }, (_, task) => workload.taskName(task));
  const closest = nearest(name, names);
  return `the workload has no task "${name}"; ${closest === undefined ? `tasks are named like ${names.slice(0, 3).join(', ')}` : `did you mean "${closest}"?`}`;
}

/** Tasks among which a similar name is looked for. */
const SEARCHED_TASKS = 20_000;
