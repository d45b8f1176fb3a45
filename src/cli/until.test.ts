import { parse } from 'csv-parse/sync';
import { afterAll, describe, expect, it } from 'vitest';
import { TINY_SCENARIO } from '../scenario/testing/tiny-scenario.ts';
import { CommandLine, SLOW } from './testing/command-line.ts';

const shell = new CommandLine();
shell.write('tiny.yaml', TINY_SCENARIO);
afterAll(() => shell.remove());

function seedsOf(folder: string): number[] {
  const rows: Record<string, string>[] = parse(shell.read(`${folder}/runs.csv`), { columns: true });
  return [...new Set(rows.map((row) => Number(row['seed'])))];
}

describe('--until', SLOW, () => {
  const run = (...more: string[]) => shell.run(['run', 'tiny.yaml', '--no-report', '--seeds', '1..60', '--until', 'usefulCpuShare ±15%', ...more]);

  it('makes as many seeds as it takes, in the order of the plan, and says how many', () => {
    const { code, stderr } = run('--out', 'first', '--jobs', '1');
    const seeds = seedsOf('first');
    expect(code).toBe(0);
    expect(seeds).toEqual(Array.from({ length: seeds.length }, (_, i) => i + 1));
    expect(seeds.length).toBeGreaterThanOrEqual(10);
    expect(seeds.length).toBeLessThan(60);
    expect(stderr).toBe(`usefulCpuShare ±15% reached with ${seeds.length} of 60 seeds\n`);
  });

  it('stops at the same seed with another number of workers, with runs that were there before, and again', () => {
    const tables = (folder: string): string[] => ['runs.csv', 'timeline.csv', 'manifest.json'].map((file) => shell.read(`${folder}/${file}`));
    run('--out', 'second', '--jobs', '4');
    expect(tables('second')).toEqual(tables('first'));
    // A tighter goal first leaves more runs in the folder than this one asks for.
    shell.run(['run', 'tiny.yaml', '--no-report', '--seeds', '1..60', '--until', 'usefulCpuShare ±8%', '--out', 'second']);
    expect(seedsOf('second').length).toBeGreaterThan(seedsOf('first').length);
    run('--out', 'second');
    expect(tables('second')).toEqual(tables('first'));
  });

  it('makes the whole plan where that is not enough, and says what keeps it', () => {
    const { code, stderr } = shell.run(['run', 'tiny.yaml', '--no-report', '--seeds', '1..12', '--until', 'usefulCpuShare ±0.1%', '--out', 'short']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^usefulCpuShare ±0\.1% not reached with all 12 seeds: .* is the furthest from the precision after 12 seeds\n$/);
    expect(seedsOf('short')).toHaveLength(12);
  });

  it('its manifest can be reproduced', () => {
    expect(shell.run(['reproduce', 'first/manifest.json']).code).toBe(0);
  });

  it.each([
    [['--until', 'waitP99 ±5%', '--shard', '1/2'], /--until with --shard: a shard has no complete seeds/],
    [['--until', 'waitP99 5%'], /is no precision; expected a column and the half width/],
    [['--until', 'watiP99 ±5%'], /"watiP99" is no numeric column of runs\.csv; did you mean "waitP99S"\?/],
  ])('%j is refused', (more, message) => {
    const { code, stderr } = shell.run(['run', 'tiny.yaml', '--out', 'refused', ...more]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(shell.files()).not.toContain('refused/plan.json');
  });
});
