import { describe, expect, test } from 'vitest';
import { RecordKind, TaskOutcome } from '../../../metrics/log.ts';
import { buildWorkload, type JobSpec } from '../../../workload/workload-builder.ts';
import { ContainerState } from '../../../world/container-state.ts';
import { MachineInventory } from '../../../world/machine-inventory.ts';
import { assemble, type AssemblyOptions } from '../../assemble.ts';
import { Recorder } from '../../testing/recorder.ts';
import type { MesosCluster } from '../mesos-cluster.ts';
import { mesos } from '../mesos.ts';

const SECOND = 1_000_000;

function start(machines: number, jobs: readonly JobSpec[], options: object, more: Partial<AssemblyOptions> = {}) {
  const records = new Recorder();
  const inventory = new MachineInventory(Array.from({ length: machines }, (_, i) => ({ name: `node-${i}`, cpuMilli: 4000, memoryBytes: 16e9 })));
  const assembly = assemble({ definition: mesos as never, inventory, workload: buildWorkload('test', jobs), seed: 1, collectors: [records], options, ...more });
  const cluster = assembly.orchestrator as MesosCluster;
  const { containers } = assembly.world;
  const running = () => inventory.names.flatMap((_, machine) => containers.on(machine).filter((row) => containers.state[row] === ContainerState.running)).length;
  return { ...assembly, records, cluster, running, agent: (machine: number) => cluster.agents.process[machine]! };
}

const service = (count: number): JobSpec => ({ name: 'web', submitUs: SECOND, shape: { kind: 'service', cpuMilli: 1000 }, durationsUs: Array.from({ length: count }, () => Infinity) });
const batch = (seconds: number, fields: Partial<JobSpec> = {}): JobSpec => ({ name: 'crunch', submitUs: SECOND, shape: { cpuMilli: 1000 }, durationsUs: [seconds * SECOND], ...fields });

describe('executors', () => {
  test('that have not registered within a minute, image included, fail their task, which is launched again', () => {
    const slow = { medianBytes: 1e9, sigma: 0, machineBytesPerSecond: 1e7, registryBytesPerSecond: 1e9 };
    const run = start(1, [batch(10, { shape: { cpuMilli: 1000, image: 'large' } })], {}, { images: slow as never });
    run.simulation.run(70 * SECOND);
    // A hundred seconds of pulling, which goes on although the task has failed.
    expect(run.records.of(RecordKind.start)).toEqual([]);
    expect(run.records.of(RecordKind.bind)).toHaveLength(2);
    run.simulation.run(300 * SECOND);
    expect(run.records.of(RecordKind.done).map(({ b }) => b)).toEqual([TaskOutcome.finished]);
  });

  test('outlive their agent for the recovery time-out and no longer', () => {
    const killed = (awayS: number) => {
      const run = start(1, [batch(3000)], { agent: { recoveryTimeout: '60s' }, master: { maxAgentPingTimeouts: 1000 } });
      run.simulation.run(30 * SECOND);
      run.world.processes.kill(run.agent(0));
      run.simulation.run((30 + awayS) * SECOND);
      const alive = run.running();
      run.world.processes.restart(run.agent(0));
      run.simulation.run((60 + awayS) * SECOND);
      expect(run.cluster.invariants()).toEqual([]);
      return { alive, binds: run.records.of(RecordKind.bind).length, running: run.running() };
    };
    expect(killed(50)).toEqual({ alive: 1, binds: 1, running: 1 });
    // The task is reported failed when the agent is back, and launched again.
    expect(killed(70)).toEqual({ alive: 0, binds: 2, running: 1 });
  });
});

describe('status updates', () => {
  test('whose acknowledgement is lost are sent again, and nothing is counted twice', () => {
    const run = start(1, [batch(10)], {});
    // The master hears of the end; then the network is cut before the acknowledgement is back.
    while (run.records.of(RecordKind.release).length === 0) run.simulation.run(run.simulation.nowUs + 50);
    const cut = run.world.partition([0]);
    run.simulation.run(run.simulation.nowUs + 5 * SECOND);
    expect(run.cluster.tasks.live).toBe(1);
    run.world.endPartition(cut);
    run.simulation.run(run.simulation.nowUs + 11 * SECOND);
    expect(run.cluster.tasks.live).toBe(0);
    expect(run.records.of(RecordKind.done)).toHaveLength(1);
    expect(run.records.of(RecordKind.release)).toHaveLength(1);
  });
});

describe('the operator', () => {
  test('can mark an agent gone: its tasks are replaced within seconds, and it may not come back until it is taken in again', () => {
    const run = start(2, [service(4)], { master: { drain: 'gone' } });
    run.simulation.run(60 * SECOND);
    run.orchestrator.drain(0, true);
    run.simulation.run(70 * SECOND);
    expect(run.running()).toBe(4);
    expect(run.world.containers.on(0)).toEqual([]);
    run.world.processes.restart(run.agent(0));
    run.simulation.run(100 * SECOND);
    expect(run.world.processes.serving(run.agent(0))).toBe(false);
    expect(run.cluster.explain(0).machines.length + run.cluster.invariants().length).toBe(0);
    run.orchestrator.drain(0, false);
    run.simulation.run(120 * SECOND);
    expect(run.cluster.master.registry.status[0]).toBe(0);
  });

  test('announces maintenance: the batch framework is asked and sends nothing more there; when the window begins the machine is down, when it ends it is back', () => {
    const run = start(2, [batch(600), batch(5, { name: 'later', submitUs: 100 * SECOND, durationsUs: Array.from({ length: 6 }, () => 20 * SECOND) })], { master: { drain: 'maintenance', maintenanceNotice: '120s' } });
    run.simulation.run(60 * SECOND);
    const host = run.records.of(RecordKind.bind)[0]!.b;
    run.orchestrator.drain(host, true);
    run.simulation.run(90 * SECOND);
    expect([...run.cluster.master.allocator.inverse.answers(host).values()]).toEqual(['accepted']);
    run.simulation.run(170 * SECOND);
    // Six tasks had to share the other machine's four CPUs, although this one had room.
    expect(run.records.of(RecordKind.bind).slice(1).every(({ b }) => b !== host)).toBe(true);
    expect(run.running()).toBe(1);
    run.simulation.run(190 * SECOND);
    expect(run.world.containers.on(host)).toEqual([]);
    run.orchestrator.drain(host, false);
    run.simulation.run(900 * SECOND);
    expect(run.cluster.master.registry.status[host]).toBe(0);
    expect(run.records.of(RecordKind.done)).toHaveLength(7);
    expect(run.cluster.invariants()).toEqual([]);
  });
});

describe('the removal rate limit', () => {
  test('spaces the removals of agents that are lost together, and those that answer in the meantime stay', () => {
    const run = start(6, [service(6)], { master: { agentRemovalRate: { permits: 2, per: '200s' } } });
    run.simulation.run(60 * SECOND);
    const cut = run.world.partition([0, 1, 2, 3]);
    run.simulation.run(300 * SECOND);
    const removed = run.records.of(RecordKind.detect).map(({ timeUs }) => timeUs / SECOND);
    expect(removed).toHaveLength(2);
    expect(removed[0]).toBeLessThan(60 + 90.01);
    expect(removed[1]! - removed[0]!).toBeCloseTo(100, 2);
    run.world.endPartition(cut);
    run.simulation.run(900 * SECOND);
    expect(run.records.of(RecordKind.detect)).toHaveLength(2);
    expect(run.running()).toBe(6);
    expect(run.cluster.invariants()).toEqual([]);
  });
});
