import type { LoadedScenario } from '../scenario/load.ts';
import type { RunSpec } from '../scenario/run-spec.ts';
import type { ScenarioArguments } from './scenario-arguments.ts';
import { shellWord } from './shell-word.ts';

/** The arguments that decide what is run, and none of those that decide how, where, or which part of it. */
export function planArguments(name: string, file: string, given: ScenarioArguments): string[] {
  return [
    name,
    file,
    ...given.plugin.flatMap((plugin) => ['--plugin', plugin]),
    ...given.set.flatMap((text) => ['--set', text]),
    ...given.param.flatMap((text) => ['--param', text]),
    ...(given.seeds === undefined ? [] : ['--seeds', given.seeds]),
    ...given.only.flatMap((label) => ['--only', label]),
    ...(given.explicitTicks === true ? ['--explicit-ticks'] : []),
    ...(given.permuteTies === undefined ? [] : ['--permute-ties', String(given.permuteTies)]),
  ];
}

/** The command that makes one run of a plan, into a folder that may hold others of it. */
export function runCommand(name: string, file: string, given: ScenarioArguments, folder: string, spec: RunSpec, further: readonly string[] = []): string {
  return ['seatrial', ...planArguments(name, file, given), ...further, '--run', spec.id, '--out', folder].map(shellWord).join(' ');
}

/** Name of a scenario's result folder below `results`. */
export function defaultFolder(loaded: LoadedScenario, given: ScenarioArguments): string {
  return [loaded.scenario.name, ...(given.explicitTicks === true ? ['explicit-ticks'] : []), ...(given.permuteTies === undefined ? [] : [`permuted-${given.permuteTies}`])].join('-');
}
