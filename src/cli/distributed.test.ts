import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { TINY_SCENARIO } from '../scenario/testing/tiny-scenario.ts';
import { CommandLine } from './testing/command-line.ts';
import { isInstalled, SlurmCluster } from './testing/slurm-cluster.ts';

const DOCS = fileURLToPath(new URL('../../docs/distributed/', import.meta.url));
const SEATRIAL = `${process.execPath} ${fileURLToPath(new URL('../cli.ts', import.meta.url))}`;
const SHARDS = 3;

/** Real clusters are started by `npm run test:cluster` only. */
const isAsked = process.env['SEATRIAL_CLUSTER'] === '1';
const missing = SlurmCluster.missing();
const slurm = missing.length > 0 ? `NOT TESTED: ${missing.join(', ')} not installed (Debian: slurmctld slurmd slurm-client)` : 'a real Slurm on the loopback interface';
const parallel = isInstalled('parallel') ? 'GNU parallel' : 'NOT TESTED: GNU parallel not installed (Debian: parallel)';

const shell = new CommandLine();
shell.write('s.yaml', `${TINY_SCENARIO.replace('seeds: 1..2\n', '')}sweep: { matrix: { workload.load: [0.5, 0.9] }, seeds: 1..2 }\n`);
afterAll(() => shell.remove());
beforeAll(() => {
  expect(shell.run(['sweep', 's.yaml', '--no-report', '--out', 'local']).code).toBe(0);
}, 60_000);

function merged(folder: string): Map<string, string> {
  const { code, stderr } = shell.run(['merge', ...Array.from({ length: SHARDS }, (_, i) => join(folder, `shard-${i}`)), '--out', `${folder}-merged`]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return shell.contents(`${folder}-merged`);
}

describe('the Kubernetes manifest', { timeout: 60_000 }, () => {
  const job = parse(readFileSync(join(DOCS, 'indexed-job.yaml'), 'utf8')) as { kind: string; spec: { completionMode: string; completions: number; template: { spec: { containers: { args: string[] }[] } } } };

  it('makes the whole sweep between its pods', () => {
    expect(job).toMatchObject({ kind: 'Job', spec: { completionMode: 'Indexed' } });
    const [{ args }] = job.spec.template.spec.containers as [{ args: string[] }];
    expect(args[args.indexOf('--shard') + 1]).toBe(`auto/${job.spec.completions}`);
    // As Kubernetes fills it in, for three of its pods; the count follows.
    for (let index = 0; index < SHARDS; index++) {
      const filled = args.map((argument) => argument.replace('$(JOB_COMPLETION_INDEX)', String(index)).replace('/scenario/sweep.yaml', 's.yaml').replace('/results/', 'pods/').replace(/^auto\/\d+$/, `auto/${SHARDS}`));
      expect(shell.run(filled, { JOB_COMPLETION_INDEX: String(index) }).code).toBe(0);
    }
    expect(merged('pods')).toEqual(shell.contents('local'));
  });
});

describe.runIf(isAsked)('a cluster', { timeout: 600_000 }, () => {
  it.skipIf(missing.length > 0)(`${slurm} gives the bytes of the local run`, async () => {
    const cluster = await SlurmCluster.start();
    try {
      cluster.submit([`--array=0-${SHARDS - 1}`, '--cpus-per-task=1', join(DOCS, 'sweep.sbatch'), 's.yaml', 'slurm'], shell.folder, { SEATRIAL });
      expect(merged('slurm')).toEqual(shell.contents('local'));
      // A task that was lost, submitted again alone.
      expect(spawnSync('rm', ['-r', join(shell.folder, 'slurm', 'shard-1')]).status).toBe(0);
      cluster.submit(['--array=1', join(DOCS, 'sweep.sbatch'), 's.yaml', 'slurm'], shell.folder, { SEATRIAL, SHARDS: String(SHARDS) });
      expect(merged('slurm')).toEqual(shell.contents('local'));
    } finally {
      await cluster.stop();
    }
  });

  it.skipIf(!isInstalled('parallel'))(`${parallel} gives the bytes of the local run`, () => {
    execFileSync(join(DOCS, 'parallel.sh'), ['s.yaml', 'parallel', String(SHARDS)], { cwd: shell.folder, env: { ...process.env, SEATRIAL, JOBS: '2' }, stdio: 'ignore' });
    // Shards of GNU parallel are counted from 1.
    for (let i = 0; i < SHARDS; i++) expect(spawnSync('mv', [join(shell.folder, 'parallel', `shard-${i + 1}`), join(shell.folder, 'parallel', `shard-${i}`)]).status).toBe(0);
    expect(merged('parallel')).toEqual(shell.contents('local'));
  });
});
