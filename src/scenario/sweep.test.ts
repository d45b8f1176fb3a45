import { describe, expect, it } from 'vitest';
import { ORCHESTRATORS } from '../orchestrators/registry.ts';
import { isRange, valuesOf } from './axis.ts';
import { expand, type Plan } from './expand.ts';
import { checkScenario, type LoadedScenario } from './load.ts';
import { parseOverride } from './override.ts';
import { ScenarioError } from './problem.ts';
import { splitValues } from './split-values.ts';
import { TINY_SCENARIO } from './testing/tiny-scenario.ts';
import { parseYaml } from './yaml-document.ts';

function load(sweep: string, set: readonly string[] = []): LoadedScenario {
  return checkScenario(parseYaml(TINY_SCENARIO + sweep, 's.yaml'), { overrides: set.map((text) => parseOverride(text)), orchestrators: ORCHESTRATORS });
}

function plan(sweep: string, set: readonly string[] = []): Plan {
  return expand(load(sweep, set), { cacheFolder: null });
}

function cells(sweep: string, set: readonly string[] = []): string[] {
  return [...new Set(plan(sweep, set).runs.map((run) => run.cell))];
}

function problems(sweep: string, set: readonly string[] = []): string {
  try {
    load(sweep, set);
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
  return '';
}

describe('values of an axis', () => {
  const texts = (written: unknown): string[] => valuesOf(written, '').map(({ text }) => text);

  it('come from lists, ranges with exact decimals, and ranges with units', () => {
    expect(texts([1, 'a', true, '2..4'])).toEqual(['1', 'a', 'true', '2', '3', '4']);
    expect(texts('0.5..0.9 step 0.1')).toEqual(['0.5', '0.6', '0.7', '0.8', '0.9']);
    expect(texts('1..2 step 0.3')).toEqual(['1', '1.3', '1.6', '1.9']);
    expect(texts('10min..30min step 10min')).toEqual(['10min', '20min', '30min']);
    expect(texts('-1..1')).toEqual(['-1', '0', '1']);
  });

  it('may have labels, and are one line each', () => {
    expect(texts([{ label: 'small', value: { count: 1 } }, { count: 2 }, 'a\nb'])).toEqual(['small', '{"count":2}', 'a b']);
  });

  it('are no ranges when they only look like one', () => {
    expect(['1..3', '1h..2h', '0.1..0.2 step 0.05'].every(isRange)).toBe(true);
    expect(['../traces', 'a..b', '1...3', '1..', '1..2..3'].some(isRange)).toBe(false);
  });

  it.each([['3..1', /ends before it begins/], ['1..2 step 0', /step of zero/], ['1..99999999', /at most 10000/], ['1h..2min', /mixes units/]])('%s is refused', (range, message) => {
    expect(() => valuesOf(range, '')).toThrow(message);
  });

  it('of the command line part at commas outside brackets and quotes', () => {
    expect(splitValues('a,[1, 2],"x,y",{b: 1, c: 2}')).toEqual(['a', '[1, 2]', '"x,y"', '{b: 1, c: 2}']);
  });
});

describe('a sweep', () => {
  it('is every combination of its matrix, with all orchestrators and seeds; seeds outermost, the first axis slowest', () => {
    const { runs } = plan('sweep: { matrix: { workload.load: [0.5, 0.7], cluster.machines.0.count: 4..5 } }\n');
    expect(runs).toHaveLength(2 * 2 * 2 * 2);
    expect(runs.slice(0, 3).map(({ cell, seed }) => [cell, seed])).toEqual([
      ['reference/fifo, workload.load=0.5, cluster.machines.0.count=4', 1],
      ['loss, workload.load=0.5, cluster.machines.0.count=4', 1],
      ['reference/fifo, workload.load=0.5, cluster.machines.0.count=5', 1],
    ]);
    expect(runs[8]!.seed).toBe(2);
    expect(new Set(runs.map(({ id }) => id)).size).toBe(16);
    expect(runs[15]).toMatchObject({ label: 'loss', axes: [['workload.load', '0.7'], ['cluster.machines.0.count', '5']] });
  });

  it('says which columns it has, labels first, with values in order', () => {
    expect(load('sweep: { matrix: { size: { set: cluster.machines.0.count, values: [8, 4] } } }\n').axes).toEqual([
      { column: 'label', paths: ['orchestrators'], values: ['reference/fifo', 'loss'] },
      { column: 'size', paths: ['cluster.machines.0.count'], values: ['8', '4'] },
    ]);
    expect(load('').axes.map(({ column }) => column)).toEqual(['label']);
  });

  it('gives runs that differ in nothing else the same tasks', () => {
    const { runs } = plan('sweep: { matrix: { faults.0.duration: [1min, 2min, 3min] } }\n');
    expect(new Set(runs.map(({ workload }) => workload)).size).toBe(2);
    for (const seed of [1, 2]) expect(new Set(runs.filter((run) => run.seed === seed).map(({ faults }) => faults)).size).toBe(3);
  });

  it('advances zipped axes together', () => {
    expect(cells('sweep: { zip: { cluster.machines.0.count: [4, 5], cluster.machines.0.cpu: [4, 8] } }\n').filter((cell) => cell.startsWith('loss'))).toEqual([
      'loss, cluster.machines.0.count=4, cluster.machines.0.cpu=4',
      'loss, cluster.machines.0.count=5, cluster.machines.0.cpu=8',
    ]);
  });

  it('includes and leaves out combinations', () => {
    const sweep = `sweep:
  matrix: { workload.load: [0.5, 0.7], cluster.machines.0.count: [4, 5] }
  include: [ { workload.load: 0.9, orchestrators: loss } ]
  exclude: [ { workload.load: 0.5, cluster.machines.0.count: 5 }, { workload.load: 0.7, orchestrators: loss } ]
`;
    expect(cells(sweep)).toEqual([
      'reference/fifo, workload.load=0.5, cluster.machines.0.count=4',
      'loss, workload.load=0.5, cluster.machines.0.count=4',
      'reference/fifo, workload.load=0.7, cluster.machines.0.count=4',
      'reference/fifo, workload.load=0.7, cluster.machines.0.count=5',
      'loss, workload.load=0.9, cluster.machines.0.count=4',
    ]);
  });

  it('over the options of one orchestrator makes no further runs of the others', () => {
    expect(cells('sweep: { matrix: { orchestrators.loss.options.startLatencyUs: [0, 1s] } }\n')).toEqual([
      'reference/fifo',
      'loss, orchestrators.loss.options.startLatencyUs=0',
      'loss, orchestrators.loss.options.startLatencyUs=1s',
    ]);
  });

  it('may be over orchestrators, which keep the options that the scenario gives them', () => {
    const { runs } = plan('sweep: { matrix: { orchestrators: [loss, kubernetes] }, }\n', ['orchestrators.loss.options={startLatencyUs: 1s}']);
    expect(runs.slice(0, 2).map(({ cell, options }) => [cell, options])).toEqual([['loss', { startLatencyUs: 1_000_000 }], ['kubernetes', {}]]);
  });

  it('comes from the command line too, and takes the place of what the scenario varies', () => {
    expect(cells('', ['workload.load=0.5,0.7'])).toHaveLength(4);
    expect(cells('', ['workload.load=0.5..0.9 step 0.1'])).toHaveLength(10);
    const sweep = 'sweep: { matrix: { load: { set: workload.load, values: [0.5, 0.7] } } }\n';
    expect(cells(sweep, ['load=0.8,0.9']).filter((cell) => cell.startsWith('loss'))).toEqual(['loss, load=0.8', 'loss, load=0.9']);
    expect(cells(sweep, ['workload.load=0.9']).filter((cell) => cell.startsWith('loss'))).toEqual(['loss, load=0.9']);
  });

  it('may leave out what the command line does not vary any more, and names an axis that was misspelt', () => {
    const sweep = 'sweep: { matrix: { load: { set: workload.load, values: [0.5, 0.7] } }, exclude: [ { load: 0.7, orchestrators: loss } ] }\n';
    expect(cells(sweep, ['load=0.5,0.6'])).toHaveLength(4);
    expect(() => plan(sweep, ['laod=0.5,0.6'])).toThrow('unknown key "laod"; did you mean the axis "load"?');
  });

  it('has seeds in one place', () => {
    expect(problems('sweep: { seeds: 1..30 }\n')).toMatch(/^s\.yaml:22:\d+: sweep\.seeds: the scenario gives seeds already/);
    expect(plan('', ['seeds=1..30']).runs).toHaveLength(60);
  });

  it.each([
    ['sweep: { matrx: {} }', /^s\.yaml:22:10: sweep\.matrx: unknown key "matrx"; did you mean "matrix"\?$/],
    ['sweep: { matrix: { workload.laod: [1] } }', /^s\.yaml:22:\d+: workload\.laod: unknown key "laod"; did you mean "load"\?$/],
    ['sweep: { matrix: { workload.load: [0.5, 0.5] } }', /sweep\.matrix\.workload\.load: the value 0\.5 is given twice/],
    ['sweep: { matrix: { load: { set: workload.load, values: { from: 1 } } } }', /sweep\.matrix\.load\.values: expected array, string, number or boolean, received object/],
    ['sweep: { matrix: { seeds: [1, 2] } }', /seeds cannot be an axis; expected sweep\.seeds/],
    ['sweep: { matrix: { __proto__.x: [1] } }', /the key "__proto__" is not allowed/],
    ['sweep: { matrix: { machines: { set: cluster.machines.0.count, values: [1] } } }', /runs\.csv has a column "machines" already/],
    ['sweep: { matrix: { orchestrators: [nomad] } }', /unknown orchestrator "nomad"/],
    ['sweep: { matrix: { orchestrators.mesos.options.x: [1] } }', /no element "mesos" in orchestrators/],
    ['sweep: { zip: { workload.load: [0.5], window.from: [1s, 2s] } }', /has 2 values, and workload\.load has 1/],
    ['sweep: { matrix: { workload.load: [0.5] }, exclude: [ { workload.laod: 0.5 } ] }', /no axis "workload\.laod"; did you mean/],
    ['sweep: { matrix: { workload.load: [0.5] }, exclude: [ { workload.load: 0.6 } ] }', /sweep\.exclude\.0: leaves nothing out/],
    ['sweep: { matrix: { workload.load: [0.5] }, exclude: [ { workload.load: 0.5, orchestrators: losss } ] }', /^s\.yaml:22:\d+: sweep\.exclude\.0\.orchestrators: there is no orchestrator labelled "losss"; did you mean "loss"\?$/],
    ['sweep: { matrix: { cluster.machines.0.count: [1, 2], x: { set: cluster.machines.0.count, values: [7] } } }', /^s\.yaml:22:\d+: cluster\.machines\.0\.count: takes away what s\.yaml:22:\d+ sets at cluster\.machines\.0\.count; expected one of them/],
    ['sweep: { matrix: { cluster.machines.0.count: [1, 2], cluster.machines: [[{ count: 3, name: node, cpu: 4, memory: 16GiB }]] } }', /takes away what s\.yaml:22:\d+ sets at cluster\.machines\.0\.count/],
    ['sweep: { matrix: { cluster.machines.0.name: ["", m] } }', /a value without a name; expected a label of its own/],
    ['sweep: { matrix: { workload.load: [0.5] }, exclude: [ { workload.load: 0.5 } ] }', /every combination is left out/],
    ['sweep: { matrix: { workload.load: 1..2 step 0.001, window.from: 1s..9s, cluster.machines.0.count: 1..9 } }', /81081 combinations; at most 20000/],
  ])('%s is refused with its place', (sweep, message) => {
    expect(problems(`${sweep}\n`)).toMatch(message);
  });

  it('has all wrong values told at once, each at its place', () => {
    expect(problems('sweep:\n  matrix:\n    workload.load: [0.5, -1]\n    faults.0.at: [1min, 3GiB]\n').split('\n').map((line) => line.split(': ', 2).join(' '))).toEqual([
      's.yaml:24:26 workload.load',
      's.yaml:25:25 faults.0.at',
    ]);
  });
});
