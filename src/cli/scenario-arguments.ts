import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseBytes, parseDurationUs, QuantityError } from '../engine/quantity.ts';
import type { Plan } from '../scenario/expand.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import { addPluginOption, usePlugins } from './use-plugins.ts';
import { UsageError } from './usage-error.ts';

/** Options of every command that takes a scenario. */
export interface ScenarioArguments {
  readonly set: readonly string[];
  readonly param: readonly string[];
  readonly seeds?: string;
  readonly only: readonly string[];
  readonly explicitTicks?: boolean;
  readonly permuteTies?: number;
  readonly plugin: readonly string[];
}

/** Adds the options that say which scenario is meant and how it is changed. */
export function addScenarioOptions(command: Command): Command {
  return addPluginOption(command)
    .addOption(new Option('--set <path=value>', 'override a value of the scenario, such as workload.load=0.9 (repeatable)').argParser(collect).default([]))
    .addOption(new Option('--param <name=value>', "give a value to one of the scenario's parameters (repeatable)").argParser(collect).default([]))
    .option('--seeds <seeds>', "replace the scenario's seeds: 7, 1..3 or 1,5,9");
}

/** Parses a whole number from 0. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number from 0.');
  return Number(text);
}

/** Parses a whole number from 1. */
export function positiveNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('expected a whole number from 1.');
  return Number(text);
}

/** Parses a time with its unit into seconds. */
export function seconds(text: string): number {
  try {
    const us = parseDurationUs(text);
    if (us > 0 && us <= 2_147_483_000_000) return us / 1e6;
  } catch (error) {
    if (!(error instanceof QuantityError)) throw error;
  }
  throw new InvalidArgumentError('expected a time such as 90s or 5min, up to 24d.');
}

/** Parses an amount of memory into MiB. */
export function mebibytes(text: string): number {
  try {
    const mb = Math.floor(parseBytes(text) / 1_048_576);
    if (mb >= 16) return mb;
  } catch (error) {
    if (!(error instanceof QuantityError)) throw error;
  }
  throw new InvalidArgumentError('expected an amount such as 512MiB or 2GiB, from 16MiB.');
}

/** Collects the values of a repeatable option. */
export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

/** Reads a scenario as the command line asks. @throws ScenarioError, UsageError */
export async function scenarioOf(file: string, given: Pick<ScenarioArguments, 'set' | 'param' | 'plugin'>): Promise<LoadedScenario> {
  await usePlugins(given.plugin);
  const parameters = new Map<string, string>();
  for (const text of given.param) {
    const equals = text.indexOf('=');
    if (equals <= 0) throw new UsageError(`--param ${text}: expected NAME=VALUE`);
    parameters.set(text.slice(0, equals), text.slice(equals + 1));
  }
  const [{ loadScenario }, { parseOverride }, { ORCHESTRATORS }] = await Promise.all([import('../scenario/load.ts'), import('../scenario/override.ts'), import('../orchestrators/registry.ts')]);
  return loadScenario(file, { overrides: given.set.map((text) => parseOverride(text)), parameters, orchestrators: ORCHESTRATORS });
}

/** Expands a scenario as the command line asks: reads its inputs, and tells what is odd about them. @throws InputError */
export async function planOf(loaded: LoadedScenario, given: ScenarioArguments, cacheFolder: string | null): Promise<Plan> {
  const [{ expand }, { SEEDS }, { suggestion }] = await Promise.all([import('../scenario/expand.ts'), import('../scenario/seeds.ts'), import('../engine/nearest.ts')]);
  let seeds: readonly number[] | undefined;
  if (given.seeds !== undefined) {
    const parsed = SEEDS.safeParse(given.seeds.split(','));
    if (!parsed.success) throw new UsageError(`--seeds ${given.seeds}: ${parsed.error.issues[0]!.message}`);
    seeds = parsed.data;
  }
  const labels = [...loaded.axes[0]!.values];
  for (const label of given.only) {
    if (!labels.includes(label)) throw new UsageError(`the scenario has no orchestrator labelled "${label}"${suggestion(label, labels)}`);
  }
  const plan = expand(loaded, {
    cacheFolder,
    ...(seeds !== undefined && { seeds }),
    ...(given.only.length > 0 && { only: given.only }),
    explicitTicks: given.explicitTicks ?? false,
    ...(given.permuteTies !== undefined && { permuteTiesSeed: given.permuteTies }),
  });
  for (const warning of plan.warnings) process.stderr.write(`warning: ${warning}\n`);
  return plan;
}

/** Folder for columns of traces that were read before. */
export const CACHE_FOLDER = '.seatrial-cache';
