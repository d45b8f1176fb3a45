import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, describe, expect, it } from 'vitest';
import { TINY_SCENARIO } from '../scenario/testing/tiny-scenario.ts';
import { CommandLine, SLOW } from './testing/command-line.ts';

const shell = new CommandLine();
shell.write('s.yaml', `${TINY_SCENARIO.replace('seeds: 1..2\n', '')}sweep:\n  matrix: { load: { set: workload.load, values: [0.5, 0.9] } }\n  zip: { cluster.machines.0.count: [4, 8], cluster.machines.0.cpu: [4, 2] }\n  seeds: 1..2\n`);
afterAll(() => shell.remove());

function rowsOf(file: string): Record<string, string>[] {
  return parse(shell.read(file), { columns: true });
}

/** How often the long tests kill; `npm run test:sweeps` sets it. */
const KILLS = Number(process.env['SEATRIAL_KILLS'] ?? 3);

/** Seeds of the sweep that is killed: as many as leave time for the kills. */
const KILLED_SEEDS = KILLS > 3 ? 16 : 5;

describe('seatrial sweep', SLOW, () => {
  it('makes a run of every combination, with a column per axis', () => {
    const { code, stdout, stderr } = shell.run(['sweep', 's.yaml', '--no-report', '--out', 'whole', '--jobs', '2']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('results: whole');
    const runs = rowsOf('whole/runs.csv');
    expect(runs).toHaveLength(16);
    expect(Object.keys(runs[0]!).slice(0, 10)).toEqual(['run', 'scenario', 'cell', 'label', 'orchestrator', 'seed', 'load', 'cluster.machines.0.count', 'cluster.machines.0.cpu', 'machines']);
    expect(runs.map((run) => [run['label'], run['seed'], run['load'], run['machines']].join())[5]).toBe('loss,1,0.9,4');
    const plan = JSON.parse(shell.read('whole/plan.json')) as { axes: { column: string; values: string[] }[] };
    expect(plan.axes.map(({ column, values }) => [column, values])).toEqual([['label', ['reference/fifo', 'loss']], ['load', ['0.5', '0.9']], ['cluster.machines.0.count', ['4', '8']], ['cluster.machines.0.cpu', ['4', '2']]]);
  });

  it('gives the same bytes with 1, 2 and 8 workers, and with 3 shards merged', () => {
    for (const jobs of ['1', '8']) {
      expect(shell.run(['sweep', 's.yaml', '--no-report', '--jobs', jobs, '--out', `jobs-${jobs}`]).code).toBe(0);
      expect(shell.contents(`jobs-${jobs}`)).toEqual(shell.contents('whole'));
    }
    expect(shell.run(['sweep', 's.yaml', '--shard', '1/3']).code).toBe(0);
    expect(shell.run(['sweep', 's.yaml', '--shard', 'auto/3'], { JOB_COMPLETION_INDEX: '1' }).code).toBe(0);
    const shards = ['results/tiny-shard-1-of-3', 'results/tiny-shard-2-of-3', 'results/tiny-shard-3-of-3'];
    const early = shell.run(['merge', ...shards.slice(0, 2), '--out', 'merged']);
    expect(early.code).toBe(2);
    expect(early.stderr).toContain('5 of 16 runs are in none of the folders');
    expect(shell.files()).not.toContain('merged');
    expect(shell.run(['sweep', 's.yaml', '--shard', 'auto'], { SLURM_ARRAY_TASK_ID: '12', SLURM_ARRAY_TASK_MIN: '10', SLURM_ARRAY_TASK_MAX: '12', SLURM_ARRAY_TASK_COUNT: '3' }).code).toBe(0);
    const { code, stdout } = shell.run(['merge', ...shards, '--out', 'merged']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '16 of 16 runs\nresults: merged\n' });
    expect(shell.contents('merged')).toEqual(shell.contents('whole'));
  });

  it('draws its report at the end, of a part of the plan none', () => {
    const { code, stdout } = shell.run(['sweep', 's.yaml', '--seeds', '1', '--only', 'loss', '--out', 'drawn']);
    expect(code).toBe(0);
    expect(stdout).toContain('report: drawn/report.html');
    expect(shell.files('drawn').some((file) => /^charts\/effect-.*\.svg$/.test(file))).toBe(true);
    expect(shell.files('results/tiny-shard-1-of-3')).not.toContain('report.html');
  });

  it('merges no folders that do not fit together', () => {
    shell.run(['sweep', 's.yaml', '--seeds', '5', '--only', 'loss', '--no-report', '--out', 'other']);
    expect(shell.run(['merge', 'whole', 'other', '--out', 'x']).stderr).toContain('other holds shards of another plan than whole');
    expect(shell.run(['merge', 'whole', 'nothing', '--out', 'x']).stderr).toContain('nothing holds no plan.json');
    const [id] = shell.files('whole/runs').filter((name) => /^\w{12}\.json$/.test(name));
    const run = shell.read(`results/tiny-shard-1-of-3/runs/${shell.files('results/tiny-shard-1-of-3/runs').find((name) => /^\w{12}\.json$/.test(name))}`);
    const stored = JSON.parse(run) as { spec: { id: string } };
    shell.write(`results/tiny-shard-1-of-3/runs/${stored.spec.id}.json`, JSON.stringify({ ...stored, digest: '0000000000000000' }));
    const { code, stderr } = shell.run(['merge', 'whole', 'results/tiny-shard-1-of-3', '--out', 'x']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/has digest [0-9a-f]{16} in whole and 0000000000000000 in results/);
    const plan = shell.read('other/plan.json');
    shell.write('other/plan.json', plan.replace(/"model": "\w+"/, '"model": "000000000000"'));
    expect(shell.run(['merge', 'whole', 'other', '--out', 'x']).stderr).toContain('shards of one sweep are made by one version');
    expect(id).toBeDefined();
  });

  it('says what it would do, and does nothing', () => {
    const before = shell.files();
    const { code, stdout } = shell.run(['sweep', 's.yaml', '--dry-run', '--shard', '1/4', '--set', 'load=0.1..0.5 step 0.1', '--out', 'nowhere']);
    expect(code).toBe(0);
    expect(stdout).toContain('tiny: 40 runs, 20 cells x 2 seeds; 10 of them asked for');
    expect(stdout).toMatch(/load +5 +0\.1, 0\.2, 0\.3, 0\.4, 0\.5 +\(workload\.load\)/);
    expect(stdout).toMatch(/estimate: .*of processor time/);
    expect(shell.files()).toEqual(before);
  });

  it('makes one run again by the command that plan --json gives', () => {
    const plan = JSON.parse(shell.run(['plan', 's.yaml', '--json']).stdout) as { run: string; command: string; axes: unknown }[];
    expect(plan).toHaveLength(16);
    expect(plan[5]!.axes).toEqual({ load: '0.9', 'cluster.machines.0.count': '4', 'cluster.machines.0.cpu': '4' });
    const { code, stdout } = shell.run(plan[5]!.command.split(' ').slice(1));
    expect(code).toBe(0);
    expect(stdout).toContain('1 of the 16 runs of the plan are in the folder');
    expect(shell.read(`results/tiny/runs/${plan[5]!.run}.json`)).toBe(shell.read(`whole/runs/${plan[5]!.run}.json`));
  });

  it.each([
    [['run', 's.yaml'], /varies load, cluster\.machines\.0\.count, cluster\.machines\.0\.cpu: seatrial sweep makes a run of every combination/],
    [['sweep', 's.yaml', '--run', '012345678901'], /the plan has no such run/],
  ])('seatrial %j is refused', (arguments_, message) => {
    const { code, stderr } = shell.run(arguments_);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it('gives up runs that take too long, each alone, and says how to repeat them', () => {
    const { code, stderr } = shell.run(['sweep', 's.yaml', '--timeout-per-run', '1ms', '--seeds', '1', '--only', 'loss', '--no-report', '--out', 'late']);
    expect(code).toBe(1);
    const failures = rowsOf('late/failures.csv');
    expect(failures).toHaveLength(4);
    expect(failures[0]).toMatchObject({ error: 'took longer than 0.001 s', command: `seatrial sweep s.yaml --seeds 1 --only loss --run ${failures[0]!['run']} --out late` });
    expect(stderr).toContain(`repeat it: ${failures[0]!['command']}`);
    expect(shell.run(failures[0]!['command']!.split(' ').slice(1)).code).toBe(0);
    expect(rowsOf('late/failures.csv')).toHaveLength(3);
    expect(rowsOf('late/runs.csv')).toHaveLength(1);
  });

  it('begins no further run after a failure with --fail-fast', () => {
    const { code, stderr } = shell.run(['sweep', 's.yaml', '--timeout-per-run', '1ms', '--fail-fast', '--jobs', '1', '--out', 'fast']);
    expect(code).toBe(1);
    expect(stderr).toContain('stopped at the first failure; go on with: seatrial sweep s.yaml');
    expect(rowsOf('fast/failures.csv')).toHaveLength(1);
  });
});

describe('a sweep that is killed', { timeout: 600_000 }, () => {
  const sweep = ['sweep', 's.yaml', '--seeds', `1..${KILLED_SEEDS}`, '--tasks', '--no-report'];
  const finished = (folder: string): number => {
    const runs = join(shell.folder, folder, 'runs');
    return existsSync(runs) ? readdirSync(runs).filter((name) => /^[0-9a-f]{12}\.json$/.test(name)).length : 0;
  };

  it(`${KILLS} times at whatever point comes to the same bytes in the end`, async () => {
    expect(shell.run([...sweep, '--out', 'unharmed']).code).toBe(0);
    for (let kill = 0; kill < KILLS; kill++) {
      // Every kill comes a little later: while the plan is written, while workers start, while runs are written, while tables are put together.
      const wanted = Math.floor((kill * KILLED_SEEDS * 8) / KILLS);
      const { code } = await shell.interrupt([...sweep, '--out', 'killed'], 'SIGKILL', () => (kill === 0 ? existsSync(join(shell.folder, 'killed')) : finished('killed') >= wanted));
      expect(code).toBe(null);
    }
    expect(shell.run([...sweep, '--out', 'killed']).code).toBe(0);
    expect(shell.contents('killed')).toEqual(shell.contents('unharmed'));
  });
});
