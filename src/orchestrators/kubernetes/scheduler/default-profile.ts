import { pluginOf } from '../manifests/plugin-arguments.ts';
import { OUT_OF_TREE_PLUGINS } from './out-of-tree.ts';
import type { FilterPlugin, ScorePlugin } from './plugin.ts';
import { DEFAULT_PREEMPTION, DefaultPreemption } from './plugins/default-preemption.ts';
import { Profile, type WeightedPlugin } from './profile.ts';
import type { VersionRules } from './version-rules.ts';

/** Plugins of the default profile that have a say where a pod goes, in the order of apis/config/v1/default_plugins.go, v1.35.4. */
export const DEFAULT_PLUGINS = [
  'NodeUnschedulable',
  'NodeName',
  'TaintToleration',
  'NodeAffinity',
  'NodePorts',
  'NodeResourcesFit',
  'PodTopologySpread',
  'InterPodAffinity',
  'NodeResourcesBalancedAllocation',
  'ImageLocality',
] as const;

/**
 * The default profile of the scheduler, without the plugins for volumes and DRA.
 * @param extra a further filter behind the default ones, such as the books of a GPU-sharing device plugin
 * @param enabled out-of-tree plugins with their weights, behind all others
 */
export function defaultProfile(rules: VersionRules, extra: FilterPlugin | null = null, enabled: readonly { readonly name: string; readonly weight: number }[] = []): Profile {
  const outOfTree = enabled.map(({ name, weight }) => ({ ...OUT_OF_TREE_PLUGINS.find((plugin) => plugin.name === name)!.create(), weight }));
  const plugins = DEFAULT_PLUGINS.map((name) => pluginOf(name, {}, rules)!);
  const filters = plugins.filter((plugin) => plugin.filter !== undefined) as FilterPlugin[];
  const scores = plugins.filter((plugin) => plugin.score !== undefined).map((plugin): WeightedPlugin => ({ plugin: plugin as ScorePlugin, weight: rules.weights.get(plugin.name!) ?? 1 }));
  return new Profile({
    schedulerName: 'default-scheduler',
    percentageOfNodesToScore: null,
    filters: [...filters, ...(extra === null ? [] : [extra]), ...outOfTree.flatMap(({ filter }) => filter ?? [])],
    scores: [...scores, ...outOfTree.flatMap(({ score, weight }) => (score === undefined ? [] : [{ plugin: score, weight }]))],
    preemption: new DefaultPreemption(DEFAULT_PREEMPTION, rules.preemptsOnlyRejected),
    lifecycle: outOfTree.flatMap(({ lifecycle }) => lifecycle ?? []),
  });
}
