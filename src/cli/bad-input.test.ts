import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TINY_SCENARIO } from '../scenario/testing/tiny-scenario.ts';
import { CommandLine, SLOW } from './testing/command-line.ts';

const TASKS = 'submit,job,duration,cpu,memory,after\n0,a,60,1,1073741824,\n1,b,60,1,1073741824,a\n';

let shell: CommandLine;
beforeEach(() => {
  shell = new CommandLine();
});
afterEach(() => shell.remove());

function but(piece: string, by: string): string {
  if (!TINY_SCENARIO.includes(piece)) throw new Error(`the tiny scenario has no "${piece}"`);
  return TINY_SCENARIO.replace(piece, by);
}

/** A scenario that reads `file` as a trace in Seatrial's own format. */
function tracing(file: string): string {
  return TINY_SCENARIO.replace(/synthetic:[^]*GiB } \]\n/, `trace: { format: seatrial-csv, tasks: ${file} }\n`);
}

/** Name, files to lay out, what one line of the message must be. */
const CASES: readonly (readonly [string, Readonly<Record<string, string | Uint8Array>>, RegExp])[] = [
  ['an unknown key', { 's.yaml': but('question:', 'questoin:') }, /^s\.yaml:2:1: questoin: unknown key "questoin"; did you mean "question"\?$/],
  ['a wrong unit', { 's.yaml': but('at: 3min', 'at: 3GiB') }, /^s\.yaml:21:42: faults\.0\.at: "GiB" in "3GiB" is no unit of time; expected us, ms, s, min, h or d$/],
  ['a negative duration', { 's.yaml': but('horizon: 10min', 'horizon: -10min') }, /^s\.yaml:8:16: workload\.source\.synthetic\.horizon: -10min is negative/],
  ['a key that reaches into objects', { 's.yaml': but('seeds: 1..2', '__proto__: { polluted: true }') }, /^s\.yaml:3:1: __proto__: the key "__proto__" is not allowed$/],
  ['an unknown orchestrator', { 's.yaml': but('- reference/fifo', '- kubernets') }, /^s\.yaml:18:5: orchestrators\.0: unknown orchestrator "kubernets"; did you mean "kubernetes"\?$/],
  ['an unknown machine in a fault', { 's.yaml': but('pick: 1', 'machines: [machine-9]') }, /^s\.yaml:\d+:\d+: faults\.0\.machines\.0: there is no machine "machine-9"/],
  ['a host that is not there', { 's.yaml': but('- reference/fifo', '- { use: docker-compose, options: { host: machin-1 } }') }, /^docker-compose: host: there is no machine "machin-1"; did you mean "machine-1"\?$/],
  ['a scenario that is not UTF-8', { 's.yaml': Buffer.from('name: caf\xe9\n', 'latin1') }, /^s\.yaml:1:10: not UTF-8 text$/],
  ['a scenario that is missing', {}, /^s\.yaml: there is no such file$/],
  ['a trace that is missing', { 's.yaml': tracing('tasks.csv') }, /^tasks\.csv: .*(?:not exist|no such)/],
  ['a trace that is not UTF-8', { 's.yaml': tracing('tasks.csv'), 'tasks.csv': Buffer.from(TASKS.replace('1,b,', '1,b\xe9,'), 'latin1') }, /^tasks\.csv:3.*UTF-8/],
  ['a truncated gzip', { 's.yaml': tracing('tasks.csv.gz'), 'tasks.csv.gz': gzipSync(TASKS.repeat(50)).subarray(0, 40) }, /^tasks\.csv\.gz.*(?:truncated|ends|cut|incomplete|damaged)/],
  ['a fault plan that is not UTF-8', { 's.yaml': but('source: scripted', 'source: recorded, file: plan.csv, name: f } #'), 'plan.csv': Buffer.from('fault,kind,label,atS,durationS,factor,machines\n0,crash,\xe9,60,60,1,machine-1\n', 'latin1') }, /^plan\.csv:2:9: is not UTF-8/],
  ['a load on what the machines do not have', { 's.yaml': but('workload:\n', 'workload:\n  load: 0.5\n  loadResource: gpu\n') }, /^s\.yaml:\d+:\d+: workload\.loadResource: the machines have no gpu/],
  ['a cyclic dependency', { 's.yaml': tracing('tasks.csv'), 'tasks.csv': TASKS.replace('1073741824,\n', '1073741824,b\n') }, /^tasks\.csv.*cycl/i],
  ['a duplicate id', { 's.yaml': tracing('tasks.csv'), 'tasks.csv': `${TASKS}2,a,60,1,1073741824,\n` }, /^tasks\.csv:4.*"a".*line 2/],
  ['a negative duration in a trace', { 's.yaml': tracing('tasks.csv'), 'tasks.csv': TASKS.replace('1,b,60', '1,b,-60') }, /^tasks\.csv:3.*duration/],
];

describe('bad input', SLOW, () => {
  it.each(CASES)('%s: one message that says where, exit code 2, nothing written', (_, files, message) => {
    for (const [name, content] of Object.entries(files)) shell.write(name, content);
    const { code, stdout, stderr } = shell.run(['run', 's.yaml']);
    expect(stderr.trimEnd()).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(shell.files()).toEqual(Object.keys(files).sort());
  });

  it('is found by validate in one go', () => {
    shell.write('s.yaml', but('question:', 'questoin:').replace('at: 3min', 'at: 3GiB').replace('- reference/fifo', '- fifoo'));
    const { code, stderr } = shell.run(['validate', 's.yaml']);
    expect(code).toBe(2);
    expect(stderr.trimEnd().split('\n').map((line) => line.split(': ')[1])).toEqual(['questoin', 'orchestrators.0', 'faults.0.at']);
  });

  it.each([
    [['run']],
    [['run', 's.yaml', '--jobs', '0']],
    [['run', 's.yaml', '--jobs', 'many']],
    [['run', 's.yaml', '--seeds', '3..1']],
    [['run', 's.yaml', '--only', 'nomad']],
    [['run', 's.yaml', '--set', 'workload.load']],
    [['run', 's.yaml', '--set', '__proto__.x=1']],
    [['run', 's.yaml', '--param', 'x=1']],
    [['run', 's.yaml', '--perfetto', '.']],
    [['run', 's.yaml', '--perfetto', 'traces/']],
    [['run', 's.yaml', '--frobnicate']],
    [['frobnicate']],
    [['explain', 's.yaml']],
    [['explain', 's.yaml', '--task', 'nobody']],
    [['explain', 's.yaml', '--task', 'batch-1', '--at', '3']],
    [['explain', 's.yaml', '--task', 'batch-1', '--at', '30d']],
    [['conformance', '--cases', 'missing.jsonl']],
    [['report', 'missing']],
    [['list', 'nonsense']],
    [[]],
  ])('usage: seatrial %j is refused with exit code 2 and nothing on standard output', (arguments_) => {
    shell.write('s.yaml', TINY_SCENARIO);
    const { code, stdout, stderr } = shell.run(arguments_);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stderr).not.toBe('');
    expect(shell.files()).toEqual(['s.yaml']);
  });
});
