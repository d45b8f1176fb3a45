import { describe, expect, it } from 'vitest';
import { traceFolder } from '../../testing/trace-folder.ts';
import { Workload } from '../../workload.ts';
import type { MachineSpec } from '../../../world/machine-inventory.ts';
import { composeFiles } from './compose.ts';

function read(text: string, options: object = {}, machines: readonly MachineSpec[] | null = null) {
  const file = traceFolder().file('compose.yaml', text);
  const reading = composeFiles.read(new Map([['file', file]]), composeFiles.options.parse({ format: 'compose', file: 'compose.yaml', ...options }), machines);
  const workload = new Workload(reading.columns);
  const jobs = Array.from({ length: workload.jobCount }, (_, job) => ({
    name: workload.jobName(job),
    size: workload.size(job),
    initial: workload.initialCount(job),
    submitS: reading.columns.jobSubmitUs[job]! / 1e6,
    workS: workload.workUs(workload.firstTask(job)) / 1e6,
    lifetimeS: workload.lifetimeUs(job) / 1e6,
    after: Array.from(reading.columns.dependencies?.list.slice(reading.columns.dependencies.first[job], reading.columns.dependencies.first[job + 1]) ?? [], (other) => workload.jobName(other)),
    shape: workload.shapes[reading.columns.jobShape[job]!]!,
  }));
  return { ...reading, jobs, job: (name: string) => jobs.find((job) => job.name === name)! };
}

const SHOP = `
name: shop
x-small: &small
  deploy:
    replicas: 2
    resources:
      reservations: { cpus: '0.25', memory: 64M }
services:
  web:
    image: web:1
    depends_on: [db]
    ports: ["8080:80"]
    deploy:
      replicas: 3
      placement:
        constraints: ["node.labels.zone == a", "node.role == worker"]
        preferences: [{ spread: node.labels.rack }]
      resources:
        limits: { cpus: '2', memory: 1G }
        reservations: { cpus: '0.5', memory: 512M }
      restart_policy: { condition: on-failure, delay: 5s, max_attempts: 3 }
      update_config: { parallelism: 1, delay: 10s, order: start-first }
  db:
    image: "postgres:\${PG:-16}"
    restart: always
    mem_limit: 2g
    cpus: 1.5
  worker:
    <<: *small
    image: worker
  migrate:
    image: web:1
    x-seatrial: { duration: 90s, submitAt: 10min, failureShare: 0.25 }
  seed:
    build: .
    depends_on:
      migrate: { condition: service_completed_successfully }
    x-seatrial: { duration: 1min }
`;

describe('the reader of Compose files', () => {
  it('makes a service one job of as many tasks as replicas, with reservations as its request and all that was written under native', () => {
    const { job, report } = read(SHOP);
    expect(job('web')).toMatchObject({ size: 3, initial: 3, submitS: 0, lifetimeS: Infinity, after: [], shape: { kind: 'service', cpuMilli: 500, memoryBytes: 512 * 2 ** 20, image: 'web:1', user: 'shop', constraints: [{ attribute: 'zone', operator: '==', value: 'a' }] } });
    expect(job('web').shape.native).toMatchObject({ format: 'compose', spec: { depends_on: ['db'], ports: ['8080:80'], deploy: { placement: { constraints: ['node.labels.zone == a', 'node.role == worker'] }, update_config: { order: 'start-first' } } } });
    expect(report).toMatchObject({ rows: 5, accepted: 5, rejected: { total: 0 } });
  });

  it('asks for the limits where nothing is reserved, follows merge keys and fills in variables', () => {
    const { job } = read(SHOP);
    expect(job('db').shape).toMatchObject({ cpuMilli: 1500, memoryBytes: 2 * 2 ** 30, image: 'postgres:16' });
    expect(job('worker')).toMatchObject({ size: 2, shape: { cpuMilli: 250, memoryBytes: 64 * 2 ** 20 } });
    expect(read(SHOP, { variables: { PG: 17 } }).job('db').shape.image).toBe('postgres:17');
    expect(read('services: { a: { image: a, deploy: { replicas: "${N}" } } }', { variables: { N: 4 } }).job('a').size).toBe(4);
    expect(() => read('services:\n  a:\n    image: a:${TAG}\n')).toThrow('compose.yaml:3: services.a.image: the variable TAG has no value (give it to the reader: variables: { TAG: ... })');
  });

  it('makes work of a known duration a job that others may wait for', () => {
    const { job } = read(SHOP);
    expect(job('migrate')).toMatchObject({ submitS: 600, workS: 90, shape: { kind: 'batch', failureShare: 0.25 } });
    expect(job('seed')).toMatchObject({ workS: 60, after: ['migrate'], shape: { image: 'shop-seed' } });
    const { job: other } = read('services: { a: { image: a, x-seatrial: { lifetime: 1h, maxReplicas: 5 } } }');
    expect(other('a')).toMatchObject({ size: 5, initial: 1, lifetimeS: 3600, shape: { kind: 'service' } });
  });

  it('leaves out services of profiles that are not active, and counts them', () => {
    const text = 'services:\n  a: { image: a }\n  debug: { image: d, profiles: [debug] }\n';
    expect(read(text).report).toMatchObject({ rows: 2, accepted: 1, rejected: { total: 1, listed: [{ file: 'compose.yaml', line: 3, text: 'service "debug" is only in profiles that are not active: debug' }] } });
    expect(read(text, { profiles: ['debug'] }).report.accepted).toBe(2);
  });

  it('counts devices as GPUs and wants to know on how many nodes a global service runs', () => {
    const gpu = (count: string) => `services: { a: { deploy: { resources: { reservations: { devices: [{ capabilities: [gpu]${count} }] } } } } }`;
    expect(read(gpu(', count: 2')).job('a').shape).toMatchObject({ gpuCount: 2, gpuMilli: 1000 });
    expect(() => read(gpu(''))).toThrow('services.a.deploy.resources.reservations.devices.0: how many GPUs is not said; expected count: a number');
    const global = 'services: { a: { image: a, deploy: { mode: global } } }';
    expect(() => read(global)).toThrow('give the reader globalNodes: 100');
    expect(read(global, { globalNodes: 7 }).job('a').size).toBe(7);
  });

  it('gives a global service a task on every machine of the cluster that meets its constraints', () => {
    const machine = (name: string, attributes: Record<string, string> = {}): MachineSpec => ({ name, cpuMilli: 1000, memoryBytes: 1, attributes });
    const cluster = [machine('a'), machine('b', { disk: 'ssd' }), machine('c', { disk: 'ssd', 'node.platform.arch': 'aarch64' })];
    const global = (constraints: string) => read(`services: { a: { image: a, deploy: { mode: global, placement: { constraints: [${constraints}] } } } }`, {}, cluster).job('a');
    expect(global('')).toMatchObject({ size: 3, initial: 3 });
    expect(global('node.role == worker')).toMatchObject({ size: 2, initial: 2 });
    expect(global('node.labels.disk == ssd, node.platform.arch != aarch64')).toMatchObject({ size: 1, initial: 1 });
    expect(global('node.hostname == z')).toMatchObject({ size: 1, initial: 0 });
    const job = 'services: { a: { image: a, deploy: { mode: global-job, placement: { constraints: [node.hostname == z] } }, x-seatrial: { duration: 1s } } }';
    expect(() => read(job, {}, cluster)).toThrow('services.a.deploy.placement.constraints: no machine of the cluster meets the constraints of this global job');
  });

  it.each([
    ['services:\n  a:\n    imge: x', 'compose.yaml:3: services.a.imge: a service has no such field (did you mean "image"?)'],
    ['services:\n  a:\n    image: x\n    deploy:\n      replicas: -1', 'compose.yaml:5: services.a.deploy.replicas: expected a number of at least 0'],
    ['services:\n  a:\n    image: x\n    deploy:\n      resources:\n        limits:\n          memory: 64X', 'compose.yaml:7: services.a.deploy.resources.limits.memory: expected an amount of bytes such as 512M'],
    ['services:\n  a:\n    deploy:\n      restart_policy:\n        delay: 5 s', 'compose.yaml:5: services.a.deploy.restart_policy.delay: expected a duration such as 1m30s'],
    ['services:\n  a:\n    deploy:\n      placement:\n        constraints:\n          - node.labels.x = y', 'compose.yaml:6: services.a.deploy.placement.constraints.0: expected "key == value"'],
    ['services:\n  a:\n    depends_on: [b]\n  bb: {}', 'compose.yaml:3: services.a.depends_on.0: service "a" depends on "b", which does not exist (did you mean "bb"?)'],
    ['services:\n  a:\n    depends_on: [b]\n  b:\n    depends_on: [a]', 'compose.yaml:3: services.a.depends_on: services wait for each other: a -> b -> a'],
    ['services:\n  a:\n    deploy: { mode: replicated-job }', 'compose.yaml:3: services.a.deploy.mode: how long a replicated-job works is not said (x-seatrial: { duration: 10min })'],
    ['services:\n  a:\n    x-seatrial: { durtion: 1h }', 'compose.yaml:3: services.a.x-seatrial.durtion: there is no such field (did you mean "duration"?)'],
    ['services:\n  a: {}\n  a: {}', 'compose.yaml:3: Map keys must be unique'],
    ['servces:\n  a: {}', 'compose.yaml:1: servces: a Compose file has no such section (did you mean "services"?)'],
    ['- 1', 'compose.yaml:1: is no mapping; expected a Compose file: a mapping with services'],
    ['services:\n  a:\n    ports: ["80 80"]', 'compose.yaml:3: services.a.ports.0: expected [[host-ip:]published:]target[/protocol], such as "8080:80"'],
    ['services:\n  a:\n    extends: { service: b }', 'compose.yaml:3: services.a.extends: extending other services is not supported'],
    ['services: {}', 'compose.yaml: holds no usable service (0 read, 0 left out)'],
    ['services: { __proto__: { image: [] } }', 'compose.yaml:1: services.__proto__: "__proto__" is no name of a service'],
    ['services:\n  a: { image: a, deploy: { replicas: 1e12 } }', 'compose.yaml:2: services.a.deploy.replicas: expected at most 1000000 tasks'],
    ['services:\n  a: { image: a, deploy: { resources: { limits: { memory: 99999999G } } } }', 'compose.yaml:2: services.a.deploy.resources.limits.memory: expected at most 8388608G'],
  ])('says where a mistake is: %j', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});
