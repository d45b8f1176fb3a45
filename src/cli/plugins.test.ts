import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { afterAll, describe, expect, it } from 'vitest';
import { loadPlugins } from '../experiment/plugins.ts';
import { CommandLine, SLOW } from './testing/command-line.ts';

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));
const EXAMPLES = ['orchestrator', 'policy', 'reader', 'fault', 'metric', 'chart'];
const PLUGINS = EXAMPLES.flatMap((name) => ['--plugin', join(DOCS, 'extending', `${name}.ts`)]);

const shell = new CommandLine();
afterAll(() => shell.remove());

const LOG = `${Array.from({ length: 60 }, (_, i) => `${i * 5} job-${i} ${1 + (i % 3)} ${1 + (i % 2)} ${60 + (i % 7) * 30}`).join('\n')}\nnonsense\n`;
shell.write('jobs.log', LOG);
shell.write(
  'own.yaml',
  `name: own
question: Do parts from outside work together?
workload: { source: { trace: { format: accounting, log: jobs.log } } }
cluster: { machines: [ { count: 3, name: small, cpu: 4, memory: 16GiB }, { count: 3, name: large, cpu: 16, memory: 64GiB } ] }
orchestrators:
  - emptiest
  - { use: kubernetes, label: default }
  - { use: kubernetes, label: small-first, options: { outOfTreePlugins: [ { name: SmallNodesFirst, weight: 1000 } ] } }
faults:
  - { source: rolling, kind: brownout, at: 1min, every: 1min, duration: 30s }
  - { source: scripted, kind: crash, at: 3min, duration: 2min, machines: [large-0] }
window: { to: 15min }
`,
);

function rowsOf(file: string): Record<string, string>[] {
  return parse(shell.read(file), { columns: true });
}

describe('plugins', SLOW, () => {
  it('bring orchestrators, policies, readers, faults, metrics and charts, into workers too', () => {
    const { code, stderr } = shell.run(['run', 'own.yaml', ...PLUGINS, '--jobs', '2', '--tasks']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'warning: jobs.log:61: expected submit time, name, cores, memory and run time; the row is left out (plan.json lists them)\n' });
    const runs = rowsOf('results/own/runs.csv');
    expect(runs.map(({ label, submitted, finished }) => [label, submitted, finished])).toEqual([['emptiest', '60', '60'], ['default', '60', '60'], ['small-first', '60', '60']]);
    expect(runs[0]!['faults']).toBe('7');
    for (const run of runs) expect(Number(run['machinesInUseMean'])).toBeGreaterThan(0.5);
    expect(shell.files('results/own')).toContain('charts/finished.svg');
    const plan = JSON.parse(shell.read('results/own/plan.json')) as { seeds: { report: { accepted: number; rejected: { total: number } } }[] };
    expect(plan.seeds[0]!.report).toMatchObject({ accepted: 60, rejected: { total: 1 } });
    // The policy has its way: small machines take what they can.
    const onSmall = (label: string): number => {
      const id = runs.find((run) => run['label'] === label)!['run'];
      return rowsOf('results/own/tasks.csv').filter((task) => task['run'] === id && task['machine']!.startsWith('small')).length;
    };
    expect(onSmall('small-first')).toBeGreaterThan(onSmall('default') * 1.2);
  });

  it('are part of the identity of runs, and named in the manifest', () => {
    const manifest = JSON.parse(shell.read('results/own/manifest.json')) as { versions: { plugins: { name: string; sha256: string }[] } };
    expect(manifest.versions.plugins.map(({ name }) => name)).toEqual(['example-chart', 'example-fault', 'example-metric', 'example-orchestrator', 'example-policy', 'example-reader']);
    const index = fileURLToPath(new URL('../index.ts', import.meta.url));
    const plugin = readFileSync(join(DOCS, 'extending/reader.ts'), 'utf8').replace('../../src/index.ts', index);
    shell.write('reader.ts', plugin);
    shell.write('few.yaml', shell.read('own.yaml').replace(/orchestrators:[^]*faults:[^]*window/, 'orchestrators: [reference/fifo]\nwindow'));
    const idsOf = (): string[] => (JSON.parse(shell.run(['plan', 'few.yaml', '--plugin', 'reader.ts', '--json']).stdout) as { run: string }[]).map(({ run }) => run);
    const before = idsOf();
    expect(before).toHaveLength(1);
    shell.write('reader.ts', `${plugin}// changed\n`);
    expect(idsOf()).not.toEqual(before);
  });

  it.each([
    ['missing.ts', '', /missing\.ts: there is no such plugin/],
    ['broken.ts', 'export default {', /broken\.ts: the plugin cannot be loaded/],
    ['empty.ts', 'export const x = 1;', /empty\.ts: expected a plugin as default export/],
    ['typo.ts', "export default { name: 'x', orchestrator: [] };", /typo\.ts: a plugin has no "orchestrator"; did you mean "orchestrators"\?/],
  ])('%s is refused', async (name, text, message) => {
    if (text !== '') shell.write(name, text);
    await expect(loadPlugins([join(shell.folder, name)])).rejects.toThrow(message);
  });

  it('that take a worker down, or more memory than there is, cost one run each, with the command that repeats it', () => {
    const index = fileURLToPath(new URL('../index.ts', import.meta.url));
    shell.write(
      'bad.ts',
      `import { ORCHESTRATORS, z } from '${index}';
const fifo = ORCHESTRATORS.find(({ name }) => name === 'reference/fifo')!;
const bad = (name: string, act: () => void) => ({ ...fifo, name, options: z.strictObject({ startLatencyUs: z.int().default(0) }), create: (context: never, options: never) => { act(); return fifo.create(context, options); } });
export default { name: 'bad', orchestrators: [
  bad('exits', () => process.exit(7)),
  bad('eats', () => { const kept: number[][] = []; for (;;) kept.push(Array.from({ length: 100_000 }, (_, i) => i * 1.5)); }),
  bad('throws', () => { throw new Error('no use'); }),
] };
`,
    );
    shell.write('bad.yaml', shell.read('few.yaml').replace('name: own', 'name: bad').replace(/trace: \{[^}]*\}/, 'synthetic: { generator: poisson, horizon: 5min, jobs: [ { name: b, meanGap: 10s, duration: { kind: exponential, mean: 1min }, shapes: [ { cpu: 1, memory: 1GiB } ] } ] }').replace('[reference/fifo]', '[reference/fifo, exits, eats, throws, kubernetes]'));
    const { code, stderr } = shell.run(['run', 'bad.yaml', '--plugin', 'bad.ts', '--jobs', '2', '--max-memory', '128MiB', '--no-report']);
    expect(code).toBe(1);
    const failures = rowsOf('results/bad/failures.csv');
    expect(failures.map(({ cell, error }) => [cell, error])).toEqual([
      ['exits', expect.stringMatching(/exit/)],
      ['eats', 'the run needed more memory than its worker may have'],
      ['throws', 'no use'],
    ]);
    expect(failures[0]!['command']).toBe(`seatrial run bad.yaml --plugin bad.ts --run ${failures[0]!['run']} --out results/bad`);
    expect(stderr).toContain(`repeat it: ${failures[0]!['command']}`);
    expect(rowsOf('results/bad/runs.csv').map(({ label }) => label)).toEqual(['reference/fifo', 'kubernetes']);
  });
});

describe('the library', SLOW, () => {
  it('does what its page says', () => {
    const [, example] = /```ts\n([^]*?)```/.exec(readFileSync(join(DOCS, 'library.md'), 'utf8'))!;
    shell.write('study.ts', example!.replaceAll("'seatrial'", `'${fileURLToPath(new URL('../index.ts', import.meta.url))}'`).replace("'scenarios/sweep.yaml'", `'${join(DOCS, '../scenarios/sweep.yaml')}'`));
    const { code, stdout, stderr } = shell.runFile('study.ts');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^8 runs: label swarm-classic or mesos or kubernetes; mtbf 25h or 100h; size 60\nmesos, mtbf=25h, size=60: digest [0-9a-f]{16} after \d+ state changes\n8 runs, 0 failed\n$/);
    expect(rowsOf('results/library/runs.csv')).toHaveLength(8);
  });
});
