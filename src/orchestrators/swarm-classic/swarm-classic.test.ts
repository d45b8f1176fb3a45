import { expect, test } from 'vitest';
import { Counter, RecordKind, TaskOutcome } from '../../metrics/log.ts';
import type { JobSpec } from '../../workload/workload-builder.ts';
import { buildWorkload } from '../../workload/workload-builder.ts';
import { MachineInventory, type MachineSpec } from '../../world/machine-inventory.ts';
import { type Assembly, assemble, type AssemblyOptions } from '../assemble.ts';
import { Recorder } from '../testing/recorder.ts';
import { swarmClassic } from './swarm-classic.ts';

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
const GIB = 1024 ** 3;

interface Run extends Assembly {
  readonly records: Recorder;
}

function machines(count: number, spec: Partial<MachineSpec> = {}): MachineInventory {
  return new MachineInventory(Array.from({ length: count }, (_, i) => ({ name: `node-${i}`, cpuMilli: 4000, memoryBytes: 16 * GIB, ...spec })));
}

function service(name: string, cpuMilli: number, fields: Partial<JobSpec> = {}): JobSpec {
  return { name, submitUs: SECOND, shape: { kind: 'service', cpuMilli }, durationsUs: [Infinity], ...fields };
}

function batch(name: string, cpuMilli: number, seconds: number, fields: Partial<JobSpec> = {}): JobSpec {
  return { name, submitUs: SECOND, shape: { cpuMilli }, durationsUs: [seconds * SECOND], ...fields };
}

function start(inventory: MachineInventory, jobs: readonly JobSpec[], options: Partial<AssemblyOptions> = {}): Run {
  const records = new Recorder();
  return { ...assemble({ definition: swarmClassic as AssemblyOptions['definition'], inventory, workload: buildWorkload('test', jobs), seed: 1, collectors: [records], ...options }), records };
}

function running(run: Run): string[] {
  const on = new Map<number, string>();
  for (const { kind, a, b, c } of run.records.events) {
    if (kind === RecordKind.start) on.set(c, `${run.workload.taskName(a)}@${run.world.inventory.names[b]}`);
  }
  return run.world.inventory.names
    .flatMap((_, machine) => run.world.containers.on(machine))
    .filter((row) => run.world.containers.state[row] === 3)
    .map((row) => on.get(row)!)
    .sort();
}

test('a container is created and started, runs, ends, and holds its resources until the client removes it', () => {
  const run = start(machines(1), [batch('a', 4000, 100), batch('b', 1000, 10, { submitUs: 105 * SECOND })]);
  run.simulation.run(20 * MINUTE);
  const { records } = run;
  const [bind] = records.of(RecordKind.bind);
  const [begin] = records.of(RecordKind.start);
  const [end] = records.of(RecordKind.end);
  const [release] = records.of(RecordKind.release);
  expect(begin!.timeUs - bind!.timeUs).toBeGreaterThan(220_000);
  expect(begin!.timeUs - bind!.timeUs).toBeLessThan(225_000);
  expect(end!.timeUs - begin!.timeUs).toBe(100 * SECOND);
  expect(release!.timeUs).toBeGreaterThan(end!.timeUs + SECOND);
  expect(records.of(RecordKind.refuse).every(({ a, timeUs }) => a === 1 && timeUs < release!.timeUs)).toBe(true);
  expect(records.of(RecordKind.refuse).length).toBeGreaterThan(0);
  expect(records.of(RecordKind.done).map(({ b }) => b)).toEqual([TaskOutcome.finished, TaskOutcome.finished]);
  expect(run.orchestrator.invariants()).toEqual([]);
});

test('what does not fit is refused in the words of the real manager, and the client tries again', () => {
  const run = start(machines(2), [service('a', 4000), service('b', 4000), service('c', 1000)]);
  run.simulation.run(5 * MINUTE);
  const refusals = run.records.of(RecordKind.refuse);
  expect(refusals.length).toBeGreaterThan(2);
  expect(run.log.reasons[refusals[0]!.b]).toBe('no resources available to schedule container');
  expect(run.records.of(RecordKind.retry).map(({ b }) => b)).toEqual(refusals.map((_, i) => i + 1).slice(0, run.records.of(RecordKind.retry).length));
  expect(run.orchestrator.explain(2)).toMatchObject({ state: 'refused', summary: 'no resources available to schedule container' });
});

test('between two attempts, what was refused says that it would fit by now if only its client asked', () => {
  const run = start(machines(1), [{ name: 'a', submitUs: 0, shape: { cpuMilli: 4000 }, durationsUs: [3 * MINUTE] }, { name: 'b', submitUs: 1, shape: { cpuMilli: 4000 }, durationsUs: [MINUTE] }], { watchedTask: 1, explained: () => {} });
  const summaries = new Set<string>();
  for (let untilUs = 1 * MINUTE; untilUs <= 4 * MINUTE; untilUs += MINUTE / 12) {
    run.simulation.run(untilUs);
    const { state, summary } = run.orchestrator.explain(1);
    if (state === 'refused') summaries.add(summary);
  }
  expect([...summaries]).toEqual(['no resources available to schedule container', 'no resources available to schedule container (at the last attempt; 1 of 1 machines would take it now, but nothing is tried until the client asks again)']);
});

test('constraints select by engine label, and an impossible one is refused with the list of conditions', () => {
  const inventory = new MachineInventory([
    { name: 'plain', cpuMilli: 4000, memoryBytes: GIB },
    { name: 'fast', cpuMilli: 4000, memoryBytes: GIB, attributes: { storage: 's.d' } },
  ]);
  const on = (value: string): JobSpec['shape'] => ({ kind: 'service', constraints: [{ attribute: 'storage', operator: '==', value }] });
  const run = start(inventory, [service('a', 0, { shape: on('s.d') }), service('b', 0, { shape: on('sxd') })]);
  run.simulation.run(30 * SECOND);
  expect(running(run)).toEqual(['a@fast']);
  expect(run.log.reasons[run.records.of(RecordKind.refuse)[0]!.b]).toBe('Unable to find a node that satisfies the following conditions \n[available container slots]\n[storage==sxd]');
});

test('spread alternates over equal machines, binpack fills one', () => {
  const jobs = Array.from({ length: 4 }, (_, i) => service(`s${i}`, 1000));
  const spread = start(machines(2), jobs);
  const binpack = start(machines(2), jobs, { options: { strategy: 'binpack' } });
  spread.simulation.run(MINUTE);
  binpack.simulation.run(MINUTE);
  expect(spread.records.of(RecordKind.bind).map(({ b }) => b).sort()).toEqual([0, 0, 1, 1]);
  expect(new Set(binpack.records.of(RecordKind.bind).map(({ b }) => b)).size).toBe(1);
});

test('fractions of a CPU are rounded up, and GPUs are rejected unless a ledger is kept', () => {
  const gpu = { kind: 'service', cpuMilli: 500, gpuCount: 1, gpuMilli: 400 } as const;
  const options = (raw: unknown): ReturnType<typeof swarmClassic.options.parse> => swarmClassic.options.parse(raw);
  const shape = start(machines(1), [service('a', 500, { shape: gpu })]).workload.shapes[0]!;
  expect(swarmClassic.translate(shape, options({}))).toEqual({ request: null, applied: ['gpu-reject'] });
  expect(swarmClassic.translate(shape, options({ gpu: 'ledger' }))).toMatchObject({ request: { cpuMilli: 1000, gpuMilli: 1000 }, applied: ['cpu-ceil', 'gpu-ledger', 'gpu-share-whole'] });
  expect(swarmClassic.translate(shape, options({ gpu: 'ledger', gpuShare: 'share' }))).toMatchObject({ request: { gpuMilli: 400 }, applied: ['cpu-ceil', 'gpu-ledger'] });
  const jobs = ['a', 'b', 'c'].map((name) => service(name, 500, { shape: gpu }));
  const run = start(machines(2, { gpuCount: 1 }), jobs, { options: { gpu: 'ledger' } });
  run.simulation.run(MINUTE);
  expect(running(run)).toHaveLength(2);
  expect(run.log.reasons[run.records.of(RecordKind.refuse)[0]!.b]).toBe('device ledger of the client: no machine has the GPUs free');
});

test('a cancelled service is removed and its resources are free again', () => {
  const run = start(machines(1), [service('a', 4000, { durationsUs: [100 * SECOND] }), service('b', 4000, { submitUs: 102 * SECOND })]);
  run.simulation.run(110 * SECOND);
  expect(running(run)).toEqual(['b@node-0']);
  expect(run.orchestrator.invariants()).toEqual([]);
});

test('after a crash the containers are started elsewhere, one after the other, and the dead ones are removed when the machine returns', () => {
  const run = start(machines(3), [service('a', 4000), service('b', 1000), service('c', 1000), service('d', 1000)], { options: { strategy: 'binpack' } });
  run.simulation.run(MINUTE);
  const busy = run.records.of(RecordKind.bind).filter(({ a }) => a > 0)[0]!.b;
  run.world.crash(busy);
  run.simulation.run(6 * MINUTE);
  expect(run.records.of(RecordKind.detect).map(({ a }) => a)).toEqual([busy]);
  expect(run.records.of(RecordKind.decide).map(({ a }) => a).sort()).toEqual([1, 2, 3]);
  expect(running(run)).toHaveLength(4);
  const starts = run.records.of(RecordKind.start).slice(4).map(({ timeUs }) => timeUs);
  expect(starts[1]! - starts[0]!).toBeGreaterThan(230_000);
  expect(starts[2]! - starts[1]!).toBeGreaterThan(230_000);
  run.world.boot(busy);
  run.simulation.run(12 * MINUTE);
  expect(run.world.containers.on(busy)).toEqual([]);
  expect(running(run)).toHaveLength(4);
  expect(run.orchestrator.invariants()).toEqual([]);
});

test('a partitioned machine keeps running its containers next to their replacements until it returns', () => {
  const run = start(machines(2), [service('a', 1000)]);
  run.simulation.run(MINUTE);
  const machine = run.records.of(RecordKind.bind)[0]!.b;
  run.world.partition([machine]);
  run.simulation.run(7 * MINUTE);
  expect(running(run)).toEqual(['a@node-0', 'a@node-1']);
  run.world.heal(machine);
  run.simulation.run(12 * MINUTE);
  expect(running(run)).toEqual([`a@node-${1 - machine}`]);
  expect(run.records.of(RecordKind.done)).toEqual([]);
  expect(run.orchestrator.invariants()).toEqual([]);
});

test('a container that finds no place is put back and never tried again, until its machine returns with it stopped', () => {
  const run = start(machines(2), [service('a', 4000), service('b', 4000)]);
  run.simulation.run(MINUTE);
  const machine = run.records.of(RecordKind.bind).find(({ a }) => a === 0)!.b;
  run.world.crash(machine);
  run.simulation.run(30 * MINUTE);
  expect(running(run)).toHaveLength(1);
  expect(run.records.of(RecordKind.decide)).toHaveLength(1);
  expect(run.records.of(RecordKind.refuse)).toEqual([]);
  run.world.boot(machine);
  run.simulation.run(45 * MINUTE);
  expect(running(run)).toHaveLength(2);
  // The stopped container holds its resources until it is removed, so the first retries may be refused.
  expect(new Set(run.records.of(RecordKind.retry).map(({ a }) => a))).toEqual(new Set([0]));
});

test('a machine that is back before anybody noticed has its containers stopped, which the client sees at the next refresh', () => {
  const run = start(machines(1), [batch('a', 1000, 3600)]);
  run.simulation.run(MINUTE);
  run.world.crash(0);
  run.world.boot(0);
  run.simulation.run(2.5 * MINUTE);
  expect(run.records.of(RecordKind.detect)).toEqual([]);
  expect(run.records.of(RecordKind.retry)).toHaveLength(1);
  expect(running(run)).toEqual(['a@node-0']);
});

test('without the policy the containers of a lost machine are not replaced', () => {
  const run = start(machines(2), [service('a', 1000)], { options: { reschedule: 'off' } });
  run.simulation.run(MINUTE);
  run.world.crash(run.records.of(RecordKind.bind)[0]!.b);
  run.simulation.run(20 * MINUTE);
  expect(run.records.of(RecordKind.detect)).toHaveLength(1);
  expect(running(run)).toEqual([]);
});

test('killing the swarm agent alone makes its entry expire, and the manager moves containers that run well', () => {
  const run = start(machines(2), [service('a', 1000)]);
  run.simulation.run(MINUTE);
  const machine = run.records.of(RecordKind.bind)[0]!.b;
  const agent = run.world.processes.role.indexOf(`swarm-classic/agent-node-${machine}`);
  run.world.processes.kill(agent);
  run.simulation.run(5 * MINUTE);
  expect(running(run)).toEqual(['a@node-0', 'a@node-1']);
  run.world.processes.restart(agent);
  run.simulation.run(6 * MINUTE);
  expect(running(run)).toEqual([`a@node-${1 - machine}`]);
});

test('draining takes the machine out of discovery: containers are replaced, then stopped', () => {
  const run = start(machines(2), [service('a', 1000)]);
  run.simulation.run(MINUTE);
  const machine = run.records.of(RecordKind.bind)[0]!.b;
  run.orchestrator.drain(machine, true);
  run.simulation.run(2 * MINUTE);
  expect(running(run)).toEqual([`a@node-${1 - machine}`]);
  expect(run.records.of(RecordKind.detect)).toEqual([]);
  run.orchestrator.drain(machine, false);
  run.simulation.run(3 * MINUTE);
  expect(run.orchestrator.explain(0).state).toBe('running');
  expect(run.orchestrator.invariants()).toEqual([]);
});

test('a request that fails against a dead engine is refused, counts as a failure and makes the machine less attractive', () => {
  const run = start(machines(2), [service('a', 1000, { submitUs: 10 * SECOND }), service('b', 0, { submitUs: 10 * SECOND + 1000 }), service('c', 0, { submitUs: 11 * SECOND })], {
    options: { strategy: 'binpack' },
  });
  run.simulation.run(10.5 * SECOND);
  const machine = run.records.of(RecordKind.bind)[0]!.b;
  const engine = run.world.processes.role.indexOf(`swarm-classic/docker-node-${machine}`);
  run.world.processes.kill(engine);
  run.simulation.run(12 * SECOND);
  const refusals = run.records.of(RecordKind.refuse);
  expect(run.log.reasons[refusals.at(-1)!.b]).toBe('Cannot connect to the Docker daemon. Is the docker daemon running on this host?');
  run.simulation.run(30 * SECOND);
  expect(run.records.of(RecordKind.bind).at(-1)!.b).toBe(1 - machine);
});

test('the image is pulled inside the create request, once per machine', () => {
  const images = { medianBytes: 1.25e9, sigma: 0, machineBytesPerSecond: 1.25e9, registryBytesPerSecond: 5e9 };
  const shape = { kind: 'service', cpuMilli: 1000, image: 'web' } as const;
  const run = start(machines(1), [service('a', 0, { shape }), service('b', 0, { shape, submitUs: 10 * SECOND })], { images });
  run.simulation.run(MINUTE);
  const binds = run.records.of(RecordKind.bind);
  const delays = run.records.of(RecordKind.start).map(({ timeUs }, i) => timeUs - binds[i]!.timeUs);
  expect(delays[0]).toBeGreaterThan(1.22 * SECOND);
  expect(delays[0]).toBeLessThan(1.23 * SECOND);
  expect(delays[1]).toBeLessThan(0.225 * SECOND);
});

test('a simulated month of 5,000 idle machines executes almost no events', () => {
  const run = start(machines(5000), [service('a', 1000)]);
  run.simulation.run(30 * 24 * 60 * MINUTE);
  expect(run.simulation.eventCount).toBeLessThan(100);
});

test('a batch task costs seven events, and a decision weighs only machines that changed', () => {
  const count = 2000;
  const run = start(machines(1000), Array.from({ length: count }, (_, i) => batch(`b${i}`, 1000 * (1 + (i % 3)), 60, { submitUs: i * 100_000 })));
  run.simulation.run(20 * MINUTE);
  expect(run.records.of(RecordKind.done)).toHaveLength(count);
  expect(run.simulation.eventCount / count).toBeLessThanOrEqual(7);
  expect(run.log.counters[Counter.decisions]).toBe(count);
  expect(run.log.counters[Counter.machinesScored]! / count).toBeLessThan(6);
});

test('the decision about a watched task is explained from the scheduler itself', () => {
  const explanations: string[] = [];
  const run = start(machines(2), [service('a', 1000)], { watchedTask: 0, explained: (_timeUs, { summary, machines: seen }) => explanations.push(`${summary} ${seen.map(({ score }) => score).join()}`) });
  run.simulation.run(MINUTE);
  expect(explanations).toEqual(['2 of 2 nodes rank first under spread: node-0, node-1 -875,-875']);
});


test.each([
  ['no', 0, 1],
  ['on-failure', 2, 3],
  ['always', 0, 20],
] as const)('a container under the restart policy %s is started again by its engine, after delays that double, and nobody else takes notice', (restart, restartMaxRetries, atLeast) => {
  const crashing = service('s', 1000, { shape: { kind: 'service', cpuMilli: 1000, failureShare: 1 } });
  const none = { refused: { attempts: 0, initialDelayUs: SECOND, factor: 1, maxDelayUs: SECOND, jitter: 0 }, failed: { attempts: 0, initialDelayUs: SECOND, factor: 1, maxDelayUs: SECOND, jitter: 0 }, removalDelayUs: Infinity };
  const run = start(machines(1), [crashing], { options: { restart, restartMaxRetries }, client: none });
  run.simulation.run(30 * MINUTE);
  const starts = run.records.of(RecordKind.start);
  if (restart === 'always') expect(starts.length).toBeGreaterThan(atLeast);
  else expect(starts).toHaveLength(atLeast);
  expect(run.records.of(RecordKind.bind)).toHaveLength(1);
  expect(run.records.of(RecordKind.done)).toHaveLength(restart === 'always' ? 0 : 1);
  expect(run.orchestrator.invariants()).toEqual([]);
});

test('with a restart policy containers come back with a machine that returns before anybody has noticed', () => {
  const run = start(machines(2), [service('a', 1000)], { options: { restart: 'always' } });
  run.simulation.run(MINUTE);
  run.world.crash(run.records.of(RecordKind.start)[0]!.b);
  run.simulation.run(MINUTE + 5 * SECOND);
  run.world.boot(run.records.of(RecordKind.start)[0]!.b);
  run.simulation.run(10 * MINUTE);
  const [first, second, ...more] = run.records.of(RecordKind.start);
  expect([second!.b, more.length]).toEqual([first!.b, 0]);
  // Ten seconds of start-up and the start of the container.
  expect(second!.timeUs - (MINUTE + 5 * SECOND)).toBeLessThan(11 * SECOND);
  expect(running(run)).toHaveLength(1);
  expect(run.orchestrator.invariants()).toEqual([]);
});
