import { describe, expect, it } from 'vitest';
import { traceFolder } from '../../testing/trace-folder.ts';
import { Workload } from '../../workload.ts';
import { marathonApps } from './marathon.ts';

function read(apps: unknown, options: object = {}) {
  const file = traceFolder().file('apps.json', typeof apps === 'string' ? apps : JSON.stringify(apps, null, 2));
  const reading = marathonApps.read(new Map([['apps', file]]), marathonApps.options.parse({ format: 'marathon', apps: 'apps.json', ...options }));
  const workload = new Workload(reading.columns);
  const jobs = Array.from({ length: workload.jobCount }, (_, job) => ({ name: workload.jobName(job), size: workload.size(job), initial: workload.initialCount(job), submitS: reading.columns.jobSubmitUs[job]! / 1e6, lifetimeS: workload.lifetimeUs(job) / 1e6, shape: workload.shapes[reading.columns.jobShape[job]!]! }));
  return { ...reading, jobs };
}

const WEB = { id: '/shop/web', cpus: 0.25, mem: 512, gpus: 1, instances: 3, container: { type: 'DOCKER', docker: { image: 'web:1' } }, constraints: [['rack', 'IS', 'r1'], ['hostname', 'UNIQUE']], upgradeStrategy: { minimumHealthCapacity: 0.5 } };

describe('the reader of Marathon apps', () => {
  it('makes an app a service of as many tasks as instances, with all that was written under native', () => {
    const { jobs, report } = read(WEB);
    expect(jobs).toHaveLength(1);
    expect(jobs[0]).toMatchObject({ name: '/shop/web', size: 3, lifetimeS: Infinity, shape: { kind: 'service', cpuMilli: 250, memoryBytes: 512 * 2 ** 20, gpuCount: 1, gpuMilli: 1000, image: 'web:1', user: 'shop', constraints: [{ attribute: 'rack', operator: '==', value: 'r1' }] } });
    expect(jobs[0]!.shape.native).toEqual({ format: 'marathon', spec: { ...WEB, dependencies: [] } });
    expect(report).toMatchObject({ rows: 1, accepted: 1, rejected: { total: 0 } });
  });

  it('fills in what the API fills in', () => {
    expect(read({ id: 'sleep', cmd: 'sleep 100' }).jobs[0]).toMatchObject({ name: '/sleep', size: 1, shape: { cpuMilli: 1000, memoryBytes: 128 * 2 ** 20, gpuCount: 0, image: '', user: '' } });
  });

  it('reads lists, groups inside groups and the answers of the API', () => {
    const names = (apps: unknown): string[] => read(apps).jobs.map(({ name }) => name);
    expect(names([{ id: '/a' }, { id: '/b' }])).toEqual(['/a', '/b']);
    expect(names({ apps: [{ id: '/a', versionInfo: {}, tasksRunning: 3 }] })).toEqual(['/a']);
    expect(names({ app: { id: '/a' } })).toEqual(['/a']);
    const groups = { id: '/', apps: [{ id: '/top' }], groups: [{ id: 'shop', dependencies: ['/top'], groups: [{ id: 'data', apps: [{ id: 'db' }] }], apps: [{ id: 'web', dependencies: ['data', '../x'] }] }], pods: [{ id: '/p' }] };
    expect(names(groups)).toEqual(['/shop/data/db', '/shop/web', '/top']);
    const { jobs, report } = read(groups);
    expect(jobs.map(({ shape }) => (shape.native!.spec as { dependencies: string[] }).dependencies)).toEqual([['/top'], ['/shop/data', '/x', '/top'], []]);
    expect(report).toMatchObject({ rows: 4, accepted: 3, rejected: { total: 1, listed: [{ file: 'apps.json', text: 'is a pod: only apps are read' }] } });
  });

  it('takes from labels what an app does not say of itself', () => {
    const { jobs } = read({ id: '/a', instances: 2, labels: { 'seatrial.dev/duration': '1h', 'seatrial.dev/submit-at': '10min', 'seatrial.dev/failure-share': '0.25', 'seatrial.dev/max-instances': '5', team: 'x' } });
    expect(jobs[0]).toMatchObject({ size: 5, initial: 2, submitS: 600, lifetimeS: 3600, shape: { failureShare: 0.25 } });
    expect(read({ id: '/a', instances: 0 }).jobs[0]).toMatchObject({ size: 1, initial: 0 });
  });

  it('names file, line and field of a mistake, and the name that was meant', () => {
    expect(() => read('{\n  "id": "/a",\n  "instances": -1\n}')).toThrow(/^apps\.json:3: instances: /);
    expect(() => read('{\n  "id": "/a",\n  "instnces": 2\n}')).toThrow('apps.json:3: instnces: an app has no such field (did you mean "instances"?)');
    expect(() => read('[\n{"id": "/a"},\n{"id": "/b", "constraints": [["rack", "NEAR", "x"]]}]')).toThrow(/^apps\.json:3: constraints\.0\.1: /);
    const constrained = (...constraint: string[]) => () => read({ id: '/a', constraints: [constraint] });
    expect(constrained('rack', 'MAX_PER', 'many')).toThrow('constraints.0.2: MAX_PER expects a whole number');
    expect(constrained('rack', 'GROUP_BY', 'three')).toThrow('constraints.0.2: GROUP_BY expects a whole number or no value');
    expect(constrained('rack', 'LIKE')).toThrow('constraints.0.2: LIKE expects a regular expression');
    expect(constrained('rack', 'UNLIKE', '(')).toThrow('constraints.0.2: "(" is no regular expression');
    for (const usable of [['rack', 'GROUP_BY'], ['rack', 'MAX_PER', '2'], ['rack', 'LIKE', '(?i)r[12]'], ['rack', 'UNIQUE']]) expect(constrained(...usable)).not.toThrow();
    expect(() => read({ id: '/a', mem: 1e300 })).toThrow(/mem: .*expected number to be <=8589934592/);
    expect(() => read('['.repeat(50_000))).toThrow('apps.json:1: is nested too deeply');
    expect(() => read('[\n{"id": "/a"},\n{"id": "a"}]')).toThrow('apps.json:3: id: duplicate id "/a", first used on line 2');
    expect(() => read('{"id": "/a"')).toThrow(/^apps\.json:1: /);
    expect(() => read('[1]')).toThrow(/^apps\.json:1: is neither an app nor a group; expected an app, a group/);
    expect(() => read({ id: '/a', labels: { 'seatrial.dev/durtion': '1h' } })).toThrow('labels.seatrial.dev/durtion: there is no such label (did you mean "seatrial.dev/duration"?)');
    expect(() => read({ apps: [] })).toThrow(/holds no usable app/);
  });

  it('refuses apps that wait for each other, also by way of a group', () => {
    expect(() => read([{ id: '/g/a', dependencies: ['/b'] }, { id: '/b', dependencies: ['/g'] }])).toThrow('apps wait for each other: /g/a -> /b -> /g/a');
  });

  it('cuts a window and samples', () => {
    const apps = [{ id: '/a', labels: { 'seatrial.dev/submit-at': '10min' } }, { id: '/b', labels: { 'seatrial.dev/duration': '5min' } }];
    const { jobs, report } = read(apps, { window: { from: '8min' } });
    expect(jobs.map(({ name, submitS }) => [name, submitS])).toEqual([['/a', 120]]);
    expect(report).toMatchObject({ outsideWindow: 1, accepted: 1 });
  });
});
