import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { TraceFile } from '../../reader.ts';
import { hasTrace, REAL_TRACES } from '../../testing/real-traces.ts';
import { traceFolder } from '../../testing/trace-folder.ts';
import { Workload } from '../../workload.ts';
import { openb } from './openb.ts';

const HEADER = 'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time';

function read(pods: readonly string[], options: object = {}, nodes?: string) {
  const folder = traceFolder();
  const files = new Map<string, TraceFile>([['pods', folder.file('pods.csv', [HEADER, ...pods].join('\n'))]]);
  if (nodes !== undefined) files.set('nodes', folder.file('nodes.csv', nodes));
  return openb.read(files, openb.options.parse({ format: 'openb', pods: 'pods.csv', ...options }));
}

describe('the OpenB reader', () => {
  it('makes latency-sensitive and guaranteed pods services that live from creation to deletion, however long they waited', () => {
    const { columns } = read(['a,4000,1024,0,0,,LS,Running,100,700,160', 'b,4000,1024,0,0,,Guaranteed,Running,100,900,100']);
    const workload = new Workload(columns);
    expect(workload.shapes[0]).toMatchObject({ kind: 'service', cpuMilli: 4000, memoryBytes: 1024 * 2 ** 20, priority: 9000 });
    expect([workload.lifetimeUs(0), workload.lifetimeUs(1)]).toEqual([600e6, 800e6]);
  });

  it('makes burstable and best-effort pods batch work that runs from scheduling to deletion', () => {
    const { columns } = read(['a,1,1,0,0,,BE,Failed,100,700,160', 'b,1,1,0,0,,Burstable,Succeeded,100,700,150']);
    const workload = new Workload(columns);
    expect([workload.workUs(0), workload.workUs(1)]).toEqual([540e6, 550e6]);
    expect(workload.shapes.map(({ kind, priority }) => [kind, priority])).toEqual([['batch', 6000], ['batch', 7000]]);
  });

  it('counts a batch pod that was never scheduled as repaired', () => {
    const { columns, report } = read(['a,1,1,0,0,,BE,Pending,100,700,', 'b,1,1,0,0,,LS,Pending,100,700,']);
    expect(columns.taskDurationUs).toEqual(Float64Array.of(600e6, 600e6));
    expect(report.repaired).toEqual({ total: 1, listed: [{ file: 'pods.csv', line: 2, text: 'never scheduled: work taken as deletion_time - creation_time' }] });
  });

  it('reads GPU devices, parts of them and the models that are allowed', () => {
    const { columns, machines } = read(
      ['a,1,1,1,460,,BE,Running,0,9,0', 'b,1,1,4,1000,V100M16|V100M32,BE,Running,0,9,0', 'c,1,1,0,0,,BE,Running,0,9,0'],
      {},
      'sn,cpu_milli,memory_mib,gpu,model\nn0,64000,262144,2,P100\nn1,32000,1024,0,\n',
    );
    expect(columns.shapes.map(({ gpuCount, gpuMilli, gpuModels }) => [gpuCount, gpuMilli, gpuModels])).toEqual([
      [1, 460, []],
      [4, 1000, ['V100M16', 'V100M32']],
      [0, 0, []],
    ]);
    expect(machines).toEqual([
      { name: 'n0', cpuMilli: 64_000, memoryBytes: 2 ** 38, gpuCount: 2, gpuModel: 'P100' },
      { name: 'n1', cpuMilli: 32_000, memoryBytes: 2 ** 30 },
    ]);
  });

  it('sorts by creation and name, and begins at the first creation', () => {
    const { columns, report } = read(['b,1,1,0,0,,BE,Running,50,60,50', 'c,1,1,0,0,,BE,Running,20,60,20', 'a,1,1,0,0,,BE,Running,50,60,50']);
    const workload = new Workload(columns);
    expect([0, 1, 2].map((job) => workload.jobName(job))).toEqual(['c', 'a', 'b']);
    expect(columns.jobSubmitUs).toEqual(Float64Array.of(0, 30e6, 30e6));
    expect(report).toMatchObject({ rows: 3, accepted: 3, initialJobs: 0, horizonUs: 40e6 });
  });

  it('counts rows that it cannot use and lists them by line', () => {
    const { report } = read([
      'ok,1,1,0,0,,BE,Running,0,9,0',
      'a,1,1,0,0,,BE,Running,9,5,9',
      'b,1,1,0,0,,BE,Running,0,5,7',
      'c,x,1,0,0,,BE,Running,0,9,0',
      'd,1,1,0,0,,XX,Running,0,9,0',
      'e,1,1',
      'f,1,1,2,500,,BE,Running,0,9,0',
      'g,1,1,1,1500,,BE,Running,0,9,0',
    ]);
    expect(report).toMatchObject({ rows: 8, accepted: 2, rejected: { total: 6 }, clamped: { total: 1 } });
    expect(report.rejected.listed.map(({ line, text }) => `${line} ${text}`)).toEqual([
      '3 negative duration: deletion_time is before creation_time',
      '4 negative duration: deletion_time is before scheduled_time',
      '5 cpu_milli is not a number of 0 or more',
      '6 qos "XX" is none of LS, Guaranteed, Burstable, BE',
      '7 has 3 fields, the header 11',
      '8 asks for parts of several GPUs',
    ]);
  });

  it('cuts a window, moves its start to zero and carries in what is alive then', () => {
    const pods = [
      'gone,1,1,0,0,,BE,Running,0,90,0',
      'service,1,1,0,0,,LS,Running,10,150,20',
      'batch,1,1,0,0,,BE,Running,10,150,20',
      'waiting,1,1,0,0,,BE,Running,90,150,120',
      'inside,1,1,0,0,,BE,Running,110,150,110',
      'later,1,1,0,0,,BE,Running,200,250,200',
    ];
    const carried = read(pods, { window: { from: '100s', to: '200s' } });
    const workload = new Workload(carried.columns);
    expect(Array.from({ length: workload.jobCount }, (_, job) => [workload.jobName(job), carried.columns.jobSubmitUs[job]! / 1e6, carried.columns.taskDurationUs[job]! / 1e6])).toEqual([
      ['batch', 0, 50],
      ['service', 0, 50],
      ['waiting', 0, 30],
      ['inside', 10, 40],
    ]);
    expect(carried.report).toMatchObject({ rows: 6, accepted: 4, outsideWindow: 2, initialJobs: 3, horizonUs: 100e6 });
    expect(read(pods, { window: { from: '100s', to: '200s', initial: 'drop' } }).report).toMatchObject({ accepted: 1, outsideWindow: 5, initialJobs: 0 });
  });

  it('samples by job name, smaller samples inside larger ones', () => {
    const pods = Array.from({ length: 2000 }, (_, i) => `pod-${i},1,1,0,0,,BE,Running,${i},${i + 5},${i}`);
    const names = (sample: number): Set<string> => {
      const workload = new Workload(read(pods, { sample }).columns);
      return new Set(Array.from({ length: workload.jobCount }, (_, job) => workload.jobName(job)));
    };
    const quarter = names(0.25);
    const half = names(0.5);
    // Four standard deviations of a binomial of 2,000.
    expect(Math.abs(quarter.size - 500)).toBeLessThan(78);
    expect(Math.abs(half.size - 1000)).toBeLessThan(90);
    expect([...quarter].every((name) => half.has(name))).toBe(true);
    expect(read(pods, { sample: 0.25 }).report).toMatchObject({ rows: 2000, accepted: quarter.size, notSampled: 2000 - quarter.size });
  });

  it('refuses duplicate names, missing columns and a list without a usable pod', () => {
    expect(() => read(['a,1,1,0,0,,BE,Running,0,9,0', 'a,1,1,0,0,,BE,Running,1,9,1'])).toThrow('pods.csv:3: name: duplicate id "a", first used on line 2');
    expect(() => read(['a,x,1,0,0,,BE,Running,0,9,0'])).toThrow(/^pods\.csv: holds no usable pod \(1 rows, .*\); the first that cannot be used is line 2: cpu_milli is not a number of 0 or more$/);
    expect(() => read(['a,1,1,0,0,,BE,Running,0,9,0'], {}, 'sn,cpu_mili,memory_mib,gpu,model\nn,1,1,0,\n')).toThrow(/^nodes\.csv:1: cpu_milli: the header lacks this column; .* \(it has "cpu_mili"\)$/);
    expect(() => read([])).toThrow(/^pods\.csv: holds no usable pod \(0 rows/);
    const folder = traceFolder();
    const half = folder.file('half.csv.gz', gzipSync('name,cpu_milli,memory_mib,num_gpu,gpu_milli,qos\n'));
    expect(() => openb.read(new Map([['pods', half]]), openb.options.parse({ format: 'openb', pods: 'half.csv.gz' }))).toThrow(/^half\.csv\.gz:1: gpu_spec: the header lacks this column; expected a header with the columns name, /);
    expect(() => read(['a,1,1,0,0,,BE,Running,0,9,0'], {}, 'sn,cpu_milli,memory_mib,gpu,model\nn,1,1,0,\nn,1,1,0,\n')).toThrow('nodes.csv:3: sn: duplicate id "n", first used on line 2');
  });
});

it('takes a list of requests without times only all at once: services without an end', () => {
  const multi = traceFolder().file('multi.csv.gz', gzipSync('name,cpu_milli,memory_mib,num_gpu,gpu_milli\na,8000,1024,2,1000\nb,1000,512,1,1200\nc,1000,512,2,500\n'));
  const readList = (options: object): ReturnType<typeof openb.read> => openb.read(new Map([['pods', multi]]), openb.options.parse({ format: 'openb', pods: 'multi.csv.gz', ...options }));
  expect(() => readList({})).toThrow(/^multi\.csv\.gz:1: creation_time: this list tells no times; expected "together: true" to submit all pods at time zero/);
  const { columns, report } = readList({ together: true });
  expect([columns.jobSubmitUs, columns.taskDurationUs].map((column) => [...column])).toEqual([[0, 0], [Infinity, Infinity]]);
  expect(new Workload(columns).shapes[0]).toMatchObject({ kind: 'service', cpuMilli: 8000, gpuCount: 2, gpuMilli: 1000, gpuModels: [] });
  expect(report).toMatchObject({ rows: 3, accepted: 2, rejected: { total: 1 }, horizonUs: 0 });
});

const FOLDER = 'alibaba-gpu-2023-openb';

describe.skipIf(!hasTrace(FOLDER))('the published OpenB trace', () => {
  const file = (name: string): TraceFile => ({ path: join(REAL_TRACES, FOLDER, name), label: name });

  it('is read to the last pod and node', () => {
    const files = new Map([['pods', file('openb_pod_list_default.csv.gz')], ['nodes', file('openb_node_list_all_node.csv')]]);
    const { columns, machines, report } = openb.read(files, openb.options.parse({ format: 'openb', pods: 'p', nodes: 'n' }));
    expect(report).toMatchObject({ rows: 8152, accepted: 8152, rejected: { total: 0 }, repaired: { total: 443 }, clamped: { total: 0 }, horizonUs: 12_902_960e6 });
    expect(machines).toHaveLength(1523);
    expect(machines!.reduce((sum, machine) => sum + (machine.gpuCount ?? 0), 0)).toBe(6212);
    const workload = new Workload(columns);
    let services = 0;
    let shared = 0;
    for (let task = 0; task < workload.taskCount; task++) {
      const shape = workload.shapes[workload.shapeOf(task)]!;
      if (shape.kind === 'service') services++;
      if (shape.gpuCount === 1 && shape.gpuMilli < 1000) shared++;
    }
    // 3,837 + 454 + 203 + 153 latency-sensitive and 7 guaranteed pods; 3,078 pods share a GPU.
    expect([services, shared]).toEqual([4654, 3078]);
    expect(workload.taskByName('openb-pod-0004')).toBeGreaterThanOrEqual(0);
  });

  it('restricts a third of the GPU pods to models in the variant of that name', () => {
    const { columns, report } = openb.read(new Map([['pods', file('openb_pod_list_gpuspec33.csv.gz')]]), openb.options.parse({ format: 'openb', pods: 'p' }));
    expect(report.rejected.total).toBe(0);
    const workload = new Workload(columns);
    let gpu = 0;
    let restricted = 0;
    for (let task = 0; task < workload.taskCount; task++) {
      const shape = workload.shapes[workload.shapeOf(task)]!;
      if (shape.gpuCount > 0) gpu++;
      if (shape.gpuModels.length > 0) restricted++;
    }
    expect(restricted / gpu).toBeGreaterThan(0.3);
    expect(restricted / gpu).toBeLessThan(0.36);
  });
});
