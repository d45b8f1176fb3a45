import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadWorkload, WORKLOAD_SOURCE } from './source.ts';
import { traceFolder } from './testing/trace-folder.ts';

const TASKS =
  'submit,job,tasks,kind,duration,cpu,memory,constraints,after\n' +
  '0,web,3,service,,1,1GiB,zone==a,\n' +
  '1,prepare,1,batch,5.5,0.5,10,,\n' +
  '2,train,2,batch,5 6,2,2GiB,,prepare\n';
const MACHINES = 'name,cpu,memory,gpu,gpuModel,slots,rack,zone,attributes\nm1,4,8GiB,1,T4,,r1,a,disk=ssd\n';

function scene(tasks = TASKS) {
  const folder = traceFolder();
  folder.file('tasks.csv', tasks);
  folder.file('machines.csv', MACHINES);
  const cache = join(folder.path, 'cache');
  const load = (options: object = {}, cacheFolder: string | null = cache) =>
    loadWorkload(WORKLOAD_SOURCE.parse({ trace: { format: 'seatrial-csv', tasks: 'tasks.csv', machines: 'machines.csv', ...options } }), folder.path, 1, cacheFolder);
  const files = (): string[] => readdirSync(cache).map((name) => join(cache, name));
  return { folder, cache, load, files };
}

/** What results may depend on: all but what the cache did. */
const contents = ({ columns, machines, report, sources }: ReturnType<ReturnType<typeof scene>['load']>): unknown => ({ columns, machines, report, sources });

describe('the column cache', () => {
  it('gives back what was read, in shared memory', () => {
    const { load, files } = scene();
    const plain = load({}, null);
    const first = load();
    const second = load();
    expect([plain.cache, first.cache, second.cache]).toEqual([
      { state: 'off', reason: '' },
      { state: 'stored', reason: 'absent' },
      { state: 'hit', reason: '' },
    ]);
    expect(contents(first)).toEqual(contents(plain));
    expect(contents(second)).toEqual(contents(plain));
    expect(files()).toHaveLength(1);
    const { columns } = second;
    for (const column of [columns.jobSubmitUs, columns.jobShape, columns.jobKey, columns.jobFirstTask!, columns.taskJob!, columns.taskDurationUs, columns.dependencies!.list, columns.jobNames!.bytes]) {
      expect(column.buffer).toBeInstanceOf(SharedArrayBuffer);
    }
  });

  it('keeps trace, options and contents apart', () => {
    const { load, folder, files } = scene();
    load();
    expect(load({ sample: 0.99 }).cache.state).toBe('stored');
    expect(load({ window: { from: '1s' } }).cache.state).toBe('stored');
    folder.file('tasks.csv', TASKS.replace('5.5', '5.6'));
    const changed = load();
    expect(changed.cache).toEqual({ state: 'stored', reason: 'absent' });
    expect(changed.columns.taskDurationUs).toContain(5_600_000);
    folder.file('machines.csv', MACHINES.replace('8GiB', '16GiB'));
    expect(load().machines![0]!.memoryBytes).toBe(2 ** 34);
    expect(files()).toHaveLength(5);
  });

  it('is rebuilt without a word of complaint from any damage, and never believed', () => {
    const { load, files } = scene();
    const expected = contents(load());
    const [path] = files();
    const whole = readFileSync(path!);
    fc.assert(
      fc.property(fc.oneof(fc.record({ at: fc.nat(whole.length - 1), bit: fc.integer({ min: 0, max: 7 }) }), fc.record({ length: fc.nat(whole.length - 1) })), (damage) => {
        const bytes = Buffer.from('length' in damage ? whole.subarray(0, damage.length) : whole);
        if ('at' in damage) bytes[damage.at]! ^= 1 << damage.bit;
        writeFileSync(path!, bytes);
        const loaded = load();
        expect(loaded.cache.state).toBe('stored');
        expect(loaded.cache.reason).toMatch(/^(damaged|of version|of another trace)/);
        expect(contents(loaded)).toEqual(expected);
        expect(readFileSync(path!)).toEqual(whole);
      }),
      { numRuns: 150 },
    );
    writeFileSync(path!, Buffer.concat([whole, Buffer.from('more')]));
    expect(load().cache.reason).toBe('damaged: truncated');
  });

  it('costs no run when its folder cannot be written', () => {
    const { folder, load } = scene();
    const blocked = folder.file('blocked', 'a file where the folder should be').path;
    const loaded = load({}, blocked);
    expect(loaded.cache.state).toBe('unwritable');
    expect(contents(loaded)).toEqual(contents(load({}, null)));
  });

  it('does not keep a trace that could not be read', () => {
    const { load, files, folder } = scene('submit,job,duration,cpu,memory\n0,a,-1,1,1\n');
    expect(() => load()).toThrow(/^tasks\.csv:2: duration: negative duration/);
    folder.file('tasks.csv', TASKS);
    load();
    expect(files()).toHaveLength(1);
  });
});

describe('the source of a workload', () => {
  it('names a file that is missing as the scenario does, and where it was looked for', () => {
    const { folder, load } = scene();
    expect(() => load({ tasks: 'no/such.csv' })).toThrow(`no/such.csv: the file does not exist (looked at ${join(folder.path, 'no/such.csv')})`);
  });

  it('names sources with size and hash', () => {
    const { load } = scene();
    expect(load().sources.map(({ role, label, bytes, sha256 }) => [role, label, bytes, sha256.length])).toEqual([
      ['tasks', 'tasks.csv', TASKS.length, 64],
      ['machines', 'machines.csv', MACHINES.length, 64],
    ]);
  });

  it('is one trace or one generator', () => {
    const trace = { format: 'seatrial-csv', tasks: 'x' };
    for (const wrong of [{}, { trace, synthetic: { generator: 'poisson' } }, { trace: { format: 'csv', tasks: 'x' } }, { trace: { ...trace, colour: 1 } }, { trace: { ...trace, sample: 0 } }, { trace: { ...trace, window: { from: 5 } } }]) {
      expect(WORKLOAD_SOURCE.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false);
    }
    expect(WORKLOAD_SOURCE.parse({ trace })).toEqual({ trace: { ...trace, sample: 1 } });
  });
});
