import { afterAll, describe, expect, it } from 'vitest';
import { CommandLine, SLOW } from './testing/command-line.ts';

const shell = new CommandLine();
afterAll(() => shell.remove());

const scenario = (source: string): string => `name: made
question: Is what was generated what is read?
workload: { source: ${source} }
cluster: { machines: [ { count: 3, name: m, cpu: 2, memory: 4GiB, racks: 3, zones: 2, attributes: { disk: ssd } } ] }
orchestrators: [ reference/fifo ]
window: { to: 1h }
`;

describe('seatrial generate', SLOW, () => {
  it('writes workload and machines of a scenario as files that read back as the same workload', () => {
    const made = '{ synthetic: { generator: poisson, name: made, horizon: 1h, jobs: [ { name: work, meanGap: 60s, duration: { kind: exponential, mean: 5min }, shapes: [ { cpu: 500m, memory: 1GiB } ] } ] } }';
    shell.write('made.yaml', scenario(made));
    shell.write('read.yaml', scenario('{ trace: { format: seatrial-csv, name: made, tasks: out/tasks.csv } }').replace(/cluster: .*/, 'cluster: { file: out/machines.csv }'));
    const { code, stdout } = shell.run(['generate', 'made.yaml', '--to', 'out']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^out: tasks\.csv with \d+ jobs of \d+ tasks, machines\.csv with 3 machines\n$/);
    expect(shell.files('out').sort()).toEqual(['machines.csv', 'tasks.csv']);
    const workloadOf = (file: string): string => (JSON.parse(shell.run(['validate', file, '--json']).stdout) as { seeds: { workload: string }[] }).seeds[0]!.workload;
    expect(workloadOf('read.yaml')).toBe(workloadOf('made.yaml'));
    shell.run(['generate', 'read.yaml', '--to', 'again']);
    for (const name of ['tasks.csv', 'machines.csv']) expect(shell.read(`again/${name}`)).toBe(shell.read(`out/${name}`));
  });

  it('asks for a folder', () => {
    shell.write('made.yaml', scenario('{ trace: { format: seatrial-csv, tasks: missing.csv } }'));
    expect(shell.run(['generate', 'made.yaml']).code).toBe(2);
    const { code, stderr } = shell.run(['generate', 'made.yaml', '--to', 'none']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('missing.csv: the file does not exist')]);
  });
});
