import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { OrchestratorDefinition } from '../orchestrators/orchestrator.ts';
import { ORCHESTRATORS } from '../orchestrators/registry.ts';
import { checkScenario, type LoadedScenario } from './load.ts';
import { parseOverride } from './override.ts';
import { ScenarioError } from './problem.ts';
import { TINY_SCENARIO } from './testing/tiny-scenario.ts';
import { parseYaml } from './yaml-document.ts';

function load(text: string, set: readonly string[] = [], parameters: Readonly<Record<string, string>> = {}, orchestrators = ORCHESTRATORS): LoadedScenario {
  return checkScenario(parseYaml(text, 's.yaml'), { overrides: set.map((value) => parseOverride(value)), parameters: new Map(Object.entries(parameters)), orchestrators });
}

/** The tiny scenario with one piece of text replaced. */
function but(piece: string, by: string): string {
  if (!TINY_SCENARIO.includes(piece)) throw new Error(`the tiny scenario has no "${piece}"`);
  return TINY_SCENARIO.replace(piece, by);
}

function messages(text: string, set: readonly string[] = [], parameters: Readonly<Record<string, string>> = {}): string[] {
  try {
    load(text, set, parameters);
  } catch (error) {
    if (error instanceof ScenarioError) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('a scenario', () => {
  it('is read with its units and defaults', () => {
    const { scenario, cells } = load(TINY_SCENARIO);
    expect(scenario.seeds).toEqual([1, 2]);
    expect(scenario.cluster.machines![0]).toMatchObject({ count: 4, name: 'machine', cpu: 4000, memory: 17_179_869_184, racks: 1 });
    expect(scenario.workload.client.refused).toMatchObject({ attempts: Infinity, initialDelayUs: 10_000_000 });
    expect(cells.map((cell) => cell.label)).toEqual(['reference/fifo', 'loss']);
  });

  it('may set some of a retry policy and keeps the rest of the default', () => {
    const { scenario } = load(but('workload:\n', 'workload:\n  client: { refused: { attempts: 3 }, removalDelay: never }\n'));
    expect(scenario.workload.client).toMatchObject({ refused: { attempts: 3, factor: 2 }, failed: { attempts: 3 }, removalDelayUs: Infinity });
  });

  it.each([
    ['an unknown key', but('question:', 'questoin:'), 's.yaml:2:1: questoin: unknown key "questoin"; did you mean "question"?'],
    ['an unknown key inside', but('count: 4', 'cuont: 4'), 's.yaml:16:9: cluster.machines.0.cuont: unknown key "cuont"; did you mean "count"?'],
    ['an unknown key of a source', but('meanGap: 10s', 'meanGab: 10s'), 's.yaml:11:11: workload.source.synthetic.jobs.0.meanGab: unknown key "meanGab"; did you mean "meanGap"?'],
    ['an unknown key of a fault', but('pick: 1', 'pik: 1'), 's.yaml:21:64: faults.0.pik: unknown key "pik"; did you mean "pick"?'],
    ['an unknown kind', but('kind: crash', 'kind: crush'), 's.yaml:21:31: faults.0.kind: unknown value "crush"; did you mean "crash"?'],
    ['an unknown source of faults', but('source: scripted', 'source: scriptet'), 's.yaml:21:15: faults.0.source: unknown value "scriptet"; did you mean "scripted"?'],
    ['an unknown generator', but('generator: poisson', 'generator: poison'), 's.yaml:7:18: workload.source.synthetic.generator: unknown value "poison"; did you mean "poisson"?'],
    ['a wrong unit of time', but('at: 3min', 'at: 3GiB'), 's.yaml:21:42: faults.0.at: "GiB" in "3GiB" is no unit of time; expected us, ms, s, min, h or d'],
    ['a missing unit', but('at: 3min', 'at: 180'), 's.yaml:21:42: faults.0.at: 180 has no unit; expected a duration such as 500ms, 10s, 5min, 1h or 2d'],
    ['a negative duration', but('horizon: 10min', 'horizon: -10min'), 's.yaml:8:16: workload.source.synthetic.horizon: -10min is negative; a duration must not be'],
    ['memory without unit', but('memory: 16GiB', 'memory: 16'), 's.yaml:16:35: cluster.machines.0.memory: 16 has no unit; expected an amount such as 512MiB, 64GiB or 16GB'],
    ['a wrong unit of cores', but('cpu: 4,', 'cpu: 4GiB,'), 's.yaml:16:24: cluster.machines.0.cpu: "4GiB" is no number of cores; expected a form such as 32, 0.5 or 500m'],
    ['an unknown orchestrator', but('- reference/fifo', '- swarm-clasic'), 's.yaml:18:5: orchestrators.0: unknown orchestrator "swarm-clasic"; did you mean "swarm-classic"?'],
    ['an unknown orchestrator by its last name', but('- reference/fifo', '- fifo'), 's.yaml:18:5: orchestrators.0: unknown orchestrator "fifo"; did you mean "reference/fifo"?'],
    ['an unknown option', but('label: loss', 'label: loss, options: { startLatency: 1s }'), 's.yaml:19:52: orchestrators.1.options.startLatency: unknown key "startLatency"; did you mean "startLatencyUs"?'],
    ['a wrong unit in an option', but('label: loss', 'label: loss, options: { startLatencyUs: 1GB }'), '"GB" in "1GB" is no unit of time'],
    ['two orchestrators of one name', but('- { use: reference/loss, label: loss }', '- reference/fifo'), 's.yaml:19:5: orchestrators.1: two orchestrators are called "reference/fifo"; give each a label of its own'],
    ['a bad seed', but('seeds: 1..2', 'seeds: 2..1'), 's.yaml:3:8: seeds: "2..1" is no seed; expected a whole number from 0, a range such as 1..5, or a list of them'],
    ['far too many seeds', but('seeds: 1..2', 'seeds: 1..2000000000'), 'more than 10000 seeds'],
    ['both seed and seeds', but('seeds: 1..2', 'seeds: 1..2\nseed: 3'), 'expected one of seed and seeds, not both'],
    ['a missing key', but('question: Does a tiny cluster keep up?\n', ''), 's.yaml:1:1: question: is missing'],
    ['two kinds of cluster', but('cluster:\n', 'cluster:\n  fromTrace: true\n'), 'expected exactly one of machines, fromTrace and file'],
    ['two groups of one name', but('    - { count: 4, cpu: 4, memory: 16GiB }', '    - { count: 4, cpu: 4, memory: 16GiB }\n    - { count: 1, cpu: 4, memory: 16GiB }'), 's.yaml:17:7: cluster.machines.1.name: two groups of machines are called "machine"; give each a name of its own'],
    ['a window that ends before it begins', but('seeds:', 'window: { from: 1h, to: 30min }\nseeds:'), 'window.to: the window ends before it begins'],
    ['an expectation of no column', but('seeds:', 'expect: { atemptsHit: ">= 3" }\nseeds:'), 's.yaml:3:11: expect.atemptsHit: runs.csv has no column "atemptsHit"; did you mean "attemptsHit"?'],
    ['an expectation without a number', but('seeds:', 'expect: { attemptsHit: many }\nseeds:'), 'expected a comparison with a number, such as ">= 100"'],
    ['a load that is no number', but('workload:\n', 'workload:\n  load: high\n'), 'workload.load: expected number, received string'],
    ['an infinite load', but('workload:\n', 'workload:\n  load: .inf\n'), 'workload.load:'],
    ['an enormous number of machines', but('count: 4', 'count: 1e300'), 'cluster.machines.0.count:'],
    ['a name that leaves the folder', but('name: tiny', 'name: ../../etc/x'), 'name: expected a name of up to 64 letters'],
    ['no mapping at all', 'just text', 's.yaml:1:1: expected a mapping'],
    ['an empty file', '', 's.yaml:1:1: expected a mapping'],
    ['a client that is a list', but('workload:\n', 'workload:\n  client: []\n'), 'workload.client: expected object'],
  ])('with %s is refused', (_, text, message) => {
    const found = messages(text);
    expect(found.join('\n')).toContain(message);
    expect(found).toHaveLength(1);
  });

  it('names every problem at once, in the order of the file', () => {
    const found = messages(but('question:', 'questoin:').replace('cpu: 4,', 'cpu: 4GiB,').replace('- reference/fifo', '- nomad').replace('kind: crash', 'kind: crush'));
    expect(found.map((message) => message.split(':')[1])).toEqual(['2', '16', '18', '21']);
  });

  it('reads texts with units under options named after a unit', () => {
    const { cells } = load(but('label: loss', 'label: loss, options: { startLatencyUs: 500ms }'));
    expect(cells[1]!.options).toEqual({ startLatencyUs: 500_000 });
  });

  it('shows options with all defaults filled in', () => {
    expect(load(TINY_SCENARIO).cells[0]!.effectiveOptions).toEqual({ startLatencyUs: 0 });
  });

  it('names the valid keys of an option that is a choice by a discriminator', () => {
    const chooser = {
      ...ORCHESTRATORS[0]!,
      name: 'chooser',
      options: z.strictObject({ policy: z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('a'), depth: z.number() }), z.strictObject({ kind: z.literal('b'), width: z.number() })]) }),
    } as OrchestratorDefinition;
    const text = but('- reference/fifo', '- { use: chooser, options: { policy: { kind: b, widht: 1, width: 2 } } }');
    expect(() => load(text, [], {}, [...ORCHESTRATORS, chooser])).toThrow('orchestrators.0.options.policy.widht: unknown key "widht"; did you mean "width"?');
  });
});

describe('--set', () => {
  it('overrides a value, however deep', () => {
    const { scenario } = load(TINY_SCENARIO, ['cluster.machines.0.cpu=8', 'workload.load=0.9', 'seeds=[4, 7]']);
    expect(scenario.cluster.machines![0]!.cpu).toBe(8000);
    expect(scenario.workload.load).toBe(0.9);
    expect(scenario.seeds).toEqual([4, 7]);
  });

  it('finds an orchestrator by its label or name', () => {
    const { cells } = load(TINY_SCENARIO, ['orchestrators.loss.options.startLatencyUs=1s', 'orchestrators.reference/fifo.options.startLatencyUs=2s']);
    expect(cells.map((cell) => cell.options['startLatencyUs'])).toEqual([2_000_000, 1_000_000]);
  });

  it.each([
    ['workload.laod=0.9', /^--set workload\.laod=0\.9: workload\.laod: unknown key "laod"; did you mean "load"\?$/],
    ['workload.load=-1', /^--set workload\.load=-1: workload\.load: /],
    ['orchestrators.mesos.options.x=1', /no element "mesos" in orchestrators/],
    ['name.x=1', /name is a single value and has no key "x"/],
    ['__proto__.x=1', /the key "__proto__" is not allowed/],
    ['a={__proto__: 1}', /the key "__proto__" is not allowed/],
    ['justtext', /expected PATH=VALUE/],
    ['a..b=1', /an empty key/],
  ])('refuses %s', (set, message) => {
    expect(messages(TINY_SCENARIO, [set]).join('\n')).toMatch(message);
  });
});

describe('parameters', () => {
  const text = `parameters:\n  traces: null\n  sample: default.csv\n${but(/synthetic:[^]*GiB } \]\n/.exec(TINY_SCENARIO)![0], 'trace: { format: openb, pods: "${traces}/${sample}" }\n')}`;

  it('stand for texts', () => {
    expect(load(text, [], { traces: '/data' }).scenario.workload.source).toMatchObject({ trace: { pods: '/data/default.csv' } });
  });

  it('are printed as names, since they may be paths of one machine', () => {
    expect(JSON.stringify(load(text, [], { traces: '/home/alice' }).written)).not.toContain('alice');
  });

  it('that are missing are one error that says how to give them', () => {
    expect(messages(text)).toEqual(['s.yaml:2:11: parameters.traces: needs a value: --param traces=VALUE']);
  });

  it('that the scenario does not have are refused with the nearest name', () => {
    expect(messages(text, [], { traces: 'x', sampel: 'y' })).toEqual(['--param sampel: parameters: the scenario has no parameter "sampel"; did you mean "sample"?']);
  });

  it('that are used but not declared are refused where they are used', () => {
    expect(messages(but('question: Does', 'question: ${who} Does'))).toEqual(['s.yaml:2:11: question: "who" is not among the scenario\'s parameters']);
  });
});
