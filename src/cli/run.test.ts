import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, describe, expect, it } from 'vitest';
import { TINY_SCENARIO } from '../scenario/testing/tiny-scenario.ts';
import { CommandLine, SLOW } from './testing/command-line.ts';

const shell = new CommandLine();
shell.write('tiny.yaml', TINY_SCENARIO);
afterAll(() => shell.remove());

function rowsOf(file: string): Record<string, string>[] {
  return parse(shell.read(file), { columns: true });
}

describe('seatrial run', SLOW, () => {
  it('writes tables, charts, report and manifest, and prints the table and where the report is', () => {
    const { code, stdout, stderr } = shell.run(['run', 'tiny.yaml', '--tasks']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Does a tiny cluster keep up\?/);
    expect(stdout).toContain('report: results/tiny/report.html');
    const files = shell.files('results/tiny');
    for (const name of ['plan.json', 'manifest.json', 'runs.csv', 'timeline.csv', 'recoveries.csv', 'waits.csv', 'translations.csv', 'elections.csv', 'tasks.csv', 'failures.csv', 'timing.csv', 'faults-1.csv', 'faults-2.csv', 'report.html']) {
      expect(files).toContain(name);
    }
    const runs = rowsOf('results/tiny/runs.csv');
    expect(runs.map(({ cell, seed }) => `${cell} ${seed}`)).toEqual(['reference/fifo 1', 'loss 1', 'reference/fifo 2', 'loss 2']);
    for (const run of runs) expect(rowsOf('results/tiny/tasks.csv').filter((task) => task['run'] === run['run']).length).toBeGreaterThanOrEqual(Number(run['started']));
  });

  it('does nothing twice: the same command finds its runs and gives the same bytes', () => {
    const before = shell.contents('results/tiny');
    const { code, stdout } = shell.run(['run', 'tiny.yaml', '--tasks']);
    expect(code).toBe(0);
    expect(stdout).toContain('4 of 4 runs were there before');
    expect(shell.contents('results/tiny')).toEqual(before);
  });

  it('makes only the rows of tasks when they are asked for later, and takes them away when they are not', () => {
    expect(shell.run(['run', 'tiny.yaml', '--no-report', '--out', 'later']).code).toBe(0);
    expect(shell.files('later')).not.toContain('tasks.csv');
    expect(shell.run(['run', 'tiny.yaml', '--no-report', '--out', 'later', '--tasks']).code).toBe(0);
    expect(shell.read('later/tasks.csv')).toBe(shell.read('results/tiny/tasks.csv'));
    expect(shell.run(['run', 'tiny.yaml', '--no-report', '--out', 'later']).stdout).toContain('4 of 4 runs were there before');
    expect(shell.files('later')).not.toContain('tasks.csv');
  });

  it('gives the same bytes with one worker and with two, and under another time zone and language', () => {
    shell.run(['run', 'tiny.yaml', '--no-report', '--jobs', '1', '--out', 'one']);
    shell.run(['run', 'tiny.yaml', '--no-report', '--jobs', '2', '--out', 'two'], { TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' });
    expect(shell.contents('two')).toEqual(shell.contents('one'));
  });

  it('keeps names of people, machines and folders, and dates, out of its files', () => {
    const inputs = join(shell.folder, 'home-of-alice', 'tiny.yaml');
    shell.write('home-of-alice/tiny.yaml', TINY_SCENARIO);
    expect(shell.run(['run', inputs, '--no-report', '--out', 'private']).code).toBe(0);
    for (const [file, text] of shell.contents('private')) expect(`${file}: ${text.includes('alice') || /20\d\d-\d\d-\d\dT/.test(text)}`).toBe(`${file}: false`);
  });

  it('refuses a folder that holds another plan, and says in what it differs', () => {
    const before = shell.contents('one');
    const { code, stderr } = shell.run(['run', 'tiny.yaml', '--out', 'one', '--set', 'cluster.machines.0.cpu=8', '--seeds', '7']);
    expect(code).toBe(2);
    expect(stderr).toContain('one holds the results of another plan');
    expect(stderr).toContain('scenario.cluster.machines.0.cpu: there 4, now 8');
    expect(stderr).toContain('seed: there 1, 2, now 7');
    expect(shell.contents('one')).toEqual(before);
  });

  it('replaces another plan with --force', () => {
    expect(shell.run(['run', 'tiny.yaml', '--no-report', '--out', 'two', '--seeds', '7', '--force']).code).toBe(0);
    expect(rowsOf('two/runs.csv').map(({ seed }) => seed)).toEqual(['7', '7']);
  });

  it('refuses a folder with files that are no results', () => {
    shell.write('mine/thesis.txt', 'precious');
    const { code, stderr } = shell.run(['run', 'tiny.yaml', '--out', 'mine', '--force']);
    expect(code).toBe(2);
    expect(stderr).toContain('mine is not empty and holds no results of an earlier run');
    expect(shell.files('mine')).toEqual(['thesis.txt']);
    const file = shell.run(['run', 'tiny.yaml', '--out', 'mine/thesis.txt']);
    expect([file.code, file.stderr]).toEqual([2, 'mine/thesis.txt is a file; expected a folder for results (--out)\n']);
    const below = shell.run(['run', 'tiny.yaml', '--out', 'mine/thesis.txt/below']);
    expect([below.code, below.stderr]).toEqual([2, 'mine/thesis.txt cannot be made: a part of the path is a file; choose another folder\n']);
    const perfetto = shell.run(['run', 'tiny.yaml', '--out', 'no-runs', '--perfetto', 'mine/thesis.txt/trace.json']);
    expect([perfetto.code, perfetto.stderr]).toEqual([2, 'mine/thesis.txt cannot be made: a part of the path is a file; choose another folder\n']);
    expect(shell.run(['generate', 'tiny.yaml', '--to', 'mine/thesis.txt']).code).toBe(2);
    expect(shell.files('mine')).toEqual(['thesis.txt']);
  });

  it('prints its outcome as JSON', () => {
    const { stdout } = shell.run(['run', 'tiny.yaml', '--json', '--no-report', '--out', 'one']);
    const outcome = JSON.parse(stdout) as { runs: { digest: string }[]; failures: unknown[] };
    expect(outcome.runs.map(({ digest }) => digest)).toEqual(rowsOf('one/runs.csv').map(({ digest }) => digest));
    expect(outcome.failures).toEqual([]);
  });

  it('makes runs of one orchestrator with --only', () => {
    shell.run(['run', 'tiny.yaml', '--no-report', '--only', 'loss', '--seeds', '2', '--out', 'only']);
    expect(rowsOf('only/runs.csv')).toEqual(rowsOf('one/runs.csv').filter(({ cell, seed }) => cell === 'loss' && seed === '2'));
  });

  it('has the same digests when every tick of every loop is executed', () => {
    expect(shell.run(['run', 'tiny.yaml', '--no-report', '--explicit-ticks']).code).toBe(0);
    expect(rowsOf('results/tiny-explicit-ticks/runs.csv').map(({ digest }) => digest)).toEqual(rowsOf('one/runs.csv').map(({ digest }) => digest));
  });

  it('accepts runs that repeat themselves with --check-determinism', () => {
    expect(shell.run(['run', 'tiny.yaml', '--no-report', '--check-determinism', '--seeds', '1', '--out', 'checked']).code).toBe(0);
  });

  it('keeps all tasks accounted for when ties are permuted', () => {
    expect(shell.run(['run', 'tiny.yaml', '--no-report', '--permute-ties', '5', '--out', 'permuted']).code).toBe(0);
    expect(rowsOf('permuted/runs.csv').map(({ submitted }) => submitted)).toEqual(rowsOf('one/runs.csv').map(({ submitted }) => submitted));
  });

  it('ends with exit code 3 when an expectation is not met, with the results written', () => {
    const { code, stderr } = shell.run(['run', 'tiny.yaml', '--no-report', '--set', 'expect={finished: ">= 1000", faults: 1}', '--out', 'expected', '--seeds', '1']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/expectation not met by loss, seed 1: finished is \d+, expected >= 1000/);
    expect(stderr).not.toContain('faults is');
    expect(rowsOf('expected/runs.csv')).toHaveLength(2);
  });

  it('writes a trace for the Perfetto viewer per orchestrator', () => {
    expect(shell.run(['run', 'tiny.yaml', '--no-report', '--perfetto', 'trace.json', '--out', 'one']).code).toBe(0);
    for (const name of ['trace-reference-fifo.json', 'trace-loss.json']) expect((JSON.parse(shell.read(name)) as { traceEvents: unknown[] }).traceEvents.length).toBeGreaterThan(50);
  });
});

describe('an interrupted run', SLOW, () => {
  const sweep = ['run', 'tiny.yaml', '--no-report', '--seeds', '1..40', '--jobs', '1', '--tasks'];
  const finishedRuns = (folder: string): number => {
    const runs = join(shell.folder, folder, 'runs');
    return existsSync(runs) ? readdirSync(runs).filter((name) => /^[0-9a-f]{12}\.json$/.test(name)).length : 0;
  };

  it('drains on the first Ctrl-C, says how to go on, and the same command goes on to the same bytes', async () => {
    expect(shell.run([...sweep, '--out', 'whole']).code).toBe(0);
    const { code, stderr } = await shell.interrupt([...sweep, '--out', 'cut'], 'SIGINT', () => finishedRuns('cut') >= 3);
    expect(code).toBe(130);
    expect(stderr).toContain(`go on with: seatrial ${sweep.join(' ')} --out cut`);
    const left = finishedRuns('cut');
    expect(left).toBeGreaterThanOrEqual(3);
    expect(left).toBeLessThan(80);
    expect(shell.files('cut')).not.toContain('runs.csv');
    const again = shell.run([...sweep, '--out', 'cut']);
    expect(again.code).toBe(0);
    expect(again.stdout).toContain(`${left} of 80 runs were there before`);
    expect(shell.contents('cut')).toEqual(shell.contents('whole'));
  });

  it('that was killed outright goes on to the same bytes', async () => {
    const { code } = await shell.interrupt([...sweep, '--out', 'killed'], 'SIGKILL', () => finishedRuns('killed') >= 5);
    expect(code).toBe(null);
    expect(shell.run([...sweep, '--out', 'killed']).code).toBe(0);
    expect(shell.contents('killed')).toEqual(shell.contents('whole'));
  });
});
