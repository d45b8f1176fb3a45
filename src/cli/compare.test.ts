import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TINY_SCENARIO } from '../scenario/testing/tiny-scenario.ts';
import { CommandLine, SLOW } from './testing/command-line.ts';

const shell = new CommandLine();
shell.write('tiny.yaml', TINY_SCENARIO);
afterAll(() => shell.remove());

describe('seatrial compare', SLOW, () => {
  beforeAll(() => {
    shell.run(['run', 'tiny.yaml', '--no-report', '--seeds', '1..4', '--out', 'before']);
    // Fewer cores: tasks have to wait.
    shell.run(['run', 'tiny.yaml', '--no-report', '--seeds', '1..4', '--set', 'cluster.machines.0.cpu=1', '--out', 'after']);
  });

  it('says of a folder and itself that all is identical', () => {
    const { code, stdout } = shell.run(['compare', 'before', 'before', '--expect', 'usefulCpuShare>=0']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/comparisons: identical \d+\. Not shown/);
  });

  it('ends with 3 where the runs show that a stated expectation does not hold, and names it', () => {
    const { code, stdout, stderr } = shell.run(['compare', 'before', 'after', '--expect', 'reference/fifo:waitP50S<=5%']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/expectation reference\/fifo:waitP50S<=5% does not hold for reference\/fifo: it was zero/);
    expect(stdout).toContain('after against before');
    expect(shell.run(['compare', 'before', 'after', '--expect', 'reference/fifo:waitP50S>=0']).code).toBe(0);
  });

  it('compares the orchestrators of one folder, as JSON and Markdown too', () => {
    expect(shell.run(['compare', 'before']).stdout).toContain('loss against reference/fifo');
    const data = JSON.parse(shell.run(['compare', 'before', '--baseline', 'loss', '--json']).stdout) as { baseline: string; sides: { name: string }[] };
    expect([data.baseline, data.sides[0]!.name]).toEqual(['loss', 'reference/fifo']);
    expect(shell.run(['compare', 'before', 'after', '--markdown']).stdout).toContain('| cell | measure |');
  });

  it.each([
    [['compare', 'nowhere', 'before'], /nowhere\/runs\.csv: not found/],
    [['compare', 'before', 'after', '--expect', 'waitP50S=5%'], /expected a column, <=, >=, < or >/],
    [['compare', 'before', 'after', '--expect', 'watiP50S<=5%'], /"watiP50S" is no numeric column of runs\.csv here; did you mean "waitP50S"\?/],
    [['compare', 'before', 'after', '--expect', 'kubernetes:waitP50S<=5%'], /no cell that was compared has this/],
    [['compare', 'before', 'after', '--columns', 'digest'], /--columns: "digest" is no numeric column/],
    [['compare', 'before', '--baseline', 'mesos'], /there is no orchestrator 'mesos'/],
    [['compare', 'before', 'after', '--json', '--markdown'], /exclude each other/],
  ])('%j is refused with a message', (arguments_, message) => {
    const { code, stdout, stderr } = shell.run(arguments_);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });
});
