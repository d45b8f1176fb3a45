import { COSCHEDULING_PLUGIN, DEFAULT_PREEMPTION_PLUGIN, knownPlugins, type PluginArguments, type PluginParts, pluginPartsOf } from './manifests/plugin-arguments.ts';
import type { ConfiguredProfile, SchedulerConfiguration } from './manifests/scheduler-configuration.ts';
import { DEFAULT_PLUGINS } from './scheduler/default-profile.ts';
import type { FilterPlugin } from './scheduler/plugin.ts';
import { DEFAULT_PREEMPTION, DefaultPreemption } from './scheduler/plugins/default-preemption.ts';
import { Profile, type WeightedPlugin } from './scheduler/profile.ts';
import type { VersionRules } from './scheduler/version-rules.ts';

interface Enabled {
  readonly name: string;
  readonly weight: number;
}

/**
 * The profiles of a configuration with the defaults merged in (apis/config/v1/default_plugins.go mergePlugins and framework/runtime/framework.go
 * expandMultiPointPlugins, v1.35.4).
 * @param extra a further filter behind the configured ones
 */
export function configuredProfiles(configuration: SchedulerConfiguration, rules: VersionRules, extra: FilterPlugin | null): Profile[] {
  return configuration.profiles.map((profile) => profileOf(profile, rules, extra));
}

/** Whether some profile holds pods of a group at Permit until all have a node. */
export function usesCoscheduling(configuration: SchedulerConfiguration): boolean {
  return configuration.profiles.some((profile) => (['multiPoint', 'permit'] as const).some((point) => profile.enabled[point]?.some(({ name }) => name === COSCHEDULING_PLUGIN) === true));
}

function profileOf(profile: ConfiguredProfile, rules: VersionRules, extra: FilterPlugin | null): Profile {
  const defaults: Enabled[] = [...DEFAULT_PLUGINS, DEFAULT_PREEMPTION_PLUGIN].map((name) => ({ name, weight: rules.weights.get(name) ?? 1 }));
  const multiPoint = merged(defaults, profile.enabled.multiPoint ?? [], profile.disabled.multiPoint ?? []);
  const instances = new Map<string, PluginParts>();
  const named = [...multiPoint, ...Object.values(profile.enabled).flat()];
  for (const { name } of named) {
    if (instances.has(name)) continue;
    const plugin = pluginPartsOf(name, profile.arguments[name] ?? {}, rules);
    if (plugin !== undefined) instances.set(name, plugin);
    else if (!knownPlugins().includes(name)) throw new Error(`there is no scheduler plugin "${name}"`);
  }
  const at = (point: 'filter' | 'score' | 'postFilter', implementing: (name: string) => boolean): Enabled[] => {
    const specific = profile.enabled[point] ?? [];
    const disabled = profile.disabled[point] ?? [];
    const own = specific.map(({ name }) => name);
    const expanded = disabled.includes('*') ? [] : multiPoint.filter(({ name }) => implementing(name) && !disabled.includes(name));
    const overriding = specific.filter(({ name }) => expanded.some((plugin) => plugin.name === name));
    const others = specific.filter((plugin) => !overriding.includes(plugin) && implementing(plugin.name));
    return [...overriding, ...expanded.filter(({ name }) => !own.includes(name)), ...others];
  };
  const filters = at('filter', (name) => instances.get(name)?.filter !== undefined).map(({ name }) => instances.get(name)!.filter!);
  const scores = at('score', (name) => instances.get(name)?.score !== undefined).map(
    ({ name, weight }): WeightedPlugin => ({ plugin: instances.get(name)!.score!, weight: weight || multiPoint.find((plugin) => plugin.name === name)?.weight || 1 }),
  );
  const preempts = at('postFilter', (name) => name === DEFAULT_PREEMPTION_PLUGIN).length > 0;
  const { minCandidateNodesPercentage, minCandidateNodesAbsolute } = { ...DEFAULT_PREEMPTION, ...(profile.arguments[DEFAULT_PREEMPTION_PLUGIN] as Partial<PluginArguments & typeof DEFAULT_PREEMPTION> | undefined) };
  return new Profile({
    schedulerName: profile.schedulerName,
    percentageOfNodesToScore: profile.percentageOfNodesToScore,
    filters: extra === null ? filters : [...filters, extra],
    scores,
    lifecycle: [...new Set(named.map(({ name }) => name))].filter((name) => takesPart(name, multiPoint, profile)).flatMap((name) => instances.get(name)?.lifecycle ?? []),
    preemption: preempts ? new DefaultPreemption({ minCandidateNodesPercentage, minCandidateNodesAbsolute }, rules.preemptsOnlyRejected) : null,
  });
}

/** Extension points, beside filters and scores, at which plugins of users can be enabled. */
const LIFECYCLE_POINTS = ['preEnqueue', 'queueSort', 'reserve', 'permit'] as const;

/** A plugin takes part in the ways of pods where it is enabled at all points or at one of these; it is then asked at each that it has. */
function takesPart(name: string, multiPoint: readonly Enabled[], { enabled, disabled }: ConfiguredProfile): boolean {
  if (LIFECYCLE_POINTS.some((point) => enabled[point]?.some((plugin) => plugin.name === name) === true)) return true;
  return multiPoint.some((plugin) => plugin.name === name) && !LIFECYCLE_POINTS.some((point) => disabled[point]?.some((other) => other === name || other === '*') === true);
}

/** mergePluginSet: defaults that are not disabled, in place of which an enabled one of the same name stands, then the other enabled ones. */
function merged(defaults: readonly Enabled[], enabled: readonly Enabled[], disabled: readonly string[]): Enabled[] {
  const kept = disabled.includes('*') ? [] : defaults.filter(({ name }) => !disabled.includes(name));
  const replaced = kept.map((plugin) => enabled.find(({ name }) => name === plugin.name) ?? plugin);
  return [...replaced, ...enabled.filter(({ name }) => !kept.some((plugin) => plugin.name === name))];
}
