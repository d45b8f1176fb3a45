import { describe, expect, test } from 'vitest';
import { configuredProfiles, usesCoscheduling } from '../configured-profiles.ts';
import { defaultProfile } from '../scheduler/default-profile.ts';
import type { Profile } from '../scheduler/profile.ts';
import { VERSION_RULES } from '../scheduler/version-rules.ts';
import { registerSchedulerPlugin } from './plugin-arguments.ts';
import { readSchedulerConfiguration } from './scheduler-configuration.ts';

const RULES = VERSION_RULES.get('1.35')!;
const HEAD = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n';
const read = (body: string) => readSchedulerConfiguration(HEAD + body, 'scheduler.yaml');
const profiles = (body: string) => configuredProfiles(read(body), RULES, null);
const words = ({ filters, scores }: Profile) => ({ filters: filters.map(({ name }) => name).join(' '), scores: scores.map(({ plugin, weight }) => `${plugin.name} ${weight}`).join(', ') });

test('an empty configuration is the default profile', () => {
  expect(words(profiles('')[0]!)).toEqual(words(defaultProfile(RULES)));
  expect(profiles('')[0]!.preemption!.arguments).toEqual({ minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100 });
});

test('scores are disabled, added with weights, and put in order as the framework does', () => {
  const [profile] = profiles(`profiles:
- plugins:
    score:
      disabled: [{ name: NodeResourcesBalancedAllocation }, { name: TaintToleration }]
      enabled: [{ name: ImageLocality, weight: 5 }]
    multiPoint:
      enabled: [{ name: NodeAffinity, weight: 7 }]
      disabled: [{ name: InterPodAffinity }, { name: DefaultPreemption }]
`);
  expect(words(profile!)).toEqual({
    filters: 'NodeUnschedulable NodeName TaintToleration NodeAffinity NodePorts NodeResourcesFit PodTopologySpread',
    // What a point states itself comes first.
    scores: 'ImageLocality 5, NodeAffinity 7, NodeResourcesFit 1, PodTopologySpread 2',
  });
  expect(profile!.preemption).toBe(null);
});

test('everything off but what is named: a bin-packing profile beside the default one', () => {
  const [, packing] = profiles(`profiles:
- {}
- schedulerName: packing
  percentageOfNodesToScore: 100
  plugins:
    multiPoint: { disabled: [{ name: "*" }], enabled: [{ name: NodeResourcesFit, weight: 2 }, { name: Coscheduling }] }
  pluginConfig:
  - name: NodeResourcesFit
    args: { apiVersion: kubescheduler.config.k8s.io/v1, kind: NodeResourcesFitArgs, scoringStrategy: { type: MostAllocated, resources: [{ name: cpu, weight: 1 }] } }
`);
  expect(words(packing!)).toEqual({ filters: 'NodeResourcesFit', scores: 'NodeResourcesFit 2' });
  expect(packing!.percentageOfNodesToScore).toBe(100);
  expect(usesCoscheduling(read('profiles: [{ plugins: { multiPoint: { enabled: [{ name: Coscheduling }] } } }]'))).toBe(true);
  expect(usesCoscheduling(read(''))).toBe(false);
});

test('back-off, sampling and client limits are read', () => {
  expect(read('percentageOfNodesToScore: 30\npodInitialBackoffSeconds: 2\npodMaxBackoffSeconds: 20\nclientConnection: { qps: 500, burst: 1000 }\nleaderElection: { leaderElect: true }\n')).toMatchObject({
    percentageOfNodesToScore: 30,
    podInitialBackoffSeconds: 2,
    podMaxBackoffSeconds: 20,
    qps: 500,
    burst: 1000,
  });
});

test('a plugin of one\'s own can be enabled by name', () => {
  registerSchedulerPlugin('PreferNamesInA', () => ({ name: 'PreferNamesInA', skips: () => false, score: (_pod, nodes, row) => (nodes.names[row]!.startsWith('a') ? 100 : 0) }));
  const [profile] = profiles('profiles: [{ plugins: { score: { enabled: [{ name: PreferNamesInA, weight: 3 }] } } }]');
  expect(words(profile!).scores).toContain('PreferNamesInA 3');
  expect(() => registerSchedulerPlugin('NodeName', () => ({}))).toThrow('already');
});

describe('a mistake is named with file, line and path', () => {
  test.each([
    ['percentageOfNodeToScore: 5\n', 'scheduler.yaml:3: percentageOfNodeToScore: unknown field "percentageOfNodeToScore"; did you mean "percentageOfNodesToScore"?'],
    ['profiles:\n- plugins:\n    score:\n      enabled:\n      - name: NodeResourceFit\n', 'scheduler.yaml:7: profiles.0.plugins.score.enabled.0.name: there is no plugin "NodeResourceFit"; did you mean "NodeResourcesFit"?'],
    ['profiles:\n- pluginConfig:\n  - name: InterPodAffinity\n    args:\n      hardPodAffinityWeight: 101\n', 'scheduler.yaml:7: profiles.0.pluginConfig.0.args.hardPodAffinityWeight: '],
    ['profiles:\n- pluginConfig:\n  - name: NodeResourcesFit\n    args:\n      scoringStrategie: {}\n', 'scheduler.yaml:7: profiles.0.pluginConfig.0.args.scoringStrategie: unknown field "scoringStrategie"; did you mean "scoringStrategy"?'],
    ['profiles: [{ schedulerName: a }, { schedulerName: a }]\n', 'scheduler.yaml:3: profiles.1.schedulerName: two profiles are called "a"'],
    ['extenders: [{ urlPrefix: "http://x" }]\n', 'HTTP extenders are not part of the model'],
    ['kind: Other\n', 'scheduler.yaml:3: Map keys must be unique'],
    [']', 'scheduler.yaml:3:'],
  ])('%s', (body, message) => {
    expect(() => read(body)).toThrow(message);
  });

  test('another kind of object', () => {
    expect(() => readSchedulerConfiguration('kind: Pod\n', 's.yaml')).toThrow('s.yaml:1:');
    expect(() => readSchedulerConfiguration('', 's.yaml')).toThrow('expected a KubeSchedulerConfiguration');
  });
});
