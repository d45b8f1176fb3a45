import { afterAll, describe, expect, it } from 'vitest';
import { bundledCases } from '../experiment/conformance-run.ts';
import { CONFORMANCE_SUITES } from '../orchestrators/conformance-registry.ts';
import { TINY_SCENARIO } from '../scenario/testing/tiny-scenario.ts';
import { CommandLine, SLOW } from './testing/command-line.ts';

const shell = new CommandLine();
shell.write('tiny.yaml', TINY_SCENARIO);
// Two machines of one core: the third task has to wait.
shell.write('tasks.csv', 'submit,job,duration,cpu,memory\n0,a,600,1,1073741824\n0,b,1200,1,1073741824\n60,c,300,1,1073741824\n');
shell.write(
  'queue.yaml',
  `name: queue
question: Who waits?
workload: { source: { trace: { format: seatrial-csv, tasks: tasks.csv } } }
cluster: { machines: [ { count: 2, name: m, cpu: 1, memory: 4GiB } ] }
orchestrators: [ reference/fifo, kubernetes ]
window: { to: 1h }
`,
);
afterAll(() => shell.remove());

describe('seatrial', SLOW, () => {
  it('prints its version and help on standard output', () => {
    expect(shell.run(['--version']).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const { code, stdout } = shell.run(['--help']);
    expect(code).toBe(0);
    for (const name of ['run', 'validate', 'report', 'list', 'explain', 'conformance']) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  });

  it('validate says what a valid scenario amounts to, and writes nothing', () => {
    const before = shell.files();
    const { code, stdout } = shell.run(['validate', 'tiny.yaml']);
    expect(code).toBe(0);
    expect(stdout).toContain('4 runs: reference/fifo, loss x 2 seeds');
    expect(shell.files()).toEqual(before);
  });

  it('says where the first row stands that cannot be used, and how many there are', () => {
    shell.write('pods.csv', 'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,creation_time,deletion_time,scheduled_time\na,1,1,0,0,,LS,0,9,0\nb,x,1,0,0,,LS,0,9,0\nc\n');
    shell.write('rows.yaml', TINY_SCENARIO.replace(/synthetic:[^]*GiB } \]\n/, 'trace: { format: openb, pods: pods.csv }\n'));
    const { code, stderr } = shell.run(['validate', 'rows.yaml']);
    expect(code).toBe(0);
    expect(stderr).toContain('warning: pods.csv:3: cpu_milli is not a number of 0 or more; this and 1 more rows are left out (plan.json lists them)\n');
  });

  it('validate --json prints the plan with ids that run will use', () => {
    const plan = JSON.parse(shell.run(['validate', 'tiny.yaml', '--json']).stdout) as { runs: { id: string }[] };
    shell.run(['run', 'tiny.yaml', '--no-report', '--out', 'out']);
    for (const { id } of plan.runs) expect(shell.files('out/runs')).toContain(`${id}.json`);
  });

  it('report draws a folder again', () => {
    shell.run(['run', 'tiny.yaml', '--no-report', '--out', 'drawn']);
    const { code, stdout } = shell.run(['report', 'drawn']);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('drawn/report.html');
    expect(shell.files('drawn')).toContain('report.html');
  });

  it.each([
    ['orchestrators', /^kubernetes +Kubernetes/m],
    ['readers', /^openb +pods/m],
    ['faults', /^kind +crash/m],
    ['columns', /^runs\.csv +attemptsHit/m],
    ['suites', /^swarm-classic /m],
  ])('list %s shows them', (topic, line) => {
    const { code, stdout } = shell.run(['list', topic]);
    expect(code).toBe(0);
    expect(stdout).toMatch(line);
  });

  it('list --json is an object of all topics', () => {
    expect(Object.keys(JSON.parse(shell.run(['list', '--json']).stdout) as object)).toEqual(expect.arrayContaining(['orchestrators', 'readers', 'faults']));
  });
});

describe('seatrial explain', SLOW, () => {
  it('tells why a task was placed, and its life', () => {
    const { code, stdout } = shell.run(['explain', 'queue.yaml', '--task', 'c', '--orchestrator', 'reference/fifo']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^c on reference\/fifo, seed 1$/m);
    expect(stdout).toMatch(/60 +s +submit/);
    expect(stdout).toMatch(/600 +s +bind/);
    expect(stdout).toMatch(/^Decision at 600 s: placed$/m);
    expect(stdout).toMatch(/^At 3600 s: finished$/m);
  });

  it('tells why a task waits at a time, per machine', () => {
    const { stdout } = shell.run(['explain', 'queue.yaml', '--task', 'c', '--orchestrator', 'reference/fifo', '--at', '5min']);
    expect(stdout).toMatch(/^At 300 s: waiting$/m);
    expect(stdout).toMatch(/m-0 +not enough CPU/);
    expect(stdout).toMatch(/m-1 +not enough CPU/);
  });

  it('shows the machine that was taken first, whatever the order in which machines were looked at, and counts the verdicts on those it does not show', () => {
    const machines = '- { name: small, count: 8, cpu: 1, memory: 16GiB }\n    - { name: big, count: 1, cpu: 16, memory: 16GiB }';
    shell.write('nine.yaml', TINY_SCENARIO.replace('- { count: 4, cpu: 4, memory: 16GiB }', machines).replace('cpu: 1, memory: 1GiB', 'cpu: 2, memory: 1GiB').replace('- reference/fifo', '- mesos'));
    const { stdout } = shell.run(['explain', 'nine.yaml', '--task', 'batch-0', '--orchestrator', 'mesos', '--machines', '1']);
    expect(stdout).toMatch(/^Decision at .*\n.*\n {4}big-0 .*\n {4}\.\.\. and 8 more machines \(--machines N shows more\): 8 x InsufficientCpus$/m);
  });

  it('speaks the language of the system', () => {
    const { stdout } = shell.run(['explain', 'queue.yaml', '--task', 'c', '--orchestrator', 'kubernetes', '--at', '5min']);
    expect(stdout).toContain('0/2 nodes are available');
    expect(stdout).toContain('Insufficient cpu');
  });

  it('knows what the orchestrator has not heard of yet', () => {
    expect(shell.run(['explain', 'queue.yaml', '--task', 'c', '--orchestrator', 'reference/fifo', '--at', '30s']).stdout).toMatch(/^At 30 s: not submitted$/m);
  });

  it('tells all orchestrators as JSON', () => {
    const stories = JSON.parse(shell.run(['explain', 'queue.yaml', '--task', 'a', '--json']).stdout) as { orchestrator: string; timeline: unknown[] }[];
    expect(stories.map(({ orchestrator }) => orchestrator)).toEqual(['reference/fifo', 'kubernetes']);
    for (const { timeline } of stories) expect(timeline.length).toBeGreaterThan(3);
  });

  it('names the nearest task', () => {
    expect(shell.run(['explain', 'tiny.yaml', '--task', 'bacth-1']).stderr).toMatch(/the workload has no task "bacth-1"; did you mean "batch-\d+"\?/);
  });
});

describe('seatrial conformance', SLOW, () => {
  it('agrees with the recorded decisions of every complete system', () => {
    const { code, stdout } = shell.run(['conformance', '--json']);
    const result = JSON.parse(stdout) as { suites: { name: string; complete: boolean; cases: number; agree: number; disagree: number }[] };
    expect(code).toBe(0);
    expect(result.suites.find(({ name }) => name === 'swarm-classic')).toMatchObject({ cases: 404, agree: 404, disagree: 0 });
    for (const suite of result.suites) if (suite.complete) expect(suite.agree).toBe(suite.cases);
  });

  it('names a line that is no JSON', () => {
    shell.write('cases/a.jsonl', '{"id":"x","kind":"unheard-of"}\n\n{"id": oops}\n');
    const { code, stderr } = shell.run(['conformance', '--cases', 'cases']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^cases\/a\.jsonl:3: not a line of JSON/);
  });

  it('counts cases that no suite knows', () => {
    const known = bundledCases(CONFORMANCE_SUITES)[0]!.record;
    shell.write('other.jsonl', `${JSON.stringify(known)}\n{"id":"x","kind":"unheard-of"}\n`);
    const { code, stdout } = shell.run(['conformance', '--cases', 'other.jsonl']);
    expect(code).toBe(0);
    expect(stdout).toContain('1 case belongs to no suite\n  other.jsonl:2: x\n');
  });

  it.each([
    ['nothing', '\n', /^other\.jsonl: holds no recorded decision; expected one JSON object per line\n$/],
    ['nothing that a suite knows', '{"id":"x","kind":"unheard-of"}\n', /^other\.jsonl:1: x: no suite knows such a decision, nor any other of the 1 given; suites: swarm-classic, /],
  ])('does not call %s an agreement', (_, text, message) => {
    shell.write('other.jsonl', text);
    const { code, stdout, stderr } = shell.run(['conformance', '--cases', 'other.jsonl']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
