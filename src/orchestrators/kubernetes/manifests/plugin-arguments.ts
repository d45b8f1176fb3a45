import type { LifecyclePlugin } from '../scheduler/lifecycle-plugin.ts';
import { OUT_OF_TREE_PLUGINS } from '../scheduler/out-of-tree.ts';
import type { FilterPlugin, ScorePlugin } from '../scheduler/plugin.ts';
import { ImageLocality } from '../scheduler/plugins/image-locality.ts';
import { DEFAULT_INTER_POD_AFFINITY, InterPodAffinity } from '../scheduler/plugins/inter-pod-affinity.ts';
import { NodeAffinity } from '../scheduler/plugins/node-affinity.ts';
import { NodeName } from '../scheduler/plugins/node-name.ts';
import { NodePorts } from '../scheduler/plugins/node-ports.ts';
import { NodeResourcesBalancedAllocation } from '../scheduler/plugins/node-resources-balanced-allocation.ts';
import { DEFAULT_FIT, type FitArguments, NodeResourcesFit, type ShapePoint, type WeightedResource } from '../scheduler/plugins/node-resources-fit.ts';
import { NodeUnschedulable } from '../scheduler/plugins/node-unschedulable.ts';
import { DEFAULT_POD_TOPOLOGY_SPREAD, PodTopologySpread } from '../scheduler/plugins/pod-topology-spread.ts';
import { TaintToleration } from '../scheduler/plugins/taint-toleration.ts';
import type { VersionRules } from '../scheduler/version-rules.ts';
import type { NodeAffinityManifest } from './manifest.ts';
import { affinityOf } from './scheduling-manifest.ts';

/** Arguments of the default plugins as a KubeSchedulerConfiguration states them (kubescheduler.config.k8s.io/v1), all plugins together. */
export interface PluginArguments {
  /** NodeAffinityArgs. */
  readonly addedAffinity?: NodeAffinityManifest;
  /** NodeResourcesBalancedAllocationArgs. */
  readonly resources?: readonly { readonly name: string; readonly weight?: number }[];
  /** NodeResourcesFitArgs. */
  readonly ignoredResources?: readonly string[];
  readonly ignoredResourceGroups?: readonly string[];
  readonly scoringStrategy?: {
    readonly type?: FitArguments['strategy'];
    readonly resources?: readonly { readonly name: string; readonly weight?: number }[];
    readonly requestedToCapacityRatio?: { readonly shape?: readonly ShapePoint[] };
  };
  /** InterPodAffinityArgs. */
  readonly hardPodAffinityWeight?: number;
  readonly ignorePreferredTermsOfExistingPods?: boolean;
  /** PodTopologySpreadArgs. */
  readonly defaultingType?: 'System' | 'List';
  readonly defaultConstraints?: readonly { readonly maxSkew: number; readonly topologyKey: string; readonly whenUnsatisfiable: string }[];
}

/** Builds a plugin from its arguments. */
export type BuildPlugin = (args: PluginArguments, rules: VersionRules) => Partial<FilterPlugin> & Partial<ScorePlugin>;

const PLUGINS = new Map<string, BuildPlugin>([
  ['NodeUnschedulable', () => new NodeUnschedulable()],
  ['NodeName', () => new NodeName()],
  ['TaintToleration', () => new TaintToleration()],
  ['NodeAffinity', (args) => new NodeAffinity(args.addedAffinity === undefined ? null : affinityOf(args.addedAffinity))],
  ['NodePorts', () => new NodePorts()],
  ['NodeResourcesFit', (args, rules) => new NodeResourcesFit(fitArguments(args), rules)],
  [
    'PodTopologySpread',
    (args, rules) =>
      new PodTopologySpread({
        defaultingType: args.defaultingType ?? DEFAULT_POD_TOPOLOGY_SPREAD.defaultingType,
        defaultConstraints: (args.defaultConstraints ?? []).map(({ maxSkew, topologyKey, whenUnsatisfiable }) => ({ maxSkew, topologyKey, hard: whenUnsatisfiable !== 'ScheduleAnyway' })),
        truncates: !rules.spreadRounds,
      }),
  ],
  [
    'InterPodAffinity',
    (args, rules) =>
      new InterPodAffinity({
        hardPodAffinityWeight: args.hardPodAffinityWeight ?? DEFAULT_INTER_POD_AFFINITY.hardPodAffinityWeight,
        ignorePreferredTermsOfExistingPods: args.ignorePreferredTermsOfExistingPods ?? DEFAULT_INTER_POD_AFFINITY.ignorePreferredTermsOfExistingPods,
        extremesFromZero: !rules.affinityTrueExtremes,
      }),
  ],
  ['NodeResourcesBalancedAllocation', (args, rules) => new NodeResourcesBalancedAllocation(args.resources?.map((resource) => resource.name), rules.balancedByDeviation)],
  ['ImageLocality', () => new ImageLocality()],
]);

/**
 * Makes a scheduler plugin of one's own known under a name, by which a KubeSchedulerConfiguration can enable it at `filter`, `score` or `multiPoint`.
 * @throws Error if the name is taken
 */
export function registerSchedulerPlugin(name: string, build: BuildPlugin): void {
  if (PLUGINS.has(name)) throw new Error(`there is a scheduler plugin "${name}" already`);
  PLUGINS.set(name, build);
}

/** Plugins that have no say in this model where a pod goes: there are no volumes and no claims, and the queue and the binding are built in. */
const WITHOUT_EFFECT: readonly string[] = [
  'SchedulingGates',
  'PrioritySort',
  'VolumeRestrictions',
  'NodeVolumeLimits',
  'EBSLimits',
  'GCEPDLimits',
  'AzureDiskLimits',
  'VolumeBinding',
  'VolumeZone',
  'DynamicResources',
  'DefaultBinder',
  'NodeDeclaredFeatures',
  'GangScheduling',
];

/** Plugins that are no filters or scores: what they do is built into the scheduler and switched on by their names. */
export const DEFAULT_PREEMPTION_PLUGIN = 'DefaultPreemption';
export const COSCHEDULING_PLUGIN = 'Coscheduling';

/** Names that a configuration may use. */
export function knownPlugins(): string[] {
  return [...PLUGINS.keys(), ...OUT_OF_TREE_PLUGINS.map(({ name }) => name), DEFAULT_PREEMPTION_PLUGIN, COSCHEDULING_PLUGIN, ...WITHOUT_EFFECT];
}

/** Builds a plugin with arguments; undefined = there is none of that name. */
export function pluginOf(name: string, args: PluginArguments, rules: VersionRules): (Partial<FilterPlugin> & Partial<ScorePlugin>) | undefined {
  return PLUGINS.get(name)?.(args, rules);
}

/** What a plugin does at each kind of extension point. */
export interface PluginParts {
  readonly filter?: FilterPlugin;
  readonly score?: ScorePlugin;
  readonly lifecycle?: LifecyclePlugin;
}

/** As {@link pluginOf}, but told apart by extension points, plugins that users brought included. */
export function pluginPartsOf(name: string, args: PluginArguments, rules: VersionRules): PluginParts | undefined {
  const plugin = pluginOf(name, args, rules);
  if (plugin === undefined) return OUT_OF_TREE_PLUGINS.find((other) => other.name === name)?.create();
  return { ...(plugin.filter === undefined ? {} : { filter: plugin as FilterPlugin }), ...(plugin.score === undefined ? {} : { score: plugin as ScorePlugin }) };
}

function fitArguments({ scoringStrategy, ignoredResources, ignoredResourceGroups }: PluginArguments): FitArguments {
  const resources = (scoringStrategy?.resources ?? DEFAULT_FIT.resources).map(({ name, weight }): WeightedResource => ({ name, weight: weight || 1 }));
  return {
    strategy: scoringStrategy?.type ?? DEFAULT_FIT.strategy,
    resources,
    shape: scoringStrategy?.requestedToCapacityRatio?.shape ?? [],
    ignoredResources: ignoredResources ?? [],
    ignoredResourceGroups: ignoredResourceGroups ?? [],
  };
}
