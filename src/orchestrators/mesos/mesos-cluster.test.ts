import { describe, expect, test } from 'vitest';
import { inject } from '../../faults/inject.ts';
import { Counter, RecordKind, TaskOutcome } from '../../metrics/log.ts';
import { buildWorkload, type JobSpec } from '../../workload/workload-builder.ts';
import { ContainerState } from '../../world/container-state.ts';
import { MachineInventory, type MachineSpec } from '../../world/machine-inventory.ts';
import { type Assembly, assemble, type AssemblyOptions } from '../assemble.ts';
import type { Explanation } from '../orchestrator.ts';
import { Recorder } from '../testing/recorder.ts';
import type { MesosCluster } from './mesos-cluster.ts';
import { mesos } from './mesos.ts';

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
const GIB = 1024 ** 3;

interface Run extends Assembly {
  readonly records: Recorder;
  readonly cluster: MesosCluster;
}

function machines(count: number, spec: Partial<MachineSpec> = {}): MachineInventory {
  return new MachineInventory(Array.from({ length: count }, (_, i) => ({ name: `node-${i}`, cpuMilli: 4000, memoryBytes: 16 * GIB, ...spec })));
}

function service(name: string, cpuMilli: number, count = 1, fields: Partial<JobSpec> = {}): JobSpec {
  return { name, submitUs: SECOND, shape: { kind: 'service', cpuMilli }, durationsUs: Array.from({ length: count }, () => Infinity), ...fields };
}

function batch(name: string, cpuMilli: number, seconds: number, fields: Partial<JobSpec> = {}): JobSpec {
  return { name, submitUs: SECOND, shape: { cpuMilli }, durationsUs: [seconds * SECOND], ...fields };
}

function start(inventory: MachineInventory, jobs: readonly JobSpec[], options: Partial<AssemblyOptions> = {}): Run {
  const records = new Recorder();
  const assembly = assemble({ definition: mesos as never, inventory, workload: buildWorkload('test', jobs), seed: 1, collectors: [records], ...options });
  return { ...assembly, records, cluster: assembly.orchestrator as MesosCluster };
}

/** `task@machine` of everything that runs. */
function running({ world, workload }: Run): string[] {
  return world.inventory.names
    .flatMap((name, machine) => world.containers.on(machine).filter((row) => world.containers.state[row] === ContainerState.running).map((row) => `${workload.taskName(world.containers.task[row]!)}@${name}`))
    .sort();
}

describe('offers and launches', () => {
  test('services run under Marathon and batch tasks under the batch framework, within a second of an idle cluster', () => {
    const run = start(machines(2), [service('web', 1000, 2), batch('crunch', 2000, 30)]);
    run.simulation.run(20 * SECOND);
    expect(run.records.of(RecordKind.start)).toHaveLength(3);
    for (const { timeUs } of run.records.of(RecordKind.bind)) expect(timeUs).toBeLessThan(3 * SECOND);
    run.simulation.run(MINUTE);
    expect(running(run)).toHaveLength(2);
    expect(run.records.of(RecordKind.done).map(({ b }) => b)).toEqual([TaskOutcome.finished]);
    expect(run.cluster.invariants()).toEqual([]);
  });

  test('resources of a task that has ended are offered again by the next batch cycle and not before', () => {
    const run = start(machines(1), [batch('first', 4000, 10), batch('second', 4000, 10, { submitUs: 2 * SECOND })]);
    run.simulation.run(MINUTE);
    const release = run.records.of(RecordKind.release)[0]!.timeUs;
    const bind = run.records.of(RecordKind.bind)[1]!.timeUs;
    const nextBatch = Math.ceil(release / SECOND) * SECOND;
    expect(bind).toBeGreaterThan(nextBatch);
    // Cycle, offer, decision of one task, accept.
    expect(bind - nextBatch).toBeLessThan(10_000);
  });

  test('nothing is offered while nothing waits', () => {
    const run = start(machines(10), [batch('only', 1000, 5)]);
    run.simulation.run(MINUTE);
    const offers = run.log.counters[Counter.offersSent];
    const events = run.simulation.eventCount;
    run.simulation.run(30 * 24 * 60 * MINUTE);
    expect(run.log.counters[Counter.offersSent]).toBe(offers);
    expect(run.simulation.eventCount - events).toBeLessThan(20);
  });

  test('an offer that was declined comes back when more has become free, or when its filter ends', () => {
    const run = start(machines(1), [batch('small', 1000, 30), batch('large', 4000, 10, { submitUs: 5 * SECOND })], { options: { batch: { refuseUnused: '1h', refuseUsed: '1h' } } });
    run.simulation.run(2 * MINUTE);
    const [, second] = run.records.of(RecordKind.bind);
    const [release] = run.records.of(RecordKind.release);
    expect(second!.timeUs - release!.timeUs).toBeLessThan(1.1 * SECOND);
    // Offered once for each submission, and once when the small task had ended: the filters held in between.
    expect(run.log.counters[Counter.offersSent]).toBe(3);
    expect(run.log.counters[Counter.offersDeclined]).toBe(1);
  });

  test('tasks beyond the capacity wait in the framework, and the depth of the queue says so', () => {
    const depths: number[] = [];
    const collector = { record: () => {}, queueDepthChanged: (_: number, depth: number) => void depths.push(depth) };
    const run = start(machines(1), Array.from({ length: 6 }, (_, i) => batch(`job-${i}`, 1000, 10)), { collectors: [collector] });
    run.simulation.run(5 * SECOND);
    expect(Math.max(...depths)).toBe(6);
    expect(depths.at(-1)).toBe(2);
    run.simulation.run(MINUTE);
    expect(depths.at(-1)).toBe(0);
  });

  test('a task that fits nowhere waits for ever and is told so; a smaller one passes it', () => {
    const run = start(machines(2), [batch('huge', 5000, 1), batch('small', 1000, 1, { submitUs: 2 * SECOND })]);
    run.simulation.run(10 * MINUTE);
    expect(run.records.of(RecordKind.done).map(({ a }) => run.workload.taskName(a))).toEqual(['small']);
    const explanation = run.orchestrator.explain(run.workload.taskByName('huge'));
    expect(explanation.state).toBe('waiting');
    expect(explanation.summary).toContain('no agent could ever hold it, even if empty');
    expect(explanation.machines.map(({ verdict }) => verdict)).toEqual(['InsufficientCpus: cpus 4 of 5', 'InsufficientCpus: cpus 4 of 5']);
  });

  test('a watched task is told what it was offered and why each offer was declined', () => {
    const inventory = new MachineInventory([
      { name: 'plain', cpuMilli: 4000, memoryBytes: 16 * GIB },
      { name: 'tiny', cpuMilli: 500, memoryBytes: 16 * GIB, attributes: { disk: 'ssd' } },
      { name: 'right', cpuMilli: 4000, memoryBytes: 16 * GIB, attributes: { disk: 'ssd' } },
    ]);
    const explanations: Explanation[] = [];
    const shape = { kind: 'service' as const, cpuMilli: 1000, constraints: [{ attribute: 'disk', operator: '==' as const, value: 'ssd' }] };
    const run = start(inventory, [service('web', 1000, 1, { shape })], { watchedTask: 0, explained: (_, explanation) => explanations.push(explanation) });
    run.simulation.run(MINUTE);
    expect(running(run)).toEqual(['web@right']);
    expect(new Map(explanations[0]!.machines.map(({ machine, verdict }) => [machine, verdict]))).toEqual(
      new Map([
        ['plain', 'UnfulfilledConstraint: disk IS ssd, the agent has no such attribute'],
        ['tiny', 'InsufficientCpus: cpus 0.5 of 1'],
        ['right', 'launched on this offer'],
      ]),
    );
    expect(run.orchestrator.explain(0).state).toBe('TASK_RUNNING');
  });
});

describe('Marathon', () => {
  test('launches no more than its tokens allow: 100, and one more for each instance that runs', () => {
    const run = start(machines(100), [service('web', 10, 300)], { options: { marathon: { launchTokenRefresh: '1h' } } });
    run.simulation.run(10 * MINUTE);
    const binds = run.records.of(RecordKind.bind).map(({ timeUs }) => timeUs);
    expect(binds.filter((timeUs) => timeUs < 2 * SECOND)).toHaveLength(100);
    expect(binds).toHaveLength(300);
  });

  test('puts no more than five instances on one offer', () => {
    const run = start(machines(1), [service('web', 100, 12)]);
    run.simulation.run(5 * MINUTE);
    const byTime = new Map<number, number>();
    for (const { timeUs } of run.records.of(RecordKind.bind)) byTime.set(timeUs, (byTime.get(timeUs) ?? 0) + 1);
    expect([...byTime.values()]).toEqual([5, 5, 2]);
  });

  test('restricted GPU scheduling keeps apps without GPUs off offers that have some, whoever else is on the agent; one whose GPUs are all in use is taken', () => {
    const train = service('train', 1000, 1, { shape: { kind: 'service', cpuMilli: 1000, gpuCount: 1, gpuMilli: 1000 } });
    const full = start(machines(1, { gpuCount: 1 }), [train, service('web', 1000)]);
    full.simulation.run(20 * MINUTE);
    expect(running(full)).toEqual(['train@node-0', 'web@node-0']);
    const half = start(machines(1, { gpuCount: 2 }), [train, service('web', 1000)]);
    half.simulation.run(20 * MINUTE);
    expect(running(half)).toEqual(['train@node-0']);
    expect(half.cluster.explain(1).machines[0]!.verdict).toContain('DeclinedScarceResources: the offer has GPUs');
    expect(half.cluster.explain(1).summary).not.toContain('could ever hold it');
  });

  test('restricted GPU scheduling keeps apps without GPUs off agents that have some free; unrestricted does not', () => {
    const inventory = machines(1, { gpuCount: 2 });
    const restricted = start(inventory, [service('web', 1000), service('train', 1000, 1, { shape: { kind: 'service', cpuMilli: 1000, gpuCount: 1, gpuMilli: 1000 } })]);
    restricted.simulation.run(5 * MINUTE);
    expect(running(restricted)).toEqual(['train@node-0']);
    const unrestricted = start(inventory, [service('web', 1000)], { options: { marathon: { gpuScheduling: 'unrestricted' } } });
    unrestricted.simulation.run(5 * MINUTE);
    expect(running(unrestricted)).toEqual(['web@node-0']);
  });

  test('takes instances away and brings them back when an app is scaled', () => {
    const run = start(machines(2), [service('web', 1000, 4)]);
    run.simulation.run(MINUTE);
    run.cluster.scale(0, 1);
    run.simulation.run(2 * MINUTE);
    expect(running(run).map((entry) => entry.split('@')[0])).toEqual(['web/0']);
    run.cluster.scale(0, 3);
    run.simulation.run(3 * MINUTE);
    expect(running(run).map((entry) => entry.split('@')[0])).toEqual(['web/0', 'web/1', 'web/2']);
    expect(run.cluster.invariants()).toEqual([]);
  });

  test('an app that is cancelled while its launch is being decided is launched and killed, and leaves nothing behind', () => {
    const run = start(machines(2), [service('web', 1000, 3, { durationsUs: [2_000, 2_000, 2_000] }), batch('other', 1000, 5)]);
    run.simulation.run(MINUTE);
    expect(running(run)).toEqual([]);
    expect(run.records.of(RecordKind.release)).toHaveLength(run.records.of(RecordKind.bind).length);
    expect(run.cluster.tasks.live).toBe(0);
    expect(run.cluster.invariants()).toEqual([]);
  });

  test('a cancelled app ends and its resources are free', () => {
    const run = start(machines(1), [service('web', 4000, 1, { durationsUs: [60 * SECOND] }), batch('next', 4000, 5, { submitUs: 10 * SECOND })]);
    run.simulation.run(3 * MINUTE);
    expect(run.records.of(RecordKind.done).map(({ b }) => b).sort()).toEqual([TaskOutcome.finished, TaskOutcome.cancelled]);
    expect(run.cluster.tasks.live).toBe(0);
  });
});

describe('failures', () => {
  const crash = (machine: number, atS: number, forS: number) => ({ kind: 'crash' as const, atUs: atS * SECOND, machines: [machine], durationUs: forS * SECOND, factor: 1, label: '' });
  const cutOff = (machine: number, atS: number, forS: number) => ({ ...crash(machine, atS, forS), kind: 'partition' as const });

  function faulted(run: Run, plan: Parameters<typeof inject>[3]): Run {
    inject(run.simulation, run.world, run.log, plan, (machine, drained) => run.orchestrator.drain(machine, drained));
    return run;
  }

  test('a silent loss of a machine is found out after 75 to 90 s and its tasks are replaced elsewhere', () => {
    const run = faulted(start(machines(2, { slots: 1 }), [service('web', 3000, 2), batch('crunch', 1000, 600)]), [crash(0, 100, 3600)]);
    run.simulation.run(400 * SECOND);
    const lost = run.records.of(RecordKind.evict).length;
    const [detect] = run.records.of(RecordKind.detect);
    expect(detect!.timeUs).toBeGreaterThan(175 * SECOND);
    expect(detect!.timeUs).toBeLessThanOrEqual(190.01 * SECOND);
    expect(run.records.of(RecordKind.decide)).toHaveLength(lost);
    expect(running(run).every((entry) => entry.endsWith('node-1'))).toBe(true);
    expect(run.cluster.invariants()).toEqual([]);
  });

  test('a machine that is back before that is found out when its agent registers again', () => {
    const run = faulted(start(machines(1), [service('web', 1000)]), [crash(0, 100, 20)]);
    run.simulation.run(300 * SECOND);
    const [detect] = run.records.of(RecordKind.detect);
    // 20 s down, 5 s start-up, back-off of less than a second.
    expect(detect!.timeUs).toBeGreaterThan(125 * SECOND);
    expect(detect!.timeUs).toBeLessThan(126.1 * SECOND);
    expect(running(run)).toEqual(['web@node-0']);
    expect(run.cluster.invariants()).toEqual([]);
  });

  test('after a partition that was too long the agent comes back with its tasks, and copies that were replaced are killed', () => {
    const run = start(machines(3), [service('web', 1500, 4), batch('crunch', 500, 3000)]);
    run.simulation.run(100 * SECOND);
    const host = run.world.inventory.indexOf(running(run)[0]!.split('@')[1]!);
    const partition = run.world.partition([host]);
    run.simulation.run(300 * SECOND);
    const during = running(run).map((entry) => entry.split('@')[0]);
    expect(during.length).toBeGreaterThan(new Set(during).size);
    expect(new Set(during)).toEqual(new Set(['crunch', 'web/0', 'web/1', 'web/2', 'web/3']));
    run.world.endPartition(partition);
    run.simulation.run(500 * SECOND);
    expect(running(run).map((entry) => entry.split('@')[0])).toEqual(['crunch', 'web/0', 'web/1', 'web/2', 'web/3']);
    expect(running(run).some((entry) => entry.endsWith(run.world.inventory.names[host]!))).toBe(false);
    expect(run.cluster.invariants()).toEqual([]);
  });

  test('a partition of less than 75 s changes nothing', () => {
    const run = faulted(start(machines(2), [service('web', 1000, 4), batch('crunch', 1000, 120)]), [cutOff(0, 100, 60)]);
    run.simulation.run(600 * SECOND);
    expect(run.records.of(RecordKind.detect)).toEqual([]);
    expect(run.records.of(RecordKind.bind)).toHaveLength(5);
    expect(run.records.of(RecordKind.done)).toHaveLength(1);
  });

  test('what is launched on an agent that is cut off starts when the network is back', () => {
    const run = faulted(start(machines(1), [batch('early', 1000, 1), batch('late', 1000, 1, { submitUs: 110 * SECOND })]), [cutOff(0, 100, 40)]);
    run.simulation.run(600 * SECOND);
    const [, late] = run.records.of(RecordKind.start);
    expect(late!.timeUs).toBeGreaterThan(140 * SECOND);
    expect(late!.timeUs).toBeLessThan(145 * SECOND);
    expect(run.records.of(RecordKind.done)).toHaveLength(2);
  });

  test('tasks outlive the agent process if their framework checkpoints, and are lost with it if not', () => {
    const kill = (checkpoint: boolean) => {
      const run = start(machines(1), [service('web', 1000), batch('crunch', 1000, 60)], { options: { marathon: { checkpoint }, batch: { checkpoint } } });
      run.simulation.run(30 * SECOND);
      run.world.processes.kill(run.cluster.agents.process[0]!);
      run.simulation.run(31 * SECOND);
      const detected = run.records.of(RecordKind.detect).length;
      const lost = run.records.of(RecordKind.evict).length;
      run.world.processes.restart(run.cluster.agents.process[0]!);
      run.simulation.run(300 * SECOND);
      expect(run.cluster.invariants()).toEqual([]);
      return { detected, lost, binds: run.records.of(RecordKind.bind).length, running: running(run), done: run.records.of(RecordKind.done).length };
    };
    expect(kill(true)).toEqual({ detected: 1, lost: 0, binds: 2, running: ['web@node-0'], done: 1 });
    expect(kill(false)).toEqual({ detected: 1, lost: 2, binds: 4, running: ['web@node-0'], done: 1 });
  });

  test('an agent process that does not come back is unreachable after the same time as a lost machine', () => {
    const run = start(machines(2), [service('web', 1000, 2)]);
    run.simulation.run(100 * SECOND);
    run.world.processes.kill(run.cluster.agents.process[0]!);
    run.simulation.run(300 * SECOND);
    const [disconnected, unreachable] = run.records.of(RecordKind.detect).map(({ timeUs }) => timeUs);
    expect(disconnected! - 100 * SECOND).toBeLessThan(1000);
    expect(unreachable! - 100 * SECOND).toBeGreaterThan(75 * SECOND);
    expect(unreachable! - 100 * SECOND).toBeLessThanOrEqual(90.01 * SECOND);
  });

  test('a drained agent loses its tasks to others and is not offered until it is taken back', () => {
    const run = start(machines(2), [service('web', 800, 4), batch('crunch', 500, 3000)]);
    run.simulation.run(100 * SECOND);
    run.orchestrator.drain(0, true);
    run.simulation.run(200 * SECOND);
    expect(running(run)).toHaveLength(5);
    expect(running(run).every((entry) => entry.endsWith('node-1'))).toBe(true);
    run.orchestrator.drain(0, false);
    expect(run.cluster.invariants()).toEqual([]);
  });

  test('a batch task that keeps failing is given back to the user after four attempts', () => {
    const run = start(machines(1), [batch('bad', 1000, 10, { shape: { cpuMilli: 1000, failureShare: 1 } })], {
      client: { refused: { attempts: 0, initialDelayUs: 1, factor: 1, maxDelayUs: 1, jitter: 0 }, failed: { attempts: 0, initialDelayUs: 1, factor: 1, maxDelayUs: 1, jitter: 0 }, removalDelayUs: Infinity },
    });
    run.simulation.run(10 * MINUTE);
    expect(run.records.of(RecordKind.start)).toHaveLength(4);
    expect(run.records.of(RecordKind.done).map(({ b }) => b)).toEqual([TaskOutcome.gaveUp]);
  });
});
