import { outlookOf } from '../experiment/outlook.ts';
import type { Plan } from '../scenario/expand.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import { textTable } from './text-table.ts';

/** Cells that are listed one by one. */
const MOST_CELLS = 60;

/** What a plan amounts to, for people: axes, counts, inputs, and what it would take. @param about `runs`: the part of the plan that is asked for */
export function planText(loaded: LoadedScenario, plan: Plan, about: { readonly folder: string; readonly jobs: number | undefined; readonly runs: readonly RunSpec[] }): string {
  const { runs } = about;
  const cells = Map.groupBy(runs, ({ cell }) => cell);
  const seeds = [...new Set(plan.runs.map(({ seed }) => seed))];
  const outlook = outlookOf(runs, plan.inputs, about.folder, about.jobs);
  const axes = [
    ...loaded.axes.map(({ column, paths, values }) => [column, String(values.length), list(values), column === paths[0] || column === 'label' ? '' : `(${paths.join(', ')})`]),
    ['seed', String(seeds.length), list(seeds.map(String)), ''],
  ];
  const jobs = spread(plan.seeds.map(({ tasks }) => tasks));
  const machines = spread(plan.seeds.map(({ machineCount }) => machineCount));
  const faults = spread(plan.seeds.map(({ faultCount }) => faultCount));
  const { workloads, faults: plans } = plan.inputs;
  const lines = [
    `${loaded.scenario.name}: ${count(plan.runs.length, 'run')}, ${count(new Set(plan.runs.map(({ cell }) => cell)).size, 'cell')} x ${count(seeds.length, 'seed')}${runs.length < plan.runs.length ? `; ${runs.length} of them asked for` : ''}`,
    '',
    textTable([['axis', 'values', '', ''], ...axes]).replace(/^/gm, '  '),
    '',
    `inputs: ${count(workloads.size, 'workload')} of ${jobs} tasks (${bytes(outlook.inputBytes)}), ${machines} machines, ${count(plans.size, 'fault plan')} of ${faults} faults`,
    `estimate: ${time(outlook.processorS)} of processor time, ${time(outlook.wallS)} with ${count(outlook.workers, 'worker')}${outlook.timed > 0 ? `, from ${count(outlook.timed, 'run')} that were timed` : ''}`,
    `folder: ${about.folder}, ${outlook.finished === 0 ? 'none of the runs are there' : `${outlook.finished} of ${outlook.runs} runs are there`}`,
  ];
  if (cells.size <= MOST_CELLS) lines.push('', textTable([['runs', 'cell'], ...[...cells].map(([cell, members]) => [members.length, cell] as const)]).replace(/^/gm, '  '));
  return `${lines.join('\n')}\n`;
}

function list(values: readonly string[]): string {
  return values.length <= 8 ? values.join(', ') : `${values.slice(0, 4).join(', ')}, ..., ${values.at(-1)}`;
}

function spread(values: readonly number[]): string {
  let least = Infinity;
  let most = -Infinity;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return least === most ? String(least) : `${least} to ${most}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function bytes(number: number): string {
  return number < 1e6 ? `${Math.ceil(number / 1e3)} kB` : `${Math.ceil(number / 1e6)} MB`;
}

function time(s: number): string {
  return s < 1 ? 'less than a second' : s < 90 ? `about ${Math.round(s)} s` : s < 5400 ? `about ${Math.round(s / 60)} min` : `about ${Math.round(s / 360) / 10} h`;
}
