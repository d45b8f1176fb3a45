import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { TraceFile } from '../../reader.ts';
import { EMPTY_SHAPE } from '../../shape.ts';
import { traceFolder } from '../../testing/trace-folder.ts';
import { ColumnBuilder } from '../../column-builder.ts';
import { Workload, type WorkloadColumns } from '../../workload.ts';
import { machineRows, taskRows, writeSeatrialCsv } from '../../write-seatrial-csv.ts';
import { seatrialCsv } from './seatrial-csv.ts';
import type { MachineSpec } from '../../../world/machine-inventory.ts';

function read(tasks: string | Uint8Array, options: object = {}, machines?: string) {
  const folder = traceFolder();
  const files = new Map<string, TraceFile>([['tasks', folder.file('tasks.csv', tasks)]]);
  if (machines !== undefined) files.set('machines', folder.file('machines.csv', machines));
  return seatrialCsv.read(files, seatrialCsv.options.parse({ format: 'seatrial-csv', tasks: 'tasks.csv', ...options }));
}

/** Everything of a workload, by job. */
function jobsOf(columns: WorkloadColumns): object[] {
  const workload = new Workload(columns);
  return Array.from({ length: workload.jobCount }, (_, job) => {
    const first = workload.firstTask(job);
    return {
      name: workload.jobName(job),
      submitUs: columns.jobSubmitUs[job],
      key: columns.jobKey[job],
      shape: columns.shapes[columns.jobShape[job]!],
      durationsUs: [...columns.taskDurationUs.subarray(first, first + workload.size(job))],
      after: columns.dependencies === null ? [] : [...columns.dependencies.list.subarray(columns.dependencies.first[job], columns.dependencies.first[job + 1])],
    };
  });
}

describe("Seatrial's own CSV", () => {
  it('needs only submission, name, duration, cores and memory', () => {
    const { columns, report } = read('submit,job,duration,cpu,memory\n1.5,a,10,0.5,512MiB\n0,b,2.25,2,1000\n');
    expect(jobsOf(columns)).toMatchObject([
      { name: 'b', submitUs: 0, durationsUs: [2_250_000], shape: { ...EMPTY_SHAPE, cpuMilli: 2000, memoryBytes: 1000 } },
      { name: 'a', submitUs: 1_500_000, durationsUs: [10_000_000], shape: { ...EMPTY_SHAPE, cpuMilli: 500, memoryBytes: 512 * 2 ** 20 } },
    ]);
    expect(report).toMatchObject({ rows: 2, accepted: 2, initialJobs: 0, horizonUs: 1_500_000 });
  });

  it('says everything that the job model can', () => {
    const { columns, machines } = read(
      'job,submit,tasks,kind,duration,cpu,memory,gpu,gpuMilli,gpuModels,image,priority,constraints,after,user,failureShare\n' +
        'web,0,3,service,,1,1GiB,0,,,nginx,100,zone==a;disk != hdd,,alice,0\n' +
        'train,5,2,batch,10 20.5,8,64GiB,1,500,A10|T4,"a,b",-5,,prepare,bob,0.25\n' +
        'prepare,1,,,60,1,1GiB,,,,,,,,,\n',
      {},
      'name,cpu,memory,gpu,gpuModel,slots,rack,zone,attributes\nm1,32,128GiB,4,A10,110,r1,z1,disk=ssd;os=linux\nm2,0.5,1GB,,,,,,\n',
    );
    expect(jobsOf(columns)).toMatchObject([
      { name: 'web', durationsUs: [Infinity, Infinity, Infinity], shape: { kind: 'service', image: 'nginx', priority: 100, user: 'alice', constraints: [{ attribute: 'zone', operator: '==', value: 'a' }, { attribute: 'disk', operator: '!=', value: 'hdd' }] } },
      { name: 'prepare', durationsUs: [60e6], shape: { kind: 'batch' }, after: [] },
      { name: 'train', durationsUs: [10e6, 20.5e6], shape: { gpuCount: 1, gpuMilli: 500, gpuModels: ['A10', 'T4'], image: 'a,b', priority: -5, user: 'bob', failureShare: 0.25 }, after: [1] },
    ]);
    expect(machines).toEqual([
      { name: 'm1', cpuMilli: 32_000, memoryBytes: 2 ** 37, gpuCount: 4, gpuModel: 'A10', slots: 110, rack: 'r1', zone: 'z1', attributes: { disk: 'ssd', os: 'linux' } },
      { name: 'm2', cpuMilli: 500, memoryBytes: 1e9 },
    ]);
  });

  it('is cut to a window with what is left of the jobs that are alive at its start', () => {
    const tasks = 'submit,job,kind,duration,cpu,memory,after\n0,over,batch,99,1,1,\n10,web,service,,1,1,\n20,pair,batch,70 100,1,1,over\n150,late,batch,5,1,1,over\n250,out,batch,5,1,1,\n';
    const { columns, report } = read(tasks, { window: { from: '100s', to: '200s' } });
    expect(jobsOf(columns)).toMatchObject([
      { name: 'pair', submitUs: 0, durationsUs: [20e6], after: [] },
      { name: 'web', submitUs: 0, durationsUs: [Infinity] },
      { name: 'late', submitUs: 50e6, after: [] },
    ]);
    expect(report).toMatchObject({ rows: 5, accepted: 3, outsideWindow: 2, initialJobs: 2, horizonUs: 100e6 });
  });

  const HEAD = 'submit,job,tasks,kind,duration,cpu,memory,gpu,gpuMilli,after,failureShare\n';
  const mistakes: [string, string, RegExp][] = [
    ['a negative duration', '0,a,1,batch,-5,1,1,,,,', /^tasks\.csv:2: duration: negative duration "-5"; expected seconds$/],
    ['a negative duration in a list', '0,a,2,batch,5 -1,1,1,,,,', /^tasks\.csv:2: duration: negative duration "-1"/],
    ['a negative submission', '-1,a,1,batch,5,1,1,,,,', /^tasks\.csv:2: submit: negative submit "-1"/],
    ['a duplicate id', '0,a,1,batch,5,1,1,,,,\n1,a,1,batch,5,1,1,,,,', /^tasks\.csv:3: job: duplicate id "a", first used on line 2$/],
    ['an unknown predecessor', '0,a,1,batch,5,1,1,,,b,', /^tasks\.csv:2: after: job "a" depends on "b", which does not exist$/],
    ['a cycle', '0,x,1,batch,5,1,1,,,,\n0,a,1,batch,5,1,1,,,x;c,\n0,b,1,batch,5,1,1,,,a,\n0,c,1,batch,5,1,1,,,b,', /^tasks\.csv:3: after: job "a" is part of a cycle of dependencies: a -> c -> b -> a/],
    ['a job that waits for itself', '0,a,1,batch,5,1,1,,,a,', /^tasks\.csv:2: after: job "a" is part of a cycle of dependencies: a -> a/],
    ['a misspelt predecessor', '0,first,1,batch,5,1,1,,,,\n0,second,1,batch,5,1,1,,,frist,', /^tasks\.csv:3: after: job "second" depends on "frist", which does not exist \(did you mean "first"\?\)$/],
    ['a negative amount without a unit', '0,a,1,batch,5,1,-1,,,,', /^tasks\.csv:2: memory: negative memory "-1"; expected bytes/],
    ['cores that would round to none', '0,a,1,batch,5,0.0001,1,,,,', /^tasks\.csv:2: cpu: "0\.0001" is less than half a thousandth of a core; expected/],
    ['batch work without end', '0,a,1,batch,,1,1,,,,', /^tasks\.csv:2: duration: is empty; expected seconds of work/],
    ['no task', '0,a,0,batch,5,1,1,,,,', /^tasks\.csv:2: tasks: 0 is out of range/],
    ['too few durations', '0,a,3,batch,5 6,1,1,,,,', /^tasks\.csv:2: duration: holds 2 durations for 3 tasks/],
    ['a number beyond all machines', '0,a,1,batch,5,1e300,1,,,,', /^tasks\.csv:2: cpu: "1e300" is too large; expected a number of cores$/],
    ['a submission after the end of time', '1e300,a,1,batch,5,1,1,,,,', /^tasks\.csv:2: submit: "1e300" is too large/],
    ['a text for a number', '0,a,1,batch,5,two,1,,,,', /^tasks\.csv:2: cpu: "two" is no number; expected a number of cores$/],
    ['a wrong unit', '0,a,1,batch,5,1,1XB,,,,', /^tasks\.csv:2: memory: "XB" is no unit of bytes/],
    ['an unknown kind', '0,a,1,daemon,5,1,1,,,,', /^tasks\.csv:2: kind: "daemon" is no kind of job; expected batch or service$/],
    ['parts of several devices', '0,a,1,batch,5,1,1,2,500,,', /^tasks\.csv:2: gpuMilli: asks for parts of 2 devices/],
    ['a share above one', '0,a,1,batch,5,1,1,,,,1.5', /^tasks\.csv:2: failureShare: 1\.5 is out of range/],
    ['a short row', '0,a,1', /^tasks\.csv:2: the row has 3 fields; expected 11, as in the header$/],
    ['a missing name', '0,,1,batch,5,1,1,,,,', /^tasks\.csv:2: job: is empty; expected a name$/],
  ];
  it.each(mistakes)('refuses %s with its line and column', (_, rows, message) => {
    expect(() => read(`${HEAD}${rows}\n`)).toThrow(message);
  });

  it('refuses unknown, doubled and missing columns', () => {
    expect(() => read('submit,job,duration,cpu,memory,colour\n')).toThrow(/^tasks\.csv:1: colour: is no column of this format/);
    expect(() => read('submit,job,duraton,cpu,memory\n')).toThrow(/^tasks\.csv:1: duraton: is no column of this format; expected columns from submit, .* \(did you mean "duration"\?\)$/);
    expect(() => read('submit,job,duration,cpu,memory,__proto__\n')).toThrow(/^tasks\.csv:1: __proto__: is no column of this format/);
    expect(() => read('submit,job,duration,cpu,cpu,memory\n')).toThrow(/^tasks\.csv:1: cpu: the column is named twice/);
    expect(() => read('submit,job,duration,cpu\n')).toThrow(/^tasks\.csv:1: memory: the header lacks this column/);
    expect(() => read('')).toThrow(/^tasks\.csv:1: the file is empty; expected a header/);
  });

  it('refuses a window that ends before it begins', () => {
    expect(() => read('submit,job,duration,cpu,memory\n0,a,60,1,1\n', { window: { from: '20s', to: '10s' } })).toThrow('the window ends before it begins');
  });

  it('refuses truncated gzip and text that is not UTF-8', () => {
    const whole = gzipSync(`submit,job,duration,cpu,memory\n${Array.from({ length: 500 }, (_, i) => `${i},job-${i},${i % 97},1,1GiB\n`).join('')}`);
    expect(() => read(whole.subarray(0, whole.length - 20))).toThrow(/^tasks\.csv: the gzip file is truncated/);
    expect(() => read(Buffer.from('submit,job,duration,cpu,memory\n0,caf\xe9,1,1,1\n', 'latin1'))).toThrow(/^tasks\.csv:2:6: not UTF-8/);
  });

  it('refuses mistakes in a machine list with line and column', () => {
    const tasks = 'submit,job,duration,cpu,memory\n0,a,1,1,1\n';
    expect(() => read(tasks, {}, 'name,cpu,memory\na,1,1GiB\na,1,1GiB\n')).toThrow(/^machines\.csv:3: name: duplicate id "a", first used on line 2/);
    expect(() => read(tasks, {}, 'name,cpu,memory,attributes\na,1,1GiB,disk\n')).toThrow(/^machines\.csv:2: attributes: "disk" is no attribute; expected name=value/);
    expect(() => read(tasks, {}, 'name,cpu,memory\n')).toThrow(/^machines\.csv: holds no machine/);
  });

  const word = fc.stringMatching(/^[A-Za-z0-9_ ."',:äß日/-]{0,12}$/).map((text) => text.trim());
  const name = word.filter((text) => text !== '');
  const shapeOf = fc.record({
    kind: fc.constantFrom('batch' as const, 'service' as const),
    cpuMilli: fc.integer({ min: 0, max: 1e6 }),
    memoryBytes: fc.oneof(fc.integer({ min: 0, max: 2 ** 40 }), fc.integer({ min: 0, max: 4096 }).map((mebibytes) => mebibytes * 2 ** 20)),
    gpu: fc.oneof(fc.constant({ gpuCount: 0, gpuMilli: 0 }), fc.integer({ min: 1, max: 1000 }).map((gpuMilli) => ({ gpuCount: 1, gpuMilli })), fc.integer({ min: 2, max: 8 }).map((gpuCount) => ({ gpuCount, gpuMilli: 1000 }))),
    gpuModels: fc.array(name, { maxLength: 3 }),
    image: word,
    priority: fc.integer({ min: -1e6, max: 1e6 }),
    constraints: fc.array(fc.record({ attribute: name, operator: fc.constantFrom('==' as const, '!=' as const), value: word }), { maxLength: 2 }),
    user: word,
    failureShare: fc.double({ min: 0, max: 1, noNaN: true }).map(Math.abs),
  });
  const durationUs = fc.integer({ min: 0, max: 1e12 });
  const jobOf = fc.record({
    name,
    submitUs: fc.integer({ min: 0, max: 1e12 }),
    shape: shapeOf.map(({ gpu, ...rest }) => ({ ...rest, ...gpu })),
    durations: fc.oneof(fc.tuple(durationUs, fc.integer({ min: 1, max: 9 })), fc.array(durationUs, { minLength: 1, maxLength: 5 }).map((list) => [list, list.length] as const)),
    endless: fc.boolean(),
    after: fc.array(fc.nat(), { maxLength: 3 }),
  });

  it('brings every workload back as it was written', () => {
    fc.assert(
      fc.property(fc.uniqueArray(jobOf, { selector: (job) => job.name, minLength: 1, maxLength: 8 }), (jobs) => {
        const builder = new ColumnBuilder('seatrial-csv');
        jobs.forEach((job, i) => {
          const endless = job.endless && job.shape.kind === 'service';
          const after = i === 0 ? [] : [...new Set(job.after.map((n) => jobs[n % i]!.name))];
          builder.job(job.name, job.submitUs, builder.shape(job.shape), endless ? Infinity : job.durations[0], job.durations[1], 0, after);
        });
        const columns = builder.build();
        expect(jobsOf(read([...taskRows(columns)].join('')).columns)).toEqual(jobsOf(columns));
      }),
      { numRuns: 200 },
    );
  });

  it('brings every machine list back as it was written, and writes both files into a folder', () => {
    const machineOf: fc.Arbitrary<MachineSpec> = fc.record(
      {
        name,
        cpuMilli: fc.integer({ min: 0, max: 1e6 }),
        memoryBytes: fc.integer({ min: 0, max: 2 ** 44 }),
        gpuCount: fc.integer({ min: 1, max: 8 }),
        gpuModel: name,
        slots: fc.integer({ min: 0, max: 500 }),
        rack: name,
        zone: name,
        attributes: fc.dictionary(name, word, { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
      },
      { requiredKeys: ['name', 'cpuMilli', 'memoryBytes'] },
    );
    const tasks = 'submit,job,duration,cpu,memory\n0,a,1,1,1\n';
    fc.assert(
      fc.property(fc.uniqueArray(machineOf, { selector: (machine) => machine.name, minLength: 1, maxLength: 6 }), (machines) => {
        expect(read(tasks, {}, [...machineRows(machines)].join('')).machines).toEqual(machines);
      }),
      { numRuns: 100 },
    );
    const folder = traceFolder();
    const { columns } = read(tasks);
    writeSeatrialCsv(`${folder.path}/new`, columns, [{ name: 'm', cpuMilli: 1500, memoryBytes: 2 ** 30 }]);
    expect(readFileSync(`${folder.path}/new/tasks.csv`, 'utf8')).toBe([...taskRows(columns)].join(''));
    expect(readFileSync(`${folder.path}/new/machines.csv`, 'utf8')).toBe('name,cpu,memory,gpu,gpuModel,slots,rack,zone,attributes\nm,1.5,1GiB,0,,,,,\n');
  });

  it('cannot be written with names that its lists could not hold', () => {
    const builder = new ColumnBuilder('x');
    builder.job('a;b', 0, builder.shape({}), 1, 1);
    expect(() => [...taskRows(builder.build())]).toThrow('the job name "a;b" cannot be written: it holds a ";", which separates entries of a list');
  });
});
